"""A clock under the control of a test: time passes only in ``advance``."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

_REAL_LIMIT_SECONDS = 10.0  # in real time: a test that never advances the clock ends instead of hanging


class FakeClock:
    """Monotonic seconds from 0. ``advance`` moves them and wakes every waiter. Thread-safe."""

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
        """Let time pass and have every waiter check the clock again."""
        with self._lock:
            self._seconds += seconds
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()
