"""Earnings reports of the last days with their figures, and the surprises that a scanner should find.

As with the reports to come, no company reported on the session itself or exactly seven days before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.earnings.calendar import FOREIGN, HOURS, Earnings, fiscal_quarter
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios
from tradingagents.discovery.sandbox.world.sessions import is_session

__all__ = ["surprise_reports", "surprise_truth"]

_DAYS_BACK = 7
_IN_LINE = (-0.02, 0.02)
_EXPECTED = {  # scenario: estimate and actual per share (None: drawn), bounds of the revenue surprise
    "beat": (None, (0.06, 0.2)),
    "miss": (None, (-0.2, -0.06)),
    "smaller_loss": ((-0.5, -0.3), _IN_LINE),
    "from_nothing": ((0.01, 0.15), None),
    "revenue": ((1.0, 1.03), (0.08, 0.2)),
    "mixed": ((0.8, 1.04), (-0.12, -0.07)),
}
_FORBIDDEN = {
    "tiny": ((1.0, 1.06), (-0.04, 0.04)),
    "cent": ((0.0, 0.01), _IN_LINE),
    "no_actual": ((1.2, None), None),
    "no_estimate": ((None, 1.2), None),
    "units": ((2.0, 2.04), (-0.999, -0.999)),
}
_FLOOR = 0.1  # the least denominator of a surprise


def surprise_reports(seed: int, as_of: date, scenarios: Scenarios) -> tuple[Earnings, ...]:
    """Return the reports of the week before the session; one beat is in the calendar twice."""
    days = [as_of - timedelta(days=back) for back in range(1, _DAYS_BACK)]
    sessions = [day for day in days if is_session(day)]
    rows = [
        _report(seed, symbol, sessions[rank % len(sessions)], scenario)
        for scenario in (*_EXPECTED, *_FORBIDDEN)
        for rank, symbol in enumerate(scenarios[f"surprise/{scenario}"])
    ]
    rows.append(rows[0])
    abroad = [_report(seed, symbol, sessions[0], "beat") for symbol in FOREIGN[:2]]
    return (*rows, *abroad)


def _report(seed: int, symbol: str, day: date, scenario: str) -> Earnings:
    draw = stream(seed, "surprise", symbol)
    shares, revenue_bounds = (_EXPECTED | _FORBIDDEN)[scenario]
    estimate, actual = shares or _drawn(draw.uniform(0.4, 3), draw.uniform(0.15, 0.6), scenario)
    revenue = draw.randint(20, 9_000) * 1_000_000
    year, quarter = fiscal_quarter(day)
    made = Earnings(
        symbol, day, draw.choice(HOURS), year, quarter,
        eps_estimate=estimate, eps_actual=actual, revenue_estimate=None, revenue_actual=None,
    )  # fmt: skip
    if revenue_bounds is None:
        return made
    low, high = revenue_bounds
    return replace(
        made, revenue_estimate=revenue, revenue_actual=round(revenue * (1 + draw.uniform(low, high)))
    )


def _drawn(estimate: float, surprise: float, scenario: str) -> tuple[float, float]:
    estimate = round(estimate, 2)
    return estimate, round(estimate * (1 + surprise if scenario == "beat" else 1 - surprise), 2)


def surprise_truth(scenarios: Scenarios, reports: tuple[Earnings, ...]) -> Planted:
    """Return the companies with a surprise in the week before the session, with its signed size."""
    expected = {symbol for name in _EXPECTED for symbol in scenarios[f"surprise/{name}"]}
    why = scenarios.reasons(
        {
            "surprise/tiny": "within a few per cent of the estimates",
            "surprise/cent": "one cent against zero",
            "surprise/no_actual": "no figures yet",
            "surprise/no_estimate": "no estimate",
            "surprise/units": "revenue reported in thousands",
            "earnings/past": "reported earlier",
        }
    )
    why |= dict.fromkeys(FOREIGN[:2], "not a United States listing")
    measure = dict(_measures(row for row in reports if row.symbol in expected))
    return Planted(frozenset(expected), frozenset(why), why, measure)


def _measures(rows: Iterator[Earnings]) -> Iterator[tuple[str, float]]:
    for row in rows:
        estimate, actual = row.eps_estimate or 0.0, row.eps_actual or 0.0
        shares = 100 * (actual - estimate) / max(abs(estimate), _FLOOR)
        total = shares if abs(shares) >= 10 else 0.0
        if row.revenue_estimate and row.revenue_actual:
            revenue = 100 * (row.revenue_actual / row.revenue_estimate - 1)
            total += revenue if abs(revenue) >= 5 else 0.0
        yield row.symbol, total
