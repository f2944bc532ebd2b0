"""Which scanner put which ticker forward on which trade date, kept from run to run.

In a file of the state folder, or in memory when there is none or it cannot be used.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from tradingagents.discovery.stages.filter.novelty import Earlier, Found, Sighting
from tradingagents.discovery.state.files import StateFile, StateUnavailable

__all__ = ["Sightings"]

_log = logging.getLogger(__name__)
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS sightings (
        ticker TEXT NOT NULL, scanner TEXT NOT NULL, trade_date TEXT NOT NULL,
        PRIMARY KEY (ticker, scanner, trade_date)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS complete (
        scanner TEXT NOT NULL, trade_date TEXT NOT NULL, PRIMARY KEY (scanner, trade_date)
    ) WITHOUT ROWID""",
)
_SEEN = (
    "SELECT ticker, scanner, MIN(trade_date), MAX(trade_date) FROM sightings"
    " WHERE ticker = ? AND trade_date < ? GROUP BY scanner"
)
_COMPLETE = "SELECT scanner, MAX(trade_date) FROM complete WHERE trade_date < ? GROUP BY scanner"


class Sightings:
    """What scans have found so far. Thread-safe, and safe beside other processes."""

    def __init__(self, file: Path | None) -> None:
        """Keep it in ``file``, or with None in memory."""
        self._file = file
        self._lock = threading.Lock()  # guards the two below, which stand in for the file
        self._seen: set[tuple[str, str, str]] = set()
        self._complete: set[tuple[str, str]] = set()

    def exchange(self, trade_date: str, found: Found) -> tuple[Earlier, str | None]:
        """Add what a scan of ``trade_date`` found, and return what is known of the dates before.

        The second value says why the file could not be used; memory stands in for it then.
        """
        problem = None
        if self._file is not None:
            try:
                return self._in_file(self._file, trade_date, found), None
            except StateUnavailable as error:
                problem = f"what earlier runs found is not known, and this one is not remembered ({error})"
                _log.warning("%s", problem)
        return self._in_memory(trade_date, found), problem

    @staticmethod
    def _in_file(path: Path, trade_date: str, found: Found) -> Earlier:
        with contextlib.closing(StateFile(path, _SCHEMA)) as file, file.transaction() as connection:
            earlier = _look(connection, trade_date, _tickers(found))
            connection.executemany(
                "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?)", _rows(found, trade_date)
            )
            complete = [(scanner, trade_date) for scanner in sorted(found.complete)]
            connection.executemany("INSERT OR IGNORE INTO complete VALUES (?, ?)", complete)
        return earlier

    def _in_memory(self, trade_date: str, found: Found) -> Earlier:
        with self._lock:
            earlier = _remembered(self._seen, self._complete, trade_date, _tickers(found))
            self._seen.update(_rows(found, trade_date))
            self._complete.update((scanner, trade_date) for scanner in found.complete)
        return earlier


def _tickers(found: Found) -> list[str]:
    return sorted(frozenset().union(*found.tickers.values()))


def _rows(found: Found, trade_date: str) -> list[tuple[str, str, str]]:
    return [
        (ticker, scanner, trade_date)
        for scanner, tickers in sorted(found.tickers.items())
        for ticker in sorted(tickers)
    ]


def _look(connection: sqlite3.Connection, trade_date: str, tickers: Iterable[str]) -> Earlier:
    found = itertools.chain.from_iterable(connection.execute(_SEEN, (one, trade_date)) for one in tickers)
    sightings = [Sighting(*row) for row in found]
    return Earlier(sightings, dict(connection.execute(_COMPLETE, (trade_date,)).fetchall()))


def _remembered(
    seen: Iterable[tuple[str, str, str]],
    complete: Iterable[tuple[str, str]],
    trade_date: str,
    tickers: Collection[str],
) -> Earlier:
    wanted, days = frozenset(tickers), defaultdict[tuple[str, str], list[str]](list)
    for ticker, scanner, day in seen:
        if ticker in wanted and day < trade_date:
            days[ticker, scanner].append(day)
    last: dict[str, str] = {}
    for scanner, day in complete:
        if day < trade_date:
            last[scanner] = max(day, last.get(scanner, day))
    sightings = [Sighting(*key, min(found), max(found)) for key, found in sorted(days.items())]
    return Earlier(sightings, last)
