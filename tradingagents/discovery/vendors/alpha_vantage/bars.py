"""Alpha Vantage's daily bars and splits, parsed from its JSON.

Source: the vendor's documentation of TIME_SERIES_DAILY and SPLITS, and recorded responses.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tradingagents.discovery.model.errors import BadPayload, NoDataError
from tradingagents.discovery.vendors.alpha_vantage.records import VENDOR
from tradingagents.discovery.vendors.records import DailyBar, Split, number_or_none

__all__ = ["parse_daily_bars", "parse_splits"]

_SERIES = "Time Series (Daily)"


def parse_daily_bars(payload: Any, ticker: str) -> list[DailyBar]:
    """Parse TIME_SERIES_DAILY, oldest first, prices unadjusted.

    Raises :class:`NoDataError` for an empty response and :class:`BadPayload` for a malformed one.
    """
    if payload == {}:
        raise NoDataError(f"{VENDOR}: no daily bars of {ticker}")
    series = payload.get(_SERIES) if isinstance(payload, dict) else None
    if not isinstance(series, dict):
        raise BadPayload(VENDOR, f"the response for {ticker} has no daily series")
    bars = [_bar(day, row, ticker) for day, row in series.items()]
    if not bars:
        raise NoDataError(f"{VENDOR}: no daily bars of {ticker}")
    return sorted(bars, key=lambda bar: bar.day)


def parse_splits(payload: Any, ticker: str) -> list[Split]:
    """Parse SPLITS, oldest first; empty for a ticker that never split. Raises :class:`BadPayload`."""
    rows = payload.get("data") if isinstance(payload, dict) else None
    if not isinstance(rows, list):
        raise BadPayload(VENDOR, f"the response for {ticker} has no list of splits")
    return sorted((_split(row, ticker) for row in rows), key=lambda split: split.day)


def _bar(day: str, row: Any, ticker: str) -> DailyBar:
    if not isinstance(row, dict):
        raise BadPayload(VENDOR, f"the bar of {ticker} on {day!s:.20} is no object")
    # The adjusted series numbers its fields differently, so fields are found by the name after the number.
    fields = {str(name).partition(". ")[2]: number_or_none(value) for name, value in row.items()}
    try:
        opened = date.fromisoformat(day)
        prices = [fields[name] for name in ("open", "high", "low", "close", "volume")]
    except (ValueError, KeyError) as error:
        raise BadPayload(VENDOR, f"the bar of {ticker} on {day!s:.20} cannot be read: {error}") from None
    return DailyBar(opened, *prices)


def _split(row: Any, ticker: str) -> Split:
    try:
        split = Split(date.fromisoformat(row["effective_date"]), float(row["split_factor"]))
    except (TypeError, KeyError, ValueError) as error:
        raise BadPayload(VENDOR, f"a split of {ticker} cannot be read: {error!s:.80}") from None
    if not 0 < split.factor < 10_000:
        raise BadPayload(VENDOR, f"a split of {ticker} by {split.factor!r}")
    return split
