"""Wait for a permit of the quota within the deadline; refuse at once a wait that does not fit."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TypeVar

from tradingagents.discovery.model.clock import Clock, Deadline
from tradingagents.discovery.model.errors import DeadlineExceeded, FetchError, QuotaSpent, RateLimited
from tradingagents.discovery.net.counters import count
from tradingagents.discovery.net.limits.ledger import (
    SETTLING_SECONDS,
    Delay,
    MemoryLedger,
    QuotaLedger,
    Ticket,
)
from tradingagents.discovery.net.vendor import Vendor
from tradingagents.discovery.state.table import StateUnavailable

__all__ = ["MAX_WAIT_SECONDS", "Pacer", "quota_reserve"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

MAX_WAIT_SECONDS = 120.0
"""The longest single wait, also without a deadline; a longer one is refused."""


def _nothing() -> None:
    """Check nothing after a wait."""


_reserve: ContextVar[int] = ContextVar("tradingagents_quota_reserve", default=0)


@contextlib.contextmanager
def quota_reserve(requests: int) -> Iterator[None]:
    """Refuse requests of the block that would use the last ``requests`` of a quota.

    Applies in this context and in copies of it. For a caller that sends many requests to a vendor with a
    small daily quota, so that callers with a single request still get theirs.
    """
    token = _reserve.set(requests)
    try:
        yield
    finally:
        _reserve.reset(token)


class Pacer:
    """Applies one vendor's rate limits, at two points of every attempt. Thread-safe.

    :meth:`await_turn` before a connection is opened, so that none is opened for a request that must not be
    sent; :meth:`turn` around the sending, when the connection is open. Both wait while the deadline allows,
    holding no lock, and call ``recheck`` after each wait, which raises when the request is pointless by now.
    A wait that does not fit raises at once: :class:`DeadlineExceeded` for the pace, :class:`RateLimited` for
    a wait set by the vendor, :class:`QuotaSpent` for a spent quota. Both raise :class:`Cancelled`.

    When the ledger's file fails, the pacer continues with a ledger in memory and logs it.
    """

    def __init__(self, vendor: Vendor, ledger: QuotaLedger, clock: Clock) -> None:
        self._vendor, self._clock = vendor, clock
        self._lock = threading.Lock()  # guards the swap of the ledger
        self._ledger = ledger

    def await_turn(self, deadline: Deadline, recheck: Callable[[], None] = _nothing) -> None:
        """Return when a permit is available. It takes none, so :meth:`turn` may have to wait again."""
        while (delay := self._on_ledger(lambda ledger: ledger.peek(_reserve.get()))) is not None:
            self._wait(delay, deadline)
            recheck()

    @contextlib.contextmanager
    def turn(
        self, deadline: Deadline, recheck: Callable[[], None] = _nothing, *, new_connection: bool = False
    ) -> Iterator[None]:
        """Take a permit for the request that the block sends. It counts as used however the block ends."""
        while isinstance(ticket := self._on_ledger(lambda ledger: ledger.take(_reserve.get())), Delay):
            self._wait(ticket, deadline)
            recheck()
        try:
            yield
        finally:
            self._sent(ticket, SETTLING_SECONDS if new_connection else 0.0)

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """Allow no request to this vendor for ``seconds``; ``quota`` when its quota is spent."""
        self._on_ledger(lambda ledger: ledger.hold(seconds, quota=quota))

    def close(self) -> None:
        """Close the ledger. Idempotent."""
        self._ledger.close()

    def _sent(self, ticket: Ticket, settling_seconds: float) -> None:
        # A ledger in memory that has replaced the file's meanwhile ignores the unknown ticket.
        self._on_ledger(lambda ledger: ledger.sent(ticket, settling_seconds))

    def _on_ledger(self, operation: Callable[[QuotaLedger], T]) -> T:
        try:
            return operation(self._ledger)
        except StateUnavailable as error:
            return operation(self._go_on_in_memory(error))

    def _go_on_in_memory(self, error: StateUnavailable) -> QuotaLedger:
        with self._lock:
            if not isinstance(self._ledger, MemoryLedger):
                self._ledger = MemoryLedger(self._vendor.settings.rates, self._clock)
                lost = "quota is kept in memory only, other runs do not see it"
                _log.warning("%s: %s (%s)", self._vendor.name, lost, error)
            return self._ledger

    def _wait(self, delay: Delay, deadline: Deadline) -> None:
        if delay.seconds > MAX_WAIT_SECONDS or delay.seconds >= deadline.check():
            count(self._vendor.name, f"refused.{delay.why}")
            raise self._refusal(delay)
        before = self._clock.monotonic()
        try:
            deadline.sleep(delay.seconds)
        finally:
            count(self._vendor.name, "waited_seconds", self._clock.monotonic() - before)

    def _refusal(self, delay: Delay) -> FetchError | DeadlineExceeded:
        name, wait = self._vendor.name, _duration(delay.seconds)
        if delay.why == "quota" or (delay.why == "pace" and delay.seconds > MAX_WAIT_SECONDS):
            kept = f" except for a reserve of {reserve}" if (reserve := _reserve.get()) else ""
            return QuotaSpent(name, f"the quota is spent{kept}; the next request is allowed in {wait}")
        if delay.why == "hold":
            text = f"rate limited by the vendor; the next request is allowed in {wait}"
            return RateLimited(name, text, retry_after_seconds=delay.seconds)
        return DeadlineExceeded(f"{name}: the next permit comes in {wait}, after the deadline")


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
