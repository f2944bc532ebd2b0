"""``sector_rotation``: a sector's fund has begun to lead the market."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from tradingagents.discovery.screens.base import BarCount, Feature, Screen, ScreenThresholds

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SECTOR_FUNDS", "SectorRotationThresholds"]

SECTOR_FUNDS = ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY")
"""The Select Sector SPDR funds, one for each of the eleven GICS sectors."""


class SectorRotationThresholds(ScreenThresholds):
    """Score: the fund's return over the short window less the benchmark's, as a fraction.

    It must exceed the pace of the long window: a lead that grows is rotation, one that does not is old.
    Relative strength with a trend filter follows Faber, "Relative Strength Strategies for Investing", 2010.
    A fund whose bars do not cover the same days as the benchmark's is unusable.
    """

    funds: list[str] = Field(
        default_factory=lambda: list(SECTOR_FUNDS), min_length=1, description="The sectors' funds."
    )
    benchmark: str = Field("SPY", min_length=1, description="The fund of the whole market.")
    short_days: BarCount = Field(21, description="Bars of the short window.")
    long_days: BarCount = Field(63, description="Bars of the long window.")
    min_excess: float = Field(0.02, ge=-1, description="Smallest score, as a fraction.")
    trend_days: BarCount = Field(50, description="Bars of the mean that the fund's close must exceed.")

    def build_screen(self) -> Screen:
        import polars as pl

        from tradingagents.discovery.screens import features

        close, trend = features.last("close"), features.mean("close", self.trend_days)
        windows = self.short_days, self.long_days
        short_start, long_start = ((features.ago("close", days), features.day_ago(days)) for days in windows)
        long = _excess(long_start, self.benchmark)
        return Screen(
            name="sector_rotation",
            features=(close, trend, *short_start, *long_start),
            values={
                "close": pl.col(close.name),
                "trend_mean": pl.col(trend.name),
                "excess": _excess(short_start, self.benchmark),
                "long_excess": long,
                "pace": long * (self.short_days / self.long_days),
            },
            rule=(pl.col("excess") >= self.min_excess)
            & (pl.col("excess") > pl.col("pace"))
            & features.exceeds("close", "trend_mean"),
            score=pl.col("excess"),
            context=f"{{excess:+.1%}} against {self.benchmark} in {self.short_days} days, "
            f"{{long_excess:+.1%}} in {self.long_days}",
            only=frozenset(self.funds),
            beside=frozenset({self.benchmark}),
        )


def _excess(start: tuple[Feature, Feature], benchmark: str) -> pl.Expr:
    """Return since the close and day of ``start`` less the benchmark's; null where the days differ."""
    import polars as pl

    past, day = (pl.col(feature.name) for feature in start)
    gain = pl.col("close") / past - 1.0
    is_benchmark = pl.col("ticker") == benchmark
    same_days = day == day.filter(is_benchmark).first()
    return pl.when(same_days).then(gain - gain.filter(is_benchmark).first())
