"""Finding the columns of a price file: vendors name, order and nest them differently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import polars as pl

from tradingagents.discovery.bars.store.schema import SCHEMA
from tradingagents.discovery.model.errors import BadPayload

__all__ = ["ADJUSTED_CLOSE", "choose_columns", "flatten_yfinance"]

ADJUSTED_CLOSE = "adjusted_close"

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "date": ("datetime", "timestamp", "trade date"),
    "ticker": ("symbol", "name"),
    "close": ("close/last", "last"),
    "volume": ("vol", "vol."),
    ADJUSTED_CLOSE: ("adj close", "adj. close", "adjclose"),
}


def choose_columns(frame: pl.DataFrame, path_name: str) -> pl.DataFrame:
    """Return a bar's columns under the store's names; ticker and adjusted close are optional.

    A column's own name takes precedence over its aliases. Raises :class:`BadPayload` when a column is missing
    or ambiguous.
    """
    chosen = {name: _find(name, frame.columns, path_name) for name in (*SCHEMA, ADJUSTED_CLOSE)}
    if missing := [name for name in SCHEMA if chosen[name] is None and name != "ticker"]:
        raise BadPayload("ohlcv", f"{path_name} has no column {', '.join(missing)}")
    return frame.select(pl.col(column).alias(name) for name, column in chosen.items() if column is not None)


def _find(name: str, columns: Iterable[str], path_name: str) -> str | None:
    for names in ((name.replace("_", " "),), _ALIASES.get(name, ())):
        found = [column for column in columns if _plain(column) in names]
        if len(found) > 1:
            raise BadPayload("ohlcv", f"{path_name} has two columns for the {name}: {', '.join(found)}")
        if found:
            return found[0]
    return None


def _plain(column: str) -> str:
    return re.sub(r"[\s_]+", " ", column.strip().strip("<>").lower())


def flatten_yfinance(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn a file written by yfinance's ``download``, of one or many tickers, into one row a bar.

    Its header has three lines: the fields (``Price,Close,Close,High,...``), the tickers, and ``Date``. Any
    other frame is returned unchanged.
    """
    if frame.width < 2 or frame.height < 2 or frame.columns[0] != "Price" or frame.item(0, 0) != "Ticker":
        return frame
    fields = [column.partition("_duplicated_")[0] for column in frame.columns]
    tickers = frame.row(0)
    bars = frame.slice(1).filter(pl.col("Price") != "Date")
    parts = [
        bars.select(
            pl.col("Price").alias("date"),
            pl.lit(ticker).alias("ticker"),
            *(
                pl.col(column).alias(field)
                for column, field, owner in zip(frame.columns, fields, tickers, strict=True)
                if owner == ticker and column != "Price"
            ),
        )
        for ticker in dict.fromkeys(tickers[1:])
    ]
    return pl.concat(parts, how="diagonal")
