"""Dates, numbers and tickers as price files write them. What is not surely one of them becomes null."""

from __future__ import annotations

import re

import polars as pl

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate

__all__ = ["canonical_ticker", "day_of", "is_day_first", "number_of"]

_DATES = (  # what is taken out of the text, and how it is read; a time of day may follow all but the last
    (r"^(\d{4}-\d{2}-\d{2})(?:[T\s]|$)", "%Y-%m-%d"),
    (r"^(\d{1,2}/\d{1,2}/\d{4})(?:\s|$)", "%m/%d/%Y"),
    (r"^(\d{4}/\d{1,2}/\d{1,2})(?:\s|$)", "%Y/%m/%d"),
    (r"^(\d{8})$", "%Y%m%d"),
    (r"^([A-Z][a-z]{2} \d{1,2}, \d{4})$", "%b %d, %Y"),
)
_DAY_FIRST = r"^(?:1[3-9]|2\d|3[01])/\d{1,2}/\d{4}(?:\s|$)"
_FIRST_YEAR = 1900  # before it, a date is another thing misread
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"


def day_of(column: str, dtype: pl.DataType) -> pl.Expr:
    """Return the days of a column of dates, times, text, or numbers such as 20260205."""
    if dtype.is_temporal():
        day = pl.col(column).cast(pl.Date)
    else:
        text = pl.col(column).cast(pl.String).str.strip_chars()
        day = pl.coalesce(
            text.str.extract(pattern).str.to_date(form, strict=False) for pattern, form in _DATES
        )
    return pl.when(day.dt.year() >= _FIRST_YEAR).then(day)


def is_day_first(column: str, dtype: pl.DataType) -> pl.Expr:
    """Whether a text is a date written day/month/year, told by a month that is none."""
    if dtype != pl.String:
        return pl.lit(value=False)
    return pl.col(column).str.strip_chars().str.contains(_DAY_FIRST)


def number_of(column: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column's numbers; of text without dollar signs and with commas between thousands only.

    A comma anywhere else is a decimal one, and taking it out would make ten dollars of one.
    """
    if dtype != pl.String:
        return pl.col(column).cast(pl.Float64, strict=False)
    text = pl.col(column).str.replace_all(r"[$\s]", "")
    plain = pl.when(text.str.contains(_THOUSANDS)).then(text.str.replace_all(",", "")).otherwise(text)
    return plain.cast(pl.Float64, strict=False)


def canonical_ticker(text: str) -> str | None:
    """Return a ticker in the one spelling (``BRK.B`` for ``brk-b``, ``BRK/B``, ``BRK_B``, ``BRK-B.US``).

    None for what is no US ticker: an index, a currency pair, a company's name.
    """
    name = re.sub(r"\.us$", "", text.strip(), flags=re.IGNORECASE)
    try:
        return normalise_ticker(re.sub(r"_(?=[A-Za-z]$)", ".", name))
    except InvalidCandidate:
        return None
