"""The state of the discovery graph: plain data that any checkpointer accepts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated

from langgraph.types import Overwrite
from pydantic import JsonValue
from typing_extensions import TypedDict

from tradingagents.discovery.model.report import (
    FilterReport,
    MergedCandidate,
    RankedCandidate,
    RankerReport,
    ScanReport,
)
from tradingagents.discovery.model.tool_log import is_of_a_scan

__all__ = ["DiscoveryState", "inputs_of_a_run", "merge_by_id", "update_of_a_run"]


def merge_by_id(left: list[JsonValue] | None, right: list[JsonValue] | None) -> list[JsonValue]:
    """Reduce ``tool_logs``: every entry once, whether a node returns new entries or the whole list.

    Entries are identified by ``id``, or else by their content; equal entries without ``id`` that occur twice
    in one list are kept twice. A later entry replaces an earlier one of the same id, in its place.
    """
    merged = dict(_keyed(left or ()))
    merged.update(_keyed(right or ()))
    return list(merged.values())


def _keyed(entries: Iterable[JsonValue]) -> Iterable[tuple[tuple[str | int, ...], JsonValue]]:
    seen: Counter[str] = Counter()
    for entry in entries:
        if isinstance(entry, dict) and "id" in entry:
            yield ("id", str(entry["id"])), entry
        else:
            content = json.dumps(entry, sort_keys=True, default=repr)
            yield ("content", content, seen[content]), entry
            seen[content] += 1


class DiscoveryState(TypedDict, total=False):
    """The state, all of it plain data. Inputs are ``trade_date`` and ``watchlist``; a run writes the others.

    ``trade_date``: ISO 8601; empty for today in New York. After the scan, the day that was scanned.
    ``watchlist``: tickers for scanners with few requests; without it, that of the configuration.
    ``tickers``: those of the candidates so far. ``candidate_metadata``: the merged candidates after the scan,
    those kept after the filter, and empty after the ranker, which moves them to ``final_ranking``. The filter
    adds to each ``market`` (see :func:`read_market`) and ``new``, ``first_seen``, ``last_seen``, ``seen_by``
    (see :func:`mark_candidates`), and may add ``deprioritised``, a reason; the ranker adds ``rank``.
    ``tool_logs``: the requests of the scanners, every entry once.
    ``status``: ``scanned``, ``filtered``, then ``ranked``.
    ``scan_report``: how each scanner ended, and under ``stages`` the number of candidates before and after
    each stage.
    ``filter_report``, ``ranker_report``: counts and reasons of each stage; see :meth:`FilterStage.run` and
    :meth:`RankerStage.run`.
    ``final_ranking``: the candidates for the agents.
    ``warnings``: problems after the scan, for users: a filter that dropped everything, a ranker that failed,
    bars that cannot be read. Not named ``messages``, which in a host's graph is the agents' conversation.
    """

    trade_date: str
    watchlist: list[str]
    tickers: list[str]
    candidate_metadata: list[MergedCandidate]
    tool_logs: Annotated[list[dict[str, JsonValue]], merge_by_id]
    status: str
    scan_report: ScanReport
    filter_report: FilterReport
    ranker_report: RankerReport
    final_ranking: list[RankedCandidate]
    warnings: list[str]


_WRITTEN_BY_A_RUN = frozenset(
    {
        *("tickers", "candidate_metadata", "status", "scan_report", "filter_report", "ranker_report"),
        *("final_ranking", "warnings"),
    }
)


def inputs_of_a_run(state: Mapping[str, object]) -> dict[str, object]:
    """Return the state without what earlier runs on the same LangGraph thread wrote.

    A host's own keys and its own ``tool_logs`` stay.
    """
    inputs = {name: value for name, value in state.items() if name not in _WRITTEN_BY_A_RUN}
    return {**inputs, "tickers": [], "candidate_metadata": [], "tool_logs": _own_logs(state)}


def update_of_a_run(state: Mapping[str, object], update: Mapping[str, object]) -> dict[str, object]:
    """Return the scanner node's ``update`` with the scanned day, and with earlier runs' results cleared."""
    made: dict[str, object] = dict(update)
    made.update({name: [] for name in ("final_ranking", "warnings") if state.get(name)})
    made.update({name: {} for name in ("filter_report", "ranker_report") if state.get(name)})
    own = _own_logs(state)
    new = update["tool_logs"]
    if isinstance(new, list) and len(own) < len(_logs(state)):
        made["tool_logs"] = Overwrite([*own, *new])  # the reducer would keep those of earlier runs
    return made


def _logs(state: Mapping[str, object]) -> list[JsonValue]:
    logs = state.get("tool_logs")
    return logs if isinstance(logs, list) else []


def _own_logs(state: Mapping[str, object]) -> list[JsonValue]:
    return [entry for entry in _logs(state) if not is_of_a_scan(entry)]
