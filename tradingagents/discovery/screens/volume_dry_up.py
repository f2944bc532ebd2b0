"""``volume_dry_up``: volume dries up in a tight range near the highs of an uptrend."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["VolumeDryUpThresholds"]


class VolumeDryUpThresholds(ScreenThresholds):
    """Score: 1 less the volume ratio, so the driest ranks first. Rare by design.

    Morales and Kacher call 45 % under the 50-day mean a dry-up. Three days are required here, because one
    half-session after a holiday would pass for one. Days without any trade are a halt, not a dry-up.
    """

    quiet_days: BarCount = Field(3, description="Newest bars whose mean volume is low.")
    volume_days: BarCount = Field(50, description="Bars of the usual mean volume, before those.")
    max_ratio: float = Field(0.55, gt=0, description="Mean volume of the quiet days over the usual, at most.")
    tight_days: BarCount = Field(5, description="Newest bars of the tight range.")
    max_range: float = Field(
        0.06, gt=0, description="Largest range of those, high less low, as a fraction of the close."
    )
    trend_days: BarCount = Field(
        50, description="Bars of the mean that the close must exceed, and of the high."
    )
    max_below_high: float = Field(
        0.10, ge=0, le=1, description="Largest fall from the high of the trend days, as a fraction."
    )

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, trend = features.last("close"), features.mean("close", self.trend_days)
        quiet = features.mean("volume", self.quiet_days)
        usual = features.mean("volume", self.volume_days, skip=self.quiet_days)
        top, bottom = features.highest("high", self.tight_days), features.lowest("low", self.tight_days)
        peak = features.highest("high", self.trend_days)
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
            rule=(pl.col("volume_ratio") <= self.max_ratio)
            & (pl.col("quiet_volume") > 0)
            & (pl.col("range") <= self.max_range)
            & features.exceeds("close", "trend_mean")
            & (pl.col("below_high") <= self.max_below_high),
            score=1.0 - pl.col("volume_ratio"),
            context=f"{self.quiet_days}-day volume {{volume_ratio:.2f}} of its {self.volume_days}-day mean "
            "in a {range:.1%} range, {below_high:.1%} under the high",
        )
