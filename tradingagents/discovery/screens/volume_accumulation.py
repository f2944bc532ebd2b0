"""``volume_accumulation``: unusual volume, a price that hardly moved, and a close high in the day's range."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import Screen, ScreenThresholds

__all__ = ["VolumeAccumulationThresholds"]


class VolumeAccumulationThresholds(ScreenThresholds):
    """Score: newest volume over its mean.

    Much effort with little result, closing well, is Wyckoff's sign of accumulation; the numbers are this
    project's.
    """

    mean_days: int = Field(20, ge=2, le=250, description="Bars of the mean volume, before the newest.")
    min_ratio: float = Field(2.0, gt=0, description="Newest volume over that mean, at least.")
    max_change: float = Field(
        0.05, ge=0, description="Largest move of the close, up or down, as a fraction of the close before."
    )
    min_close_location: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Lowest place of the close in the day's range: 0 low, 1 high; 0.5 without a range.",
    )
    min_mean_volume: float = Field(100_000, gt=0, description="Smallest mean volume, in shares.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, before = features.last("close"), features.ago("close", 1)
        high, low = features.last("high"), features.last("low")
        volume, usual = features.last("volume"), features.mean("volume", self.mean_days, skip=1)
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
            rule=(pl.col("volume_ratio") >= self.min_ratio)
            & (pl.col("change").abs() <= self.max_change)
            & (pl.col("close_location") >= self.min_close_location)
            & (pl.col("mean_volume") >= self.min_mean_volume),
            score=pl.col("volume_ratio"),
            context=f"volume {{volume_ratio:.1f}}x its {self.mean_days}-day mean, price {{change:+.1%}}",
        )
