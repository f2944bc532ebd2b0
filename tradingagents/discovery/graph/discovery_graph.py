"""``DiscoveryGraph``: builds the LangGraph scanner -> filter -> ranker from a configuration.

The state is plain data. Construction needs no key and no network, and reads only its arguments and
``TRADINGAGENTS_DATA_SOURCE``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph

from tradingagents.discovery.graph.scanner_node import ScannerNode
from tradingagents.discovery.graph.state import DiscoveryState
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.scanning.scan import Scan
from tradingagents.discovery.settings.parse import parse_config
from tradingagents.discovery.stages.custom import CandidateFilter, CandidateRanker, check_stage
from tradingagents.discovery.stages.filter.stage import FilterStage
from tradingagents.discovery.stages.rank.stage import RankerStage

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

__all__ = ["DiscoveryGraph", "studio_graph"]


class DiscoveryGraph:
    """Finds the tickers that deserve a closer look on a trade date.

    ``config`` is the host's dict, whose ``"discovery"`` section overrides the defaults. ``registry`` are the
    scanners, by default all that are built in or installed. ``checkpointer`` is any LangGraph saver.
    ``filter`` and ``ranker`` replace the built-in rules; see :class:`CandidateFilter` and
    :class:`CandidateRanker`. When one fails or is late, the built-in rules decide, and ``warnings`` of the
    final state has the reason.
    ``clock`` is the only clock that the scan, its vendors' sessions, the filter and the ranker read; a
    scanner with ``isolation="process"`` runs on the machine's clock, for the trade date of the scan.
    Thread-safe: several scans may run at once. Raises :class:`ConfigError` for a wrong setting.
    """

    def __init__(
        self,
        config: Mapping[str, object] | None = None,
        registry: ScannerRegistry | None = None,
        *,
        filter: CandidateFilter | None = None,
        ranker: CandidateRanker | None = None,
        checkpointer: BaseCheckpointSaver[str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        built_in = ScannerRegistry.built_in()
        self.registry = ScannerRegistry.installed() if registry is None else registry
        self.config = parse_config(config, list(self.registry), known=list(built_in))
        self._scan = Scan(self.config, list(self.registry), config or {}, clock)
        for role, stage in (("filter", filter), ("ranker", ranker)):
            if stage is not None:
                check_stage(role, stage)
        # An interrupt() inside a filter or ranker is LangGraph's signal, not a failure.
        signals = (GraphBubbleUp,)
        self._filter = FilterStage(self.config, filter, clock=clock, let_through=signals)
        self._ranker = RankerStage(self.config, ranker, clock=clock, let_through=signals)
        self._checkpointer = checkpointer

    @functools.cached_property
    def graph(self) -> CompiledStateGraph[DiscoveryState, None, DiscoveryState, DiscoveryState]:
        """The compiled LangGraph; compiled on first use."""
        builder = StateGraph(DiscoveryState)
        builder.add_node("scanner", ScannerNode(self._scan, begins_run=True))
        builder.add_node("filter", self.filter_node)
        builder.add_node("ranker", self.ranker_node)
        builder.add_edge(START, "scanner")
        builder.add_edge("scanner", "filter")
        builder.add_edge("filter", "ranker")
        builder.add_edge("ranker", END)
        return builder.compile(checkpointer=self._checkpointer)

    def run(
        self, trade_date: str | None = None, config: RunnableConfig | None = None, *, force: bool = False
    ) -> DiscoveryState:
        """Run the whole graph and return its final state.

        ``trade_date`` is ISO 8601, today in New York by default; ``config`` is LangGraph's. ``force`` also
        runs scanners that would be skipped because their last runs failed; with LangGraph's own methods it
        is ``config["configurable"]["force"]``.
        """
        if force:
            given = config or {}
            config = {**given, "configurable": {**given.get("configurable", {}), "force": True}}
        return cast("DiscoveryState", self.graph.invoke(self.initial_state(trade_date), config))

    @staticmethod
    def initial_state(trade_date: str | None = None) -> DiscoveryState:
        """Return the state from which a run starts."""
        return {"trade_date": trade_date or "", "tickers": [], "candidate_metadata": [], "tool_logs": []}

    def scanner_node(
        self, state: Mapping[str, object], config: RunnableConfig | None = None
    ) -> dict[str, object]:
        """Scan, and return the state update; ``state`` is not changed.

        The update has ``tickers``, ``candidate_metadata``, the new ``tool_logs``, ``status`` and
        ``scan_report``.
        """
        return ScannerNode(self._scan).invoke(state, config)

    def filter_node(self, state: DiscoveryState) -> dict[str, object]:
        """Add novelty and market facts, and filter; ``filter_report`` lists the dropped candidates."""
        return self._filter.run(state)

    def ranker_node(self, state: DiscoveryState) -> dict[str, object]:
        """Order the candidates and keep the best under ``final_ranking``, for the agents."""
        return self._ranker.run(state)


def studio_graph(
    config: RunnableConfig,
) -> CompiledStateGraph[DiscoveryState, None, DiscoveryState, DiscoveryState]:
    """Build the graph for ``langgraph.json``; the server takes a factory of exactly one argument."""
    return DiscoveryGraph().graph
