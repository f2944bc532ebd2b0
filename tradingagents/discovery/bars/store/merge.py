"""Merging an update into one year's bars, and finding breaks in split adjustment. Pure: nothing is
written."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from tradingagents.discovery.bars.store.schema import KEY, PRICES

__all__ = ["Merged", "adjustment_breaks", "merge"]

_MIN_CHANGE = 0.005  # of the price: less is rounding or a correction
_MAX_SPREAD = 0.001  # between the days' ratios, over their median: more is not one common factor


@dataclass(frozen=True)
class Merged:
    """The bars after an update, and how many rows it inserted, replaced, left unchanged and removed.

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
    """Merge ``new`` into ``old``; both as :func:`~.schema.clean` returns them.

    ``whole_history_of`` names tickers whose whole history is ``new``: their other rows are removed.
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


def adjustment_breaks(ratios: pl.DataFrame, earlier: pl.DataFrame) -> tuple[str, ...]:
    """Return the tickers whose older bars have another split adjustment than their newer ones.

    At a split a vendor rescales the whole history. An update of only the last sessions then replaces those by
    a constant factor while the bars before keep the old scale, which would look like a price jump. ``ratios``
    are :attr:`Merged.ratios`; ``earlier`` has, per ticker, ``first_new`` (the first date of the update) and
    ``first_old`` (the first date stored): without older bars there is no break.
    """
    rescaled = (
        ratios.group_by("ticker")
        .agg(
            pl.col("ratio").median().alias("factor"),
            (pl.col("ratio").max() - pl.col("ratio").min()).alias("spread"),
        )
        .filter((pl.col("factor") - 1).abs() > _MIN_CHANGE, pl.col("spread") < _MAX_SPREAD * pl.col("factor"))
    )
    older = earlier.filter(pl.col("first_old") < pl.col("first_new"))
    return tuple(rescaled.join(older, on="ticker", how="semi").get_column("ticker").sort())
