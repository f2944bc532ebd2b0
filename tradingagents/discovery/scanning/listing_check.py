"""Drops candidates that are not a listed US share or fund, by the symbol directory of the day.

Vendors mix warrants, units, rights, preferred shares, foreign and over-the-counter symbols into their lists
of shares. For a scanner with ``listed_only`` every candidate is looked up; one that is not a listed share or
fund is dropped and counted in the funnel by its kind. The directory is loaded with the first candidate, once
for all scanners of a scan, and waited for at most :data:`WAIT_SECONDS`: without it candidates pass, counted
as unchecked, and the scanner does not fail.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Protocol

from tradingagents.discovery.model.clock import Deadline, current_deadline, deadline_scope
from tradingagents.discovery.model.errors import DeadlineExceeded, FetchError, NoDataError
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["NOT_CHECKED", "WAIT_SECONDS", "ListingCheck", "directory_in_time"]

WAIT_SECONDS = 5.0
"""Longest wait for the directory; never more than half of the scanner's remaining time."""

NOT_CHECKED = "not checked against the symbol directory"
"""The funnel step of candidates that passed unchecked."""

_SAME_TIME = timedelta(days=30)


class NasdaqVendor(Protocol):
    """Vendor clients with the symbol directory."""

    @property
    def nasdaq(self) -> Any: ...


class ListingCheck:
    """Looks up the candidates of one scanner in one scan. Used by one thread."""

    def __init__(self, scanner: BaseScanner, vendors: NasdaqVendor, trade_date: date) -> None:
        self._scanner, self._vendors, self._day = scanner, vendors, trade_date
        self._loaded = False
        self._directory: SymbolDirectory | None = None

    def passes(self, ticker: str) -> bool:
        """Whether the ticker is a listed share or fund, or unchecked; others are counted in the funnel."""
        if not self._loaded:
            self._loaded, self._directory = True, self._load()
        if self._directory is None:
            self._scanner.count(NOT_CHECKED)
            return True
        if ticker in self._directory.shares_and_funds:
            return True
        listing = self._directory.get(ticker)
        self._scanner.count("not listed" if listing is None else f"listed as {listing.security_type}")
        return False

    def _load(self) -> SymbolDirectory | None:
        """Return the directory; None when it is unavailable, or too far from the trade date.

        A share of a past date may have been delisted since; dropping it would be survivorship bias.
        """
        directory = directory_in_time(self._scanner, self._vendors)
        if directory is not None and abs(directory.as_of - self._day) <= _SAME_TIME:
            return directory
        return None


def directory_in_time(scanner: BaseScanner, vendors: NasdaqVendor) -> SymbolDirectory | None:
    """Return the symbol directory, or None when it is unavailable within part of the scanner's time.

    A scanner waits once; later calls return the first result. A directory that is some days old, because
    the vendor is down, is used without a warning: it is good enough for spellings.
    """
    if not scanner.directory_answer:
        scanner.directory_answer = (_load_in_time(scanner, vendors),)
    directory: SymbolDirectory | None = scanner.directory_answer[0]
    return directory


def _load_in_time(scanner: BaseScanner, vendors: NasdaqVendor) -> SymbolDirectory | None:
    def listed() -> SymbolDirectory:
        with _shorter_deadline():
            found: SymbolDirectory = vendors.nasdaq.listed()
        return found

    errors = (FetchError, NoDataError, DeadlineExceeded)  # they are in the tool log
    with contextlib.suppress(*errors), counting(scanner.recorder.request):
        return scanner.ask(
            "nasdaq.listed", {}, listed, lambda found: f"{len(found)} symbols of {found.as_of}"
        )
    return None


@contextlib.contextmanager
def _shorter_deadline() -> Iterator[None]:
    whole = current_deadline()
    part = Deadline(min(WAIT_SECONDS, whole.remaining() / 2), whole.clock)
    with whole.on_cancel(part.cancel), deadline_scope(part):
        yield
