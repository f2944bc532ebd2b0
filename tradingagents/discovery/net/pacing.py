"""Wait for a permit, within the deadline; refuse at once a wait that cannot fit."""

from __future__ import annotations

import threading

from tradingagents.discovery.clock import Clock, Deadline
from tradingagents.discovery.errors import DeadlineExceeded, FetchError, QuotaSpent, RateLimited
from tradingagents.discovery.net.counters import count
from tradingagents.discovery.net.policy import VendorPolicy
from tradingagents.discovery.net.quota import Delay, MemoryLedger, QuotaLedger
from tradingagents.discovery.net.state import Notices, StateUnavailable

__all__ = ["MAX_WAIT_SECONDS", "Pacer"]

MAX_WAIT_SECONDS = 120.0
"""No single wait is longer, not even without a deadline: who wants to wait longer can ask again."""


class Pacer:
    """One vendor's gate: every attempt takes a permit here first. Thread-safe.

    When the ledger's file fails it goes on with one in memory, and says so.
    """

    def __init__(self, policy: VendorPolicy, ledger: QuotaLedger, clock: Clock, notices: Notices) -> None:
        self._policy, self._clock, self._notices = policy, clock, notices
        self._lock = threading.Lock()  # guards the swap of the ledger
        self._ledger = ledger

    def acquire(self, deadline: Deadline) -> None:
        """Take a permit, waiting for it while the deadline allows.

        Raises :class:`DeadlineExceeded` when the pace, :class:`RateLimited` when the vendor's wish to be
        left alone and :class:`QuotaSpent` when a spent quota does not leave enough time, all at once,
        and :class:`Cancelled`.
        """
        while (delay := self._take()) is not None:
            self._refuse_what_cannot_fit(delay, deadline)
            before = self._clock.monotonic()
            try:
                deadline.sleep(delay.seconds)
            finally:
                count(self._policy.name, "waited_seconds", self._clock.monotonic() - before)

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """Hold every caller of this vendor for ``seconds``."""
        try:
            self._ledger.hold(seconds, quota=quota)
        except StateUnavailable as error:
            self._go_on_in_memory(error).hold(seconds, quota=quota)

    def close(self) -> None:
        """Close the ledger. Idempotent."""
        self._ledger.close()

    def _take(self) -> Delay | None:
        try:
            return self._ledger.take()
        except StateUnavailable as error:
            return self._go_on_in_memory(error).take()

    def _go_on_in_memory(self, error: StateUnavailable) -> QuotaLedger:
        with self._lock:
            if not isinstance(self._ledger, MemoryLedger):
                self._ledger = MemoryLedger(self._policy.rates, self._clock)
            ledger = self._ledger
        self._notices.say(f"quota is kept in memory only, other runs do not see it ({error})")
        return ledger

    def _refuse_what_cannot_fit(self, delay: Delay, deadline: Deadline) -> None:
        if delay.seconds <= MAX_WAIT_SECONDS and delay.seconds < deadline.check():
            return
        error = self._refusal(delay)
        count(self._policy.name, f"refused.{delay.why}")
        raise error

    def _refusal(self, delay: Delay) -> FetchError | DeadlineExceeded:
        name, wait = self._policy.name, _spoken(delay.seconds)
        if delay.why == "quota" or (delay.why == "pace" and delay.seconds > MAX_WAIT_SECONDS):
            return QuotaSpent(name, f"the quota is spent; the next request is allowed in {wait}")
        if delay.why == "hold":
            text = f"the vendor asked us to wait; the next request is allowed in {wait}"
            return RateLimited(name, text, retry_after_seconds=delay.seconds)
        return DeadlineExceeded(f"{name}: the next permit comes in {wait}, after the deadline")


def _spoken(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
