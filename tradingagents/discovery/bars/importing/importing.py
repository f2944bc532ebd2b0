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

A single value that cannot be read becomes null and its row is then counted out by :func:`~.schema.clean`. A
file that would be read as something else than it is, is refused whole.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from tradingagents.discovery.bars.importing.columns import ADJUSTED_CLOSE, choose_columns, unnested
from tradingagents.discovery.bars.importing.values import canonical_ticker, day_of, is_day_first, number_of
from tradingagents.discovery.bars.store.schema import PRICES
from tradingagents.discovery.model.errors import BadPayload, NoDataError

__all__ = ["read_bars"]

_log = logging.getLogger(__name__)

_SEPARATORS = ",;\t|"
_IN_NO_FILE = "\x1f"
_SHOWN = 10


def read_bars(
    path: Path,
    *,
    ticker: str | None = None,
    adjusted: bool = False,
    rename: Callable[[str], str | None] = canonical_ticker,
) -> pl.DataFrame:
    """Read a CSV file, or a ``.parquet``, into the columns of :data:`~.schema.SCHEMA`, rows unchecked.

    A file without a ticker column holds one ticker: ``ticker``, or the file's stem. ``adjusted``
    scales all prices by the file's adjusted close, where it has one. ``rename`` makes a ticker canonical
    (:func:`~.file_values.canonical_ticker`, :meth:`SymbolDirectory.normalise`); rows it gives None for lose
    their ticker, are counted later, and named in the log. Raises :class:`NoDataError` for a file without
    rows and :class:`BadPayload` for one that is no price file, or cannot be read without guessing.
    """
    with _as_bad_payload(path):
        return _bars_of(path, ticker, adjusted, rename)


@contextlib.contextmanager
def _as_bad_payload(path: Path) -> Iterator[None]:
    """Blame the file for what Polars cannot make of it: a date may be of any type in a Parquet file."""
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
    frame = choose_columns(unnested(raw), path.name)
    _require_month_first(frame, path.name)
    _require_decimal_points(frame, path.name)
    days = day_of("date", frame.schema["date"]).alias("date")
    numbers = (
        number_of(name, frame.schema[name]).alias(name)
        for name in frame.columns
        if name not in {"date", "ticker"}
    )
    if "ticker" in frame.columns:
        whose: pl.Series | pl.Expr = _renamed(frame.get_column("ticker").cast(pl.String), rename, path.name)
    else:
        whose = pl.lit(_of_one(ticker or _stem(path), rename, path.name)).alias("ticker")
    bars = frame.select(days, whose, *numbers)
    _require_one_bar_a_day(bars, path.name)
    if adjusted and ADJUSTED_CLOSE in bars.columns:
        factor = pl.col(ADJUSTED_CLOSE) / pl.col("close")
        bars = bars.with_columns(pl.col(price) * factor for price in PRICES)
    return bars.select("date", "ticker", *PRICES, "volume")


def _read(path: Path) -> pl.DataFrame:
    if path.suffix.lower() == ".parquet":
        return pl.read_parquet(path, glob=False)
    # As text: the vendors' number signs defeat type inference, and inference differs by file; and a
    # company may be called NA or TRUE.
    return pl.read_csv(path, infer_schema=False, separator=_separator(path), glob=False)


def _separator(path: Path) -> str:
    # Polars reads the line, too, for the file may be packed.
    lines = pl.read_csv(
        path,
        has_header=False,
        n_rows=1,
        separator=_IN_NO_FILE,
        quote_char=None,
        infer_schema=False,
        glob=False,
    )
    header = str(lines.item(0, 0))
    return max(_SEPARATORS, key=header.count)


def _renamed(tickers: pl.Series, rename: Callable[[str], str | None], path_name: str) -> pl.Series:
    known = {ticker: rename(ticker) for ticker in tickers.drop_nulls().unique().sort().to_list()}
    if strange := [repr(ticker) for ticker, name in known.items() if name is None and ticker.strip()]:
        shown = ", ".join(strange[:_SHOWN]) + (", ..." if len(strange) > _SHOWN else "")
        _log.warning("%s: left out %d that are no US tickers: %s", path_name, len(strange), shown)
    return tickers.replace_strict(
        list(known), list(known.values()), default=None, return_dtype=pl.String
    ).alias("ticker")


def _stem(path: Path) -> str:
    return re.sub(r"(\.(csv|tsv|txt|parquet))?(\.(gz|zst))?$", "", path.name, flags=re.IGNORECASE)


def _of_one(asked: str, rename: Callable[[str], str | None], path_name: str) -> str:
    name = rename(asked)
    if name is None:
        raise BadPayload(
            "ohlcv",
            f"{path_name} has no column ticker, symbol or name, and {asked!r} is no US ticker: "
            "name the file after its ticker",
        )
    return name


def _require_month_first(frame: pl.DataFrame, path_name: str) -> None:
    text = frame.filter(is_day_first("date", frame.schema["date"])).get_column("date")
    if not text.is_empty():
        raise BadPayload(
            "ohlcv",
            f"{path_name} has dates such as {text[0]}, not month/day/year: write them as YYYY-MM-DD",
        )


def _require_decimal_points(frame: pl.DataFrame, path_name: str) -> None:
    """Refuse prices such as ``12,345`` where none has a point: a comma between thousands looks the same."""
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
            "write 12.345 for twelve and a bit, 12345 for thousands",
        )


def _require_one_bar_a_day(bars: pl.DataFrame, path_name: str) -> None:
    """Refuse bars of less than a day, and many companies' under one name; now and then a day comes twice."""
    days = bars.drop_nulls(["date", "ticker"]).group_by("ticker", "date").agg(pl.col("close").n_unique())
    if 2 * days.filter(pl.col("close") > 1).height > days.height:
        raise BadPayload(
            "ohlcv",
            f"{path_name} has several bars of most days: bars of less than a day, or of several tickers "
            "without a column ticker, symbol or name",
        )
