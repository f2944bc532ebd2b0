"""True range, its averages, and the width of Bollinger's bands."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens.indicators.smoothing import seeded_mean

__all__ = ["atr", "atr_plain", "bollinger_width", "span_from", "true_range"]


def true_range(high: pl.Expr, low: pl.Expr, close: pl.Expr) -> pl.Expr:
    """Greatest of the day's range and its distances from the close before (Wilder, 1978).

    Warm-up: 2 bars; the first bar has no close before it.
    """
    before = close.shift(1)
    return pl.when(before.is_not_null()).then(span_from(before, high, low))


def span_from(before: pl.Expr, high: pl.Expr, low: pl.Expr) -> pl.Expr:
    """The true range of bars whose closes before them are ``before``, all of one length."""
    return pl.max_horizontal(high - low, (high - before).abs(), (low - before).abs())


def atr(high: pl.Expr, low: pl.Expr, close: pl.Expr, period: int) -> pl.Expr:
    """Average true range in dollars, Wilder's smoothing. Warm-up: ``period`` + 1 bars."""
    return seeded_mean(true_range(high, low, close), period, 1.0 / period)


def atr_plain(high: pl.Expr, low: pl.Expr, close: pl.Expr, period: int) -> pl.Expr:
    """Plain mean of the newest ``period`` true ranges, in dollars. Warm-up: ``period`` + 1 bars."""
    return true_range(high, low, close).rolling_mean(period)


def bollinger_width(close: pl.Expr, period: int = 20, deviations: float = 2.0) -> pl.Expr:
    """Distance of the upper from the lower Bollinger band over the middle one, as a fraction.

    Population standard deviation, as Bollinger has it. Warm-up: ``period`` bars.
    """
    return 2.0 * deviations * close.rolling_std(period, ddof=0) / close.rolling_mean(period)
