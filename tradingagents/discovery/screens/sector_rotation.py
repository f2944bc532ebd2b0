"""Money moves into a sector: its fund has begun to lead the market."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Feature, Screen

__all__ = ["SECTOR_FUNDS", "sector_rotation"]

SECTOR_FUNDS = ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY")
"""The Select Sector SPDR funds, one for each of the eleven GICS sectors."""


def sector_rotation(
    *,
    funds: Collection[str] = SECTOR_FUNDS,
    benchmark: str = "SPY",
    short_days: int = 21,
    long_days: int = 63,
    min_excess: float = 0.02,
    trend_days: int = 50,
) -> Screen:
    """Build the screen. Score: the fund's return over ``short_days`` bars less the benchmark's.

    It must reach ``min_excess``, be above the pace of ``long_days`` (leading more than before, which is what
    tells rotation from an old lead), and the fund must close above its ``trend_days`` mean. Relative
    strength with a trend filter follows Faber, "Relative Strength Strategies for Investing", 2010.
    A fund whose bars do not cover the same days as the benchmark's is unusable.
    """
    close, trend = features.last("close"), features.mean("close", trend_days)
    short, long = _excess(short_days, benchmark), _excess(long_days, benchmark)
    return Screen(
        name="sector_rotation",
        features=(close, trend, *_inputs(short_days), *_inputs(long_days)),
        values={
            "close": pl.col(close.name),
            "trend_mean": pl.col(trend.name),
            "excess": short,
            "long_excess": long,
            "pace": long * (short_days / long_days),
        },
        rule=(pl.col("excess") >= min_excess)
        & (pl.col("excess") > pl.col("pace"))
        & features.exceeds("close", "trend_mean"),
        score=pl.col("excess"),
        context=f"{{excess:+.1%}} against {benchmark} in {short_days} days, "
        f"{{long_excess:+.1%}} in {long_days}",
        only=frozenset(funds),
        beside=frozenset({benchmark}),
    )


def _inputs(days: int) -> tuple[Feature, Feature]:
    return features.ago("close", days), features.day_ago(days)


def _excess(days: int, benchmark: str) -> pl.Expr:
    past, day = (pl.col(feature.name) for feature in _inputs(days))
    gain = pl.col("close") / past - 1.0
    is_benchmark = pl.col("ticker") == benchmark
    same_days = day == day.filter(is_benchmark).first()
    return pl.when(same_days).then(gain - gain.filter(is_benchmark).first())
