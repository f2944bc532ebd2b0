"""Nasdaq Trader's symbol directory: every security listed in the United States, twice a day.

Two files: those listed on Nasdaq, and those on the other exchanges. What they say is read by
:class:`SymbolDirectory`. Source: nasdaqtrader.com, "Symbol Look-Up/Directory Data Fields & Definitions".
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded, DiscoveryError
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["Nasdaq"]

_NASDAQ_LISTED, _OTHER_LISTED = "nasdaqlisted.txt", "otherlisted.txt"
_HEADERS = {"User-Agent": "tradingagents-discovery", "Accept-Encoding": "gzip, deflate"}


class Nasdaq:
    """A client of the directory over a session that keeps the deadline. Thread-safe.

    The directory is fetched once for each client; whoever asks meanwhile waits under its own deadline.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self._base_url = session, base_url.rstrip("/")
        self._lock = threading.Lock()  # guards the next line; never held while fetching or waiting
        self._fetched: Future[SymbolDirectory] | None = None

    def listed(self) -> SymbolDirectory:
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

    def _lead(self, fetched: Future[SymbolDirectory]) -> SymbolDirectory:
        failure: DiscoveryError = Cancelled("the caller that fetched the symbol directory was stopped")
        try:
            directory = SymbolDirectory.from_bytes(self._file(_NASDAQ_LISTED), self._file(_OTHER_LISTED))
        except DiscoveryError as error:
            failure = error
            raise
        else:
            fetched.set_result(directory)
            return directory
        finally:
            if not fetched.done():
                with self._lock:
                    self._fetched = None
                fetched.set_exception(failure)

    def _file(self, name: str) -> bytes:
        return self._session.fetch(f"{self._base_url}/dynamic/SymDir/{name}", headers=_HEADERS).content


def _wait_for(fetched: Future[SymbolDirectory]) -> None:
    """Block until it is there; raise when this caller is cancelled or past its own deadline first."""
    deadline = current_deadline()
    fetched.add_done_callback(lambda _: deadline.wake())
    deadline.wait_for(fetched.done)
