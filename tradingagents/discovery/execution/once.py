"""Work that is done once, however many ask for its result."""

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
class _Answer(Generic[T]):
    value: T | None
    error: DiscoveryError | None = None


class Once(Generic[T]):
    """The first to ask does the work; the others wait, each under its own deadline. Thread-safe.

    What came out, a result or a :class:`DiscoveryError`, is everybody's answer from then on; the result is
    shared and must not be changed. When the one at work runs out of time or is cancelled, another takes
    over, and so it is after an error of any other kind, which only the one it befell is told.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._flights: SingleFlight[_Answer[T]] = SingleFlight()
        self._answer: _Answer[T] | None = None  # set once, inside the flight

    @property
    def done(self) -> bool:
        """Whether the answer is there, so that asking would not wait."""
        return self._answer is not None

    def __call__(self) -> T:
        """Return the result, or raise what the work raised, or what this caller's deadline raises."""
        answer = self._answer
        if answer is None:
            answer, _ = self._flights.run("once", self._lead, current_deadline())
        if answer.error is not None:
            raise copy.copy(answer.error) from None
        return answer.value  # type: ignore[return-value]  # None only beside an error, or as the result

    def _lead(self) -> _Answer[T]:
        if self._answer is None:  # else another's flight has just landed
            try:
                self._answer = _Answer(self._work())
            except (Cancelled, DeadlineExceeded):
                raise
            except DiscoveryError as error:
                self._answer = _Answer(None, error)
        return self._answer
