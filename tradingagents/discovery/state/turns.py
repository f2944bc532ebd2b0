"""Whom the vendor was asked about, and when: so that the next update begins where this one stopped."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tradingagents.discovery.state.files import StateFile, StateUnavailable

__all__ = ["Asked", "AskedLog"]

_log = logging.getLogger(__name__)
_NAME = "asked.sqlite"
_TABLE = """
CREATE TABLE IF NOT EXISTS asked (
    source TEXT NOT NULL,
    ticker TEXT NOT NULL,
    at REAL NOT NULL,
    answered INTEGER NOT NULL,
    PRIMARY KEY (source, ticker)
)"""


@dataclass(frozen=True)
class Asked:
    """When a source was last asked about a ticker (aware, UTC), and whether it gave an answer."""

    at: datetime
    answered: bool


class AskedLog:
    """A small file beside the stored bars. When it cannot be used, that is said in the log, and every
    update asks in the order of the newest bars. Thread-safe, and safe beside other processes.
    """

    def __init__(self, root: Path, source: str) -> None:
        self._source = source
        try:
            self._file: StateFile | None = StateFile(root / _NAME, (_TABLE,))
        except StateUnavailable as error:
            self._file = None
            _tell(error)

    def read(self) -> dict[str, Asked]:
        """Return what is known of each ticker."""
        query = "SELECT ticker, at, answered FROM asked WHERE source = ?"
        if self._file is None:
            return {}
        try:
            with self._file.reading() as connection:
                rows = connection.execute(query, (self._source,)).fetchall()
        except StateUnavailable as error:
            _tell(error)
            return {}
        return {
            ticker: Asked(datetime.fromtimestamp(at, UTC), bool(answered)) for ticker, at, answered in rows
        }

    def note(self, tickers: Collection[str], at: datetime, *, answered: bool) -> None:
        """Note that these were asked about at ``at`` (aware)."""
        if self._file is None or not tickers:
            return
        rows = [(self._source, ticker, at.timestamp(), answered) for ticker in tickers]
        try:
            with self._file.transaction() as connection:
                connection.executemany("INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?)", rows)
        except StateUnavailable as error:
            _tell(error)

    def close(self) -> None:
        """Close the file. Idempotent."""
        if self._file is not None:
            self._file.close()


def _tell(error: StateUnavailable) -> None:
    _log.warning("the next update does not know whom this one asked (%s)", error)
