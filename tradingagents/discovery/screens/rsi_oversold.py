"""A short, sharp pullback in a long uptrend: RSI(2) near zero above the 200-day mean."""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Screen

__all__ = ["rsi_oversold"]


def rsi_oversold(*, period: int = 2, max_rsi: float = 10.0, trend_days: int = 200) -> Screen:
    """Build the screen. Score: 100 less the RSI.

    Wilder's RSI of ``period`` bars must be under ``max_rsi`` with the close above its ``trend_days`` mean
    (Connors and Alvarez, Short Term Trading Strategies That Work, 2008). A price that never moved has no
    RSI and is counted as unusable.
    """
    close, trend = features.last("close"), features.mean("close", trend_days)
    strength = features.wilder_rsi(period)
    return Screen(
        name="rsi_oversold",
        features=(close, trend, strength),
        values={
            "close": pl.col(close.name),
            "trend_mean": pl.col(trend.name),
            "rsi": pl.col(strength.name),
            "above_mean": pl.col(close.name) / pl.col(trend.name) - 1.0,
        },
        rule=(pl.col("rsi") < max_rsi) & features.exceeds("close", "trend_mean"),
        score=100.0 - pl.col("rsi"),
        context=f"RSI({period}) {{rsi:.1f}}, price {{above_mean:+.1%}} from its {trend_days}-day mean",
    )
