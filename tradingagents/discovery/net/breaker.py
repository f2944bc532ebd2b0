"""The circuit of one vendor: its threads wait for a probe's result, and each call reports how it went."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta

from tradingagents.discovery.model.clock import Clock, Deadline
from tradingagents.discovery.model.errors import CircuitOpen
from tradingagents.discovery.state.circuits import CIRCUIT_SCHEMA, Circuit, CircuitRules, Circuits
from tradingagents.discovery.state.table import Table

__all__ = ["Breaker", "Permit"]

_PROBE_WAIT_SECONDS = 2.0  # how long others wait for a probe's result before they are refused


class Permit:
    """Permission for one call. Its holder reports how the call went; without a report it is neutral."""

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
    count and an open one is probed again by the next caller. With a ``table``, which must have
    :data:`CIRCUIT_SCHEMA`, an open circuit outlives the process.
    """

    def __init__(
        self,
        name: str,
        *,
        fail_max: int,
        reset_after_seconds: float,
        clock: Clock,
        table: Table | None = None,
    ) -> None:
        self.name = name
        self._rules, self._clock = CircuitRules(fail_max, reset_after_seconds), clock
        self._stored = Circuits(table or Table(None, CIRCUIT_SCHEMA), self._rules, clock)
        self._condition = threading.Condition()  # guards the two below; waited on for the probe's result
        self._circuit = self._stored.get(name).shifted(-self._clock_offset())  # on the monotonic clock
        self._probing = False

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``."""
        with self._condition:
            return "half-open" if self._probing else self._circuit.state(self._clock.monotonic())

    @contextlib.contextmanager
    def guard(self, deadline: Deadline) -> Iterator[Permit]:
        """Let the block run if the circuit allows it, and learn from its permit how it went.

        Raises :class:`CircuitOpen`, or what ``deadline`` raises while the probe of another is awaited.
        """
        permit = self._enter(deadline)
        try:
            yield permit
        finally:
            self._exit(permit)

    def confirm(self, permit: Permit) -> None:
        """See :meth:`Permit.confirm`."""
        with self._condition:
            refused = self._circuit.is_open and not permit.probe
        if refused:
            raise self._refusal()

    def _enter(self, deadline: Deadline) -> Permit:
        wait_until = self._clock.monotonic() + _PROBE_WAIT_SECONDS
        with deadline.on_cancel(self._wake), self._condition:
            while True:
                now = self._clock.monotonic()
                if not self._circuit.is_open:
                    return Permit(self, probe=False)
                if not self._probing and self._circuit.state(now) == "half-open":
                    self._probing = True
                    return Permit(self, probe=True)
                if not self._probing or now >= wait_until:
                    break
                self._clock.wait(self._condition, min(wait_until - now, deadline.check()))
        raise self._refusal()

    def _exit(self, permit: Permit) -> None:
        with self._condition:
            before = self._circuit
            if permit.probe:
                self._probing = False
            if permit.good and (permit.probe or not before.is_open):  # a late success must not close it
                self._circuit = Circuit()
            elif permit.good is False:
                now = self._clock.monotonic()
                self._circuit = before.failed(now, self._rules, probe=permit.probe)
            after = self._circuit
            self._condition.notify_all()
        if after.retry_at != before.retry_at:
            self._stored.put(self.name, after.shifted(self._clock_offset()))

    def _wake(self) -> None:
        with self._condition:
            self._condition.notify_all()

    def _refusal(self) -> CircuitOpen:
        with self._condition:
            left = (self._circuit.retry_at or 0.0) - self._clock.monotonic()
        at = (self._clock.now() + timedelta(seconds=max(left, 0.0))).isoformat(timespec="seconds")
        message = f"not requested, it kept failing; to be tried again at {at}"
        return CircuitOpen(self.name, message, retry_at=at)

    def _clock_offset(self) -> float:
        """Return how many seconds Unix time is ahead of the monotonic clock."""
        return self._clock.now().timestamp() - self._clock.monotonic()
