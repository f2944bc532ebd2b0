"""A small SQLite file that several threads and processes share, in which no wait is without an end."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from tradingagents.discovery.model.errors import DiscoveryError

__all__ = ["Notices", "StateFile", "StateUnavailable"]

_log = logging.getLogger(__name__)


class StateUnavailable(DiscoveryError):
    """The file cannot be used: locked, read-only, corrupt, or on a full disk. Never leaves this package."""


class Notices:
    """What the user should know about a vendor's files, each said once in the log. Thread-safe."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._lock = threading.Lock()  # guards the two below
        self._texts: list[str] = []
        self._ended = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything said so far."""
        with self._lock:
            return tuple(self._texts)

    def say(self, text: str) -> None:
        """Tell the user, unless it was told before."""
        with self._lock:
            if self._ended or text in self._texts:
                return
            self._texts.append(text)
        _log.warning("%s: %s", self._vendor, text)

    def end(self) -> None:
        """Say nothing more: the files are closed on purpose, and an abandoned thread may yet find them so."""
        with self._lock:
            self._ended = True


class StateFile:
    """One connection to one file. Thread-safe, and safe beside other processes.

    Every method raises :class:`StateUnavailable` after at most ``busy_seconds`` when the file cannot be
    used, and the caller goes on without it.
    """

    def __init__(self, path: Path, schema: Iterable[str], *, busy_seconds: float = 0.5) -> None:
        self.name = path.name
        # Guards the connection: Python's sqlite3 lets threads share one only if they take turns. It is
        # held over SQLite's own bounded wait for other processes, because that wait is the turn.
        self._lock = threading.Lock()
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare(schema)
        except StateUnavailable:
            self._connection.close()
            raise

    def _prepare(self, schema: Iterable[str]) -> None:
        with self._translated():
            self._keep_a_write_ahead_log()
            self._connection.execute("PRAGMA synchronous=NORMAL")
        with self.transaction() as connection:
            for statement in schema:
                connection.execute(statement)

    def _keep_a_write_ahead_log(self) -> None:
        """With one, readers never wait, and a commit costs no flush to disk."""
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # Two that open a new file at once: SQLite refuses one of them without waiting, and the other
            # sets the mode for both.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's write lock for the block; commit at its end, roll back if it raises."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Use the connection without the write lock."""
        with self._lock, self._translated():
            yield self._connection

    def close(self) -> None:
        """Close the file. Idempotent."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StateUnavailable(f"{self.name}: {error}") from error
