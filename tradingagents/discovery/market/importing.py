"""Daily bars from files: nasdaq.com's and Yahoo's CSV exports, Alpha Vantage's CSV, and Parquet.

Columns are found by name, in any order and case. Known layouts:

- nasdaq.com: ``Date,Close,Volume,Open,High,Low`` (older: ``Close/Last``), newest first, dates as
  MM/DD/YYYY, prices with ``$``, volumes with thousands commas or ``N/A``;
- Yahoo: ``Date,Open,High,Low,Close,Adj Close,Volume``, missing days as ``null``, and as yfinance
  saves it, with a time of day and zone (the exchange's, so its first ten letters are the session);
- Alpha Vantage: ``timestamp,open,high,low,close,volume``, newest first, or with ``adjusted_close``.

What cannot be read becomes null and is then counted out by :func:`~.schema.clean`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from tradingagents.discovery.errors import BadPayload, NoDataError
from tradingagents.discovery.market.schema import PRICES, SCHEMA

__all__ = ["read_bars"]

_ALIASES = {
    "datetime": "date",
    "timestamp": "date",
    "symbol": "ticker",
    "close/last": "close",
    "adj close": "adjusted_close",
    "adj_close": "adjusted_close",
}


def read_bars(
    path: Path,
    *,
    ticker: str | None = None,
    adjusted: bool = False,
    rename: Callable[[str], str | None] | None = None,
) -> pl.DataFrame:
    """Read a ``.csv`` or ``.parquet`` file into the columns of :data:`~.schema.SCHEMA`, rows unchecked.

    A file without a ticker column holds one ticker: ``ticker``, or the file's stem. ``adjusted``
    scales all prices by the file's adjusted close, where it has one. ``rename`` makes a ticker canonical
    (:meth:`SymbolDirectory.normalise`); rows it gives None for lose their ticker and are counted later.
    Raises :class:`NoDataError` for a file without rows and :class:`BadPayload` for one that is no price file.
    """
    raw = _read(path)
    frame = raw.rename({column: _canonical(column) for column in raw.columns})
    if frame.is_empty():
        raise NoDataError(f"{path.name} has no rows")
    missing = [column for column in SCHEMA if column not in {*frame.columns, "ticker"}]
    if missing:
        raise BadPayload("ohlcv", f"{path.name} lacks {', '.join(missing)}")
    if "ticker" not in frame.columns:
        frame = frame.with_columns(pl.lit(ticker or path.stem).alias("ticker"))
    if rename is not None:
        frame = frame.with_columns(_renamed(frame.get_column("ticker"), rename))
    if adjusted and "adjusted_close" in frame.columns:
        frame = _scaled(frame)
    return frame.select(_date(frame), pl.col("ticker").cast(pl.String), *_numbers(frame))


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        # As text: the vendors' number signs defeat type inference, and inference differs by file.
        return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.NoDataError as error:
        raise NoDataError(f"{path.name} is empty") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadPayload("ohlcv", f"{path.name} cannot be read: {error}") from error


def _canonical(column: str) -> str:
    name = column.strip().lower()
    return _ALIASES.get(name, name)


def _renamed(tickers: pl.Series, rename: Callable[[str], str | None]) -> pl.Series:
    known = {ticker: rename(ticker) for ticker in tickers.drop_nulls().unique().to_list()}
    names = list(known)
    return tickers.replace_strict(
        names, [known[name] for name in names], default=None, return_dtype=pl.String
    )


def _scaled(frame: pl.DataFrame) -> pl.DataFrame:
    factor = _number(frame, "adjusted_close") / _number(frame, "close")
    return frame.with_columns((_number(frame, price) * factor).alias(price) for price in PRICES)


def _date(frame: pl.DataFrame) -> pl.Expr:
    if frame.schema["date"] != pl.String:
        return pl.col("date").cast(pl.Date)
    text = pl.col("date").str.strip_chars().str.head(10)
    return pl.coalesce(
        text.str.to_date("%Y-%m-%d", strict=False), text.str.to_date("%m/%d/%Y", strict=False)
    ).alias("date")


def _numbers(frame: pl.DataFrame) -> list[pl.Expr]:
    return [_number(frame, column).alias(column) for column in (*PRICES, "volume")]


def _number(frame: pl.DataFrame, column: str) -> pl.Expr:
    value = pl.col(column)
    if frame.schema[column] == pl.String:
        value = value.str.replace_all(r"[$,\s]", "")
    return value.cast(pl.Float64, strict=False)
