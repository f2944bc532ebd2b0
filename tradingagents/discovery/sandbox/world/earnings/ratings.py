"""Monthly analyst ratings of each company, and which companies were upgraded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios

__all__ = ["Rating", "ratings", "ratings_truth", "universe_ratings_truth"]

_MONTHS = 4


@dataclass(frozen=True, slots=True)
class Rating:
    """The number of analysts per recommendation, on the first of a month."""

    period: date
    strong_buy: int
    buy: int
    hold: int
    sell: int
    strong_sell: int

    @property
    def mean(self) -> float:
        """The mean, from 1 (strong sell) to 5 (strong buy); ``ZeroDivisionError`` without analysts."""
        counts = (self.strong_sell, self.sell, self.hold, self.buy, self.strong_buy)
        return sum(grade * count for grade, count in enumerate(counts, 1)) / sum(counts)


def ratings(seed: int, symbol: str, as_of: date, scenarios: Scenarios) -> tuple[Rating, ...]:
    """Return the monthly snapshots of a company, newest first; none where no analyst follows it."""
    if symbol in scenarios["ratings/none"]:
        return ()
    if symbol in scenarios["ratings/few"]:
        return tuple(
            Rating(period, *counts)
            for period, counts in zip(_months(as_of)[:2], ((2, 0, 0, 0, 0), (0, 0, 2, 0, 0)), strict=True)
        )
    draw = stream(seed, "ratings", symbol)
    start = [draw.randint(*bounds) for bounds in ((3, 7), (5, 9), (8, 12), (1, 3), (0, 1))]
    grade = 1 if symbol in scenarios["ratings/slight"] else 0
    rows, counts = [], start
    for period, moved in zip(_months(as_of), _moves(symbol, scenarios), strict=True):
        rows.append(Rating(period, *counts))
        counts = _before(counts, moved, grade)
    if symbol in scenarios["ratings/gap"]:
        del rows[1]
    return tuple(rows[:1] if symbol in scenarios["ratings/one_month"] else rows)


def _moves(symbol: str, scenarios: Scenarios) -> tuple[int, int, int, int]:
    """Return, newest first, the number of analysts that went up from hold in each month."""
    if symbol in scenarios["ratings/up_quiet"] + scenarios["ratings/gap"]:
        return (4, 0, 0, 0)
    if symbol in scenarios["ratings/up"]:
        return (3 + scenarios["ratings/up"].index(symbol) % 3, 0, 1, 0)
    if symbol in scenarios["ratings/down"]:
        return (-3, 0, 0, 0)
    if symbol in scenarios["ratings/older"]:
        return (0, 4, 0, 0)
    if symbol in scenarios["ratings/slight"]:
        return (1, 0, 0, 0)
    return (0, 0, 0, 0)


def _before(counts: list[int], moved: int, grade: int) -> list[int]:
    """Undo one month's move from hold to ``grade`` (0 is strong buy, 1 buy)."""
    earlier = list(counts)
    taken = min(moved, counts[grade]) if moved > 0 else moved
    earlier[grade] -= taken
    earlier[2] += taken
    return earlier


def _months(as_of: date) -> list[date]:
    month = as_of.replace(day=1)
    months = []
    for _ in range(_MONTHS):
        months.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return months


def ratings_truth(seed: int, as_of: date, scenarios: Scenarios) -> Planted:
    """Return the companies whose mean rating rose by 0.1 or more between the two newest months."""
    measure = {}
    for symbol in scenarios["ratings/up"]:
        newest, before, *_ = ratings(seed, symbol, as_of, scenarios)
        measure[symbol] = newest.mean - before.mean
    why: Mapping[str, str] = scenarios.reasons(
        {
            "ratings/down": "downgraded",
            "ratings/flat": "unchanged",
            "ratings/one_month": "one month only: nothing to compare",
            "ratings/none": "no analyst follows it",
            "ratings/slight": "rose by less than 0.1",
            "ratings/older": "rose a month earlier",
            "ratings/gap": "the month before is missing",
            "ratings/few": "two analysts only",
        }
    )
    return Planted(frozenset(measure), frozenset(why), why, measure)


def universe_ratings_truth(seed: int, as_of: date, scenarios: Scenarios) -> Planted:
    """Return the upgraded companies of the whole market, not only of those that report soon."""
    soon = ratings_truth(seed, as_of, scenarios)
    measure = dict(soon.measure)
    for symbol in scenarios["ratings/up_quiet"]:
        newest, before, *_ = ratings(seed, symbol, as_of, scenarios)
        measure[symbol] = newest.mean - before.mean
    return Planted(frozenset(measure), soon.forbidden, soon.why, measure)
