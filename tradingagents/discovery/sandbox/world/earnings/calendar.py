"""Earnings dates, and the companies that report within a week of the session.

No company reports on the session itself or exactly seven days later, so that the answer does not depend on
whether the ends of the window count. The reports of the week before are in ``surprises``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios
from tradingagents.discovery.sandbox.world.sessions import is_session

__all__ = [
    "FOREIGN",
    "HOURS",
    "Earnings",
    "earnings_calendar",
    "earnings_truth",
    "fiscal_quarter",
    "past_quarters",
]

_DAYS_AHEAD = 7
_REPORTED_DAYS_AGO = 9  # at least; newer reports are in surprises
FOREIGN = ("ZXIQ.TO", "9911.HK", "VQOD.L", "QZEDF", "XJIKY")
"""Symbols that are listed abroad or traded over the counter."""

HOURS = ("bmo", "amc", "amc", "bmo", "dmh", "")
_RATINGS_SCENARIOS = ("up", "down", "flat", "one_month", "none", "slight", "older", "gap", "few")


@dataclass(frozen=True, slots=True)
class Earnings:
    """One report. Estimates are None without an analyst, actuals before the report; revenue in US dollars."""

    symbol: str
    day: date
    hour: str  # bmo, amc, dmh or "" when unknown
    year: int
    quarter: int
    eps_estimate: float | None
    eps_actual: float | None
    revenue_estimate: int | None
    revenue_actual: int | None


def reporters(scenarios: Scenarios) -> tuple[str, ...]:
    """Return the companies that report within the window."""
    soon = [symbol for name in _RATINGS_SCENARIOS for symbol in scenarios[f"ratings/{name}"]]
    return (*soon, *scenarios["earnings/star"])


def earnings_calendar(seed: int, as_of: date, scenarios: Scenarios) -> tuple[Earnings, ...]:
    """Return the reports of three months before and after, without the last week, by date and symbol.

    One report is in the calendar twice, as happens in the real one.
    """
    soon = _sessions(as_of, 1, _DAYS_AHEAD - 1)
    later = _sessions(as_of, _DAYS_AHEAD + 2, 80)
    past = _sessions(as_of, -80, -_REPORTED_DAYS_AGO)
    draw = stream(seed, "earnings days")
    rows = [_report(seed, symbol, soon[rank % len(soon)]) for rank, symbol in enumerate(reporters(scenarios))]
    rows += [_report(seed, symbol, soon[-1]) for symbol in FOREIGN]
    rows += [_report(seed, symbol, draw.choice(later)) for symbol in scenarios["earnings/later"]]
    rows += [_report(seed, symbol, draw.choice(past), known=True) for symbol in scenarios["earnings/past"]]
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


def earnings_truth(scenarios: Scenarios) -> Planted:
    """Return the companies that report in the seven days after the session."""
    why = scenarios.reasons(
        {
            "earnings/past": "already reported",
            "earnings/later": "reports after the window",
            "surprise/tiny": "reported in the days before",
            "surprise/no_actual": "was due in the days before",
        }
    )
    why |= dict.fromkeys(FOREIGN, "not a United States listing")
    return Planted(frozenset(reporters(scenarios)), frozenset(why), why)
