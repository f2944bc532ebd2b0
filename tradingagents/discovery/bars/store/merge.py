"""What an update does to the bars of one year: pure, so that it can be told before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from tradingagents.discovery.bars.store.schema import KEY, PRICES

__all__ = ["Merged", "merge", "seams"]

_SEAM_CHANGE = 0.005
_SEAM_SPREAD = 0.001


@dataclass(frozen=True)
class Merged:
    """The bars after an update, and how many rows it inserted, replaced, left alone and removed.

    ``ratios`` has one row per replaced bar (ticker, date, new close over old close).
    """

    frame: pl.DataFrame
    inserted: int
    replaced: int
    unchanged: int
    removed: int
    ratios: pl.DataFrame

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.inserted or self.replaced or self.removed)


def merge(old: pl.DataFrame, new: pl.DataFrame, *, whole_history_of: pl.Series | None = None) -> Merged:
    """Lay ``new`` over ``old``; both as :func:`~.schema.clean` returns them.

    ``whole_history_of`` names tickers of which ``new`` is everything there is: their other rows go.
    """
    paired = new.join(old, on=KEY, how="inner", suffix="_old", maintain_order="left")
    same = pl.all_horizontal(*(pl.col(c).eq_missing(pl.col(f"{c}_old")) for c in (*PRICES, "volume")))
    replaced = paired.filter(~same)
    untouched = old.join(new, on=KEY, how="anti")
    kept = untouched
    if whole_history_of is not None:
        kept = untouched.filter(~pl.col("ticker").is_in(whole_history_of.implode()))
    return Merged(
        frame=pl.concat([kept, new]).sort(KEY),
        inserted=new.height - paired.height,
        replaced=replaced.height,
        unchanged=paired.height - replaced.height,
        removed=untouched.height - kept.height,
        ratios=replaced.select("ticker", "date", (pl.col("close") / pl.col("close_old")).alias("ratio")),
    )


def seams(ratios: pl.DataFrame, earlier: pl.DataFrame) -> tuple[str, ...]:
    """Return the tickers whose older bars are now on another scale than their newer ones.

    A vendor rescales the whole history at a split. An update that carries only the last sessions then
    replaces them by a constant factor, and the bars before keep the old scale: a jump that never was.
    ``earlier`` has, per ticker, ``first_new`` (the first date of the update) and ``first_old`` (the first
    date stored); only tickers with older bars left can have a seam.
    """
    steady = (
        ratios.group_by("ticker")
        .agg(
            pl.col("ratio").median().alias("factor"),
            (pl.col("ratio").max() - pl.col("ratio").min()).alias("spread"),
        )
        .filter(
            (pl.col("factor") - 1).abs() > _SEAM_CHANGE, pl.col("spread") < _SEAM_SPREAD * pl.col("factor")
        )
    )
    older = earlier.filter(pl.col("first_old") < pl.col("first_new"))
    return tuple(steady.join(older, on="ticker", how="semi").get_column("ticker").sort())
