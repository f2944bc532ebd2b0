"""Nasdaq Trader's symbol directory: every security listed in the United States, updated twice a day.

Two files, one for Nasdaq and one for the other exchanges, parsed by :class:`SymbolDirectory`.
Source: nasdaqtrader.com, "Symbol Look-Up/Directory Data Fields & Definitions".
"""

from __future__ import annotations

from tradingagents.discovery.execution.once import Once
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["Nasdaq"]

_NASDAQ_LISTED, _OTHER_LISTED = "nasdaqlisted.txt", "otherlisted.txt"
_HEADERS = {"User-Agent": "tradingagents-discovery", "Accept-Encoding": "gzip, deflate"}


class Nasdaq:
    """A client of the directory over a session that enforces the deadline. Thread-safe."""

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self._base_url = session, base_url.rstrip("/")
        self._directory = Once(self._fetch, keep_errors=False)

    def listed(self) -> SymbolDirectory:
        """Return the directory, fetched once by each client; other callers wait under their own deadlines.

        Raises ``NoDataError``, ``FetchError`` kinds, and what the session raises. A failure reaches every
        caller that waits, and the next call tries again.
        """
        return self._directory()

    def _fetch(self) -> SymbolDirectory:
        return SymbolDirectory.from_bytes(self._file(_NASDAQ_LISTED), self._file(_OTHER_LISTED))

    def _file(self, name: str) -> bytes:
        return self._session.fetch(f"{self._base_url}/dynamic/SymDir/{name}", headers=_HEADERS).content
