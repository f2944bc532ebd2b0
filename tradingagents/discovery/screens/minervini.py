"""Mark Minervini's trend template: a stock in the second, rising stage of its cycle."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["minervini"]

_QUARTERS = ((63, 0.4), (126, 0.2), (189, 0.2), (252, 0.2))


def minervini(
    *,
    year_days: int = 252,
    rise_days: int = 22,
    min_above_low: float = 0.30,
    max_below_high: float = 0.25,
    min_strength: float = 0.0,
) -> Screen:
    """Build the screen. Score: strength, the year's return with the last quarter counted twice.

    The template (Trade Like a Stock Market Wizard, 2013): close above the 50-day mean, that above the
    150-day, that above the 200-day; the 200-day mean higher than ``rise_days`` bars ago; at least
    ``min_above_low`` above the ``year_days`` low and no more than ``max_below_high`` under the high. Its last
    rule, a relative strength rating of 70, ranks a stock among all others; here a stock's answer must
    not depend on who else is in the universe, so strength is measured against ``min_strength`` and
    ranking is left to the score.
    """
    close = features.last("close")
    short, middle, long = (features.mean("close", days) for days in (50, 150, 200))
    long_before = features.mean("close", 200, skip=rise_days)
    top, bottom = features.highest("high", year_days), features.lowest("low", year_days)
    past = [(features.ago("close", days), weight) for days, weight in _QUARTERS]
    returns = [weight * (pl.col("close") / pl.col(feature.name) - 1.0) for feature, weight in past]
    return Screen(
        name="minervini",
        features=(close, short, middle, long, long_before, top, bottom, *(feature for feature, _ in past)),
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
        & (pl.col("above_low") >= min_above_low)
        & (pl.col("below_high") <= max_below_high)
        & (pl.col("strength") >= min_strength),
        score=pl.col("strength"),
        context="uptrend: price > 50 > 150 > 200-day mean, {above_low:+.0%} from the year's low, "
        "{below_high:.0%} under its high",
    )
