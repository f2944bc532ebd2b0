"""Leave out a scanner that keeps failing, and find out with one run whether it has recovered.

A scan may be all that a process does, so the count of failures outlives it: in a file of the state
folder, or in memory when there is none.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tradingagents.discovery.execution.outcome import Reason, Status, Verdict
from tradingagents.discovery.model.clock import Clock
from tradingagents.discovery.state.files import StateFile, StateUnavailable

__all__ = ["ScannerCircuits"]

T = TypeVar("T")

_log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS scanners (name TEXT PRIMARY KEY, failures INTEGER NOT NULL, retry_at REAL)",
)


@dataclass(frozen=True)
class _Circuit:
    """Runs that failed in a row, and the Unix time of the next try once there were too many."""

    failures: int = 0
    retry_at: float | None = None


class ScannerCircuits:
    """What is known of the scanners' last runs. Thread-safe, and safe beside other processes.

    ``open_after`` failed or timed out runs in a row open a circuit (0: never). ``reopen_after_seconds``
    later one run may try; the others are refused until it has ended, or as long again when it never says.
    """

    def __init__(
        self, file: Path | None, *, open_after: int, reopen_after_seconds: float, clock: Clock
    ) -> None:
        self._file, self._clock = file, clock
        self._open_after, self._reopen_after = open_after, reopen_after_seconds
        self._lock = threading.Lock()  # guards the table below, which stands in for the file
        self._memory: dict[str, _Circuit] = {}

    def refused(self, names: Collection[str]) -> dict[str, Verdict]:
        """Return the verdict of each scanner that is left out now; whoever is let through, tries."""
        now = self._clock.now().timestamp()

        def look(table: dict[str, _Circuit]) -> dict[str, Verdict]:
            found = {}
            for name in names:
                circuit = table.get(name, _Circuit())
                if circuit.retry_at is None:
                    continue
                if now < circuit.retry_at:
                    found[name] = _refusal(circuit, circuit.retry_at)
                else:  # this run is the try: others that come meanwhile wait for the next
                    table[name] = replace(circuit, retry_at=now + self._reopen_after)
            return found

        return self._change(look) if self._open_after else {}

    def learn(self, ended: Mapping[str, Verdict]) -> None:
        """Take in how runs ended that were let through.

        One that was skipped or cancelled tells nothing, and neither does one whose vendor had nothing for the
        trade date: another date, or bars imported since, may find it well.
        """
        now = self._clock.now().timestamp()

        def take_in(table: dict[str, _Circuit]) -> None:
            for name, verdict in ended.items():
                if verdict.status is Status.SKIPPED or verdict.reason in _NO_FAULT:
                    self._release(table, name, now)
                elif verdict.status in {Status.FAILED, Status.TIMED_OUT}:
                    failures = table.get(name, _Circuit()).failures + 1
                    opened = failures >= self._open_after
                    table[name] = _Circuit(failures, now + self._reopen_after if opened else None)
                else:
                    table.pop(name, None)

        if self._open_after and ended:
            self._change(take_in)

    @staticmethod
    def _release(table: dict[str, _Circuit], name: str, now: float) -> None:
        """Let the next run be the try that this one was not."""
        circuit = table.get(name)
        if circuit is not None and circuit.retry_at is not None:
            table[name] = replace(circuit, retry_at=now)

    def _change(self, change: Callable[[dict[str, _Circuit]], T]) -> T:
        """Return what ``change`` returns for the table, which keeps what it changed."""
        if self._file is not None:
            try:
                with (
                    contextlib.closing(StateFile(self._file, _SCHEMA)) as file,
                    file.transaction() as connection,
                ):
                    table = _load(connection)
                    result = change(table)
                    _store(connection, table)
                return result
            except StateUnavailable as error:
                _log.warning("failures of scanners are remembered in memory only (%s)", error)
        with self._lock:
            return change(self._memory)


_NO_FAULT = frozenset({Reason.CANCELLED, Reason.NO_DATA, Reason.STALE_DATA, Reason.NOT_CONFIGURED})


def _load(connection: sqlite3.Connection) -> dict[str, _Circuit]:
    rows = connection.execute("SELECT name, failures, retry_at FROM scanners")
    return {name: _Circuit(failures, retry_at) for name, failures, retry_at in rows}


def _store(connection: sqlite3.Connection, table: Mapping[str, _Circuit]) -> None:
    connection.execute("DELETE FROM scanners")
    rows = [(name, circuit.failures, circuit.retry_at) for name, circuit in table.items()]
    connection.executemany("INSERT INTO scanners VALUES (?, ?, ?)", rows)


def _refusal(circuit: _Circuit, retry_at: float) -> Verdict:
    at = datetime.fromtimestamp(retry_at, UTC).isoformat(timespec="seconds")
    message = f"it failed in each of its last {circuit.failures} runs; to be tried again at {at}"
    return Verdict(Status.SKIPPED, Reason.CIRCUIT_OPEN, message)
