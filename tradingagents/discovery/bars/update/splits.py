"""Daily bars as they were traded, put on the scale of the newest: schema prices are adjusted for splits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tradingagents.discovery.vendors.daily_bars import DailyBar, Split

__all__ = ["adjusted", "jumps"]

_JUMP = math.log(1.15)


def jumps(bars: Sequence[DailyBar]) -> tuple[date, ...]:
    """Return the days that opened 15 % above the close before, or as far below: a split, or news.

    The smallest usual split, five for four, moves a price by 20 %. A stock dividend of a few per cent is
    not seen here, and neither is it by most vendors that adjust.
    """
    steps = ((after.day, _gap(before, after)) for before, after in itertools.pairwise(bars))
    return tuple(day for day, gap in steps if gap is not None and abs(gap) >= _JUMP)


def adjusted(bars: Sequence[DailyBar], splits: Sequence[Split]) -> list[DailyBar]:
    """Divide prices before each split by its factor, and multiply volumes.

    A split counts where the bars show it: some vendor's raw series may be adjusted already, or carry
    the split on another day. One between the day named and the first bar after it is found, too.
    """
    result = list(bars)
    for split in sorted(splits, key=lambda split: split.day, reverse=True):
        at = next((number for number, bar in enumerate(bars) if bar.day >= split.day), 0)
        if at and _shows(bars[at - 1], bars[at], split.factor):
            result[:at] = [_divided(bar, split.factor) for bar in result[:at]]
    return result


def _shows(before: DailyBar, after: DailyBar, factor: float) -> bool:
    """Whether the step between two sessions is nearer to none once the split is taken out of it."""
    gap = _gap(before, after)
    return gap is not None and abs(gap + math.log(factor)) < abs(gap)


def _gap(before: DailyBar, after: DailyBar) -> float | None:
    close, start = before.close, after.open
    if close is None or start is None or close <= 0 or start <= 0:
        return None
    return math.log(start / close)


def _divided(bar: DailyBar, factor: float) -> DailyBar:
    def divide(price: float | None) -> float | None:
        return None if price is None else price / factor

    return replace(
        bar,
        open=divide(bar.open),
        high=divide(bar.high),
        low=divide(bar.low),
        close=divide(bar.close),
        volume=None if bar.volume is None else bar.volume * factor,
    )
