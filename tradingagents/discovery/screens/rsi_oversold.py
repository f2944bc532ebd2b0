"""``rsi_oversold``: a short, sharp pullback in a long uptrend, RSI(2) near zero above the 200-day mean."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["RsiOversoldThresholds"]


class RsiOversoldThresholds(ScreenThresholds):
    """Score: 100 less the RSI.

    Source: Connors and Alvarez, Short Term Trading Strategies That Work, 2008. A price that never moved has
    no RSI: its bars are unusable.
    """

    period: int = Field(2, ge=2, le=30, description="Bars of Wilder's RSI.")
    max_rsi: float = Field(10.0, gt=0, le=100, description="The RSI must be below this.")
    trend_days: BarCount = Field(200, description="Bars of the mean that the close must exceed.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, trend = features.last("close"), features.mean("close", self.trend_days)
        strength = features.wilder_rsi(self.period)
        return Screen(
            name="rsi_oversold",
            features=(close, trend, strength),
            values={
                "close": pl.col(close.name),
                "trend_mean": pl.col(trend.name),
                "rsi": pl.col(strength.name),
                "above_mean": pl.col(close.name) / pl.col(trend.name) - 1.0,
            },
            rule=(pl.col("rsi") < self.max_rsi) & features.exceeds("close", "trend_mean"),
            score=100.0 - pl.col("rsi"),
            context=f"RSI({self.period}) {{rsi:.1f}}, "
            f"price {{above_mean:+.1%}} from its {self.trend_days}-day mean",
        )
