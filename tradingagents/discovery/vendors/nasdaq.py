"""Nasdaq Trader's symbol directory: every security listed in the United States, twice a day.

Two files: those listed on Nasdaq, and those on the other exchanges, whose ``ACT Symbol`` column is the
spelling used everywhere here (``BRK.B``, ``EXA$D``). Source: nasdaqtrader.com, "Symbol Look-Up/Directory
Data Fields & Definitions".
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property

from tradingagents.discovery.clock import current_deadline
from tradingagents.discovery.errors import (
    BadPayload,
    Cancelled,
    DeadlineExceeded,
    DiscoveryError,
)
from tradingagents.discovery.net.fetch_session import FetchSession

__all__ = ["Listing", "Listings", "Nasdaq", "parse_directory"]

_FILES = ("nasdaqlisted.txt", "otherlisted.txt")
_TRAILER = "File Creation Time:"
_HEADERS = {"User-Agent": "tradingagents-discovery", "Accept-Encoding": "gzip, deflate"}


@dataclass(frozen=True, slots=True)
class Listing:
    """One security: its symbol, its name with the kind of paper in it, and what kind it is."""

    symbol: str
    name: str
    is_etf: bool
    is_test_issue: bool

    @property
    def is_common(self) -> bool:
        """Whether it is a share of a company or closed fund, a depositary receipt or a partnership unit.

        The directory has no column for that: the symbol's ending and the name tell it.
        """
        if self.is_etf or self.is_test_issue or _OTHER_SYMBOL.search(self.symbol):
            return False
        if _RECEIPT.search(self.name):
            return True
        return not (_SENIOR.search(self.name) or (len(self.symbol) == 5 and _ATTACHED.search(self.name)))


_OTHER_SYMBOL = re.compile(r"\$|\.[RUVW]$")
_RECEIPT = re.compile(r"\bamerican deposit[ao]ry\b|\bADRs?\b|\bADSs?\b", re.IGNORECASE)
_SENIOR = re.compile(
    r"\d ?%|\bnotes\b|\bdebentures\b|\bmortgage bonds\b|\bdeposit[ao]ry shares\b"
    r"|\bprefer(?:red|ence) (?:stock|shares|securities|units|class)\b",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"\b(?:warrants?|rights?|units?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Listings:
    """The directory, by symbol."""

    by_symbol: Mapping[str, Listing]

    @cached_property
    def common_and_etf(self) -> frozenset[str]:
        """The symbols people mean when they write of a stock: no warrants, units, notes or test issues."""
        return frozenset(
            symbol
            for symbol, one in self.by_symbol.items()
            if one.is_common or (one.is_etf and not one.is_test_issue)
        )


class Nasdaq:
    """A client of the directory over a session that keeps the deadline. Thread-safe.

    The directory is fetched once for each client; whoever asks meanwhile waits under its own deadline.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self._base_url = session, base_url.rstrip("/")
        self._lock = threading.Lock()  # guards the next line; never held while fetching or waiting
        self._fetched: Future[Listings] | None = None

    def listed(self) -> Listings:
        """Return the directory. Raises ``NoDataError``, ``FetchError`` kinds, and what the session raises.

        A failure is told to everyone who waits, and the next call tries again.
        """
        while True:
            with self._lock:
                leads = self._fetched is None
                if self._fetched is None:
                    self._fetched = Future()
                fetched = self._fetched
            if leads:
                return self._lead(fetched)
            _wait_for(fetched)
            try:
                return fetched.result()
            except (Cancelled, DeadlineExceeded):
                continue  # the time that ran out was the leading caller's: try again within ours

    def _lead(self, fetched: Future[Listings]) -> Listings:
        failure: DiscoveryError = Cancelled("the caller that fetched the symbol directory was stopped")
        try:
            listings = Listings({one.symbol: one for name in _FILES for one in self._file(name)})
        except DiscoveryError as error:
            failure = error
            raise
        else:
            fetched.set_result(listings)
            return listings
        finally:
            if not fetched.done():
                with self._lock:
                    self._fetched = None
                fetched.set_exception(failure)

    def _file(self, name: str) -> list[Listing]:
        url = f"{self._base_url}/dynamic/SymDir/{name}"
        response = self._session.fetch(url, headers=_HEADERS)
        return parse_directory(response.content.decode("latin-1"))


def _wait_for(fetched: Future[Listings]) -> None:
    """Block until it is there; raise when this caller is cancelled or past its own deadline first."""
    deadline = current_deadline()
    fetched.add_done_callback(lambda _: deadline.wake())
    deadline.wait_for(fetched.done)


def parse_directory(text: str) -> list[Listing]:
    """Parse either file, read by its column names. Raises :class:`BadPayload` when it is none, or was cut."""
    heading, *rows = [line for line in text.splitlines() if line.strip()] or [""]
    columns = heading.split("|")
    if "Security Name" not in columns:
        raise BadPayload("nasdaq", f"the symbol directory starts with {heading[:60]!r}")
    if not rows or not rows.pop().startswith(_TRAILER):
        raise BadPayload("nasdaq", "the symbol directory was cut: its last line is missing")
    try:
        return list(_listings(columns, rows))
    except ValueError as error:
        raise BadPayload("nasdaq", f"the symbol directory is not as documented: {error}") from None


def _listings(columns: list[str], rows: list[str]) -> Iterator[Listing]:
    symbol = columns.index("ACT Symbol" if "ACT Symbol" in columns else "Symbol")
    name, etf, test = (columns.index(one) for one in ("Security Name", "ETF", "Test Issue"))
    for row in rows:
        fields = row.split("|")
        if len(fields) != len(columns):
            raise ValueError(f"a row of {len(fields)} fields below {len(columns)} columns")
        yield Listing(fields[symbol], fields[name].strip(), fields[etf] == "Y", fields[test] == "Y")
