"""One caller asks, the others who want the same wait for its answer."""

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

# How a leader may end that says nothing about its followers, who may have more time.
_PERSONAL = (DeadlineExceeded, Cancelled, RateLimited, QuotaSpent)

_leading: ContextVar[bool] = ContextVar("tradingagents_leading_flight", default=False)


class _Flight(Generic[T]):
    """One leader's work and its result. ``done`` is set once, under the condition."""

    def __init__(self) -> None:
        self.condition = threading.Condition()  # guards the three below; followers wait on it
        self.done = False
        self.result: T | None = None
        self.error: DiscoveryError | None = None

    def wake(self) -> None:
        with self.condition:
            self.condition.notify_all()

    def land(self, result: T | None, error: DiscoveryError | None) -> None:
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

    Followers receive the leader's own result object and must not change it; an error is copied. A
    follower lives by its own deadline. When the leader ends because *it* had no time left or was
    cancelled, or by an error that is not one of ours, a follower takes over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the dict
        self._flights: dict[Hashable, _Flight[T]] = {}

    def run(self, key: Hashable, work: Callable[[], T], deadline: Deadline) -> tuple[T, bool]:
        """Return the result of ``work`` and whether this call did it itself.

        Raises what ``work`` raises, and what ``deadline`` raises while waiting. Calls made inside
        ``work`` run at once: waiting there could be waiting for oneself, as in two redirects that lead to
        each other.
        """
        if _leading.get():
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
        token = _leading.set(True)
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
                del self._flights[key]  # before it lands: a follower that must take over finds no flight
            flight.land(result, error)
        return result
