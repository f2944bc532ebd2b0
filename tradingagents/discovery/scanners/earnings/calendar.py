"""``earnings_calendar``: who reports within the next days (Finnhub's earnings calendar).

A date is context, not a signal of direction; the nearest reports come first, the larger companies before
the smaller ones of the same day.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Evidence, Priority
from tradingagents.discovery.scanners.earnings.reports import HOURS, calendar_address, upcoming_reports
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.settings import ScannerSettings
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent

__all__ = ["EarningsCalendar", "EarningsCalendarSettings"]

_SOON_DAYS = 2
_LARGEST_REVENUE_USD = 1e12  # a quarter's; puts the share of revenue in the score below 1


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
    evidence_kinds = ("earnings_date",)
    listed_only = True
    Settings = EarningsCalendarSettings

    @classmethod
    def calendar_days(cls, settings: Any) -> tuple[int, int]:
        """See :class:`BaseScanner`."""
        return 0, int(settings.days_ahead)

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
                    url=calendar_address(self, event),
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


def _share(revenue_usd: float | None) -> float:
    if revenue_usd is None or revenue_usd <= 0:
        return 0.0
    return min(math.log1p(revenue_usd) / math.log1p(_LARGEST_REVENUE_USD), 0.999)


def _when(event: EarningsEvent, days: int) -> str:
    ahead = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    hour = f", {HOURS[event.hour]}" if event.hour in HOURS else ""
    return f"{ahead} ({event.day}{hour})"


def _estimates(event: EarningsEvent) -> str:
    parts = []
    if event.eps_estimate is not None:
        parts.append(f"EPS {event.eps_estimate:.2f}")
    if event.revenue_estimate is not None:
        parts.append(f"revenue {event.revenue_estimate / 1e6:,.0f} million USD")
    return f"expected: {', '.join(parts)}" if parts else "no estimates"
