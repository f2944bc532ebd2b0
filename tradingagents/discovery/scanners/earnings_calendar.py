"""``earnings_calendar``: who reports within the next days (Finnhub's earnings calendar).

A date is context, not a signal of direction; the nearest reports come first, the larger companies before
the smaller ones of the same day.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from tradingagents.discovery.candidate import Evidence, Priority, normalise_ticker
from tradingagents.discovery.config import ScannerSettings
from tradingagents.discovery.errors import InvalidCandidate, NoDataError
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.scanners.base import BaseScanner
from tradingagents.discovery.vendors.finnhub_records import EarningsEvent

__all__ = ["EarningsCalendar", "EarningsCalendarSettings", "listed_at_home", "upcoming_reports"]

_HOURS = {"bmo": "before the open", "amc": "after the close", "dmh": "during the session"}
_SOON_DAYS = 2
_LARGEST_REVENUE_USD = 1e12  # a quarter's; puts the share of revenue in the score below 1

# Finnhub adds an exchange to foreign symbols (VOD.L, SHOP.TO). Share classes at home are A to D, K and V.
# Five letters that end in F or Y are foreign shares and receipts traded over the counter.
_ABROAD = re.compile(r"[A-Z]+\.(?![ABCDKV]$).*|[A-Z]{4}[FY]")


class EarningsCalendarSettings(ScannerSettings):
    """``scanners.earnings_calendar``. ``days_ahead`` counts calendar days after the trade date."""

    limit: int | None = Field(default=15, ge=1)
    days_ahead: int = Field(default=7, ge=0, le=90)


class EarningsCalendar(BaseScanner):
    """Puts forward the companies that report soon.

    The score is the days left unused of ``days_ahead``, plus a share below 1 for the revenue expected:
    its logarithm over that of a million million dollars, 0 where nobody made an estimate.
    """

    name, pipeline, strategy = "earnings_calendar", "events", "earnings_soon"
    Settings = EarningsCalendarSettings

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield by date and symbol."""
        today = self.trade_date(state)
        reports = upcoming_reports(self, today, self.settings.days_ahead)
        self.cover(asked=len(reports), answered=len(reports))
        for ticker, event in reports.items():
            yield self._candidate(ticker, event, (event.day - today).days)

    def _candidate(self, ticker: str, event: EarningsEvent, days: int) -> dict[str, Any]:
        return {
            "ticker": ticker,
            "context": f"reports {_when(event, days)}; {_estimates(event)}",
            "priority": Priority.HIGH if days <= _SOON_DAYS else Priority.MEDIUM,
            "score": round(self.settings.days_ahead - days + _share(event.revenue_estimate), 6),
            "evidence": [
                Evidence(
                    vendor="finnhub",
                    kind="earnings_date",
                    as_of=event.day.isoformat(),
                    id=f"calendar/earnings/{event.symbol}/{event.day}",
                    values={
                        "symbol": event.symbol,
                        "date": event.day.isoformat(),
                        "hour": event.hour,
                        "fiscal_year": event.year,
                        "fiscal_quarter": event.quarter,
                        "eps_estimate": event.eps_estimate,
                        "revenue_estimate_usd": event.revenue_estimate,
                    },
                )
            ],
        }


def upcoming_reports(scanner: BaseScanner, today: date, days_ahead: int) -> dict[str, EarningsEvent]:
    """Return the next report of each company listed at home, by ticker, in order of date and symbol.

    Counts in the scanner's funnel what it leaves out. Raises ``NoDataError`` for an empty calendar.
    """
    reports: dict[str, EarningsEvent] = {}
    for event in _calendar(scanner, today, today + timedelta(days=days_ahead)):
        scanner.step("reports listed")
        if (ticker := listed_at_home(event.symbol)) is None:
            scanner.step("not a United States listing")
        elif event.eps_actual is not None or event.revenue_actual is not None:
            scanner.step("reported already")
        elif ticker in reports:
            scanner.step("a further entry of the same company")
        else:
            reports[ticker] = event
    return reports


def _calendar(scanner: BaseScanner, first: date, last: date) -> Sequence[EarningsEvent]:
    problems: list[str] = []
    vendor = scanner.vendors.finnhub
    events: list[EarningsEvent] = scanner.ask(
        "finnhub.earnings_calendar",
        {"from": first.isoformat(), "to": last.isoformat()},
        lambda: vendor.earnings_calendar(first, last, on_malformed=problems.append),
        lambda found: f"{len(found)} reports",
    )
    for problem in problems:
        scanner.trouble(Reason.BAD_PAYLOAD, f"finnhub: {problem}")
    kept = [event for event in events if first <= event.day <= last]
    if not kept:
        raise NoDataError(f"finnhub: no report of any company from {first} to {last}")
    scanner.step("reports outside the window", len(events) - len(kept))
    return kept


def listed_at_home(symbol: str) -> str | None:
    """Return the ticker of a symbol that looks like a listing in the United States, else None."""
    if _ABROAD.fullmatch(symbol):
        return None
    try:
        return normalise_ticker(symbol)
    except InvalidCandidate:
        return None


def _share(revenue_usd: float | None) -> float:
    if revenue_usd is None or revenue_usd <= 0:
        return 0.0
    return min(math.log1p(revenue_usd) / math.log1p(_LARGEST_REVENUE_USD), 0.999)


def _when(event: EarningsEvent, days: int) -> str:
    ahead = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    hour = f", {_HOURS[event.hour]}" if event.hour in _HOURS else ""
    return f"{ahead} ({event.day}{hour})"


def _estimates(event: EarningsEvent) -> str:
    parts = []
    if event.eps_estimate is not None:
        parts.append(f"EPS {event.eps_estimate:.2f}")
    if event.revenue_estimate is not None:
        parts.append(f"revenue {event.revenue_estimate / 1e6:,.0f} million USD")
    return f"expected: {', '.join(parts)}" if parts else "no estimates"
