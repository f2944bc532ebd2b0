"""Sellers have gone: volume dries up in a tight range near the highs of an uptrend."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["volume_dry_up"]


def volume_dry_up(
    *,
    quiet_days: int = 3,
    volume_days: int = 50,
    max_ratio: float = 0.55,
    tight_days: int = 5,
    max_range: float = 0.06,
    trend_days: int = 50,
    max_below_high: float = 0.10,
) -> Screen:
    """Build the screen. Score: 1 less the volume ratio, so the driest leads. Rare by design.

    ``max_ratio`` is the mean volume of the ``quiet_days`` newest bars over that of the ``volume_days`` before
    them: Morales and Kacher call 45 % under the 50-day mean a dry-up; three days are asked for here,
    because a half-session after a holiday would pass for one. Days without any trade are a halt, not a
    dry-up. The ``tight_days`` range must be within ``max_range`` of the close, the close above its
    ``trend_days`` mean and no more than ``max_below_high`` under the high of that time.
    """
    close, trend = features.last("close"), features.mean("close", trend_days)
    quiet = features.mean("volume", quiet_days)
    usual = features.mean("volume", volume_days, skip=quiet_days)
    top, bottom = features.highest("high", tight_days), features.lowest("low", tight_days)
    peak = features.highest("high", trend_days)
    return Screen(
        name="volume_dry_up",
        features=(close, trend, quiet, usual, top, bottom, peak),
        values={
            "close": pl.col(close.name),
            "quiet_volume": pl.col(quiet.name),
            "volume_ratio": pl.col(quiet.name) / pl.col(usual.name),
            "range": (pl.col(top.name) - pl.col(bottom.name)) / pl.col(close.name),
            "trend_mean": pl.col(trend.name),
            "below_high": 1.0 - pl.col(close.name) / pl.col(peak.name),
        },
        rule=(pl.col("volume_ratio") <= max_ratio)
        & (pl.col("quiet_volume") > 0)
        & (pl.col("range") <= max_range)
        & features.exceeds("close", "trend_mean")
        & (pl.col("below_high") <= max_below_high),
        score=1.0 - pl.col("volume_ratio"),
        context=f"{quiet_days}-day volume {{volume_ratio:.2f}} of its {volume_days}-day mean in a "
        "{range:.1%} range, {below_high:.1%} under the high",
    )
