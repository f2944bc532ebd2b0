"""Whose turn it is, where a vendor allows fewer requests than there are tickers to ask about."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from tradingagents.discovery.state.files import StateFile, StateUnavailable

__all__ = ["Rotation"]

_log = logging.getLogger(__name__)
_TABLE = """
CREATE TABLE IF NOT EXISTS asked (
    scanner TEXT NOT NULL,
    ticker TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (scanner, ticker)
)"""

_FAILED_ONCE = -1.0  # in place of a time: before all that were asked, after those that never were
_FAILED = """
INSERT INTO asked VALUES (?1, ?2, ?3)
ON CONFLICT (scanner, ticker) DO UPDATE SET at = CASE at WHEN ?3 THEN ?4 ELSE ?3 END"""


class Rotation:
    """When each ticker was last asked about by a scanner. Thread-safe, and safe beside other processes.

    It outlives the run in ``file``; with None, or when the file cannot be used (which is said in the log),
    every run begins anew. ``now`` is the run's own time: all that it notes is of that moment. Close it at
    the end; what is noted later is dropped.
    """

    def __init__(self, file: Path | None, scanner: str, now: datetime) -> None:
        self._scanner, self._now = scanner, now.timestamp()
        self._lock = threading.Lock()  # guards the two below
        self._closed = False
        self._state: StateFile | None = None
        if file is not None:
            try:
                self._state = StateFile(file, (_TABLE,))
            except StateUnavailable as error:
                self._give_up(error)

    def longest_ago(self, tickers: Iterable[str]) -> list[str]:
        """Return ``tickers`` with the one asked longest ago first, and before it those never asked.

        Those of one run stay in the order given.
        """
        asked = self._asked()
        return sorted(tickers, key=lambda ticker: asked.get(ticker, -math.inf))

    def note(self, tickers: Sequence[str]) -> None:
        """Note that these were asked about now."""
        rows = [(self._scanner, ticker, self._now) for ticker in tickers]
        if (state := self._open_state()) is not None:
            try:
                with state.transaction() as connection:
                    connection.executemany("INSERT OR REPLACE INTO asked VALUES (?, ?, ?)", rows)
            except StateUnavailable as error:
                self._give_up(error)

    def note_failure(self, ticker: str) -> None:
        """Note that this one was asked about in vain: it comes soon again, but not a third time in a row.

        Else a few that always fail would have every turn.
        """
        if (state := self._open_state()) is not None:
            try:
                with state.transaction() as connection:
                    connection.execute(_FAILED, (self._scanner, ticker, _FAILED_ONCE, self._now))
            except StateUnavailable as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file. Idempotent."""
        with self._lock:
            self._closed = True
            state, self._state = self._state, None
        if state is not None:
            state.close()

    def _asked(self) -> dict[str, float]:
        if (state := self._open_state()) is None:
            return {}
        try:
            with state.reading() as connection:
                rows = connection.execute("SELECT ticker, at FROM asked WHERE scanner = ?", (self._scanner,))
                return dict(rows.fetchall())
        except StateUnavailable as error:
            self._give_up(error)
            return {}

    def _open_state(self) -> StateFile | None:
        with self._lock:
            return self._state

    def _give_up(self, error: StateUnavailable) -> None:
        with self._lock:
            closed, self._closed = self._closed, True
        if not closed:  # else an abandoned thread finds the file closed on purpose
            _log.warning("%s: the rotation is not kept, the next run begins anew (%s)", self._scanner, error)
        self.close()
