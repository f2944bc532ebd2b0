"""``gap_up``: the day opened well above the last close, held, and on more than usual volume."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["GapUpThresholds"]


class GapUpThresholds(ScreenThresholds):
    """Score: the gap, as a fraction.

    The close must be no lower than the open and above its mean: a gap that holds in an uptrend is a
    breakaway, not an exhaustion (Edwards and Magee); the numbers are this project's.
    """

    min_gap: float = Field(0.03, gt=0, description="Smallest gap: open over the close before, less 1.")
    max_gap: float = Field(
        0.50,
        gt=0,
        description="Largest gap, as a fraction. A larger one is nearly always a reverse split for which the "
        "bars were not adjusted.",
    )
    min_volume_ratio: float = Field(1.5, ge=0, description="Newest volume over its mean, at least.")
    volume_days: BarCount = Field(20, description="Bars of that mean, before the newest.")
    trend_days: BarCount = Field(200, description="Bars of the mean that the close must exceed.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, before, opening = features.last("close"), features.ago("close", 1), features.last("open")
        volume, usual = features.last("volume"), features.mean("volume", self.volume_days, skip=1)
        trend = features.mean("close", self.trend_days)
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
            rule=pl.col("gap").is_between(self.min_gap, self.max_gap)
            & (pl.col("held") >= 0)
            & (pl.col("volume_ratio") >= self.min_volume_ratio)
            & features.exceeds("close", "trend_mean"),
            score=pl.col("gap"),
            context="opened {gap:+.1%} and closed {held:+.1%} from the open on {volume_ratio:.1f}x volume",
        )
