"""``atr_compression``: volatility contracted in an uptrend and the price leaves its narrow range upwards."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["AtrCompressionThresholds"]


class AtrCompressionThresholds(ScreenThresholds):
    """Score: 1 less the ratio of the short mean range to the long one, so the tightest ranks first.

    Both are plain means of the true range over the bars before the newest, because the bar that breaks out
    is itself wide. Contraction before expansion is Crabel's and Minervini's idea; the numbers are this
    project's.
    """

    short_days: BarCount = Field(5, description="Bars of the short mean range.")
    long_days: BarCount = Field(20, description="Bars of the long mean range.")
    max_ratio: float = Field(0.75, gt=0, description="Short mean range over the long one, at most.")
    breakout_days: BarCount = Field(
        10, description="Bars before the newest whose highest high the close must exceed."
    )
    trend_days: BarCount = Field(50, description="Bars of the mean that the close must exceed.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, top = features.last("close"), features.highest("high", self.breakout_days, skip=1)
        short, long = (features.range_mean(days, skip=1) for days in (self.short_days, self.long_days))
        trend = features.mean("close", self.trend_days)
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
            rule=(pl.col("range_ratio") <= self.max_ratio)
            & (pl.col("close") > pl.col("prior_high"))
            & features.exceeds("close", "trend_mean"),
            score=1.0 - pl.col("range_ratio"),
            context=f"{self.short_days}-day range {{range_ratio:.2f}} of the {self.long_days}-day one, "
            f"then a close {{above:+.1%}} from the {self.breakout_days}-day high",
        )
