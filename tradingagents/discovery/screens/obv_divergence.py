"""``obv_divergence``: on-balance volume rises strongly while the price does not."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["ObvDivergenceThresholds"]


class ObvDivergenceThresholds(ScreenThresholds):
    """Score: change of on-balance volume, in days of mean volume.

    Divergence of on-balance volume is Granville's (1963); the numbers are this project's.
    """

    days: BarCount = Field(20, ge=2, description="Bars over which both changes are measured.")
    max_change: float = Field(0.02, ge=-1, description="Largest change of the close, as a fraction.")
    max_fall: float = Field(0.10, ge=0, le=1, description="Largest fall of the close, as a fraction.")
    min_obv_days: float = Field(
        5.0,
        ge=0,
        description="Smallest change of on-balance volume, in days of mean volume. With up and down days at "
        "random its standard deviation over 20 days is 4.5: less is noise.",
    )

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, before = features.last("close"), features.ago("close", self.days)
        flow, usual = features.obv_change(self.days), features.mean("volume", self.days)
        return Screen(
            name="obv_divergence",
            features=(close, before, flow, usual),
            values={
                "close": pl.col(close.name),
                "change": pl.col(close.name) / pl.col(before.name) - 1.0,
                "obv_days": pl.col(flow.name) / pl.col(usual.name),
            },
            rule=(pl.col("obv_days") >= self.min_obv_days)
            & pl.col("change").is_between(-self.max_fall, self.max_change),
            score=pl.col("obv_days"),
            context=f"price {{change:+.1%}} in {self.days} days, "
            "on-balance volume up {obv_days:.1f} days' volume",
        )
