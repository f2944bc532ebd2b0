"""When the next request to a vendor is permitted, and the ledger of this process.

A ledger decides, it never waits. A permit counts from when it is taken until a window after its request
has left, so whatever delays a thread in between, no window holds more requests than its rate: of those
that left within one window the last to take its permit would have found all others counted. A time
written down once, when the permit is taken, proves nothing about when the request arrives.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from tradingagents.discovery.model.clock import Clock
from tradingagents.discovery.settings.vendors import RateSettings

__all__ = [
    "JITTER_SECONDS",
    "LONG_SECONDS",
    "MAX_HOLD_SECONDS",
    "SENDING_SECONDS",
    "SETTLING_SECONDS",
    "Delay",
    "MemoryLedger",
    "QuotaLedger",
    "Ticket",
    "first_free",
    "without_reserve",
]

MAX_HOLD_SECONDS = 86_400.0
"""Cap ``Retry-After`` at 24 hours, so that a bogus value cannot block the vendor."""

LONG_SECONDS = 3_600.0
"""A window this long is a quota to be spent, a shorter one a pace to be kept."""

JITTER_SECONDS = 0.075
"""Each window is kept this much longer than published, because one request may travel faster than another.

Servers on a busy machine of two cores read requests up to 0.06 s later than others, on an idle one 0.01 s.
"""

SETTLING_SECONDS = 0.25
"""What leaves first over a new connection may arrive so late, because the server takes that up before."""

SENDING_SECONDS = 30.0
"""A permit whose request was never recorded as sent counts as used this long after it was taken."""

_SHORTEST_WAIT_SECONDS = 0.001


@dataclass(frozen=True)
class Delay:
    """No permit for ``seconds``, because of the pace, a spent quota, or the vendor's ``Retry-After``."""

    seconds: float
    why: Literal["pace", "quota", "hold"]


class Ticket(NamedTuple):
    """A permit in its ledger: the time it counts from, on the ledger's clock, and its number there."""

    at: float
    number: int


class QuotaLedger(Protocol):
    """Where one vendor's permits are recorded. Implementations must be thread-safe and must not wait."""

    def peek(self, reserve: int = 0) -> Delay | None:
        """Return how long to wait, or None when a permit is available now. Writes nothing.

        ``reserve`` is how many requests of each quota (not of a pace) must be left over.
        """

    def take(self, reserve: int = 0) -> Ticket | Delay:
        """Record one request that is about to be sent, or return how long to wait and record nothing."""

    def sent(self, ticket: Ticket, settling_seconds: float = 0.0) -> None:
        """Have the windows of ``ticket`` begin ``settling_seconds`` from now: its request has left."""

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """Give no permit for ``seconds``; ``quota`` when the vendor reports a spent quota."""

    def close(self) -> None:
        """Close connections and files. Idempotent."""


def without_reserve(rates: tuple[RateSettings, ...], reserve: int) -> tuple[RateSettings, ...]:
    """Return ``rates`` with each quota (not a pace) smaller by ``reserve`` requests, but at least 1."""
    if not reserve:
        return rates
    return tuple(
        RateSettings(requests=max(rate.requests - reserve, 1), seconds=rate.seconds)
        if rate.seconds >= LONG_SECONDS
        else rate
        for rate in rates
    )


def first_free(
    rates: Iterable[RateSettings], nth_newest: Callable[[int], float | None], now: float
) -> Delay | None:
    """Return how long until every window has room for one more, None when all have room now.

    ``nth_newest(n)`` returns the time of the ``n``-th newest permit, None when there are fewer. A permit
    whose request is still leaving has a time to come, and counts as if it left now. All times are seconds
    on one clock.
    """
    longest: Delay | None = None
    for rate in rates:
        at = nth_newest(rate.requests)
        if at is None:
            continue
        left = min(at, now) + rate.seconds + JITTER_SECONDS - now
        if left > 0 and (longest is None or left > longest.seconds):
            why: Literal["quota", "pace"] = "quota" if rate.seconds >= LONG_SECONDS else "pace"
            longest = Delay(max(left, _SHORTEST_WAIT_SECONDS), why)
    return longest


class MemoryLedger:
    """Permits of this process only, on the monotonic clock. Thread-safe."""

    def __init__(self, rates: Iterable[RateSettings], clock: Clock) -> None:
        self._clock, self._rates = clock, tuple(rates)
        self._longest = max((rate.seconds for rate in self._rates), default=0.0) + JITTER_SECONDS
        self._lock = threading.Lock()  # guards all below
        self._tickets: list[Ticket] = []  # by time
        self._number = 0
        self._held_until = 0.0
        self._hold_is_quota = False

    def peek(self, reserve: int = 0) -> Delay | None:
        """See :class:`QuotaLedger`."""
        with self._lock:
            return self._delay(self._clock.monotonic(), reserve)

    def take(self, reserve: int = 0) -> Ticket | Delay:
        """See :class:`QuotaLedger`."""
        with self._lock:
            now = self._clock.monotonic()
            if (delay := self._delay(now, reserve)) is not None:
                return delay
            self._number += 1
            ticket = Ticket(now + SENDING_SECONDS, self._number)
            if self._rates:
                del self._tickets[: bisect_left(self._tickets, Ticket(now - self._longest, 0))]
                insort(self._tickets, ticket)
            return ticket

    def sent(self, ticket: Ticket, settling_seconds: float = 0.0) -> None:
        """See :class:`QuotaLedger`."""
        with self._lock:
            place = bisect_left(self._tickets, ticket)
            if self._tickets[place : place + 1] == [ticket]:
                del self._tickets[place]
                insort(self._tickets, Ticket(self._clock.monotonic() + settling_seconds, ticket.number))

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """See :class:`QuotaLedger`."""
        with self._lock:
            until = self._clock.monotonic() + min(seconds, MAX_HOLD_SECONDS)
            if until > self._held_until:
                self._held_until, self._hold_is_quota = until, quota

    def close(self) -> None:
        """See :class:`QuotaLedger`."""

    def _delay(self, now: float, reserve: int) -> Delay | None:
        if (left := self._held_until - now) > 0:
            return Delay(left, "quota" if self._hold_is_quota else "hold")
        return first_free(without_reserve(self._rates, reserve), self._nth_newest, now)

    def _nth_newest(self, n: int) -> float | None:
        return self._tickets[-n].at if len(self._tickets) >= n else None
