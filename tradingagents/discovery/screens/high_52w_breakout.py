"""``high_52w_breakout``: the first close above the 52-week high after a pause, on more than usual volume."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["High52wBreakoutThresholds"]


class High52wBreakoutThresholds(ScreenThresholds):
    """Score: newest volume over its mean.

    Source: George and Hwang, "The 52-Week High and Momentum Investing", Journal of Finance, 2004; the volume
    rule is O'Neil's.
    """

    days: BarCount = Field(252, description="Bars before the newest whose high is broken: a year.")
    base_days: BarCount = Field(
        5,
        description="Bars before the newest that stayed below that high: a stock with a new high every day "
        "is found only once.",
    )
    min_volume_ratio: float = Field(1.5, ge=0, description="Newest volume over its mean, at least.")
    volume_days: BarCount = Field(20, description="Bars of that mean, before the newest.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, top = features.last("close"), features.highest("high", self.days, skip=1)
        recent = features.highest("high", self.base_days, skip=1)
        volume, usual = features.last("volume"), features.mean("volume", self.volume_days, skip=1)
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
            & (pl.col("volume_ratio") >= self.min_volume_ratio),
            score=pl.col("volume_ratio"),
            context="new 52-week high, {above:+.1%} from {prior_high:.2f}, on {volume_ratio:.1f}x volume",
        )
