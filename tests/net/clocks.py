"""A clock that tests control."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class JumpingClock:
    """Moves only by :meth:`advance`, or when a thread waits on it: then it jumps over the wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 1_000.0
        self._started = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
        self._skew = 0.0

    def monotonic(self) -> float:
        with self._lock:
            return self._seconds

    def now(self) -> datetime:
        with self._lock:
            return self._started + timedelta(seconds=self._seconds - 1_000.0 + self._skew)

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        self.advance(timeout or 0.0)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds

    def set_wall_clock_back(self, seconds: float) -> None:
        """Have the wall clock, and only it, jump back."""
        with self._lock:
            self._skew -= seconds
