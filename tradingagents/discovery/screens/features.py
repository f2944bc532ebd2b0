"""Features that several screens share: values of the newest bars, each with the bars it needs.

All are slices counted from the newest bar, so that a screen reads the bars it needs and not the whole
history. ``skip`` leaves out that many of the newest bars: with 1, a window ends before the newest bar.

The bar before each is a slice, too, and not a ``shift``: slices of a group cost nothing, while a shift, a
difference or a running sum copies every ticker's bars (measured: 3 to 8 times as long).
"""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens.base import Feature

__all__ = [
    "ago",
    "day_ago",
    "exceeds",
    "highest",
    "last",
    "lowest",
    "mean",
    "obv_change",
    "range_mean",
    "wilder_rsi",
]

_ROUNDING = 1e-9
_WILDER_MEMORY = 32  # periods after which Wilder's average has forgotten what came before, to 14 digits


def last(column: str) -> Feature:
    """The newest bar's value."""
    return Feature(column, pl.col(column).last(), 1)


def ago(column: str, bars: int) -> Feature:
    """The value ``bars`` bars before the newest."""
    return Feature(f"{column}_ago_{bars}", pl.col(column).tail(bars + 1).first(), bars + 1)


def day_ago(bars: int) -> Feature:
    """The day of the bar ``bars`` bars before the newest, as days since 1970."""
    return Feature(f"day_ago_{bars}", pl.col("date").tail(bars + 1).first().to_physical(), bars + 1)


def mean(column: str, bars: int, skip: int = 0) -> Feature:
    """Plain mean of a window."""
    return Feature(_named(column, "mean", bars, skip), _window(column, bars, skip).mean(), bars + skip)


def highest(column: str, bars: int, skip: int = 0) -> Feature:
    """Highest value of a window."""
    return Feature(_named(column, "highest", bars, skip), _window(column, bars, skip).max(), bars + skip)


def lowest(column: str, bars: int, skip: int = 0) -> Feature:
    """Lowest value of a window."""
    return Feature(_named(column, "lowest", bars, skip), _window(column, bars, skip).min(), bars + skip)


def range_mean(bars: int, skip: int = 0) -> Feature:
    """Plain mean of the true ranges of a window, in dollars.

    The true range is the greatest of the day's range and its distances from the close before (Wilder, 1978).
    """
    before = _before("close", bars, skip)
    high, low = _window("high", bars, skip), _window("low", bars, skip)
    ranges = pl.max_horizontal(high - low, (high - before).abs(), (low - before).abs())
    return Feature(_named("range", "mean", bars, skip), ranges.mean(), bars + skip + 1)


def obv_change(bars: int) -> Feature:
    """Change of on-balance volume (J. Granville, 1963) over the newest ``bars`` bars, in shares."""
    signed = _moves(bars).sign() * _window("volume", bars, 0)
    return Feature(f"obv_change_{bars}", signed.sum(), bars + 1)


def wilder_rsi(period: int) -> Feature:
    """Relative strength index of the newest bar, 0 to 100, Wilder's smoothing (New Concepts, 1978).

    NaN where the price never moved. The averages start from the first move alone and not from the mean of
    ``period`` moves, which costs a third; after as many bars as are read here both agree to 12 digits.
    """
    moves = _WILDER_MEMORY * period
    parts = _moves(moves).clip(lower_bound=0.0), _moves(moves).abs()
    gain, size = (part.ewm_mean(alpha=1.0 / period, adjust=False) for part in parts)
    return Feature(f"rsi_{period}", (100.0 * gain / size).last(), moves + 1)


def exceeds(value: str, other: str) -> pl.Expr:
    """Whether a value is above another by more than a rounding error.

    The mean of a price that stood still for 50 days differs from it in the last bits, either way.
    """
    return pl.col(value) > pl.col(other) * (1.0 + _ROUNDING)


def _window(column: str, bars: int, skip: int) -> pl.Expr:
    return pl.col(column).tail(bars + skip).head(bars) if skip else pl.col(column).tail(bars)


def _before(column: str, bars: int, skip: int) -> pl.Expr:
    """The bar before each of a window's."""
    return pl.col(column).tail(bars + skip + 1).head(bars)


def _moves(bars: int) -> pl.Expr:
    return _window("close", bars, 0) - _before("close", bars, 0)


def _named(column: str, what: str, bars: int, skip: int) -> str:
    return f"{column}_{what}_{bars}" + (f"_skip_{skip}" if skip else "")
