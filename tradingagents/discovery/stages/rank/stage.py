"""The ranker stage: order the candidates, cut at the limit, and report both.

A custom ranker or a chat model replaces the built-in order; when it fails, the built-in order is kept with a
warning.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.model.report import FilteredCandidate, RankedCandidate, RankerReport, ScanReport
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.scanning.recorder import LocalRecorder
from tradingagents.discovery.settings.config import DiscoveryConfig
from tradingagents.discovery.stages.custom import Answer, CandidateRanker, StageFailed, consult, name_of
from tradingagents.discovery.stages.rank.llm import LlmRanker
from tradingagents.discovery.stages.rank.rules import rank_candidates
from tradingagents.discovery.stages.report import trade_date_of, warn, with_stage

__all__ = ["RankerStage"]

_log = logging.getLogger("tradingagents.discovery")


class RankerStage:
    """Turns the state after the filter into the ranker's update. Thread-safe.

    The order is that of ``custom``, else of the model ``ranker.model``, else of the built-in rules.
    """

    def __init__(
        self,
        config: DiscoveryConfig,
        custom: CandidateRanker | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        let_through: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._config, self._clock, self._let_through = config, clock, let_through
        model = config.ranker.model
        self._custom = custom if custom is not None or model is None else LlmRanker(model)

    def run(self, state: Mapping[str, object]) -> dict[str, object]:
        """Return ``final_ranking``, ``tickers``, ``candidate_metadata``, ``ranker_report`` and ``warnings``.

        And ``scan_report`` with this stage's counts; see :func:`with_stage`.

        ``ranker_report`` is ``{"in", "out", "by", "limit", "cut", "left_out", "refused", "emptied",
        "fallback", "requests"}``: ``cut`` are the tickers that the limit cut, ``left_out`` those that a
        custom ranker did not return, ``fallback`` is why the built-in order replaced it, and ``requests``
        counts requests and tokens by model, whether or not the answer was used.
        """
        candidates = cast("list[FilteredCandidate]", state.get("candidate_metadata") or [])
        plain = rank_candidates(candidates, self._config.pipelines)
        requests = LocalRecorder(ToolLog("ranker", "ranker"), lambda candidate: None)
        with counting(requests.request):
            order = self._decide(plain, trade_date_of(state, self._clock).isoformat())
        requests.close()  # a late ranker may still send requests
        limit = self._config.ranker.limit
        ranked = [
            cast("RankedCandidate", {**one, "rank": rank})
            for rank, one in enumerate(order.candidates[:limit], start=1)
        ]
        account: RankerReport = {
            "in": len(candidates),
            "out": len(ranked),
            "by": order.by,
            "limit": limit,
            "cut": [candidate["ticker"] for candidate in order.candidates[len(ranked) :]],
            "left_out": order.left_out,
            "refused": order.refused,
            "fallback": order.fallback,
            "requests": requests.requests,
            "emptied": bool(candidates) and not ranked,
        }
        earlier = cast("list[str]", state.get("warnings") or [])
        return {
            "tickers": [candidate["ticker"] for candidate in ranked],
            "candidate_metadata": [],  # they stand whole under final_ranking, once
            "final_ranking": ranked,
            "status": "ranked",
            "ranker_report": account,
            **with_stage(cast("ScanReport | None", state.get("scan_report")), "ranker", account),
            "warnings": [*earlier, *_warnings(account)],
        }

    def _decide(self, plain: list[RankedCandidate], trade_date: str) -> _Order:
        fallback = None
        if self._custom is not None and plain:
            try:
                return self._by_custom(self._custom, plain, trade_date)
            except StageFailed as error:
                name = name_of(self._custom)
                fallback = f"ranker {name} failed, the built-in order is kept: {error}"
        return _Order(plain, "built-in", fallback=fallback)

    def _by_custom(self, custom: CandidateRanker, plain: list[RankedCandidate], trade_date: str) -> _Order:
        permutes = bool(getattr(custom, "permutes", False))
        given = plain[: self._config.ranker.limit] if permutes else plain
        seconds = self._config.ranker.timeout_seconds
        answer = consult(custom, given, trade_date, seconds, self._let_through, self._clock)
        if permutes:
            _require_all(given, answer)
        order = [*cast("list[RankedCandidate]", answer.candidates), *plain[len(given) :]]
        named = {candidate["ticker"] for candidate in order}
        left_out = [one["ticker"] for one in plain if one["ticker"] not in named]
        return _Order(order, name_of(custom), left_out, answer.refused)


@dataclass(frozen=True)
class _Order:
    """The candidates as ``by`` ordered them, before the limit."""

    candidates: list[RankedCandidate]
    by: str
    left_out: list[str] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    fallback: str | None = None


def _require_all(given: Sequence[Mapping[str, object]], answer: Answer) -> None:
    missing = len(given) - len(answer.candidates)
    if missing:
        raise StageFailed(f"it left out {missing} of the {len(given)} candidates it was given")
    if answer.refused:
        first = answer.refused[0]
        raise StageFailed(f"it returned {first['ticker']}: {first['reason']}")


def _warnings(account: RankerReport) -> list[str]:
    """Log the stage's count and warnings, and return the warnings."""
    by = account["by"]
    refused = f"ranker {by}: {len(account['refused'])} refused" if account["refused"] else None
    emptied = f"the ranker {by} left out all {account['in']} candidates" if account["emptied"] else None
    logged = warn([account["fallback"], refused, emptied])
    _log.info("ranker: kept %d of %d candidates", account["out"], account["in"])
    return logged
