"""``technical_breakout``: a close above the highest high of the last weeks on more than usual volume."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["TechnicalBreakoutThresholds"]


class TechnicalBreakoutThresholds(ScreenThresholds):
    """Score: newest volume over its mean, which is what confirms a breakout."""

    days: BarCount = Field(
        20, description="Bars before the newest whose highest high is broken (Donchian: 4 weeks)."
    )
    min_volume_ratio: float = Field(
        1.5, ge=0, description="Newest volume over its mean, at least (O'Neil requires 1.4 to 1.5)."
    )
    volume_days: BarCount = Field(20, description="Bars of that mean, before the newest.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, top = features.last("close"), features.highest("high", self.days, skip=1)
        volume, usual = features.last("volume"), features.mean("volume", self.volume_days, skip=1)
        return Screen(
            name="technical_breakout",
            features=(close, top, volume, usual),
            values={
                "close": pl.col(close.name),
                "prior_high": pl.col(top.name),
                "above": pl.col(close.name) / pl.col(top.name) - 1.0,
                "volume_ratio": pl.col(volume.name) / pl.col(usual.name),
            },
            rule=(pl.col("close") > pl.col("prior_high")) & (pl.col("volume_ratio") >= self.min_volume_ratio),
            score=pl.col("volume_ratio"),
            context=f"closed {{above:+.1%}} from its {self.days}-day high of {{prior_high:.2f}} "
            "on {volume_ratio:.1f}x volume",
        )
