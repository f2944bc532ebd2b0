"""The reports of the earnings calendar around a day: one request for every scanner that reads them.

All of them ask for the same window of days, the widest that any scanner of the scan needs, so that one
request serves them all: those that ask at the same time share it, those that come later find it in the
cache. Each then takes the days it needs.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from datetime import date, timedelta

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate, NoDataError
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.listing_check import directory_in_time
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent

__all__ = [
    "HOURS",
    "calendar_address",
    "calendar_window",
    "listed_at_home",
    "past_reports",
    "upcoming_reports",
]

HOURS = {"bmo": "before the open", "amc": "after the close", "dmh": "during the session"}
"""The calendar's words for the time of day, in ours."""

_SHARED_DAYS = 7  # back and ahead: what the defaults of all scanners need together

# Finnhub adds an exchange to foreign symbols (VOD.L, SHOP.TO). Share classes at home are A to D, K and V.
_ABROAD = re.compile(r"[A-Z]+\.(?![ABCDKV]$).*")

# Five letters that end in F or Y are nearly always foreign shares and receipts traded over the counter
# (NSRGY). A few are listed (RYAAY, FORTY), and only the symbol directory knows which.
_OVER_THE_COUNTER = re.compile(r"[A-Z]{4}[FY]")


def calendar_window(
    today: date, days_back: int, days_ahead: int, shared: tuple[int, int] = (0, 0)
) -> tuple[date, date]:
    """Return the days to ask for: a week either way, or what this scanner or the whole scan needs beyond."""
    back, ahead = max(days_back, shared[0], _SHARED_DAYS), max(days_ahead, shared[1], _SHARED_DAYS)
    return today - timedelta(days=back), today + timedelta(days=ahead)


def upcoming_reports(scanner: BaseScanner, today: date, days_ahead: int) -> dict[str, EarningsEvent]:
    """Return the next report of each company listed at home, by ticker, in order of date and symbol.

    Counts in the scanner's funnel what it leaves out. Raises ``NoDataError`` for a calendar that is empty on
    days with a session. On a day of the past the calendar tells results that nobody knew then; such a
    report still counts as to come.
    """
    window = calendar_window(today, 0, days_ahead, scanner.shared_calendar_days)
    events = _calendar(scanner, window, today, today + timedelta(days=days_ahead))
    listed = _listed_of_the_doubtful(scanner, events)
    reports: dict[str, EarningsEvent] = {}
    for event in events:
        scanner.step("reports listed")
        if (ticker := listed_at_home(event.symbol, listed)) is None:
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

    In order of symbol. Counts in the scanner's funnel what it leaves out. Raises ``NoDataError`` for a
    calendar that is empty on days with a session, and for one in which not a single company has figures.
    """
    window = calendar_window(today, days_back, 0, scanner.shared_calendar_days)
    events = _calendar(scanner, window, today - timedelta(days=days_back), today)
    listed = _listed_of_the_doubtful(scanner, events)
    reports: dict[str, EarningsEvent] = {}
    companies: set[str] = set()
    for event in sorted(events, key=lambda one: one.day, reverse=True):
        scanner.step("reports listed")
        if (ticker := listed_at_home(event.symbol, listed)) is None:
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


def calendar_address(scanner: BaseScanner, event: EarningsEvent) -> str:
    """Return where a report stands in the calendar, without the key."""
    day, client = event.day.isoformat(), scanner.vendors.finnhub
    address: str = client.address("calendar/earnings", **{"from": day, "to": day, "symbol": event.symbol})
    return address


def _calendar(
    scanner: BaseScanner, window: tuple[date, date], first: date, last: date
) -> Sequence[EarningsEvent]:
    """Ask for the window, and return the reports from ``first`` to ``last``, by date and symbol.

    Of several entries for one company and day, the one with the most figures comes first. Nobody need
    report on a weekend, a holiday or any single day; sessions without a single report are no answer.
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
    if not events or (not kept and first < last and nyse().sessions_between(first, last)):
        raise NoDataError(f"finnhub: no report of any company from {first} to {last}")
    scanner.step("reports of other days", len(events) - len(kept))
    return kept


def _fullest_first(event: EarningsEvent) -> tuple[date, str, int, str]:
    figures = (event.eps_estimate, event.eps_actual, event.revenue_estimate, event.revenue_actual)
    return event.day, event.symbol, sum(figure is None for figure in figures), repr(event)


def _listed_of_the_doubtful(scanner: BaseScanner, events: Iterable[EarningsEvent]) -> Container[str]:
    """Return the listed shares and funds where a symbol of the calendar cannot be judged without them."""
    if any(_OVER_THE_COUNTER.fullmatch(event.symbol) for event in events):
        directory = directory_in_time(scanner, scanner.vendors)
        return frozenset() if directory is None else directory.shares_and_funds
    return frozenset()


def listed_at_home(symbol: str, listed: Container[str] = frozenset()) -> str | None:
    """Return the ticker of a symbol that looks like a listing in the United States, else None.

    ``listed`` are tickers that are listed although they do not look so.
    """
    if _ABROAD.fullmatch(symbol) or (_OVER_THE_COUNTER.fullmatch(symbol) and symbol not in listed):
        return None
    try:
        return normalise_ticker(symbol)
    except InvalidCandidate:
        return None
