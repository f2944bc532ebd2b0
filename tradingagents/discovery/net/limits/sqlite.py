"""A quota ledger in a file, shared with the next run and with other processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from tradingagents.discovery.model.clock import Clock
from tradingagents.discovery.net.limits.ledger import (
    JITTER_SECONDS,
    MAX_HOLD_SECONDS,
    SENDING_SECONDS,
    Delay,
    MemoryLedger,
    Ticket,
    first_free,
    without_reserve,
)
from tradingagents.discovery.settings.vendors import RateSettings
from tradingagents.discovery.state.table import Table

__all__ = ["QUOTA_SCHEMA", "SQLiteLedger"]

_HOLD_TABLE = """
CREATE TABLE IF NOT EXISTS holds (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    until REAL NOT NULL,
    length REAL NOT NULL,
    quota INTEGER NOT NULL
)"""
_TICKET_TABLE = """
CREATE TABLE IF NOT EXISTS tickets (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    leaving INTEGER NOT NULL
)"""
QUOTA_SCHEMA = (
    _TICKET_TABLE,
    "CREATE INDEX IF NOT EXISTS tickets_by_time ON tickets (at)",
    _HOLD_TABLE,
)

_CLEAN_UP_EVERY = 256  # tickets between two clean-ups


class SQLiteLedger:
    """Permits of all that share the table, which must have :data:`QUOTA_SCHEMA`. Thread-safe.

    Times are the wall clock's, in Unix seconds, because no other clock is shared by two runs. Without a
    usable file it goes on as a :class:`MemoryLedger`, from the full quota.
    """

    def __init__(self, table: Table, rates: Iterable[RateSettings], clock: Clock) -> None:
        self._table, self._clock, self._rates = table, clock, tuple(rates)
        self._memory = MemoryLedger(self._rates, clock)
        self._longest = max((rate.seconds for rate in self._rates), default=0.0) + JITTER_SECONDS

    def peek(self, reserve: int = 0) -> Delay | None:
        """See ``QuotaLedger``."""
        return self._table.run(
            lambda connection: self._delay(connection, self._now(), reserve),
            lambda: self._memory.peek(reserve),
            writes=False,
        )

    def take(self, reserve: int = 0) -> Ticket | Delay:
        """See ``QuotaLedger``."""
        if not self._rates:
            return self.peek() or Ticket(self._now(), 0)

        def take(connection: sqlite3.Connection) -> Ticket | Delay:
            now = self._now()
            _clip_future_tickets(connection, now)
            return self._delay(connection, now, reserve) or self._insert(connection, now)

        return self._table.run(take, lambda: self._memory.take(reserve))

    def sent(self, ticket: Ticket, settling_seconds: float = 0.0) -> None:
        """See ``QuotaLedger``. One in memory does not know a ticket of the file, and ignores it."""
        if not ticket.number:
            return

        def update(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE tickets SET at = ?, leaving = ? WHERE number = ?",
                (self._now() + settling_seconds, settling_seconds > 0, ticket.number),
            )

        self._table.run(update, lambda: self._memory.sent(ticket, settling_seconds))

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """See ``QuotaLedger``."""
        length = min(seconds, MAX_HOLD_SECONDS)

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO holds VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET until = "
                "excluded.until, length = excluded.length, quota = excluded.quota "
                "WHERE excluded.until > until",
                (self._now() + length, length, quota),
            )

        self._table.run(insert, lambda: self._memory.hold(seconds, quota=quota))

    def close(self) -> None:
        """See ``QuotaLedger``. The table belongs to the code that made it."""

    def _delay(self, connection: sqlite3.Connection, now: float, reserve: int) -> Delay | None:
        row = connection.execute("SELECT until, length, quota FROM holds").fetchone()
        if row is not None and row[0] > now:
            # Never longer than it was set for, whatever has happened to the clock since.
            return Delay(min(row[0] - now, row[1]), "quota" if row[2] else "hold")
        return first_free(without_reserve(self._rates, reserve), lambda n: _nth_newest(connection, n), now)

    def _insert(self, connection: sqlite3.Connection, now: float) -> Ticket:
        at = now + SENDING_SECONDS
        number = connection.execute("INSERT INTO tickets (at, leaving) VALUES (?, 1)", (at,)).lastrowid or 0
        if number % _CLEAN_UP_EVERY == 0:
            connection.execute("DELETE FROM tickets WHERE at < ?", (now - self._longest,))
        return Ticket(at, number)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _nth_newest(connection: sqlite3.Connection, n: int) -> float | None:
    row = connection.execute("SELECT at FROM tickets ORDER BY at DESC LIMIT 1 OFFSET ?", (n - 1,)).fetchone()
    return None if row is None else float(row[0])


def _clip_future_tickets(connection: sqlite3.Connection, now: float) -> None:
    """Date permits of the future (the clock was put back) to now, so that they do not count for ever."""
    connection.execute(
        "UPDATE tickets SET at = :now WHERE at > :now AND at > :now + leaving * :sending",
        {"now": now, "sending": SENDING_SECONDS},
    )
