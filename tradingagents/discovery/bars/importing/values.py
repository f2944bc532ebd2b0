"""Parsing dates, numbers and tickers as price files write them. An ambiguous value becomes null."""

from __future__ import annotations

import re

import polars as pl

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate

__all__ = ["canonical_ticker", "day_of", "is_day_first", "number_of"]

_DATES = (  # the part of the text, and its format; a time of day may follow the first three
    (r"^(\d{4}-\d{2}-\d{2})(?:[T\s]|$)", "%Y-%m-%d"),
    (r"^(\d{1,2}/\d{1,2}/\d{4})(?:\s|$)", "%m/%d/%Y"),
    (r"^(\d{4}/\d{1,2}/\d{1,2})(?:\s|$)", "%Y/%m/%d"),
    (r"^(\d{8})$", "%Y%m%d"),
    (r"^([A-Z][a-z]{2} \d{1,2}, \d{4})$", "%b %d, %Y"),
)
_DAY_FIRST = r"^(?:1[3-9]|2\d|3[01])/\d{1,2}/\d{4}(?:\s|$)"
_FIRST_YEAR = 1900  # an earlier date is another number misread
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
    """Whether a text is a date written day/month/year: its "month" is above 12."""
    if dtype != pl.String:
        return pl.lit(value=False)
    return pl.col(column).str.strip_chars().str.contains(_DAY_FIRST)


def number_of(column: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column's numbers; text may have dollar signs and commas between thousands.

    A comma anywhere else is a decimal comma: such a number is null, because without it 1,0 would become 10.
    """
    if dtype != pl.String:
        return pl.col(column).cast(pl.Float64, strict=False)
    text = pl.col(column).str.replace_all(r"[$\s]", "")
    plain = pl.when(text.str.contains(_THOUSANDS)).then(text.str.replace_all(",", "")).otherwise(text)
    return plain.cast(pl.Float64, strict=False)


def canonical_ticker(text: str) -> str | None:
    """Return the canonical ticker: ``BRK.B`` for ``brk-b``, ``BRK/B``, ``BRK_B``, ``BRK-B.US``.

    None for anything but a US ticker: an index, a currency pair, a company's name.
    """
    name = re.sub(r"\.us$", "", text.strip(), flags=re.IGNORECASE)
    try:
        return normalise_ticker(re.sub(r"_(?=[A-Za-z]$)", ".", name))
    except InvalidCandidate:
        return None
