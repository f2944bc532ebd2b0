"""Rates of change and the relative strength index, all from closes."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens.indicators.smoothing import seeded_mean

__all__ = ["roc", "rsi", "rsi_plain", "rsi_unseeded"]


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
    gain, move = _gain_and_size(close.diff())
    return 100.0 * seeded_mean(gain, period, 1.0 / period) / seeded_mean(move, period, 1.0 / period)


def rsi_unseeded(moves: pl.Expr, period: int) -> pl.Expr:
    """Wilder's RSI started from the first move alone; costs a third of :func:`rsi`.

    ``moves`` are the closes' differences. The same as :func:`rsi` to 12 digits from
    :func:`~.smoothing.wilder_memory` moves on, while the price moves, and for a ``period`` of 2 everywhere.
    """
    gain, move = (part.ewm_mean(alpha=1.0 / period, adjust=False) for part in _gain_and_size(moves))
    return 100.0 * gain / move


def rsi_plain(close: pl.Expr, period: int) -> pl.Expr:
    """Relative strength index with plain means of the window (Cutler's); no memory beyond it.

    Warm-up: ``period`` + 1 bars. NaN where the price did not move in the window.
    """
    gain, move = _gain_and_size(close.diff())
    return 100.0 * gain.rolling_mean(period) / move.rolling_mean(period)


def _gain_and_size(moves: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """What the price rose by (0 when it fell), and how far it moved either way."""
    return moves.clip(lower_bound=0.0), moves.abs()
