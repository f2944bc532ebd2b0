"""Which scanner found which ticker on which trade date, kept across runs in a file of the state folder."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from tradingagents.discovery.stages.filter.novelty import Earlier, Found, Sighting
from tradingagents.discovery.state.table import Table

__all__ = ["Sightings"]

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
        consequence = "what earlier runs found is not known, and this one is not remembered"
        self._table = Table(file, _SCHEMA, consequence=consequence)

    def exchange(self, trade_date: str, found: Found) -> tuple[Earlier, str | None]:
        """Add what a scan of ``trade_date`` found, and return what is known of the dates before.

        The second value is why the file could not be used, None where it could; memory stands in for it.
        """

        def exchange(connection: sqlite3.Connection) -> Earlier:
            earlier = _look(connection, trade_date, _tickers(found))
            connection.executemany(
                "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?)", _rows(found, trade_date)
            )
            complete = [(scanner, trade_date) for scanner in sorted(found.complete)]
            connection.executemany("INSERT OR IGNORE INTO complete VALUES (?, ?)", complete)
            return earlier

        problems: list[str] = []
        earlier = self._table.run(exchange, report=problems.append)
        return earlier, problems[0] if problems else None


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
