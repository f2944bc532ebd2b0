"""Who was requested when: where a vendor allows fewer requests than there are tickers, runs take turns."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tradingagents.discovery.state.table import Table

__all__ = ["Turn", "TurnLog"]

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS turns (
        owner TEXT NOT NULL, ticker TEXT NOT NULL, at REAL NOT NULL, answered INTEGER NOT NULL,
        PRIMARY KEY (owner, ticker)
    )""",
)
_NOTE = "INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)"

_RETRY_SOON = -1.0  # in place of a time: before all that were requested, after those that never were
_NOTE_FAILURE = """
INSERT INTO turns VALUES (?1, ?2, ?3, 0)
ON CONFLICT (owner, ticker) DO UPDATE SET answered = 0, at = CASE at WHEN ?3 THEN ?4 ELSE ?3 END"""


@dataclass(frozen=True)
class Turn:
    """When a ticker was last requested (aware, UTC), and whether the vendor answered."""

    at: datetime
    answered: bool


class TurnLog:
    """When ``owner`` (a scanner, a source of bars) last requested each ticker::

        with closing(TurnLog(file, "analyst_revisions")) as log:
            for ticker in log.longest_ago(universe)[:40]:
                ...
                log.note([ticker], now)

    Thread-safe, and safe beside other processes. Without a usable ``file`` every run begins anew. For
    ``keep_open`` see :class:`Table`. Close it at the end; what is noted later is dropped.
    """

    def __init__(self, file: Path | None, owner: str, *, keep_open: bool = False) -> None:
        self._owner = owner
        consequence = f"{owner}: which tickers were requested is not kept, the next run begins anew"
        self._table = Table(file, _SCHEMA, consequence=consequence, keep_open=keep_open)

    def read(self) -> dict[str, Turn]:
        """Return the last turn of each ticker."""
        return {
            ticker: Turn(datetime.fromtimestamp(at, UTC), bool(answered))
            for ticker, at, answered in self._rows()
        }

    def longest_ago(self, tickers: Iterable[str]) -> list[str]:
        """Return ``tickers`` with the one requested longest ago first, and before it those never requested.

        Those of one run stay in the order given.
        """
        requested = {ticker: at for ticker, at, _ in self._rows()}
        return sorted(tickers, key=lambda ticker: requested.get(ticker, -math.inf))

    def note(self, tickers: Collection[str], at: datetime, *, answered: bool = True) -> None:
        """Note that these were requested at ``at`` (aware)."""
        self._write(_NOTE, [(self._owner, ticker, at.timestamp(), answered) for ticker in tickers])

    def note_failure(self, ticker: str, at: datetime) -> None:
        """Note a failed request: the ticker comes soon again, but not a third time in a row.

        Otherwise a few that always fail would take every turn.
        """
        self._write(_NOTE_FAILURE, [(self._owner, ticker, _RETRY_SOON, at.timestamp())])

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._table.close()

    def _write(self, statement: str, rows: Sequence[tuple[str, str, float, float]]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(statement, rows)

        if rows:
            self._table.run(write, in_memory=lambda: None)

    def _rows(self) -> list[tuple[str, float, int]]:
        def select(connection: sqlite3.Connection) -> list[tuple[str, float, int]]:
            query = "SELECT ticker, at, answered FROM turns WHERE owner = ?"
            return connection.execute(query, (self._owner,)).fetchall()

        return self._table.run(select, in_memory=list, writes=False)
