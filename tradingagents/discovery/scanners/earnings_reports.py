"""The reports of the earnings calendar around a day: one request for every scanner that reads them.

All of them ask for the same window of days, so that one request serves a whole scan: those that ask
at the same time share it, those that come later find it in the cache. Each then takes the days it needs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from tradingagents.discovery.candidate import normalise_ticker
from tradingagents.discovery.errors import InvalidCandidate, NoDataError
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.scanners.base import BaseScanner
from tradingagents.discovery.vendors.finnhub_records import EarningsEvent

__all__ = ["HOURS", "calendar_window", "listed_at_home", "past_reports", "upcoming_reports"]

HOURS = {"bmo": "before the open", "amc": "after the close", "dmh": "during the session"}
"""The calendar's words for the time of day, in ours."""

_SHARED_DAYS = 7  # back and ahead: what the defaults of all scanners need together

# Finnhub adds an exchange to foreign symbols (VOD.L, SHOP.TO). Share classes at home are A to D, K and V.
# Five letters that end in F or Y are foreign shares and receipts traded over the counter.
_ABROAD = re.compile(r"[A-Z]+\.(?![ABCDKV]$).*|[A-Z]{4}[FY]")


def calendar_window(today: date, *, days_back: int = 0, days_ahead: int = 0) -> tuple[date, date]:
    """Return the days to ask for: a week either way, or more where a setting needs more."""
    back, ahead = max(days_back, _SHARED_DAYS), max(days_ahead, _SHARED_DAYS)
    return today - timedelta(days=back), today + timedelta(days=ahead)


def upcoming_reports(scanner: BaseScanner, today: date, days_ahead: int) -> dict[str, EarningsEvent]:
    """Return the next report of each company listed at home, by ticker, in order of date and symbol.

    Counts in the scanner's funnel what it leaves out. Raises ``NoDataError`` for an empty calendar. On a
    day of the past the calendar tells results that nobody knew then; such a report still counts as to come.
    """
    window = calendar_window(today, days_ahead=days_ahead)
    reports: dict[str, EarningsEvent] = {}
    for event in _calendar(scanner, window, today, today + timedelta(days=days_ahead)):
        scanner.step("reports listed")
        if (ticker := listed_at_home(event.symbol)) is None:
            scanner.step("not a United States listing")
        elif event.reported and event.day <= today:
            scanner.step("reported already")
        elif ticker in reports:
            scanner.step("a further entry of the same company")
        else:
            reports[ticker] = event
    return reports


def past_reports(scanner: BaseScanner, today: date, days_back: int) -> tuple[dict[str, EarningsEvent], int]:
    """Return the newest report with figures of each company listed at home, and how many companies reported.

    In order of symbol. Counts in the scanner's funnel what it leaves out. Raises ``NoDataError`` for an
    empty calendar, and for one in which not a single company has figures.
    """
    window = calendar_window(today, days_back=days_back)
    reports: dict[str, EarningsEvent] = {}
    companies: set[str] = set()
    events = _calendar(scanner, window, today - timedelta(days=days_back), today)
    for event in sorted(events, key=lambda one: one.day, reverse=True):
        scanner.step("reports listed")
        if (ticker := listed_at_home(event.symbol)) is None:
            scanner.step("not a United States listing")
            continue
        companies.add(ticker)
        if not event.reported:
            scanner.step("no figures yet")
        elif ticker in reports:
            scanner.step("a further entry of the same company")
        else:
            reports[ticker] = event
    if companies and not reports:
        raise NoDataError(f"finnhub: no figures yet of any of {len(companies)} companies that reported")
    return dict(sorted(reports.items())), len(companies)


def _calendar(
    scanner: BaseScanner, window: tuple[date, date], first: date, last: date
) -> Sequence[EarningsEvent]:
    """Ask for the window, and return the reports from ``first`` to ``last``, by date and symbol.

    Of several entries for one company and day, the one with the most figures comes first.
    """
    problems: list[str] = []
    vendor = scanner.vendors.finnhub
    events: list[EarningsEvent] = scanner.ask(
        "finnhub.earnings_calendar",
        {"from": window[0].isoformat(), "to": window[1].isoformat()},
        lambda: vendor.earnings_calendar(*window, on_malformed=problems.append),
        lambda found: f"{len(found)} reports",
    )
    for problem in problems:
        scanner.trouble(Reason.BAD_PAYLOAD, f"finnhub: {problem}")
    kept = sorted((event for event in events if first <= event.day <= last), key=_fullest_first)
    if not kept:
        raise NoDataError(f"finnhub: no report of any company from {first} to {last}")
    scanner.step("reports of other days", len(events) - len(kept))
    return kept


def _fullest_first(event: EarningsEvent) -> tuple[date, str, int, str]:
    figures = (event.eps_estimate, event.eps_actual, event.revenue_estimate, event.revenue_actual)
    return event.day, event.symbol, sum(figure is None for figure in figures), repr(event)


def listed_at_home(symbol: str) -> str | None:
    """Return the ticker of a symbol that looks like a listing in the United States, else None."""
    if _ABROAD.fullmatch(symbol):
        return None
    try:
        return normalise_ticker(symbol)
    except InvalidCandidate:
        return None
