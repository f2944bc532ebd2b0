"""Stop asking what keeps failing, and find out with a single request whether it has recovered."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from tradingagents.discovery.model.clock import Clock, Deadline
from tradingagents.discovery.model.errors import CircuitOpen
from tradingagents.discovery.state.files import Notices, StateFile, StateUnavailable

__all__ = ["CIRCUIT_SCHEMA", "Breaker", "CircuitStore", "Permit", "SQLiteCircuits"]

_PROBE_PATIENCE_SECONDS = 2.0  # how long others wait for a probe's result before they are refused


class CircuitStore(Protocol):
    """Where open circuits are remembered between runs. Implementations must be thread-safe."""

    def load(self, name: str) -> datetime | None:
        """Return since when the circuit ``name`` is open, aware, in UTC; None when it is closed."""

    def save(self, name: str, opened_at: datetime | None) -> None:
        """Remember that it opened then, or that it is closed."""


class Permit:
    """Leave for one call. Its holder says how the call went; saying nothing is neutral."""

    def __init__(self, breaker: Breaker, *, probe: bool) -> None:
        self._breaker, self.probe = breaker, probe
        self.good: bool | None = None

    def succeeded(self) -> None:
        """The other side answered."""
        self.good = True

    def failed(self) -> None:
        """The other side did not answer, or not with what it documents."""
        self.good = False

    def confirm(self) -> None:
        """Raise :class:`CircuitOpen` if the circuit opened since; the probe is always confirmed."""
        self._breaker.confirm(self)


class Breaker:
    """A circuit: closed, open, or half-open with exactly one call under way. Thread-safe.

    ``fail_max`` failures in a row open it. ``reset_after_seconds`` later one caller may try (the probe);
    others wait a moment for its result. A neutral result changes nothing: a closed circuit keeps its
    count and an open one is probed again by the next caller. With a ``store`` an open circuit outlives
    the process.
    """

    def __init__(
        self,
        name: str,
        *,
        fail_max: int,
        reset_after_seconds: float,
        clock: Clock,
        store: CircuitStore | None = None,
    ) -> None:
        self.name = name
        self._fail_max, self._reset_after = fail_max, reset_after_seconds
        self._clock, self._store = clock, store
        self._condition = threading.Condition()  # guards the three below; waited on for the probe's result
        self._failures = 0
        self._probe_at: float | None = None  # monotonic; None while closed
        self._probing = False
        opened_at = store.load(name) if store is not None else None
        if opened_at is not None:
            left = reset_after_seconds - (clock.now() - opened_at).total_seconds()
            self._probe_at = clock.monotonic() + min(max(left, 0.0), reset_after_seconds)

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``."""
        with self._condition:
            if self._probe_at is None:
                return "closed"
            return "half-open" if self._probing or self._clock.monotonic() >= self._probe_at else "open"

    @contextlib.contextmanager
    def guard(self, deadline: Deadline) -> Iterator[Permit]:
        """Let the block run if the circuit allows it, and learn from its permit how it went.

        Raises :class:`CircuitOpen`, or what ``deadline`` raises while another's probe is awaited.
        """
        permit = self._enter(deadline)
        try:
            yield permit
        finally:
            self._leave(permit)

    def confirm(self, permit: Permit) -> None:
        """See :meth:`Permit.confirm`."""
        with self._condition:
            refused = self._probe_at is not None and not permit.probe
        if refused:
            raise self._refusal()

    def _enter(self, deadline: Deadline) -> Permit:
        patient_until = self._clock.monotonic() + _PROBE_PATIENCE_SECONDS
        with deadline.on_cancel(self._wake), self._condition:
            while True:
                now = self._clock.monotonic()
                if self._probe_at is None:
                    return Permit(self, probe=False)
                if not self._probing and now >= self._probe_at:
                    self._probing = True
                    return Permit(self, probe=True)
                if not self._probing or now >= patient_until:
                    break
                self._clock.wait(self._condition, min(patient_until - now, deadline.check()))
        raise self._refusal()

    def _leave(self, permit: Permit) -> None:
        with self._condition:
            was_open = self._probe_at is not None
            if permit.probe:
                self._probing = False
            if permit.good and (permit.probe or not was_open):  # a straggler's success must not close it
                self._failures, self._probe_at = 0, None
            elif permit.good is False:
                self._failures += 1
                if permit.probe or (self._failures >= self._fail_max and not was_open):
                    self._probe_at = self._clock.monotonic() + self._reset_after
            changed = was_open != (self._probe_at is not None) or (permit.probe and permit.good is False)
            is_open = self._probe_at is not None
            self._condition.notify_all()
        if changed and self._store is not None:
            self._store.save(self.name, self._clock.now() if is_open else None)

    def _wake(self) -> None:
        with self._condition:
            self._condition.notify_all()

    def _refusal(self) -> CircuitOpen:
        with self._condition:
            left = 0.0 if self._probe_at is None else self._probe_at - self._clock.monotonic()
        at = (self._clock.now() + timedelta(seconds=max(left, 0.0))).isoformat(timespec="seconds")
        return CircuitOpen(self.name, f"not asked, it kept failing; to be tried again at {at}", retry_at=at)


CIRCUIT_SCHEMA = ("CREATE TABLE IF NOT EXISTS circuits (name TEXT PRIMARY KEY, opened_at REAL NOT NULL)",)


class SQLiteCircuits:
    """Open circuits in a file. Thread-safe. When the file fails it says so and the next run forgets them."""

    def __init__(self, file: StateFile, notices: Notices) -> None:
        self._file, self._notices = file, notices

    def load(self, name: str) -> datetime | None:
        """See :class:`CircuitStore`."""
        try:
            with self._file.reading() as connection:
                row = connection.execute("SELECT opened_at FROM circuits WHERE name = ?", (name,)).fetchone()
        except StateUnavailable as error:
            self._forget(error)
            return None
        return None if row is None else datetime.fromtimestamp(row[0], UTC)

    def save(self, name: str, opened_at: datetime | None) -> None:
        """See :class:`CircuitStore`."""
        try:
            with self._file.transaction() as connection:
                connection.execute("DELETE FROM circuits WHERE name = ?", (name,))
                if opened_at is not None:
                    row = (name, opened_at.timestamp())
                    connection.execute("INSERT INTO circuits VALUES (?, ?)", row)
        except StateUnavailable as error:
            self._forget(error)

    def _forget(self, error: StateUnavailable) -> None:
        self._notices.say(f"open circuits are not remembered for the next run ({error})")
