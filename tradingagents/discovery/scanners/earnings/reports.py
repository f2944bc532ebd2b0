"""Reports in the earnings calendar around a day: one request for all scanners that read them.

All of them request the same window, the widest that any scanner of the scan needs. Concurrent requests are
coalesced, later ones are served from the cache, and each scanner picks its days.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from datetime import date, timedelta

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate, NoDataError
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.listing_check import directory_in_time
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent

__all__ = [
    "HOURS",
    "calendar_address",
    "past_reports",
    "upcoming_reports",
    "us_ticker",
]

HOURS = {"bmo": "before the open", "amc": "after the close", "dmh": "during the session"}
"""The calendar's codes for the time of day."""

# Finnhub adds an exchange to foreign symbols (VOD.L, SHOP.TO). US share classes are A to D, K and V.
_FOREIGN = re.compile(r"[A-Z]+\.(?![ABCDKV]$).*")

# Five letters ending in F or Y are nearly always foreign shares or receipts traded over the counter (NSRGY).
# A few are listed (RYAAY, FORTY): the symbol directory decides.
_OVER_THE_COUNTER = re.compile(r"[A-Z]{4}[FY]")


def upcoming_reports(scanner: AnyScanner, today: date, days_ahead: int) -> dict[str, EarningsEvent]:
    """Return the next report of each US-listed company by ticker, in order of date and symbol.

    Entries left out are counted in the scanner's funnel. Raises ``NoDataError`` for a calendar that is empty
    on days with a session. For a trade date in the past, a report after it counts as upcoming although the
    calendar already has its results.
    """
    window = scanner.market.calendar_window(today)
    events = _calendar(scanner, window, today, today + timedelta(days=days_ahead))
    listed = _listed_tickers(scanner, events)
    reports: dict[str, EarningsEvent] = {}
    for event in events:
        scanner.count("reports listed")
        if (ticker := us_ticker(event.symbol, listed)) is None:
            scanner.count("not a US listing")
        elif event.reported and event.day <= today:
            scanner.count("already reported")
        elif ticker in reports:
            scanner.count("duplicate entry")
        else:
            reports[ticker] = event
    return reports


def past_reports(scanner: AnyScanner, today: date, days_back: int) -> tuple[dict[str, EarningsEvent], int]:
    """Return the newest report with figures of each US-listed company, and the number of companies.

    By ticker, in order of symbol; the number includes companies without figures yet. Entries left out are
    counted in the scanner's funnel. Raises ``NoDataError`` for a calendar that is empty on days with a
    session, and when no company has figures.
    """
    window = scanner.market.calendar_window(today)
    events = _calendar(scanner, window, today - timedelta(days=days_back), today)
    listed = _listed_tickers(scanner, events)
    reports: dict[str, EarningsEvent] = {}
    companies: set[str] = set()
    for event in sorted(events, key=lambda one: one.day, reverse=True):
        scanner.count("reports listed")
        if (ticker := us_ticker(event.symbol, listed)) is None:
            scanner.count("not a US listing")
            continue
        companies.add(ticker)
        if not event.reported:
            scanner.count("no figures yet")
        elif ticker in reports:
            scanner.count("duplicate entry")
        else:
            reports[ticker] = event
    if companies and not reports:
        raise NoDataError(f"finnhub: no figures yet for any of {len(companies)} companies")
    return dict(sorted(reports.items())), len(companies)


def calendar_address(scanner: AnyScanner, event: EarningsEvent) -> str:
    """Return the URL of a report in the calendar, without the API key."""
    day, client = event.day.isoformat(), scanner.vendors.finnhub
    address: str = client.address("calendar/earnings", **{"from": day, "to": day, "symbol": event.symbol})
    return address


def _calendar(
    scanner: AnyScanner, window: tuple[date, date], first: date, last: date
) -> Sequence[EarningsEvent]:
    """Request the window, and return the reports from ``first`` to ``last`` by date and symbol.

    Of several entries for one company and day, the one with the most figures comes first. A single day, a
    weekend or a holiday may have no reports; several sessions without any raise ``NoDataError``.
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
        scanner.degrade(Reason.BAD_PAYLOAD, f"finnhub: {problem}")
    kept = sorted((event for event in events if first <= event.day <= last), key=_fullest_first)
    if not events or (not kept and first < last and nyse().sessions_between(first, last)):
        raise NoDataError(f"finnhub: no reports from {first} to {last}")
    scanner.count("outside the date window", len(events) - len(kept))
    return kept


def _fullest_first(event: EarningsEvent) -> tuple[date, str, int, str]:
    figures = (event.eps_estimate, event.eps_actual, event.revenue_estimate, event.revenue_actual)
    return event.day, event.symbol, sum(figure is None for figure in figures), repr(event)


def _listed_tickers(scanner: AnyScanner, events: Iterable[EarningsEvent]) -> Container[str]:
    """Return the listed tickers when a symbol of the calendar cannot be classified without them."""
    if any(_OVER_THE_COUNTER.fullmatch(event.symbol) for event in events):
        directory = directory_in_time(scanner)
        return frozenset() if directory is None else directory.shares_and_funds
    return frozenset()


def us_ticker(symbol: str, listed: Container[str] = frozenset()) -> str | None:
    """Return the ticker of a symbol that looks like a US listing or is in ``listed``, else None."""
    if _FOREIGN.fullmatch(symbol) or (_OVER_THE_COUNTER.fullmatch(symbol) and symbol not in listed):
        return None
    try:
        return normalise_ticker(symbol)
    except InvalidCandidate:
        return None
