"""Off-exchange volume as FINRA reports it, and the companies with a surge in it.

Off-exchange volume is 35 to 55 % of the consolidated volume, depending on the company, plus or minus 3 %
a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.prices.paths import Plan
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios

__all__ = ["ShortVolume", "off_exchange", "volume_truth"]

_MEAN_DAYS = 20
_BUSY_CHARTS = ("bars/accumulation", "bars/accumulation_weak", "bars/accumulation_fell")


class ShortVolume(NamedTuple):
    """One security on one session, in shares, which FINRA prints with six decimals."""

    short: float
    exempt: float
    total: float
    markets: str


def off_exchange(seed: int, symbol: str, volumes: Sequence[int]) -> list[ShortVolume]:
    """Return FINRA's figures for each consolidated volume given, in the same order."""
    draw = stream(seed, "off exchange", symbol)
    share, markets = draw.uniform(0.35, 0.55), draw.choice(("B,Q,N", "B,Q,N", "Q,N", "Q"))
    rows = []
    for volume in volumes:
        total = volume * share * draw.uniform(0.97, 1.03)
        short = total * draw.uniform(0.3, 0.7)
        rows.append(ShortVolume(short, short * 0.003, total, markets))
    return rows


def volume_truth(
    scenarios: Scenarios, plans: Mapping[str, Plan], recent: Mapping[str, Sequence[ShortVolume]]
) -> Planted:
    """Return the securities whose newest volume surged; ``recent`` ends with the newest session."""
    expected = set(scenarios["volume/surge"]) | {
        s for s in scenarios["movers/gainer"] if plans[s].surge is not None
    }
    expected.update(*(scenarios[name] for name in _BUSY_CHARTS))
    why = scenarios.reasons(
        {
            "volume/thin": "a high multiple of a tiny volume",
            "bars/accumulation_thin": "a high multiple of a tiny volume",
            "volume/slow_rise": "rises a little every day",
            "volume/new": "listed five sessions ago: no 20-day mean",
            "volume/busy_flat": "high volume every day",
            "volume/yesterday": "surged the session before",
        }
    )
    measure = {}
    for symbol in expected:
        *before, newest = [row.total for row in recent[symbol][-1 - _MEAN_DAYS :]]
        measure[symbol] = newest / (sum(before) / len(before))
    return Planted(frozenset(expected), frozenset(why), why, measure)
