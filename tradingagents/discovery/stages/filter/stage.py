"""The filter stage: add novelty and market facts to the candidates, filter them, and report every drop.

A custom filter replaces the built-in rules; when it fails, those decide instead. Nothing is dropped because a
filter failed, and a run whose candidates were all dropped has a warning.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.model.report import (
    FilteredCandidate,
    FilterReport,
    FilterStep,
    MergedCandidate,
    NovelCandidate,
    ScanReport,
)
from tradingagents.discovery.scanning.trade_date import future_warning
from tradingagents.discovery.settings.config import DiscoveryConfig
from tradingagents.discovery.stages.custom import CandidateFilter, StageFailed, consult, name_of
from tradingagents.discovery.stages.filter.history import Sightings
from tradingagents.discovery.stages.filter.market_facts import MarketFacts, read_market
from tradingagents.discovery.stages.filter.novelty import found_in, mark_candidates
from tradingagents.discovery.stages.filter.rules import DEPRIORITISED, filter_candidates
from tradingagents.discovery.stages.rank.llm import LLM_REASON
from tradingagents.discovery.stages.report import trade_date_of, warn, with_stage
from tradingagents.discovery.state.names import bars_folder, state_file

__all__ = ["FilterStage"]

_log = logging.getLogger("tradingagents.discovery")


class FilterStage:
    """Turns the state after a scan into the filter's update. Thread-safe; sends no request."""

    def __init__(
        self,
        config: DiscoveryConfig,
        custom: CandidateFilter | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        let_through: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._config, self._custom, self._clock = config, custom, clock
        self._let_through = let_through
        self._sightings = Sightings(state_file(config.state_folder(), "sightings", config.data_source))

    def run(self, state: Mapping[str, object]) -> dict[str, object]:
        """Return ``tickers``, ``candidate_metadata``, ``status``, ``filter_report`` and ``warnings``.

        And ``scan_report`` with this stage's counts; see :func:`with_stage`.

        ``filter_report`` is ``{"in", "out", "by", "steps", "dropped", "refused", "market", "emptied",
        "emptied_by", "fallback"}``: ``by`` names the filter, ``emptied_by`` the step that dropped the last
        candidate, ``fallback`` why the built-in rules replaced the custom filter.
        """
        given = cast("list[MergedCandidate]", state.get("candidate_metadata") or [])
        candidates = [_unmarked(candidate) for candidate in given]
        trade_date = trade_date_of(state, self._clock)
        report = cast("ScanReport | None", state.get("scan_report"))
        marked, problem = self._marked(candidates, report, trade_date.isoformat())
        facts = self._facts(candidates, trade_date)
        known = [
            cast("FilteredCandidate", {**one, "market": dict(facts.by_ticker[one["ticker"]])})
            for one in marked
        ]
        kept, account = self._decide(known, trade_date.isoformat(), facts)
        return {
            "tickers": [candidate["ticker"] for candidate in kept],
            "candidate_metadata": kept,
            "status": "filtered",
            "filter_report": account,
            **with_stage(report, "filter", account),
            "warnings": [
                text
                for text in (
                    *warn([future_warning(trade_date, self._clock)]),
                    problem,
                    *_warnings(account, facts),
                )
                if text
            ],
        }

    def _marked(
        self, candidates: Sequence[MergedCandidate], report: ScanReport | None, trade_date: str
    ) -> tuple[list[NovelCandidate], str | None]:
        found = found_in(report)
        earlier, problem = self._sightings.exchange(trade_date, found)
        return mark_candidates(candidates, found, earlier, trade_date), problem

    def _facts(self, candidates: Sequence[MergedCandidate], trade_date: date) -> MarketFacts:
        store, age = bars_folder(self._config), self._config.market.max_age_sessions
        # As for the scanners: in a synthetic or recorded market the day is over.
        now = self._clock.now() if self._config.data_source == "live" else None
        return read_market(candidates, store, trade_date, now, max_age_sessions=age)

    def _decide(
        self, candidates: list[FilteredCandidate], trade_date: str, facts: MarketFacts
    ) -> tuple[list[FilteredCandidate], FilterReport]:
        fallback = None
        if self._custom is not None:
            try:
                return self._by_custom(self._custom, candidates, trade_date, facts)
            except StageFailed as error:
                fallback = (
                    f"filter {name_of(self._custom)} failed, the built-in rules were used instead: {error}"
                )
        day = date.fromisoformat(trade_date)
        kept, steps = filter_candidates(candidates, self._config.filter, facts.note, trade_date=day)
        return kept, _account(candidates, kept, steps, facts, fallback=fallback)

    def _by_custom(
        self,
        custom: CandidateFilter,
        candidates: list[FilteredCandidate],
        trade_date: str,
        facts: MarketFacts,
    ) -> tuple[list[FilteredCandidate], FilterReport]:
        seconds, name = self._config.filter.timeout_seconds, name_of(custom)
        answer = consult(custom, candidates, trade_date, seconds, self._let_through, self._clock)
        stayed = {candidate["ticker"] for candidate in answer.candidates}
        gone = [candidate["ticker"] for candidate in candidates if candidate["ticker"] not in stayed]
        step: FilterStep = {
            "name": name,
            "in": len(candidates),
            "out": len(stayed),
            "unknown": 0,
            "dropped": [{"ticker": ticker, "reason": f"not returned by filter {name}"} for ticker in gone],
        }
        kept = cast("list[FilteredCandidate]", answer.candidates)
        account = _account(candidates, kept, [step], facts, by=name, refused=answer.refused)
        return kept, account


def _warnings(account: FilterReport, facts: MarketFacts) -> list[str]:
    """Log the stage's count and warnings, and return the warnings."""
    refused = f"filter {account['by']}: {len(account['refused'])} refused" if account["refused"] else None
    emptied = (
        f"the filter dropped all {account['in']} candidates; step {account['emptied_by']!r} dropped the last"
        if account["emptied"]
        else None
    )
    logged = warn([account["fallback"], facts.problem, refused, emptied])
    _log.info("filter: kept %d of %d candidates", account["out"], account["in"])
    return logged


def _account(
    candidates: Sequence[object],
    kept: Sequence[object],
    steps: Sequence[FilterStep],
    facts: MarketFacts,
    *,
    by: str = "built-in",
    refused: Sequence[dict[str, str]] = (),
    fallback: str | None = None,
) -> FilterReport:
    emptied_by = next((step["name"] for step in steps if step["in"] and not step["out"]), None)
    return {
        "in": len(candidates),
        "out": len(kept),
        "by": by,
        "steps": list(steps),
        "dropped": [{**one, "step": step["name"]} for step in steps for one in step.get("dropped", ())],
        "refused": list(refused),
        "market": facts.report(),
        "emptied": emptied_by is not None,
        "emptied_by": emptied_by,
        "fallback": fallback,
    }


def _unmarked(candidate: MergedCandidate) -> MergedCandidate:
    """Remove the keys that only stages may set."""
    own: dict[str, object] = dict(candidate)
    for name in (DEPRIORITISED, LLM_REASON):
        own.pop(name, None)
    return cast("MergedCandidate", own)
