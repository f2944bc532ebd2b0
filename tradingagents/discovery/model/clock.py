"""Clocks, deadlines, the current deadline, and trade dates.

Nothing else in the package reads ``time`` or sleeps. A *deadline* is an absolute instant on the
monotonic clock for a whole piece of work; a *timeout* is a duration in seconds for one operation.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from tradingagents.discovery.model.errors import Cancelled, ConfigError, DeadlineExceeded

__all__ = [
    "SYSTEM_CLOCK",
    "Clock",
    "Deadline",
    "SystemClock",
    "current_deadline",
    "date_in_new_york",
    "deadline_scope",
    "parse_trade_date",
]


_SIGNAL_POLL_SECONDS = 0.25


class Clock(Protocol):
    """A source of time that tests can replace. Implementations must be thread-safe."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean anything."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        """Wait on a held condition until notified or ``timeout`` seconds passed (None: for ever).

        It may return sooner; callers check again and wait for the rest.
        """


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        # Every caller loops, so a wait may be shorter than requested. A Ctrl-C is handled in the main
        # thread alone, and one that comes just before this wait begins, or that another thread receives,
        # does not end it. A lock refuses timeouts beyond threading.TIMEOUT_MAX.
        in_main = threading.current_thread() is threading.main_thread()
        longest = _SIGNAL_POLL_SECONDS if in_main else threading.TIMEOUT_MAX
        condition.wait(longest if timeout is None else min(max(timeout, 0.0), longest))


SYSTEM_CLOCK = SystemClock()


def date_in_new_york(clock: Clock = SYSTEM_CLOCK) -> date:
    """Return today's date in New York, where in the evening it is already tomorrow in UTC."""
    return clock.now().astimezone(ZoneInfo("America/New_York")).date()


def parse_trade_date(value: object, clock: Clock = SYSTEM_CLOCK) -> date:
    """Return a state's trade date: ISO 8601 text or a ``date``; today in New York for None and ``""``.

    Raises :class:`ConfigError` for any other value.
    """
    if value is None or value == "":
        return date_in_new_york(clock)
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(f"trade_date: {value!r} is not a date such as '2026-02-05'") from None


class Deadline:
    """An instant by which work must end; it can be cancelled sooner. Thread-safe.

    ``seconds`` of ``None`` means no limit. Cancelling wakes every sleeper at once.
    """

    def __init__(self, seconds: float | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._ends = math.inf if seconds is None else clock.monotonic() + seconds
        self._condition = threading.Condition()  # guards the next two; sleepers wait on it
        self._cancelled = False
        self._hooks: list[Callable[[], None]] = []

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def ends_at(self) -> float:
        """The instant on the clock's monotonic scale; ``inf`` when there is no limit."""
        return self._ends

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def remaining(self) -> float:
        """Seconds left, never negative; ``inf`` when there is no limit."""
        return max(self._ends - self._clock.monotonic(), 0.0)

    def expired(self) -> bool:
        """Whether the instant has passed or the work was cancelled."""
        return self._cancelled or self._clock.monotonic() >= self._ends

    def check(self) -> float:
        """Return the seconds left, or raise :class:`Cancelled` or :class:`DeadlineExceeded`."""
        if self._cancelled:
            raise Cancelled("cancelled")
        left = self._ends - self._clock.monotonic()
        if left <= 0:
            raise DeadlineExceeded("deadline passed")
        return left

    def sleep(self, seconds: float) -> None:
        """Sleep until ``seconds`` passed or the deadline is cancelled.

        Raises :class:`DeadlineExceeded` at once when the sleep does not fit before the deadline, and
        :class:`Cancelled`.
        """
        if seconds >= self.check():
            raise DeadlineExceeded(f"a wait of {seconds:.2f} s does not fit before the deadline")
        until = self._clock.monotonic() + seconds
        with self._condition:
            while not self._cancelled and (left := until - self._clock.monotonic()) > 0:
                self._clock.wait(self._condition, left)
        if self._cancelled:
            raise Cancelled("cancelled")

    def wait_for(self, ready: Callable[[], bool]) -> None:
        """Block until ``ready()`` is true; raise when cancelled or past the deadline first.

        The thread that makes ``ready()`` true must call :meth:`wake` afterwards.
        """
        with self._condition:
            while not ready():
                left = self.check()
                self._clock.wait(self._condition, None if left == math.inf else left)

    def wake(self) -> None:
        """Make every waiter check again."""
        with self._condition:
            self._condition.notify_all()

    def cancel(self) -> None:
        """End the work now: wake every sleeper and run the hooks. Idempotent."""
        with self._condition:
            self._cancelled = True
            hooks, self._hooks = self._hooks, []
            self._condition.notify_all()
        for hook in hooks:
            hook()

    @contextlib.contextmanager
    def on_cancel(self, hook: Callable[[], None]) -> Iterator[None]:
        """Call ``hook`` if the work is cancelled while the block runs; at once if it already is.

        The hook runs in the thread that cancels, possibly just after the block has ended, and must not block.
        """
        with self._condition:
            registered = not self._cancelled
            if registered:
                self._hooks.append(hook)
        if not registered:
            hook()
        try:
            yield
        finally:
            with self._condition, contextlib.suppress(ValueError):
                self._hooks.remove(hook)

    def restart(self, seconds: float) -> None:
        """Move the instant to ``seconds`` from now; used when startup must not count."""
        with self._condition:
            self._ends = self._clock.monotonic() + seconds
            self._condition.notify_all()


_UNLIMITED = Deadline()
_current: ContextVar[Deadline] = ContextVar("tradingagents_deadline", default=_UNLIMITED)


def current_deadline() -> Deadline:
    """Return the deadline of the current scanner; an unlimited one outside a scan."""
    return _current.get()


@contextlib.contextmanager
def deadline_scope(deadline: Deadline) -> Iterator[Deadline]:
    """Make ``deadline`` the current one in this context and its copies."""
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)
