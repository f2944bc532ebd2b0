"""The day opened well above the last close, held, and on more than usual volume."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["gap_up"]


def gap_up(
    *,
    min_gap: float = 0.03,
    max_gap: float = 0.50,
    min_volume_ratio: float = 1.5,
    volume_days: int = 20,
    trend_days: int = 200,
) -> Screen:
    """Build the screen. Score: the gap, open over the close before, less one.

    A gap beyond ``max_gap`` is nearly always a reverse split the bars were not adjusted for. The close
    must be no lower than the open and above its ``trend_days`` mean: a gap that holds in an uptrend is a
    breakaway, not an exhaustion (Edwards and Magee); the numbers are this project's.
    """
    close, before, opening = features.last("close"), features.ago("close", 1), features.last("open")
    volume, usual = features.last("volume"), features.mean("volume", volume_days, skip=1)
    trend = features.mean("close", trend_days)
    return Screen(
        name="gap_up",
        features=(close, before, opening, volume, usual, trend),
        values={
            "close": pl.col(close.name),
            "open": pl.col(opening.name),
            "gap": pl.col(opening.name) / pl.col(before.name) - 1.0,
            "held": pl.col(close.name) / pl.col(opening.name) - 1.0,
            "volume_ratio": pl.col(volume.name) / pl.col(usual.name),
            "trend_mean": pl.col(trend.name),
        },
        rule=pl.col("gap").is_between(min_gap, max_gap)
        & (pl.col("held") >= 0)
        & (pl.col("volume_ratio") >= min_volume_ratio)
        & features.exceeds("close", "trend_mean"),
        score=pl.col("gap"),
        context="opened {gap:+.1%} and closed {held:+.1%} from the open on {volume_ratio:.1f}x volume",
    )
