"""``SingleFlight``: equal calls that overlap in time run once; the others wait for that result."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Generic, TypeVar

from tradingagents.discovery.model.clock import Deadline
from tradingagents.discovery.model.errors import (
    Cancelled,
    DeadlineExceeded,
    DiscoveryError,
    QuotaSpent,
    RateLimited,
)

__all__ = ["SingleFlight"]

T = TypeVar("T")

# Errors of the leader alone: its followers may have more time.
_PERSONAL = (DeadlineExceeded, Cancelled, RateLimited, QuotaSpent)

_leading: ContextVar[frozenset[int]] = ContextVar("tradingagents_leading_flights", default=frozenset())


class _Flight(Generic[T]):
    """One leader's work and its result. ``done`` is set once, under the condition."""

    def __init__(self) -> None:
        self.condition = threading.Condition()  # guards the next three; followers wait on it
        self.done = False
        self.result: T | None = None
        self.error: DiscoveryError | None = None

    def wake(self) -> None:
        with self.condition:
            self.condition.notify_all()

    def finish(self, result: T | None, error: DiscoveryError | None) -> None:
        with self.condition:
            self.done, self.result, self.error = True, result, error
            self.condition.notify_all()

    def join(self, deadline: Deadline) -> None:
        with deadline.on_cancel(self.wake), self.condition:
            while not self.done:
                left = deadline.check()
                deadline.clock.wait(self.condition, None if left == float("inf") else left)


class SingleFlight(Generic[T]):
    """Shares the result of equal calls that overlap in time. Thread-safe.

    Followers receive the leader's result object and must not change it; an error is copied. Each follower
    waits under its own deadline. When the leader's time ends, it is cancelled, or it raises an error that is
    not a :class:`DiscoveryError`, a follower takes over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the dict
        self._flights: dict[Hashable, _Flight[T]] = {}

    def run(self, key: Hashable, work: Callable[[], T], deadline: Deadline) -> tuple[T, bool]:
        """Return the result of ``work`` and whether this call did it itself.

        Raises what ``work`` raises, and what ``deadline`` raises while waiting. Calls of the same
        object made inside ``work`` run at once: waiting there could be a deadlock, as with two redirects that
        lead to each other. Objects that call each other must do so in one direction only.
        """
        if id(self) in _leading.get():
            return work(), True
        while True:
            with self._lock:
                flight = self._flights.get(key)
                leads = flight is None
                if flight is None:
                    flight = self._flights[key] = _Flight()
            if leads:
                return self._lead(key, flight, work), True
            flight.join(deadline)
            if flight.error is None:
                return flight.result, False  # type: ignore[return-value]  # None only beside an error
            if not isinstance(flight.error, _PERSONAL):
                raise copy.copy(flight.error) from None

    def _lead(self, key: Hashable, flight: _Flight[T], work: Callable[[], T]) -> T:
        token = _leading.set(_leading.get() | {id(self)})
        result: T | None = None
        error: DiscoveryError | None = Cancelled("the leader ended")
        try:
            result = work()
            error = None
        except DiscoveryError as raised:
            error = raised
            raise
        finally:
            _leading.reset(token)
            with self._lock:
                del self._flights[key]  # first, so that a follower that takes over finds no flight
            flight.finish(result, error)
        return result
