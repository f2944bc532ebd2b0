"""Rates of change and the relative strength index, all from closes."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.market.indicators.smoothing import seeded_mean

__all__ = ["roc", "rsi", "rsi_plain"]


def roc(values: pl.Expr, period: int) -> pl.Expr:
    """Rate of change as a fraction: newest over the value ``period`` bars before, less one.

    Warm-up: ``period`` + 1 bars.
    """
    return values / values.shift(period) - 1.0


def rsi(close: pl.Expr, period: int) -> pl.Expr:
    """Relative strength index, 0 to 100, Wilder's smoothing (J. W. Wilder, New Concepts, 1978).

    Warm-up: ``period`` + 1 bars, and it depends on all bars before, by less the older they are. NaN
    where the price never moved, because neither side has any strength.
    """
    gains, losses = _moves(close)
    return _index(seeded_mean(gains, period, 1.0 / period), seeded_mean(losses, period, 1.0 / period))


def rsi_plain(close: pl.Expr, period: int) -> pl.Expr:
    """Relative strength index with plain means of the window (Cutler's); no memory beyond it.

    Warm-up: ``period`` + 1 bars. NaN where the price did not move in the window.
    """
    gains, losses = _moves(close)
    return _index(gains.rolling_mean(period), losses.rolling_mean(period))


def _moves(close: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    move = close.diff()
    return move.clip(lower_bound=0.0), (-move).clip(lower_bound=0.0)


def _index(gain: pl.Expr, loss: pl.Expr) -> pl.Expr:
    return 100.0 * gain / (gain + loss)
