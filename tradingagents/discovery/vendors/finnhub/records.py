"""Typed records of Finnhub: reports of the earnings calendar, and months of analysts' ratings.

Source: https://finnhub.io/docs/api (earnings-calendar, recommendation-trends), and recorded responses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.vendors.records import (
    UNREADABLE,
    OnMalformed,
    error_text,
    parse_rows,
    report_malformed,
)

__all__ = [
    "VENDOR",
    "EarningsEvent",
    "RatingMonth",
    "calendar_rows",
    "parse_events",
    "parse_ratings",
]

VENDOR = "finnhub"


@dataclass(frozen=True, slots=True)
class EarningsEvent:
    """One report.

    ``hour`` is ``bmo`` (before the open), ``amc`` (after the close), ``dmh`` (in between) or empty.
    ``year`` and ``quarter`` are fiscal, revenue is in whole dollars; None where there is
    no estimate, or no report yet.
    """

    symbol: str
    day: date
    hour: str
    year: int | None
    quarter: int | None
    eps_estimate: float | None
    eps_actual: float | None
    revenue_estimate: float | None
    revenue_actual: float | None

    @property
    def reported(self) -> bool:
        """Whether any figure is present: the vendor may fill them in hours after the report."""
        return self.eps_actual is not None or self.revenue_actual is not None


@dataclass(frozen=True, slots=True)
class RatingMonth:
    """Number of analysts by rating, in the snapshot of the month that begins at ``period``."""

    period: date
    strong_buy: int
    buy: int
    hold: int
    sell: int
    strong_sell: int

    @property
    def analysts(self) -> int:
        return self.strong_buy + self.buy + self.hold + self.sell + self.strong_sell

    @property
    def mean(self) -> float:
        """The mean rating from 1 (strong sell) to 5 (strong buy); ``ZeroDivisionError`` without analysts."""
        counts = (self.strong_sell, self.sell, self.hold, self.buy, self.strong_buy)
        return sum(grade * count for grade, count in enumerate(counts, 1)) / self.analysts


def calendar_rows(payload: Any) -> list[Any]:
    """Return the raw rows of an earnings calendar; empty where the vendor sends null."""
    if not isinstance(payload, dict) or "earningsCalendar" not in payload:
        raise BadPayload(VENDOR, "the response has no earningsCalendar")
    rows = payload["earningsCalendar"]
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise BadPayload(VENDOR, "earningsCalendar is not a list")
    return rows


def parse_events(rows: list[Any], on_malformed: OnMalformed | None = None) -> list[EarningsEvent]:
    """Parse rows of the calendar, by date and symbol.

    Raises :class:`BadPayload` for a malformed row; with ``on_malformed`` such a row is reported there and
    left out, unless no row is valid.
    """
    problems: list[str] = []
    events = parse_rows(rows, _event, problems)
    report_malformed(VENDOR, problems, on_malformed if events else None)
    return sorted(events, key=lambda event: (event.day, event.symbol))


def parse_ratings(payload: Any, symbol: str | None = None) -> list[RatingMonth]:
    """Parse the months of ``symbol``, newest first. Raises :class:`BadPayload`, also for another symbol."""
    if not isinstance(payload, list):
        raise BadPayload(VENDOR, "the response is not a list of months")
    try:
        months = [_month(row) for row in payload]
        others = {str(row["symbol"]) for row in payload if row.get("symbol")} - {symbol}
    except UNREADABLE as error:
        raise BadPayload(VENDOR, f"a month cannot be read ({error_text(error)})") from None
    if symbol is not None and others:
        raise BadPayload(VENDOR, f"ratings of {min(others)!r:.20} instead of {symbol}")
    return sorted(months, key=lambda month: month.period, reverse=True)


def _event(row: Any) -> EarningsEvent:
    symbol, hour = row["symbol"], row.get("hour")
    if not isinstance(symbol, str) or not symbol:
        raise ValueError("symbol is empty")
    return EarningsEvent(
        symbol=symbol,
        day=date.fromisoformat(row["date"]),
        hour=hour if isinstance(hour, str) else "",
        year=_count(row["year"]) if row.get("year") is not None else None,
        quarter=_count(row["quarter"]) if row.get("quarter") is not None else None,
        eps_estimate=_figure(row.get("epsEstimate")),
        eps_actual=_figure(row.get("epsActual")),
        revenue_estimate=_figure(row.get("revenueEstimate")),
        revenue_actual=_figure(row.get("revenueActual")),
    )


def _month(row: Any) -> RatingMonth:
    return RatingMonth(
        period=date.fromisoformat(row["period"]),
        strong_buy=_count(row["strongBuy"]),
        buy=_count(row["buy"]),
        hold=_count(row["hold"]),
        sell=_count(row["sell"]),
        strong_sell=_count(row["strongSell"]),
    )


def _figure(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r:.40} is not a number")
    return float(value)


def _count(value: Any) -> int:
    number = _figure(value)
    if number is None or number < 0 or number != int(number):
        raise ValueError(f"{value!r:.40} is not a count")
    return int(number)
