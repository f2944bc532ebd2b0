"""The first close above the 52-week high after a pause, on more than usual volume."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["high_52w_breakout"]


def high_52w_breakout(
    *, days: int = 252, base_days: int = 5, min_volume_ratio: float = 1.5, volume_days: int = 20
) -> Screen:
    """Build the screen. Score: newest volume over its mean.

    ``days`` is the year before the newest bar, in sessions; its high must be at least ``base_days`` bars
    old, so that a stock that makes a new high every day is news once only. Source: George and Hwang, "The
    52-Week High and Momentum Investing", Journal of Finance, 2004; the volume rule is O'Neil's.
    """
    close, top = features.last("close"), features.highest("high", days, skip=1)
    recent = features.highest("high", base_days, skip=1)
    volume, usual = features.last("volume"), features.mean("volume", volume_days, skip=1)
    return Screen(
        name="high_52w_breakout",
        features=(close, top, recent, volume, usual),
        values={
            "close": pl.col(close.name),
            "prior_high": pl.col(top.name),
            "recent_high": pl.col(recent.name),
            "above": pl.col(close.name) / pl.col(top.name) - 1.0,
            "volume_ratio": pl.col(volume.name) / pl.col(usual.name),
        },
        rule=(pl.col("close") > pl.col("prior_high"))
        & (pl.col("recent_high") < pl.col("prior_high"))
        & (pl.col("volume_ratio") >= min_volume_ratio),
        score=pl.col("volume_ratio"),
        context="new 52-week high, {above:+.1%} from {prior_high:.2f}, on {volume_ratio:.1f}x volume",
    )
