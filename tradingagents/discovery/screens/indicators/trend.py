"""Averages and extremes of a window."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens.indicators.smoothing import seeded_mean

__all__ = ["ema", "rolling_high", "rolling_low", "sma"]


def sma(values: pl.Expr, period: int) -> pl.Expr:
    """Simple moving average, the newest bar included. Warm-up: ``period`` bars."""
    return values.rolling_mean(period)


def ema(values: pl.Expr, period: int) -> pl.Expr:
    """Exponential moving average, alpha = 2 / (period + 1), seeded with the SMA. Warm-up: ``period`` bars."""
    return seeded_mean(values, period, 2.0 / (period + 1))


def rolling_high(values: pl.Expr, period: int) -> pl.Expr:
    """Highest value of the newest ``period`` bars. Warm-up: ``period`` bars."""
    return values.rolling_max(period)


def rolling_low(values: pl.Expr, period: int) -> pl.Expr:
    """Lowest value of the newest ``period`` bars. Warm-up: ``period`` bars."""
    return values.rolling_min(period)
