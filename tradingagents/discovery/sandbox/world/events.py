"""Earnings dates and analysts' ratings, and the truth about both.

No one reports on the session itself or exactly seven days later, so that the answer does not hang on
which ends of the window a reader counts. The reports of the week before are in ``surprises``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tradingagents.discovery.sandbox.world.scenarios import Cast, Planted
from tradingagents.discovery.sandbox.world.seeds import stream
from tradingagents.discovery.sandbox.world.sessions import is_session

__all__ = [
    "FOREIGN",
    "HOURS",
    "Earnings",
    "Rating",
    "earnings_calendar",
    "earnings_truth",
    "fiscal_quarter",
    "past_quarters",
    "ratings",
    "ratings_truth",
    "universe_ratings_truth",
]

_DAYS_AHEAD = 7
_REPORTED_DAYS_AGO = 9  # at least; what is newer is in surprises
FOREIGN = ("ZXIQ.TO", "9911.HK", "VQOD.L", "QZEDF", "XJIKY")
"""Symbols that are listed elsewhere, or traded over the counter."""

HOURS = ("bmo", "amc", "amc", "bmo", "dmh", "")
_RATINGS_PARTS = ("up", "down", "flat", "one_month", "none", "slight", "older", "gap", "few")
_MONTHS = 4


@dataclass(frozen=True, slots=True)
class Earnings:
    """One report. Estimates are None where nobody made one, actuals before the report; revenue in dollars."""

    symbol: str
    day: date
    hour: str  # bmo, amc, dmh or "" when unknown
    year: int
    quarter: int
    eps_estimate: float | None
    eps_actual: float | None
    revenue_estimate: int | None
    revenue_actual: int | None


@dataclass(frozen=True, slots=True)
class Rating:
    """How many analysts said what, on the first of a month."""

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


def reporters(cast: Cast) -> tuple[str, ...]:
    """Return who reports within the window: every company with a ratings part, and the stars."""
    soon = [symbol for part in _RATINGS_PARTS for symbol in cast[f"ratings/{part}"]]
    return (*soon, *cast["earnings/star"])


def earnings_calendar(seed: int, as_of: date, cast: Cast) -> tuple[Earnings, ...]:
    """Return the reports of the three months before and after but for the last week, by date and symbol.

    One reporter stands in the calendar twice, as happens there.
    """
    soon = _sessions(as_of, 1, _DAYS_AHEAD - 1)
    later = _sessions(as_of, _DAYS_AHEAD + 2, 80)
    past = _sessions(as_of, -80, -_REPORTED_DAYS_AGO)
    draw = stream(seed, "earnings days")
    rows = [_report(seed, symbol, soon[rank % len(soon)]) for rank, symbol in enumerate(reporters(cast))]
    rows += [_report(seed, symbol, soon[-1]) for symbol in FOREIGN]
    rows += [_report(seed, symbol, draw.choice(later)) for symbol in cast["earnings/later"]]
    rows += [_report(seed, symbol, draw.choice(past), known=True) for symbol in cast["earnings/past"]]
    rows.append(rows[0])
    return tuple(sorted(rows, key=lambda row: (row.day, row.symbol)))


def _sessions(as_of: date, first: int, last: int) -> list[date]:
    days = (as_of + timedelta(days=ahead) for ahead in range(first, last + 1))
    return [day for day in days if is_session(day)]


def _report(seed: int, symbol: str, day: date, *, known: bool = False) -> Earnings:
    draw = stream(seed, "earnings", symbol, day)
    covered = draw.random() > 0.15
    estimate = round(draw.uniform(-0.5, 3), 4)
    revenue = draw.randint(20, 9_000) * 1_000_000
    year, quarter = fiscal_quarter(day)
    return Earnings(
        symbol, day, draw.choice(HOURS), year, quarter,
        eps_estimate=estimate if covered else None,
        eps_actual=round(estimate * draw.uniform(0.8, 1.3), 4) if known else None,
        revenue_estimate=revenue if covered else None,
        revenue_actual=int(revenue * draw.uniform(0.9, 1.1)) if known else None,
    )  # fmt: skip


def fiscal_quarter(day: date) -> tuple[int, int]:
    """Return the year and number of the calendar quarter that ended before ``day``."""
    quarter = (day.month - 1) // 3
    return (day.year, quarter) if quarter else (day.year - 1, 4)


def past_quarters(seed: int, symbol: str, as_of: date) -> list[Earnings]:
    """Return the last four reports of a company, newest first."""
    days: list[date] = []
    day = as_of - timedelta(days=90)
    while len(days) < 4:
        if is_session(day):
            days.append(day)
            day -= timedelta(days=91)
        else:
            day -= timedelta(days=1)
    return [_report(seed, symbol, day, known=True) for day in days]


def earnings_truth(cast: Cast) -> Planted:
    """Return who reports in the seven days after the session."""
    why = cast.why(
        {
            "earnings/past": "has reported already",
            "earnings/later": "reports after the window",
            "surprise/tiny": "reported in the days before",
            "surprise/no_actual": "was due in the days before",
        }
    )
    why |= dict.fromkeys(FOREIGN, "not a United States listing")
    return Planted(frozenset(reporters(cast)), frozenset(why), why)


def ratings(seed: int, symbol: str, as_of: date, cast: Cast) -> tuple[Rating, ...]:
    """Return the monthly snapshots of a company, newest first; none where no analyst follows it."""
    if symbol in cast["ratings/none"]:
        return ()
    if symbol in cast["ratings/few"]:
        return tuple(
            Rating(period, *counts)
            for period, counts in zip(_months(as_of)[:2], ((2, 0, 0, 0, 0), (0, 0, 2, 0, 0)), strict=True)
        )
    draw = stream(seed, "ratings", symbol)
    start = [draw.randint(*bounds) for bounds in ((3, 7), (5, 9), (8, 12), (1, 3), (0, 1))]
    grade = 1 if symbol in cast["ratings/slight"] else 0
    rows, counts = [], start
    for period, moved in zip(_months(as_of), _moves(symbol, cast), strict=True):
        rows.append(Rating(period, *counts))
        counts = _before(counts, moved, grade)
    if symbol in cast["ratings/gap"]:
        del rows[1]
    return tuple(rows[:1] if symbol in cast["ratings/one_month"] else rows)


def _moves(symbol: str, cast: Cast) -> tuple[int, int, int, int]:
    """Return, newest first, how many analysts went up from hold to arrive at each month."""
    if symbol in cast["ratings/up_quiet"] + cast["ratings/gap"]:
        return (4, 0, 0, 0)
    if symbol in cast["ratings/up"]:
        return (3 + cast["ratings/up"].index(symbol) % 3, 0, 1, 0)
    if symbol in cast["ratings/down"]:
        return (-3, 0, 0, 0)
    if symbol in cast["ratings/older"]:
        return (0, 4, 0, 0)
    if symbol in cast["ratings/slight"]:
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


def ratings_truth(seed: int, as_of: date, cast: Cast) -> Planted:
    """Return whose mean rating rose by 0.1 or more between the two newest months."""
    measure = {}
    for symbol in cast["ratings/up"]:
        newest, before, *_ = ratings(seed, symbol, as_of, cast)
        measure[symbol] = newest.mean - before.mean
    why: Mapping[str, str] = cast.why(
        {
            "ratings/down": "analysts turned away",
            "ratings/flat": "nobody changed a rating",
            "ratings/one_month": "one month only: nothing to compare",
            "ratings/none": "no analyst follows it",
            "ratings/slight": "rose by less than 0.1",
            "ratings/older": "rose a month earlier",
            "ratings/gap": "the month before is missing",
            "ratings/few": "two analysts only",
        }
    )
    return Planted(frozenset(measure), frozenset(why), why, measure)


def universe_ratings_truth(seed: int, as_of: date, cast: Cast) -> Planted:
    """Return what is to be found when every company is asked about, not those alone that report soon."""
    soon = ratings_truth(seed, as_of, cast)
    measure = dict(soon.measure)
    for symbol in cast["ratings/up_quiet"]:
        newest, before, *_ = ratings(seed, symbol, as_of, cast)
        measure[symbol] = newest.mean - before.mean
    return Planted(frozenset(measure), soon.forbidden, soon.why, measure)
