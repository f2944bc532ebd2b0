"""The daily bar: columns, types, and what makes a row unusable.

A bar is one ticker's trading on one exchange day. Prices are US dollars adjusted for splits, and for
dividends only where an import did that; volume is in shares, null where the vendor has none. Volume is a
float because adjusted and off-exchange volumes have fractions; compared with Int64 it costs 4 % of file
size and saves every screen a cast. A categorical ticker column was measured to be no better than text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from tradingagents.discovery.model.errors import BadPayload

__all__ = ["KEY", "PRICES", "SCHEMA", "Cleaned", "clean", "frame_of", "has_volume", "is_usable"]

SCHEMA: Mapping[str, type[pl.DataType]] = {
    "date": pl.Date,
    "ticker": pl.String,
    "open": pl.Float64,
    "high": pl.Float64,
    "low": pl.Float64,
    "close": pl.Float64,
    "volume": pl.Float64,
}
KEY = ("date", "ticker")
PRICES = ("open", "high", "low", "close")

_FRIDAY = 5


@dataclass(frozen=True)
class Cleaned:
    """A valid frame (:data:`SCHEMA`, sorted by date and ticker, one row each) and what was dropped.

    ``dropped`` counts rows by reason, ``noted`` counts oddities in rows that were kept.
    """

    frame: pl.DataFrame
    dropped: Mapping[str, int]
    noted: Mapping[str, int]


Row = tuple[date, str, float | None, float | None, float | None, float | None, float | None]
"""One bar in the order of :data:`SCHEMA`."""


def frame_of(rows: Iterable[Row]) -> pl.DataFrame:
    """Build a frame from single bars, unchecked."""
    return pl.DataFrame(list(rows), schema=dict(SCHEMA), orient="row")


def is_usable() -> pl.Expr:
    """Whether a row's prices are all present, finite and above zero, and its high is not below its low."""
    valid = [pl.col(price).is_finite().fill_null(value=False) & (pl.col(price) > 0) for price in PRICES]
    return pl.all_horizontal(*valid, pl.col("high") >= pl.col("low"))


def has_volume() -> pl.Expr:
    """Whether a row's volume is known: present, finite and not below zero."""
    return pl.col("volume").is_finite().fill_null(value=False) & (pl.col("volume") >= 0)


def clean(frame: pl.DataFrame, until: date | None = None) -> Cleaned:
    """Return the usable rows of ``frame`` and count the others by reason.

    Of rows with the same date and ticker the last one is kept. Rows after ``until`` and on weekends are
    dropped: a bar of the future would keep its ticker from being updated until that day, and no stock
    exchange opens on a Saturday. Raises :class:`BadPayload` when a column is missing or cannot be cast to
    its type.
    """
    typed = _typed(frame)
    classified = typed.with_columns(_reason(until or date.max).alias("_reason"))
    kept = classified.filter(pl.col("_reason").is_null()).drop("_reason")
    unique = kept.unique(KEY, keep="last", maintain_order=True)
    dropped = _counts(classified, "_reason")
    if repeated := kept.height - unique.height:
        dropped["duplicate"] = repeated
    return Cleaned(_without_bad_volume(unique).sort(KEY), dropped, _oddities(unique))


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    if missing := [column for column in SCHEMA if column not in frame.columns]:
        raise BadPayload("ohlcv", f"a price frame has no column {', '.join(missing)}")
    try:
        return frame.select(pl.col(column).cast(dtype) for column, dtype in SCHEMA.items())
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as error:
        raise BadPayload("ohlcv", f"a price frame cannot be read: {error}") from error


def _reason(until: date) -> pl.Expr:
    """Why a row is dropped, the first reason that applies; null for a row that is kept."""
    day = pl.col("date")
    prices = [pl.col(price) for price in PRICES]
    missing = pl.any_horizontal(*(~price.is_finite().fill_null(value=False) for price in prices))
    return (
        pl.when(day.is_null())
        .then(pl.lit("no date"))
        .when(day > until)
        .then(pl.lit("session not finished"))
        .when(day.dt.weekday() > _FRIDAY)
        .then(pl.lit("on a weekend"))
        .when(pl.col("ticker").fill_null("").str.strip_chars() == "")
        .then(pl.lit("no ticker"))
        .when(missing)
        .then(pl.lit("price missing"))
        .when(pl.any_horizontal(*(price <= 0 for price in prices)))
        .then(pl.lit("price not positive"))
        .when(pl.col("high") < pl.col("low"))
        .then(pl.lit("high below low"))
    )


def _counts(frame: pl.DataFrame, column: str) -> dict[str, int]:
    counted = frame.get_column(column).drop_nulls().value_counts().sort(column)
    return dict(counted.iter_rows())


def _without_bad_volume(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.when(has_volume()).then(pl.col("volume")).alias("volume"))


def _oddities(frame: pl.DataFrame) -> dict[str, int]:
    outside = pl.any_horizontal(
        pl.col(price).is_between(pl.col("low"), pl.col("high")).not_() for price in ("open", "close")
    )
    found = frame.select(
        outside.sum().alias("open or close outside the day's range"),
        has_volume().not_().sum().alias("volume missing"),
    ).row(0, named=True)
    return {reason: count for reason, count in found.items() if count}
