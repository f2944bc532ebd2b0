"""``Once``: run a function at most once and share its result between threads."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tradingagents.discovery.execution.single_flight import SingleFlight
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded, DiscoveryError

__all__ = ["Once"]

T = TypeVar("T")


@dataclass(frozen=True)
class _Done(Generic[T]):
    value: T | None
    error: DiscoveryError | None = None


class Once(Generic[T]):
    """The first caller runs ``work``; the others wait, each under its own deadline. Thread-safe.

    Its result, or its :class:`DiscoveryError`, is returned or raised to every caller from then on; the
    result is shared and must not be changed. When the running caller's time ends or it is cancelled, another
    caller takes over; any other error reaches only the caller that ran the work, and another takes over too.
    Without ``keep_errors`` a :class:`DiscoveryError` reaches only the callers that wait for this run, and the
    next call runs ``work`` again.
    """

    def __init__(self, work: Callable[[], T], *, keep_errors: bool = True) -> None:
        self._work, self._keep_errors = work, keep_errors
        self._flights: SingleFlight[_Done[T]] = SingleFlight()
        self._done: _Done[T] | None = None  # set once, inside the flight

    @property
    def done(self) -> bool:
        """Whether the result is available, so that a call would not wait."""
        return self._done is not None

    def __call__(self) -> T:
        """Return the result. Raises the error of ``work``, or of this caller's deadline."""
        done = self._done
        if done is None:
            done, _ = self._flights.run("once", self._lead, current_deadline())
        if done.error is not None:
            raise copy.copy(done.error) from None
        return done.value  # type: ignore[return-value]  # None only beside an error, or as the result

    def _lead(self) -> _Done[T]:
        if self._done is not None:  # another caller has just finished
            return self._done
        try:
            done = _Done(self._work())
        except (Cancelled, DeadlineExceeded):
            raise
        except DiscoveryError as error:
            done = _Done[T](None, error)
        if done.error is None or self._keep_errors:
            self._done = done
        return done
