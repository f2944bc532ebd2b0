"""When a vendor has put a ticker's past on another scale: found before anything is stored.

At a split a vendor divides all earlier prices. Newest bars on the new scale beside stored ones on the old
would show a jump that never was, so such a ticker is stored only with its whole history.
"""

from __future__ import annotations

import polars as pl

from tradingagents.discovery.bars.store.merge import merge, seams
from tradingagents.discovery.bars.store.schema import PRICES, SCHEMA, clean
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import NoDataError

__all__ = ["carried_over", "rescaled"]

_SPREAD = 0.001  # of the factor between two days' ratios: rounding to cents, not prices that moved apart


def rescaled(store: OhlcvStore, fetched: pl.DataFrame) -> tuple[str, ...]:
    """Return the tickers of ``fetched`` whose stored, older bars are on another scale."""
    new = clean(fetched).frame
    if new.is_empty():
        return ()
    tickers = new.get_column("ticker").unique()
    stored = _stored(store, tickers.to_list())
    first_old = stored.group_by("ticker").agg(pl.col("date").min().alias("first_old"))
    first_new = new.group_by("ticker").agg(pl.col("date").min().alias("first_new"))
    return seams(merge(stored, new).ratios, first_old.join(first_new, on="ticker"))


def carried_over(store: OhlcvStore, ticker: str, fetched: pl.DataFrame) -> pl.DataFrame:
    """Return ``fetched`` with the ticker's older stored bars before it, put on its scale.

    For a vendor that gives a part of the history only. The factor is measured on the days both have;
    without one that holds on all of them the older bars are left out.
    """
    new = clean(fetched).frame
    stored = _stored(store, [ticker])
    shared = new.join(stored, on=["date", "ticker"], suffix="_old")
    ratio = (shared.get_column("close") / shared.get_column("close_old")).drop_nulls()
    older = stored.filter(pl.col("date") < new.get_column("date").min())
    if older.is_empty() or ratio.is_empty():
        return new
    factor, lowest, highest = _float(ratio.median()), _float(ratio.min()), _float(ratio.max())
    if highest - lowest > _SPREAD * factor:
        return new
    moved = older.with_columns(*(pl.col(price) * factor for price in PRICES), pl.col("volume") / factor)
    return pl.concat([moved, new])


def _stored(store: OhlcvStore, tickers: list[str]) -> pl.DataFrame:
    try:
        return store.snapshot().scan(tickers=tickers).collect()
    except NoDataError:
        return pl.DataFrame(schema=dict(SCHEMA))


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
