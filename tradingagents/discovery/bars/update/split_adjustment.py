"""Split adjustment: the bars of a ticker are stored on one scale, that of today's shares.

Of a vendor that adjusts, :func:`rescaled_tickers` finds the tickers whose past it has divided since the last
update; only with their whole history can they be stored. Of one that does not,
:func:`adjust_for_splits` divides the prices here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from tradingagents.discovery.bars.store.merge import adjustment_breaks, merge
from tradingagents.discovery.bars.store.schema import PRICES, SCHEMA, clean
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import NoDataError
from tradingagents.discovery.vendors.records import DailyBar, Split

__all__ = ["adjust_for_splits", "prepend_older_bars", "price_jumps", "rescaled_tickers"]

_JUMP = math.log(1.15)
_MAX_SPREAD = 0.001  # of the factor between two days' ratios: rounding to cents, not prices that moved apart


def rescaled_tickers(store: OhlcvStore, fetched: pl.DataFrame) -> tuple[str, ...]:
    """Return the tickers of ``fetched`` whose older stored bars have another split adjustment."""
    new = clean(fetched).frame
    if new.is_empty():
        return ()
    tickers = new.get_column("ticker").unique()
    stored = _stored(store, tickers.to_list())
    first_old = stored.group_by("ticker").agg(pl.col("date").min().alias("first_old"))
    first_new = new.group_by("ticker").agg(pl.col("date").min().alias("first_new"))
    return adjustment_breaks(merge(stored, new).ratios, first_old.join(first_new, on="ticker"))


def prepend_older_bars(store: OhlcvStore, ticker: str, fetched: pl.DataFrame) -> pl.DataFrame:
    """Return ``fetched`` preceded by the ticker's older stored bars, adjusted to its scale.

    For a vendor that returns only a part of the history. The factor is measured on the days that both have;
    without a factor common to all of them the older bars are dropped.
    """
    new = clean(fetched).frame
    stored = _stored(store, [ticker])
    shared = new.join(stored, on=["date", "ticker"], suffix="_old")
    ratio = (shared.get_column("close") / shared.get_column("close_old")).drop_nulls()
    older = stored.filter(pl.col("date") < new.get_column("date").min())
    if older.is_empty() or ratio.is_empty():
        return new
    factor, lowest, highest = _float(ratio.median()), _float(ratio.min()), _float(ratio.max())
    if highest - lowest > _MAX_SPREAD * factor:
        return new
    moved = older.with_columns(*(pl.col(price) * factor for price in PRICES), pl.col("volume") / factor)
    return pl.concat([moved, new])


def price_jumps(bars: Sequence[DailyBar]) -> tuple[date, ...]:
    """Return the days that opened at least 15 % above or below the close before: a split, or news.

    The smallest usual split, five for four, moves a price by 20 %. A stock dividend of a few per cent is
    missed here, as it is by most vendors that adjust.
    """
    steps = ((after.day, _gap(before, after)) for before, after in itertools.pairwise(bars))
    return tuple(day for day, gap in steps if gap is not None and abs(gap) >= _JUMP)


def adjust_for_splits(bars: Sequence[DailyBar], splits: Sequence[Split]) -> list[DailyBar]:
    """Divide the prices before each split by its factor, and multiply the volumes.

    A split is applied only where the bars show it: a vendor's raw series may already be adjusted. It takes
    effect at the first bar on or after its day.
    """
    result = list(bars)
    for split in sorted(splits, key=lambda split: split.day, reverse=True):
        at = next((number for number, bar in enumerate(bars) if bar.day >= split.day), 0)
        if at and _is_visible(bars[at - 1], bars[at], split.factor):
            result[:at] = [_divided(bar, split.factor) for bar in result[:at]]
    return result


def _is_visible(before: DailyBar, after: DailyBar, factor: float) -> bool:
    """Whether removing the split makes the step between two sessions smaller."""
    gap = _gap(before, after)
    return gap is not None and abs(gap + math.log(factor)) < abs(gap)


def _gap(before: DailyBar, after: DailyBar) -> float | None:
    close, start = before.close, after.open
    if close is None or start is None or close <= 0 or start <= 0:
        return None
    return math.log(start / close)


def _divided(bar: DailyBar, factor: float) -> DailyBar:
    def divide(price: float | None) -> float | None:
        return None if price is None else price / factor

    return replace(
        bar,
        open=divide(bar.open),
        high=divide(bar.high),
        low=divide(bar.low),
        close=divide(bar.close),
        volume=None if bar.volume is None else bar.volume * factor,
    )


def _stored(store: OhlcvStore, tickers: list[str]) -> pl.DataFrame:
    try:
        return store.snapshot().scan(tickers=tickers).collect()
    except NoDataError:
        return pl.DataFrame(schema=dict(SCHEMA))


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
