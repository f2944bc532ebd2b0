"""Daily bars from files: nasdaq.com's and Yahoo's CSV exports, Alpha Vantage's CSV, and Parquet.

Columns are found by name, in any order and case, and the separator by the header. Known layouts:

- nasdaq.com: ``Date,Close,Volume,Open,High,Low`` (older: ``Close/Last``), newest first, dates as
  MM/DD/YYYY, prices with ``$``, volumes with thousands commas or ``N/A``;
- Yahoo: ``Date,Open,High,Low,Close,Adj Close,Volume``, missing days as ``null``, and as yfinance
  saves it, with a time of day and zone (the exchange's, so its first ten letters are the session), or of
  ``download`` with three header lines and several tickers side by side;
- Alpha Vantage: ``timestamp,open,high,low,close,volume``, newest first, or with ``adjusted_close``;
- Stooq: ``<TICKER>,<PER>,<DATE>,...,<VOL>`` with tickers as ``AAPL.US`` and dates as YYYYMMDD;
- one file of many tickers, with a column ``ticker``, ``symbol`` or ``name``.

A single unreadable value becomes null, and :func:`~.schema.clean` then drops and counts its row. A file that
could be misread is refused as a whole.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from tradingagents.discovery.bars.importing.columns import ADJUSTED_CLOSE, choose_columns, flatten_yfinance
from tradingagents.discovery.bars.importing.values import canonical_ticker, day_of, is_day_first, number_of
from tradingagents.discovery.bars.store.schema import PRICES
from tradingagents.discovery.model.errors import BadPayload, NoDataError

__all__ = ["read_bars"]

_log = logging.getLogger(__name__)

_SEPARATORS = ",;\t|"
_NOT_IN_A_FILE = "\x1f"  # a separator that makes Polars read a line as one field
_SHOWN = 10


def read_bars(
    path: Path,
    *,
    ticker: str | None = None,
    adjusted: bool = False,
    rename: Callable[[str], str | None] = canonical_ticker,
) -> pl.DataFrame:
    """Read a CSV file, or a ``.parquet``, into the columns of :data:`~.schema.SCHEMA`, rows unchecked.

    A file without a ticker column has one ticker: ``ticker``, or the file's stem. ``adjusted`` scales all
    prices by the file's adjusted close, where it has one. ``rename`` makes a ticker canonical
    (:func:`~.values.canonical_ticker`, :meth:`SymbolDirectory.normalise`); where it returns None the row
    loses its ticker, is logged here and counted later. Raises :class:`NoDataError` for a file without rows
    and :class:`BadPayload` for one that is not a price file or is ambiguous.
    """
    with _as_bad_payload(path):
        return _bars_of(path, ticker, adjusted, rename)


@contextlib.contextmanager
def _as_bad_payload(path: Path) -> Iterator[None]:
    """Raise Polars' errors as the file's: a date may have any type in a Parquet file."""
    try:
        yield
    except pl.exceptions.NoDataError as error:
        raise NoDataError(f"{path.name} is empty") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadPayload("ohlcv", f"{path.name} cannot be read: {error}") from error


def _bars_of(
    path: Path, ticker: str | None, adjusted: bool, rename: Callable[[str], str | None]
) -> pl.DataFrame:
    raw = _read(path)
    if raw.is_empty():
        raise NoDataError(f"{path.name} has no rows")
    frame = choose_columns(flatten_yfinance(raw), path.name)
    _require_month_first(frame, path.name)
    _require_decimal_points(frame, path.name)
    days = day_of("date", frame.schema["date"]).alias("date")
    numbers = (
        number_of(name, frame.schema[name]).alias(name)
        for name in frame.columns
        if name not in {"date", "ticker"}
    )
    if "ticker" in frame.columns:
        tickers: pl.Series | pl.Expr = _renamed(frame.get_column("ticker").cast(pl.String), rename, path.name)
    else:
        tickers = pl.lit(_only_ticker(ticker or _stem(path), rename, path.name)).alias("ticker")
    bars = frame.select(days, tickers, *numbers)
    _require_one_bar_a_day(bars, path.name)
    if adjusted and ADJUSTED_CLOSE in bars.columns:
        factor = pl.col(ADJUSTED_CLOSE) / pl.col("close")
        bars = bars.with_columns(pl.col(price) * factor for price in PRICES)
    return bars.select("date", "ticker", *PRICES, "volume")


def _read(path: Path) -> pl.DataFrame:
    if path.suffix.lower() == ".parquet":
        return pl.read_parquet(path, glob=False)
    # As text: dollar signs and commas defeat type inference, and NA and TRUE are tickers.
    return pl.read_csv(path, infer_schema=False, separator=_separator(path), glob=False)


def _separator(path: Path) -> str:
    # Polars reads the line, because the file may be compressed.
    lines = pl.read_csv(
        path,
        has_header=False,
        n_rows=1,
        separator=_NOT_IN_A_FILE,
        quote_char=None,
        infer_schema=False,
        glob=False,
    )
    header = str(lines.item(0, 0))
    return max(_SEPARATORS, key=header.count)


def _renamed(tickers: pl.Series, rename: Callable[[str], str | None], path_name: str) -> pl.Series:
    known = {ticker: rename(ticker) for ticker in tickers.drop_nulls().unique().sort().to_list()}
    if invalid := [repr(ticker) for ticker, name in known.items() if name is None and ticker.strip()]:
        shown = ", ".join(invalid[:_SHOWN]) + (", ..." if len(invalid) > _SHOWN else "")
        _log.warning("%s: ignored %d symbols that are not US tickers: %s", path_name, len(invalid), shown)
    return tickers.replace_strict(
        list(known), list(known.values()), default=None, return_dtype=pl.String
    ).alias("ticker")


def _stem(path: Path) -> str:
    return re.sub(r"(\.(csv|tsv|txt|parquet))?(\.(gz|zst))?$", "", path.name, flags=re.IGNORECASE)


def _only_ticker(symbol: str, rename: Callable[[str], str | None], path_name: str) -> str:
    name = rename(symbol)
    if name is None:
        raise BadPayload(
            "ohlcv",
            f"{path_name} has no column ticker, symbol or name, and {symbol!r} is not a US ticker: "
            "name the file after its ticker",
        )
    return name


def _require_month_first(frame: pl.DataFrame, path_name: str) -> None:
    dates = frame.filter(is_day_first("date", frame.schema["date"])).get_column("date")
    if not dates.is_empty():
        raise BadPayload(
            "ohlcv",
            f"{path_name} has dates such as {dates[0]}, not month/day/year: write them as YYYY-MM-DD",
        )


def _require_decimal_points(frame: pl.DataFrame, path_name: str) -> None:
    """Refuse prices such as ``12,345`` where none has a point: the comma is ambiguous."""
    texts = [pl.col(name).str.contains(",") for name in PRICES if frame.schema[name] == pl.String]
    points = [
        pl.col(name).str.contains(".", literal=True) for name in PRICES if frame.schema[name] == pl.String
    ]
    if not texts:
        return
    commas = frame.filter(pl.any_horizontal(texts))
    if not commas.is_empty() and frame.filter(pl.any_horizontal(points)).is_empty():
        raise BadPayload(
            "ohlcv",
            f"{path_name} has prices such as {commas.get_column('close')[0]} and none with a decimal point: "
            "write 12.345 with a decimal point, or 12345 without commas",
        )


def _require_one_bar_a_day(bars: pl.DataFrame, path_name: str) -> None:
    """Refuse intraday bars, and several tickers under one name; a few repeated days are allowed."""
    days = bars.drop_nulls(["date", "ticker"]).group_by("ticker", "date").agg(pl.col("close").n_unique())
    if 2 * days.filter(pl.col("close") > 1).height > days.height:
        raise BadPayload(
            "ohlcv",
            f"{path_name} has several bars of most days: intraday bars, or several tickers without a column "
            "ticker, symbol or name",
        )
