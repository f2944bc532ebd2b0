"""Volatility has contracted in an uptrend and the price leaves its narrow range upwards."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["atr_compression"]


def atr_compression(
    *,
    short_days: int = 5,
    long_days: int = 20,
    max_ratio: float = 0.75,
    breakout_days: int = 10,
    trend_days: int = 50,
) -> Screen:
    """Build the screen. Score: 1 less the ratio of the two ranges, so the tightest leads.

    Both are plain means of the true range over the bars before the newest, because the bar that breaks out
    is itself wide. The close must be above the high of the ``breakout_days`` before and above its own
    ``trend_days`` mean. Contraction before expansion is Crabel's and Minervini's idea; the numbers are
    this project's.
    """
    close, top = features.last("close"), features.highest("high", breakout_days, skip=1)
    short, long = features.range_mean(short_days, skip=1), features.range_mean(long_days, skip=1)
    trend = features.mean("close", trend_days)
    return Screen(
        name="atr_compression",
        features=(close, top, short, long, trend),
        values={
            "close": pl.col(close.name),
            "prior_high": pl.col(top.name),
            "range_ratio": pl.col(short.name) / pl.col(long.name),
            "above": pl.col(close.name) / pl.col(top.name) - 1.0,
            "trend_mean": pl.col(trend.name),
        },
        rule=(pl.col("range_ratio") <= max_ratio)
        & (pl.col("close") > pl.col("prior_high"))
        & features.exceeds("close", "trend_mean"),
        score=1.0 - pl.col("range_ratio"),
        context=f"{short_days}-day range {{range_ratio:.2f}} of the {long_days}-day one, then a close "
        f"{{above:+.1%}} from the {breakout_days}-day high",
    )
