"""Keeps out of a scan what no investor in US shares can buy, by the symbol directory of the day.

Vendors put warrants, units, rights, preferred shares, foreign and over-the-counter symbols among shares,
each in its own way. For a scanner that says ``listed_only`` every candidate is looked up; what is not a
listed share or fund is left out and counted in the funnel by what it is. The directory is asked for when
the first candidate is there, once for all scanners of a scan, and never waited for longer than
:data:`WAIT_SECONDS`: the check is a help, and a scanner that has found something does not fail for want
of it. A check that could not be made is counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, Protocol

from tradingagents.discovery.model.clock import Deadline, current_deadline, deadline_scope
from tradingagents.discovery.model.errors import DeadlineExceeded, FetchError, NoDataError
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["NOT_CHECKED", "WAIT_SECONDS", "ListingCheck", "directory_in_time"]

WAIT_SECONDS = 5.0
"""Longest wait for the directory, and never more than half of the time the scanner has left."""

NOT_CHECKED = "not checked against the symbol directory"
"""The funnel's name for candidates that were let through unchecked."""

_SAME_TIME = timedelta(days=30)


class Hub(Protocol):
    """What is needed of the vendors."""

    @property
    def nasdaq(self) -> Any: ...


class ListingCheck:
    """Looks up the candidates of one scan of one scanner. Used by one thread."""

    def __init__(self, scanner: BaseScanner, hub: Hub, trade_date: date) -> None:
        self._scanner, self._hub, self._day = scanner, hub, trade_date
        self._asked = False
        self._directory: SymbolDirectory | None = None

    def passes(self, ticker: str) -> bool:
        """Whether the ticker is a listed share or fund, as far as can be known; counts it where not."""
        if not self._asked:
            self._asked, self._directory = True, self._ask()
        if self._directory is None:
            self._scanner.step(NOT_CHECKED)
            return True
        if ticker in self._directory.shares_and_funds:
            return True
        listing = self._directory.get(ticker)
        self._scanner.step("not listed" if listing is None else f"listed as {listing.kind}")
        return False

    def _ask(self) -> SymbolDirectory | None:
        """Return the directory; None where it cannot be had in time, or is of another time.

        A share of a day long past may have been delisted since, and dropping it would flatter that day.
        """
        directory = directory_in_time(self._scanner, self._hub)
        if directory is not None and abs(directory.as_of - self._day) <= _SAME_TIME:
            return directory
        return None


def directory_in_time(scanner: BaseScanner, hub: Hub) -> SymbolDirectory | None:
    """Return the symbol directory, or None where it cannot be had in a part of the scanner's time.

    A scanner waits for it once: what came of that is its answer from then on. Nobody is told when it is
    some days old because the vendor is down: it is good enough for spellings.
    """
    if not scanner.directory_answer:
        scanner.directory_answer = (_ask_in_time(scanner, hub),)
    directory: SymbolDirectory | None = scanner.directory_answer[0]
    return directory


def _ask_in_time(scanner: BaseScanner, hub: Hub) -> SymbolDirectory | None:
    with contextlib.suppress(FetchError, NoDataError, DeadlineExceeded):  # noted in the tool log
        with counting(scanner.recorder.request):
            directory: SymbolDirectory = scanner.ask(
                "nasdaq.listed",
                {},
                lambda: _in_time(hub.nasdaq.listed),
                lambda found: f"{len(found)} symbols of {found.as_of}",
            )
        return directory
    return None


def _in_time(call: Callable[[], SymbolDirectory]) -> SymbolDirectory:
    with _shorter_deadline():
        return call()


@contextlib.contextmanager
def _shorter_deadline() -> Iterator[None]:
    whole = current_deadline()
    part = Deadline(min(WAIT_SECONDS, whole.remaining() / 2), whole.clock)
    with whole.on_cancel(part.cancel), deadline_scope(part):
        yield
