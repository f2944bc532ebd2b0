"""The built-in filter rules: which merged candidates are kept. Pure; each drop has a reason.

A rule drops only candidates that are known to miss it. Unknown values pass and are counted as unknown: a
missing price is a property of the data, not of the share. A recent large move lowers the priority and drops
no candidate, so a market-wide move cannot empty the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tradingagents.discovery.model.candidate import Direction, Priority, normalise_ticker
from tradingagents.discovery.model.report import Dropped, FilteredCandidate, FilterStep, Plain
from tradingagents.discovery.settings.sections import FilterSettings

__all__ = ["DEPRIORITISED", "filter_candidates"]

DEPRIORITISED: Final = "deprioritised"
"""The key of the reason why a candidate ranks one priority lower."""

_UNKNOWN = None
_PASSES = ""
_Judge = Callable[[FilteredCandidate], str | None]


@dataclass(frozen=True)
class _Rule:
    """``judge`` returns why a candidate is dropped, an empty text when it is not, None when unknown.

    ``missing`` is the reason why the value may be unknown.
    """

    name: str
    judge: _Judge
    missing: str = ""


@dataclass
class _Sieve:
    """The remaining candidates, and the counts of every step so far."""

    left: list[FilteredCandidate]
    steps: list[FilterStep] = field(default_factory=list)

    def apply(self, rule: _Rule) -> None:
        verdicts = [(candidate, rule.judge(candidate)) for candidate in self.left]
        unknown = sum(verdict is _UNKNOWN for _, verdict in verdicts)
        step: FilterStep = {
            "name": rule.name,
            "in": len(verdicts),
            "out": sum(not verdict for _, verdict in verdicts),
            "unknown": unknown,
            "dropped": [{"ticker": one["ticker"], "reason": why} for one, why in verdicts if why],
        }
        if unknown:
            step["note"] = _note(unknown, len(verdicts), rule.missing)
        self.left = [candidate for candidate, verdict in verdicts if not verdict]
        self.steps.append(step)


def filter_candidates(
    candidates: Sequence[FilteredCandidate],
    settings: FilterSettings,
    missing: str = "no daily bars",
    *,
    trade_date: date,
) -> tuple[list[FilteredCandidate], list[FilterStep]]:
    """Return the candidates to keep, in the given order, and the counts of each step. Pure.

    Reads ``evidence`` and ``market`` of each candidate, see :func:`read_market`; ``missing`` is the reason
    why market facts may be missing. A step is ``{"name", "in", "out", "unknown", "dropped"}`` with a list of
    ``{"ticker", "reason"}``; the last step has ``deprioritised`` instead of ``dropped``, and sets that key in
    candidates. A disabled limit has no step.
    """
    sieve = _Sieve([candidate.copy() for candidate in candidates])
    for rule in (*_named(settings), *_fresh(settings, trade_date), *_measured(settings, missing)):
        sieve.apply(rule)
    if settings.recent_move_percent is not None:
        sieve.steps.append(_deprioritise(sieve.left, settings, settings.recent_move_percent, missing))
    return sieve.left, sieve.steps


def _named(settings: FilterSettings) -> Iterable[_Rule]:
    excluded = {normalise_ticker(ticker) for ticker in settings.exclude_tickers}
    lowest = Priority(settings.min_priority).rank

    def is_excluded(candidate: FilteredCandidate) -> str:
        return "in filter.exclude_tickers" if candidate["ticker"] in excluded else _PASSES

    def too_low(candidate: FilteredCandidate) -> str:
        if Priority(candidate["priority"]).rank <= lowest:
            return _PASSES
        return f"priority {candidate['priority']} is below filter.min_priority {settings.min_priority}"

    yield _Rule("exclude_tickers", is_excluded)
    yield _Rule("min_priority", too_low)
    if settings.directions is not None:
        allowed = settings.directions

        def wrong_direction(candidate: FilteredCandidate) -> str:
            direction = candidate.get("direction", Direction.NONE.value)
            if direction in allowed:
                return _PASSES
            return f"direction {direction} is not in filter.directions: {', '.join(allowed)}"

        yield _Rule("directions", wrong_direction)


def _fresh(settings: FilterSettings, trade_date: date) -> Iterable[_Rule]:
    most = settings.max_evidence_age_days
    if most is None:
        return

    def too_old(candidate: FilteredCandidate) -> str | None:
        days = [day for record in candidate.get("evidence") or () if (day := _day(record)) is not None]
        if not days:
            return _UNKNOWN
        age = (trade_date - max(days)).days
        reason = f"newest evidence is of {max(days)}, {age} days old: more than"
        return f"{reason} filter.max_evidence_age_days {most}" if age > most else _PASSES

    yield _Rule("freshness", too_old, "no evidence with a date")


def _day(record: Plain) -> date | None:
    try:
        return date.fromisoformat(str(record.get("as_of", ""))[:10])
    except ValueError:
        return None


def _measured(settings: FilterSettings, missing: str) -> Iterable[_Rule]:
    limits = (
        ("price", "close_usd", "min_price_usd", missing),
        ("market cap", "market_cap_usd", "min_market_cap_usd", "not in its evidence"),
        ("liquidity", "median_dollar_volume_usd", "min_dollar_volume_usd", missing),
    )
    for name, fact, setting, why in limits:
        least = getattr(settings, setting)
        if least is not None:
            yield _Rule(name, _at_least(fact, least, setting), why)


def _at_least(fact: str, least: float, setting: str) -> _Judge:
    def judge(candidate: FilteredCandidate) -> str | None:
        value = candidate.get("market", {}).get(fact)
        if not isinstance(value, int | float):
            return _UNKNOWN
        return _PASSES if value >= least else f"{fact} {value:,.2f} is below filter.{setting} {least:,.2f}"

    return judge


def _deprioritise(
    candidates: Sequence[FilteredCandidate], settings: FilterSettings, most: float, missing: str
) -> FilterStep:
    """Mark the candidates that moved more than ``most`` percent, and return the step's counts."""
    exempt = frozenset(settings.recent_move_exempt)
    unknown = 0
    marked: list[Dropped] = []
    for candidate in candidates:
        change = candidate.get("market", {}).get("change_5_sessions_percent")
        if not isinstance(change, int | float):
            unknown += 1
        elif abs(change) > most and exempt.isdisjoint(_scanners(candidate)):
            candidate[DEPRIORITISED] = f"moved {change:+.1f} % in 5 sessions, more than {most:g} %"
            marked.append({"ticker": candidate["ticker"], "reason": candidate[DEPRIORITISED]})
    count = len(candidates)
    step: FilterStep = {
        "name": "recent move",
        "in": count,
        "out": count,
        "unknown": unknown,
        "deprioritised": marked,
    }
    return {**step, "note": _note(unknown, count, missing)} if unknown else step


def _note(unknown: int, of: int, missing: str) -> str:
    return f"unknown for {unknown} of {of}" + (f" ({missing})" if missing else "")


def _scanners(candidate: FilteredCandidate) -> set[str]:
    """Return the scanners that found it: from ``seen_by``, and its sources, which may be any label."""
    return {*(candidate.get("all_sources") or [candidate.get("source", "")]), *candidate.get("seen_by", ())}
