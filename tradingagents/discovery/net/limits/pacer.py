"""Wait for a permit, within the deadline; refuse at once a wait that cannot fit."""

from __future__ import annotations

import contextlib
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
from tradingagents.discovery.net.limits.policy import VendorPolicy
from tradingagents.discovery.state.files import Notices, StateUnavailable

__all__ = ["MAX_WAIT_SECONDS", "Pacer", "quota_reserve"]

T = TypeVar("T")

MAX_WAIT_SECONDS = 120.0
"""No single wait is longer, not even without a deadline: who wants to wait longer can ask again."""


def _nothing() -> None:
    """Look at nothing after a wait."""


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
    """One vendor's gate, passed twice by every attempt. Thread-safe.

    :meth:`await_turn` before a connection is opened, so that none is opened for a request that may not be
    sent; :meth:`turn` around the sending, when the connection is open and nothing but the bytes is left
    to do. Both wait while the deadline allows, holding no lock, and raise :class:`DeadlineExceeded` when
    the pace, :class:`RateLimited` when the vendor's wish to be left alone and :class:`QuotaSpent` when a
    spent quota does not leave enough time, all at once, and :class:`Cancelled`. Both call ``recheck`` after
    each wait: it raises when there is no point in going on.

    When the ledger's file fails it goes on with one in memory, and says so.
    """

    def __init__(self, policy: VendorPolicy, ledger: QuotaLedger, clock: Clock, notices: Notices) -> None:
        self._policy, self._clock, self._notices = policy, clock, notices
        self._lock = threading.Lock()  # guards the swap of the ledger
        self._ledger = ledger

    def await_turn(self, deadline: Deadline, recheck: Callable[[], None] = _nothing) -> None:
        """Return when a permit may be had; none is taken, so :meth:`turn` may have to wait again."""
        while (delay := self._ask(lambda ledger: ledger.peek(_reserve.get()))) is not None:
            self._wait(delay, deadline)
            recheck()

    @contextlib.contextmanager
    def turn(
        self, deadline: Deadline, recheck: Callable[[], None] = _nothing, *, new_connection: bool = False
    ) -> Iterator[None]:
        """Take a permit for the request that the block sends. It is used up however the block ends."""
        while isinstance(ticket := self._ask(lambda ledger: ledger.take(_reserve.get())), Delay):
            self._wait(ticket, deadline)
            recheck()
        try:
            yield
        finally:
            self._sent(ticket, SETTLING_SECONDS if new_connection else 0.0)

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """Hold every caller of this vendor for ``seconds``."""
        self._ask(lambda ledger: ledger.hold(seconds, quota=quota))

    def close(self) -> None:
        """Close the ledger. Idempotent."""
        self._ledger.close()

    def _sent(self, ticket: Ticket, settling_seconds: float) -> None:
        # A ledger in memory that has replaced the file's meanwhile does not know the ticket, and ignores it.
        self._ask(lambda ledger: ledger.sent(ticket, settling_seconds))

    def _ask(self, question: Callable[[QuotaLedger], T]) -> T:
        try:
            return question(self._ledger)
        except StateUnavailable as error:
            return question(self._go_on_in_memory(error))

    def _go_on_in_memory(self, error: StateUnavailable) -> QuotaLedger:
        with self._lock:
            if not isinstance(self._ledger, MemoryLedger):
                self._ledger = MemoryLedger(self._policy.rates, self._clock)
            ledger = self._ledger
        self._notices.say(f"quota is kept in memory only, other runs do not see it ({error})")
        return ledger

    def _wait(self, delay: Delay, deadline: Deadline) -> None:
        if delay.seconds > MAX_WAIT_SECONDS or delay.seconds >= deadline.check():
            count(self._policy.name, f"refused.{delay.why}")
            raise self._refusal(delay)
        before = self._clock.monotonic()
        try:
            deadline.sleep(delay.seconds)
        finally:
            count(self._policy.name, "waited_seconds", self._clock.monotonic() - before)

    def _refusal(self, delay: Delay) -> FetchError | DeadlineExceeded:
        name, wait = self._policy.name, _spoken(delay.seconds)
        if delay.why == "quota" or (delay.why == "pace" and delay.seconds > MAX_WAIT_SECONDS):
            kept = f" except for a reserve of {reserve}" if (reserve := _reserve.get()) else ""
            return QuotaSpent(name, f"the quota is spent{kept}; the next request is allowed in {wait}")
        if delay.why == "hold":
            text = f"the vendor asked us to wait; the next request is allowed in {wait}"
            return RateLimited(name, text, retry_after_seconds=delay.seconds)
        return DeadlineExceeded(f"{name}: the next permit comes in {wait}, after the deadline")


def _spoken(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
