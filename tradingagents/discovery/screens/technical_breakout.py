"""A close above the highest high of the last weeks on more than usual volume."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["technical_breakout"]


def technical_breakout(*, days: int = 20, min_volume_ratio: float = 1.5, volume_days: int = 20) -> Screen:
    """Build the screen. Score: newest volume over its mean, which is what confirms a breakout.

    ``days`` is the channel broken, before the newest bar (Donchian's four weeks); ``min_volume_ratio`` is
    newest volume over the mean of the ``volume_days`` bars before (O'Neil asks for 40 to 50 % more).
    """
    close, top = features.last("close"), features.highest("high", days, skip=1)
    volume, usual = features.last("volume"), features.mean("volume", volume_days, skip=1)
    return Screen(
        name="technical_breakout",
        features=(close, top, volume, usual),
        values={
            "close": pl.col(close.name),
            "prior_high": pl.col(top.name),
            "above": pl.col(close.name) / pl.col(top.name) - 1.0,
            "volume_ratio": pl.col(volume.name) / pl.col(usual.name),
        },
        rule=(pl.col("close") > pl.col("prior_high")) & (pl.col("volume_ratio") >= min_volume_ratio),
        score=pl.col("volume_ratio"),
        context=f"closed {{above:+.1%}} from its {days}-day high of {{prior_high:.2f}} "
        "on {volume_ratio:.1f}x volume",
    )
