"""One writer at a time, in this process and in others."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock, Deadline, current_deadline
from tradingagents.discovery.model.errors import DeadlineExceeded, DiscoveryError

__all__ = ["StoreUnavailable", "writer_lock"]

_POLL_SECONDS = 0.02


class StoreUnavailable(DiscoveryError):
    """The folder of the bars cannot be written: read-only, not a folder, or on a full disk."""


@contextlib.contextmanager
def writer_lock(path: Path, timeout_seconds: float, clock: Clock = SYSTEM_CLOCK) -> Iterator[None]:
    """Hold the lock file at ``path`` while the block runs; excludes other threads and processes.

    Waits at most ``timeout_seconds`` and no longer than the current deadline allows, then raises
    :class:`DeadlineExceeded`; :class:`Cancelled` when the work is cancelled meanwhile. Creates the folder
    if needed. Raises :class:`StoreUnavailable` when the folder or the lock cannot be opened.
    """
    # An open SQLite transaction is a file lock that the operating system releases when the process dies,
    # on every platform; the mere existence of a file would outlive a crash.
    connection = _opened(path)
    try:
        waiting = Deadline(timeout_seconds, clock)
        while not _acquired(connection):
            if waiting.expired():
                raise DeadlineExceeded(f"another writer has held {path.name} for {timeout_seconds:g} s")
            current_deadline().sleep(_POLL_SECONDS)
        yield
    finally:
        connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, timeout=0, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise StoreUnavailable(f"{path.parent} cannot be written: {error}") from error


def _acquired(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise StoreUnavailable(f"the lock of the daily bars cannot be taken: {error}") from error
    return True
