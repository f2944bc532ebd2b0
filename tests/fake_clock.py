"""A clock that tests own: time passes when they say so."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

_REAL_LIMIT_SECONDS = 10.0  # a test that forgot to advance ends instead of hanging


class FakeClock:
    """Monotonic seconds from 0 that move by ``advance`` only; waiters wake when it moves past their time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._waiting: list[threading.Condition] = []

    def monotonic(self) -> float:
        return self._seconds

    def now(self) -> datetime:
        return datetime(2026, 2, 5, 14, 30, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        with self._lock:
            self._waiting.append(condition)
        try:
            condition.wait(_REAL_LIMIT_SECONDS)
        finally:
            with self._lock:
                self._waiting.remove(condition)

    def advance(self, seconds: float) -> None:
        """Let time pass, and have every waiter look at the clock again."""
        with self._lock:
            self._seconds += seconds
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()
