"""Price charts that end with a pattern, or with a near miss that lacks a single condition of it.

Arrays are indexed by age: 0 is the newest session. A chart starts calm (a slight rise in which every second
close is a little higher, on even volume), which no technical screen finds, and each shape then modifies it.
Prices are fractions of the newest usual price, volumes fractions of a usual session's volume.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["FUND_SHAPES", "SHAPES", "Day", "draw_chart"]


@dataclass(frozen=True, slots=True)
class Day:
    """One session of a chart."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass
class _Sketch:
    """Closes and volumes by age; opens, highs and lows are derived from them unless set."""

    close: list[float]
    volume: list[float]
    spread: list[float]  # how far high and low are beyond open and close
    open: dict[int, float] = field(default_factory=dict)
    high: dict[int, float] = field(default_factory=dict)
    low: dict[int, float] = field(default_factory=dict)

    def scale_closes(self, ages: range, factor: float) -> None:
        """Multiply the closes of some ages."""
        for age in ages:
            self.close[age] *= factor

    def scale_volumes(self, *, times: float, ages: range = range(1)) -> None:
        """Multiply the volumes of some ages."""
        for age in ages:
            self.volume[age] *= times

    def days(self) -> list[Day]:
        """Return the sessions, oldest first."""
        made = []
        for age in range(len(self.close) - 1, -1, -1):
            before = self.close[age + 1] if age + 1 < len(self.close) else self.close[age]
            start = self.open.get(age, before * 1.0005)
            high = self.high.get(age, max(start, self.close[age]) * (1 + self.spread[age]))
            low = self.low.get(age, min(start, self.close[age]) * (1 - self.spread[age]))
            made.append(Day(start, high, low, self.close[age], self.volume[age]))
        return made


_Shape = Callable[[_Sketch, random.Random], None]
_WOBBLE, _SPREAD = 0.004, 0.006


def draw_chart(shape: str, draw: random.Random, count: int) -> list[Day]:
    """Return ``count`` sessions, oldest first, that end with the shape of that name."""
    slope = _SLOPES.get(shape, 0.0003)
    sketch = _Sketch(
        close=[(1 - slope * age) * (1 - _WOBBLE if age % 2 else 1 + _WOBBLE) for age in range(count)],
        volume=[draw.uniform(0.93, 1.07) for _ in range(count)],
        spread=[_SPREAD * draw.uniform(0.9, 1.1) for _ in range(count)],
    )
    (SHAPES.get(shape) or FUND_SHAPES[shape])(sketch, draw)
    return sketch.days()


# -- unusual volume, little price ------------------------------------------------------------------


def _accumulation(sketch: _Sketch, draw: random.Random) -> None:
    sketch.scale_volumes(times=draw.uniform(2.6, 4.5))
    sketch.high[0], sketch.low[0] = sketch.close[0] * 1.001, sketch.close[1] * 0.9995


def _accumulation_weak(sketch: _Sketch, draw: random.Random) -> None:
    _accumulation(sketch, draw)
    sketch.high[0] = sketch.close[0] * 1.04


def _accumulation_fell(sketch: _Sketch, draw: random.Random) -> None:
    sketch.scale_volumes(times=draw.uniform(2.6, 4.5))
    sketch.close[0] = sketch.close[1] * 0.93
    sketch.low[0] = sketch.close[1] * 0.85


# -- new highs -------------------------------------------------------------------------------------


def _old_peak(sketch: _Sketch) -> None:
    """A peak within the year above the newest price."""
    for age in range(90, 130):
        sketch.close[age] *= 1 + 0.2 * (1 - abs(age - 110) / 20)


def _breakout(sketch: _Sketch, draw: random.Random) -> None:
    _old_peak(sketch)
    sketch.close[0] = draw.uniform(1.03, 1.045)
    sketch.scale_volumes(times=draw.uniform(1.65, 1.8))


def _breakout_quiet(sketch: _Sketch, draw: random.Random) -> None:
    _breakout(sketch, draw)
    sketch.volume[0] = 1.2


def _breakout_inside(sketch: _Sketch, draw: random.Random) -> None:
    _breakout(sketch, draw)
    sketch.close[0] = 1.002


def _unfetched(sketch: _Sketch, draw: random.Random) -> None:
    """A breakout three sessions ago, and calm since."""
    _old_peak(sketch)
    for age in range(4):
        sketch.close[age] += 0.035
    sketch.volume[3] *= 1.75


def _high_52w(sketch: _Sketch, draw: random.Random) -> None:
    sketch.scale_closes(range(40, 46), 1.04)
    sketch.close[0] = draw.uniform(1.045, 1.06)
    sketch.scale_volumes(times=draw.uniform(1.65, 1.8))


def _high_52w_again(sketch: _Sketch, draw: random.Random) -> None:
    """A new high every day for a week."""
    for age in range(6):
        sketch.close[age] = 1.01 + 0.006 * (6 - age)
    sketch.close[0] = 1.065
    sketch.scale_volumes(times=draw.uniform(1.65, 1.8))


# -- a rise of a year ------------------------------------------------------------------------------


def _rise(sketch: _Sketch, whole: float) -> None:
    for age in range(len(sketch.close)):
        sketch.close[age] *= (1 + whole) ** (-age / 252)


def _trend(sketch: _Sketch, draw: random.Random) -> None:
    _rise(sketch, draw.uniform(0.55, 0.9))


def _trend_spike(sketch: _Sketch, draw: random.Random) -> None:
    _trend(sketch, draw)
    sketch.high[60] = 1.6


def _trend_slow(sketch: _Sketch, draw: random.Random) -> None:
    _rise(sketch, 0.1)


# -- narrow ranges and low volume ------------------------------------------------------------------


def _compression(sketch: _Sketch, draw: random.Random) -> None:
    for age in range(7, 60):
        sketch.close[age] = (1 - 0.0003 * age) * (1 - 0.012 if age % 2 else 1 + 0.012)
        sketch.spread[age] = 0.012
    for age in range(1, 7):
        sketch.close[age], sketch.spread[age] = 1 + 0.0005 * (-1) ** age, 0.002
    sketch.close[0] = draw.uniform(1.04, 1.05)


def _compression_inside(sketch: _Sketch, draw: random.Random) -> None:
    _compression(sketch, draw)
    sketch.close[0] = 1.005


def _compression_low(sketch: _Sketch, draw: random.Random) -> None:
    """A breakout from the range that stays below the 50-day mean."""
    _compression(sketch, draw)
    sketch.scale_closes(range(15, len(sketch.close)), 1.15)


def _dry_up(sketch: _Sketch, draw: random.Random) -> None:
    sketch.scale_volumes(times=draw.uniform(0.3, 0.42), ages=range(3))


def _dry_up_once(sketch: _Sketch, draw: random.Random) -> None:
    sketch.scale_volumes(times=0.35)


def _dry_up_wide(sketch: _Sketch, draw: random.Random) -> None:
    _dry_up(sketch, draw)
    sketch.low[2] = 0.91


# -- pullbacks and gaps ----------------------------------------------------------------------------


def _oversold(sketch: _Sketch, draw: random.Random) -> None:
    for age in range(4):
        sketch.close[age] = 0.996 - draw.uniform(0.007, 0.009) * (4 - age)


def _oversold_shallow(sketch: _Sketch, draw: random.Random) -> None:
    sketch.close[0] = 0.99


def _oversold_downtrend(sketch: _Sketch, draw: random.Random) -> None:
    _oversold(sketch, draw)
    sketch.scale_closes(range(30, len(sketch.close)), 1.2)


def _gap(sketch: _Sketch, draw: random.Random) -> None:
    _old_peak(sketch)
    sketch.open[0] = sketch.close[1] * draw.uniform(1.045, 1.06)
    sketch.close[0] = sketch.open[0] * 1.006
    sketch.scale_volumes(times=draw.uniform(1.65, 1.8))


def _gap_lost(sketch: _Sketch, draw: random.Random) -> None:
    _gap(sketch, draw)
    sketch.close[0] = sketch.open[0] * 0.95


def _gap_quiet(sketch: _Sketch, draw: random.Random) -> None:
    _gap(sketch, draw)
    sketch.volume[0] = 1.2


# -- rising on-balance volume --------------------------------------------------------------------------


def _flow(sketch: _Sketch, up: float, down: float) -> None:
    """Scale the volumes of days that close higher and of days that close lower; the newest closes lower."""
    sketch.close[:] = [*sketch.close[1:], sketch.close[-1]]
    for age in range(20):
        sketch.volume[age] *= up if age % 2 else down


def _inflow(sketch: _Sketch, draw: random.Random) -> None:
    _flow(sketch, draw.uniform(1.55, 1.7), 0.5)


def _inflow_rising(sketch: _Sketch, draw: random.Random) -> None:
    _inflow(sketch, draw)
    for age in range(20):
        sketch.close[age] *= 1 + 0.003 * (20 - age)


def _inflow_mild(sketch: _Sketch, draw: random.Random) -> None:
    _flow(sketch, 1.1, 0.85)


# -- funds against a benchmark ---------------------------------------------------------------------


def _line(sketch: _Sketch, level: Callable[[int], float]) -> None:
    """Replace the closes, without the rise and wobble of the calm chart."""
    sketch.close[:] = [level(age) for age in range(len(sketch.close))]


def _fund_flat(sketch: _Sketch, draw: random.Random) -> None:
    _line(sketch, lambda age: 1.0)


def _fund_leads(sketch: _Sketch, draw: random.Random) -> None:
    lead = draw.uniform(0.05, 0.09)
    _line(sketch, lambda age: 1 - lead * min(age, 21) / 21)


def _fund_slows(sketch: _Sketch, draw: random.Random) -> None:
    """Ahead by 3 % in 21 sessions and by 16 % in 63: the lead shrinks."""
    _line(sketch, lambda age: 1 - 0.03 * min(age, 21) / 21 - 0.11 * max(min(age, 63) - 21, 0) / 42)


def _fund_little(sketch: _Sketch, draw: random.Random) -> None:
    _line(sketch, lambda age: 1 - 0.01 * min(age, 21) / 21)


def _fund_bounces(sketch: _Sketch, draw: random.Random) -> None:
    """Up 5 % in 21 sessions after a fall of a fifth, and below the 50-day mean."""
    _line(sketch, lambda age: 1 - 0.05 * min(age, 21) / 21 + 0.25 * min(max(age - 21, 0), 6) / 6)


_STEEP = 0.0006  # steep enough to stay above the 200-day mean after a fall
_SLOPES: Mapping[str, float] = MappingProxyType(
    {"oversold": _STEEP, "oversold_shallow": _STEEP, "young": _STEEP}
)

SHAPES: Mapping[str, _Shape] = MappingProxyType(
    {
        "accumulation": _accumulation,
        "accumulation_weak": _accumulation_weak,
        "accumulation_fell": _accumulation_fell,
        "accumulation_thin": _accumulation,
        "breakout": _breakout,
        "breakout_quiet": _breakout_quiet,
        "breakout_inside": _breakout_inside,
        "unfetched": _unfetched,
        "high_52w": _high_52w,
        "high_52w_again": _high_52w_again,
        "trend": _trend,
        "trend_spike": _trend_spike,
        "trend_slow": _trend_slow,
        "compression": _compression,
        "compression_inside": _compression_inside,
        "compression_low": _compression_low,
        "dry_up": _dry_up,
        "dry_up_once": _dry_up_once,
        "dry_up_wide": _dry_up_wide,
        "oversold": _oversold,
        "oversold_shallow": _oversold_shallow,
        "oversold_downtrend": _oversold_downtrend,
        "young": _oversold,
        "gap": _gap,
        "gap_lost": _gap_lost,
        "gap_quiet": _gap_quiet,
        "inflow": _inflow,
        "inflow_rising": _inflow_rising,
        "inflow_mild": _inflow_mild,
    }
)
"""Shapes of company charts, by the name of the scenario ``bars/<name>``."""

FUND_SHAPES: Mapping[str, _Shape] = MappingProxyType(
    {
        "fund_leads": _fund_leads,
        "fund_slows": _fund_slows,
        "fund_little": _fund_little,
        "fund_bounces": _fund_bounces,
        "fund_flat": _fund_flat,
    }
)
"""Shapes of the sector funds' charts; the benchmark's is the flat one."""
