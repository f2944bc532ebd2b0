"""One writer at a time, in this process and in others."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tradingagents.discovery.clock import SYSTEM_CLOCK, Clock, Deadline, current_deadline
from tradingagents.discovery.errors import DeadlineExceeded

__all__ = ["writer_lock"]

_POLL_SECONDS = 0.02


@contextlib.contextmanager
def writer_lock(path: Path, timeout_seconds: float, clock: Clock = SYSTEM_CLOCK) -> Iterator[None]:
    """Hold the lock file at ``path`` while the block runs; it keeps out threads and processes alike.

    Waits ``timeout_seconds`` at most and no longer than the current deadline allows, then raises
    :class:`DeadlineExceeded`; :class:`Cancelled` when the work is cancelled meanwhile.
    """
    # An open SQLite transaction is a file lock that the operating system drops when the process dies,
    # on every platform alike; a file that merely exists would outlive a crash.
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        patience = Deadline(timeout_seconds, clock)
        while not _acquired(connection):
            if patience.expired():
                raise DeadlineExceeded(f"another writer has held {path.name} for {timeout_seconds:g} s")
            current_deadline().sleep(_POLL_SECONDS)
        yield
    finally:
        connection.close()


def _acquired(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True
