"""Unusual volume while the price has hardly moved and closes in the upper part of its range."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["volume_accumulation"]


def volume_accumulation(
    *,
    mean_days: int = 20,
    min_ratio: float = 2.0,
    max_change: float = 0.05,
    min_close_location: float = 0.5,
    min_mean_volume: float = 100_000,
) -> Screen:
    """Build the screen. Score: newest volume over its mean.

    ``min_ratio`` is newest volume over the mean of the ``mean_days`` bars before; ``max_change`` the largest
    move of the close, either way, as a fraction; ``min_close_location`` where the close stands in the
    day's range (0 low, 1 high, 0.5 when there was none); ``min_mean_volume`` in shares. Much effort with
    little result, closing well, is Wyckoff's sign of accumulation; the numbers are this project's.
    """
    close, before = features.last("close"), features.ago("close", 1)
    high, low = features.last("high"), features.last("low")
    volume, usual = features.last("volume"), features.mean("volume", mean_days, skip=1)
    span = pl.col(high.name) - pl.col(low.name)
    location = (pl.col(close.name) - pl.col(low.name)) / span
    return Screen(
        name="volume_accumulation",
        features=(close, before, high, low, volume, usual),
        values={
            "close": pl.col(close.name),
            "volume": pl.col(volume.name),
            "mean_volume": pl.col(usual.name),
            "volume_ratio": pl.col(volume.name) / pl.col(usual.name),
            "change": pl.col(close.name) / pl.col(before.name) - 1.0,
            "close_location": pl.when(span > 0).then(location).otherwise(0.5),
        },
        rule=(pl.col("volume_ratio") >= min_ratio)
        & (pl.col("change").abs() <= max_change)
        & (pl.col("close_location") >= min_close_location)
        & (pl.col("mean_volume") >= min_mean_volume),
        score=pl.col("volume_ratio"),
        context=f"volume {{volume_ratio:.1f}}x its {mean_days}-day mean, price {{change:+.1%}}",
    )
