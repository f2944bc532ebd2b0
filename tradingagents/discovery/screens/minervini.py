"""``minervini``: Mark Minervini's trend template, a stock in the second, rising stage of its cycle."""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Screen, ScreenThresholds

__all__ = ["MinerviniThresholds"]

_QUARTERS = ((63, 0.4), (126, 0.2), (189, 0.2), (252, 0.2))


class MinerviniThresholds(ScreenThresholds):
    """Score: strength, the year's return with the last quarter counted twice, as a fraction.

    The template (Trade Like a Stock Market Wizard, 2013): close above the 50-day mean, that above the
    150-day, that above the 200-day, and the 200-day mean rising. Its last rule, a relative strength rating
    of 70, ranks a stock among all others. Here a stock's result must not depend on the other tickers of the
    universe, so strength is compared with ``min_strength`` and ranking is left to the score.
    """

    year_days: BarCount = Field(252, description="Bars of the year's high and low.")
    rise_days: BarCount = Field(22, description="The 200-day mean must exceed its value this many bars ago.")
    min_above_low: float = Field(0.30, ge=0, description="Smallest rise from the year's low, as a fraction.")
    max_below_high: float = Field(
        0.25, ge=0, le=1, description="Largest fall from the year's high, as a fraction."
    )
    min_strength: float = Field(0.0, ge=-1, description="Smallest strength, as a fraction.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close = features.last("close")
        short, middle, long = (features.mean("close", days) for days in (50, 150, 200))
        long_before = features.mean("close", 200, skip=self.rise_days)
        top, bottom = features.highest("high", self.year_days), features.lowest("low", self.year_days)
        past = [(features.ago("close", days), weight) for days, weight in _QUARTERS]
        returns = [weight * (pl.col("close") / pl.col(feature.name) - 1.0) for feature, weight in past]
        return Screen(
            name="minervini",
            features=(
                close,
                short,
                middle,
                long,
                long_before,
                top,
                bottom,
                *(feature for feature, _ in past),
            ),
            values={
                "close": pl.col(close.name),
                "mean_50": pl.col(short.name),
                "mean_150": pl.col(middle.name),
                "mean_200": pl.col(long.name),
                "mean_200_before": pl.col(long_before.name),
                "above_low": pl.col(close.name) / pl.col(bottom.name) - 1.0,
                "below_high": 1.0 - pl.col(close.name) / pl.col(top.name),
                "strength": returns[0] + returns[1] + returns[2] + returns[3],
            },
            rule=features.exceeds("close", "mean_50")
            & features.exceeds("mean_50", "mean_150")
            & features.exceeds("mean_150", "mean_200")
            & features.exceeds("mean_200", "mean_200_before")
            & (pl.col("above_low") >= self.min_above_low)
            & (pl.col("below_high") <= self.max_below_high)
            & (pl.col("strength") >= self.min_strength),
            score=pl.col("strength"),
            context="uptrend: price > 50 > 150 > 200-day mean, {above_low:+.0%} from the year's low, "
            "{below_high:.0%} under its high",
        )
