"""On-balance volume and volume against its own recent mean."""

from __future__ import annotations

import polars as pl

__all__ = ["obv", "relative_volume"]


def obv(close: pl.Expr, volume: pl.Expr) -> pl.Expr:
    """On-balance volume in shares (J. Granville, 1963): volume added on up days, taken off on down days.

    Starts at the first bar's volume, as published tables do; only its changes mean anything. No warm-up.
    """
    direction = close.diff().sign().fill_null(1.0)
    return (direction * volume).cum_sum()


def relative_volume(volume: pl.Expr, period: int) -> pl.Expr:
    """Newest volume over the mean of the ``period`` bars before it. Warm-up: ``period`` + 1 bars.

    Infinite or NaN where those bars had no volume at all.
    """
    return volume / volume.shift(1).rolling_mean(period)
