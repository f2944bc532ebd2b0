"""The filter stage: add novelty and market facts to the candidates, filter them, and report every drop.

A custom filter replaces the built-in rules; when it fails, those decide instead. Nothing is dropped because a
filter failed, and a run whose candidates were all dropped has a warning.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
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

    def run(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``tickers``, ``candidate_metadata``, ``status``, ``filter_report`` and ``warnings``.

        And ``scan_report`` with this stage's counts; see :func:`with_stage`.

        ``filter_report`` is ``{"in", "out", "by", "steps", "dropped", "refused", "market", "emptied",
        "emptied_by", "fallback"}``: ``by`` names the filter, ``emptied_by`` the step that dropped the last
        candidate, ``fallback`` why the built-in rules replaced the custom filter.
        """
        candidates = [_unmarked(candidate) for candidate in state.get("candidate_metadata") or ()]
        trade_date, report = trade_date_of(state, self._clock), state.get("scan_report") or {}
        marked, problem = self._marked(candidates, report, trade_date.isoformat())
        facts = self._facts(candidates, trade_date)
        known = [{**candidate, "market": dict(facts.by_ticker[candidate["ticker"]])} for candidate in marked]
        kept, account = self._decide(known, trade_date.isoformat(), facts)
        return {
            "tickers": [candidate["ticker"] for candidate in kept],
            "candidate_metadata": kept,
            "status": "filtered",
            "filter_report": account,
            **with_stage(report, "filter", account),
            "warnings": [text for text in (problem, *_warnings(account, facts)) if text],
        }

    def _marked(
        self, candidates: Sequence[Mapping[str, Any]], report: Mapping[str, Any], trade_date: str
    ) -> tuple[list[dict[str, Any]], str | None]:
        found = found_in(report)
        earlier, problem = self._sightings.exchange(trade_date, found)
        return mark_candidates(candidates, found, earlier, trade_date), problem

    def _facts(self, candidates: Sequence[Mapping[str, Any]], trade_date: date) -> MarketFacts:
        store, age = bars_folder(self._config), self._config.market.max_age_sessions
        # As for the scanners: in a synthetic or recorded market the day is over.
        now = self._clock.now() if self._config.data_source == "live" else None
        return read_market(candidates, store, trade_date, now, max_age_sessions=age)

    def _decide(
        self, candidates: list[dict[str, Any]], trade_date: str, facts: MarketFacts
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
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
        self, custom: CandidateFilter, candidates: list[dict[str, Any]], trade_date: str, facts: MarketFacts
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        seconds, name = self._config.filter.timeout_seconds, name_of(custom)
        answer = consult(custom, candidates, trade_date, seconds, self._let_through, self._clock)
        stayed = {candidate["ticker"] for candidate in answer.candidates}
        gone = [candidate["ticker"] for candidate in candidates if candidate["ticker"] not in stayed]
        step = {
            "name": name,
            "in": len(candidates),
            "out": len(stayed),
            "unknown": 0,
            "dropped": [{"ticker": ticker, "reason": f"not returned by filter {name}"} for ticker in gone],
        }
        account = _account(candidates, answer.candidates, [step], facts, by=name, refused=answer.refused)
        return answer.candidates, account


def _warnings(account: Mapping[str, Any], facts: MarketFacts) -> list[str]:
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
    candidates: Sequence[Any],
    kept: Sequence[Any],
    steps: Sequence[Mapping[str, Any]],
    facts: MarketFacts,
    *,
    by: str = "built-in",
    refused: Sequence[Mapping[str, str]] = (),
    fallback: str | None = None,
) -> dict[str, Any]:
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


def _unmarked(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the keys that only stages may set."""
    return {key: value for key, value in candidate.items() if key not in {DEPRIORITISED, LLM_REASON}}
