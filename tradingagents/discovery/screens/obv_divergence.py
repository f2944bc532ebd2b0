"""On-balance volume rises strongly while the price does not."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["obv_divergence"]


def obv_divergence(
    *, days: int = 20, max_change: float = 0.02, max_fall: float = 0.10, min_obv_days: float = 5.0
) -> Screen:
    """Build the screen. Score: change of on-balance volume over ``days`` bars, in days of mean volume.

    The price may have gained no more than ``max_change`` and lost no more than ``max_fall`` meanwhile.
    Divergence of on-balance volume is Granville's (1963). ``min_obv_days``: with a coin tossed for each of
    20 days the change has a standard deviation of 4.5 days' volume, so that anything less is noise.
    """
    close, before = features.last("close"), features.ago("close", days)
    flow, usual = features.obv_change(days), features.mean("volume", days)
    return Screen(
        name="obv_divergence",
        features=(close, before, flow, usual),
        values={
            "close": pl.col(close.name),
            "change": pl.col(close.name) / pl.col(before.name) - 1.0,
            "obv_days": pl.col(flow.name) / pl.col(usual.name),
        },
        rule=(pl.col("obv_days") >= min_obv_days) & pl.col("change").is_between(-max_fall, max_change),
        score=pl.col("obv_days"),
        context=f"price {{change:+.1%}} in {days} days, on-balance volume up {{obv_days:.1f}} days' volume",
    )
