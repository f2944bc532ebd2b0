"""A small table in a SQLite file that threads and processes share, or in memory where no file can be used.

Everything here is a cache of what earlier runs learnt: losing a file costs requests, never a result. No wait
is longer than ``busy_seconds``.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from tradingagents.discovery.model.errors import DiscoveryError

__all__ = ["StateFile", "StateUnavailable", "Table"]

T = TypeVar("T")

_log = logging.getLogger(__name__)
_IN_MEMORY = Path(":memory:")
_failed: set[Path] = set()  # files whose failure this process has logged
_failed_lock = threading.Lock()  # guards the set above


class StateUnavailable(DiscoveryError):
    """The file cannot be used: locked, read-only, corrupt, or on a full disk. Never leaves this package."""


class Table:
    """Rows in ``path``, or in memory where it is None or cannot be used::

        table = Table(folder / "seen.sqlite", SCHEMA, consequence="earlier runs are not known")
        rows = table.run(lambda connection: connection.execute("SELECT * FROM seen").fetchall())

    Thread-safe, and safe beside other processes. ``schema`` is a list of ``CREATE ... IF NOT EXISTS``
    statements. The first failure of a file in this process is logged: ``consequence``, and the reason.

    By default the file is opened for each use, and tried again at the next one after a failure. With
    ``keep_open`` it is opened once, at the first use, and given up at the first failure, for callers that use
    it often: each failure may cost ``busy_seconds``. After :meth:`close` everything happens in memory.
    """

    def __init__(
        self,
        path: Path | None,
        schema: Sequence[str],
        *,
        consequence: str = "",
        keep_open: bool = False,
        busy_seconds: float = 0.5,
    ) -> None:
        self._path, self._schema, self._consequence = path, tuple(schema), consequence
        self._keep_open, self._busy_seconds = keep_open, busy_seconds
        self._lock = threading.Lock()  # guards the four below; held while a file that is kept open is opened
        self._file: StateFile | None = None
        self._memory: StateFile | None = None
        self._given_up = False
        self._closed = False

    def run(
        self,
        work: Callable[[sqlite3.Connection], T],
        in_memory: Callable[[], T] | None = None,
        *,
        writes: bool = True,
        report: Callable[[str], None] = lambda problem: None,
    ) -> T:
        """Return what ``work`` returns, called in one transaction on the file.

        Where the file cannot be used, return what ``in_memory`` returns, or by default ``work`` on an empty
        database in memory that lives as long as this object. ``report`` is then called with the problem, at
        every failure. ``writes=False`` takes no write lock. Errors of ``work`` other than SQLite's are
        raised, and undo its changes. ``work`` must not use this table again.
        """
        try:
            with self._usable_file() as file:
                if file is not None:
                    return file.run(work, writes=writes)
        except StateUnavailable as error:
            if (problem := self._failed(error)) is not None:
                report(problem)
        return self._memory_file().run(work) if in_memory is None else in_memory()

    def close(self) -> None:
        """Close the file. Idempotent. A thread that comes later finds it empty, and nothing is logged."""
        with self._lock:
            self._closed = True
            file, self._file = self._file, None
        if file is not None:
            file.close()

    @contextlib.contextmanager
    def _usable_file(self) -> Iterator[StateFile | None]:
        if self._path is None or self._closed or self._given_up:
            yield None
        elif self._keep_open:
            yield self._kept_file(self._path)
        else:
            with contextlib.closing(self._open(self._path)) as file:
                yield file

    def _kept_file(self, path: Path) -> StateFile | None:
        with self._lock:
            if self._file is None and not (self._closed or self._given_up):
                self._file = self._open(path)
            return self._file

    def _open(self, path: Path) -> StateFile:
        return StateFile(path, self._schema, busy_seconds=self._busy_seconds)

    def _failed(self, error: StateUnavailable) -> str | None:
        """Go on in memory, and return the problem; None when the file was closed on purpose."""
        with self._lock:
            if self._closed:
                return None
            self._given_up = self._keep_open
            file, self._file = self._file, None
        if file is not None:
            file.close()
        problem = f"{self._consequence} ({error})"
        if self._path is not None and _is_first_failure(self._path):
            _log.warning("%s", problem)
        return problem

    def _memory_file(self) -> StateFile:
        with self._lock:
            if self._memory is None:
                self._memory = StateFile(_IN_MEMORY, self._schema)
                weakref.finalize(self, self._memory.close)  # Python warns of connections left open
            return self._memory


class StateFile:
    """One connection to one file. Thread-safe, and safe beside other processes.

    Every method raises :class:`StateUnavailable` after at most ``busy_seconds`` when the file cannot be used.
    """

    def __init__(self, path: Path, schema: Sequence[str], *, busy_seconds: float = 0.5) -> None:
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
            with self._translated():
                self._use_write_ahead_log()
                self._connection.execute("PRAGMA synchronous=NORMAL")
            self.run(lambda connection: [connection.execute(statement) for statement in schema])
        except StateUnavailable:
            self._connection.close()
            raise

    def run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = True) -> T:
        """Return what ``work`` returns; hold the file's write lock meanwhile, and roll back if it raises."""
        with self._lock, self._translated():
            if not writes:
                return work(self._connection)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._connection)
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
                return result
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file. Idempotent."""
        with self._lock:
            self._connection.close()

    def _use_write_ahead_log(self) -> None:
        """With one, readers never wait, and a commit costs no flush to disk."""
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # Two that open a new file at once: SQLite refuses one of them without waiting, and the other
            # sets the mode for both.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StateUnavailable(f"{self.name}: {error}") from error


def _is_first_failure(path: Path) -> bool:
    with _failed_lock:
        known = path in _failed
        _failed.add(path)
    return not known
