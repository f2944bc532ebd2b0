"""``earnings_calendar``: companies that report earnings soon (Finnhub's earnings calendar).

A date is context, not a direction. The nearest reports rank first; on one day, larger companies first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Evidence, Priority
from tradingagents.discovery.scanners.earnings.reports import HOURS, calendar_address, upcoming_reports
from tradingagents.discovery.scanning import needs
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent

__all__ = ["EarningsCalendar", "EarningsCalendarSettings"]

_SOON_DAYS = 2
_LARGEST_REVENUE_USD = 1e12  # per quarter; keeps the revenue term of the score below 1


class EarningsCalendarSettings(ScannerSettings):
    """``scanners.earnings_calendar``."""

    limit: int | None = Field(15, ge=1)
    days_ahead: int = Field(
        7, ge=0, le=90, description="Latest report that counts, in calendar days after the trade date."
    )


class EarningsCalendar(BaseScanner[EarningsCalendarSettings]):
    """Finds companies that report within ``days_ahead``.

    The score is ``days_ahead`` minus the days until the report, plus a term below 1 for the expected revenue:
    its logarithm divided by that of one trillion US dollars, 0 without an estimate.
    """

    name, pipeline, strategy = "earnings_calendar", "events", "earnings_soon"
    evidence_kinds = ("earnings_date",)
    listed_only = True

    @classmethod
    def needs(cls, settings: EarningsCalendarSettings) -> Iterable[needs.Need]:
        return [needs.EarningsCalendar(days_ahead=settings.days_ahead)]

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield by date and symbol."""
        today = self.trade_date(state)
        reports = upcoming_reports(self, today, self.settings.days_ahead)
        self.record_coverage(asked=len(reports), answered=len(reports))
        for ticker, event in reports.items():
            yield self._candidate(ticker, event, (event.day - today).days)

    def _candidate(self, ticker: str, event: EarningsEvent, days: int) -> Candidate:
        return self.candidate(
            ticker,
            f"reports {_when(event, days)}; {_estimates(event)}",
            priority=Priority.HIGH if days <= _SOON_DAYS else Priority.MEDIUM,
            score=round(self.settings.days_ahead - days + _size(event.revenue_estimate), 6),
            evidence=(
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
                ),
            ),
        )


def _size(revenue_usd: float | None) -> float:
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
