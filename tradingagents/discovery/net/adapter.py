"""The chain below the cache: retry( breaker( pace -> connect -> pace -> send -> read -> classify ) )."""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Callable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tradingagents.discovery.model.clock import Clock, Deadline, current_deadline
from tradingagents.discovery.model.errors import (
    CircuitOpen,
    DeadlineExceeded,
    FetchError,
    QuotaSpent,
    RateLimited,
)
from tradingagents.discovery.net.breaker import Breaker, Permit
from tradingagents.discovery.net.classify import Answer, Finding, Reason, classify
from tradingagents.discovery.net.counters import count
from tradingagents.discovery.net.limits.pacer import Pacer
from tradingagents.discovery.net.limits.policy import VendorPolicy
from tradingagents.discovery.net.notes import FetchNote, put_note
from tradingagents.discovery.net.retry import FailedAttempt, retrying
from tradingagents.discovery.net.transport.connection import POOL_CLASSES
from tradingagents.discovery.net.transport.exchange import Credentials, Options, Send, exchange

__all__ = ["VendorAdapter"]

_POOL_SIZE = 64  # connections kept per host: eight scanners with eight requests each
_VENDOR_FAULTS = frozenset({Reason.DOWN, Reason.BAD_PAYLOAD})
_NOBODYS_FAULTS = frozenset({Reason.RATE, Reason.QUOTA})


class VendorAdapter(HTTPAdapter):
    """Transport of one vendor's session. Thread-safe.

    Every attempt, every redirect hop and every client library's call passes here. What the vendor
    answered is returned, with a note of what it means and, if it refused with HTTP 200, with the status
    it should have had: so the cache does not keep it, and client libraries raise. When there is no
    answer, one of our errors is raised: ``Transient``, ``BadPayload``, ``Permanent``, ``CircuitOpen``,
    ``RateLimited``, ``QuotaSpent``, ``DeadlineExceeded``, ``Cancelled``.
    """

    def __init__(
        self,
        policy: VendorPolicy,
        *,
        pacer: Pacer,
        breaker: Breaker,
        clock: Clock,
        credentials: Credentials | None = None,
        draw: Callable[[float, float], float] = random.uniform,
        send: Send | None = None,
    ) -> None:
        """``send`` replaces the sending of ``requests``, for a vendor that answers browsers only."""
        self._policy, self._pacer, self._breaker, self._clock = policy, pacer, breaker, clock
        self._credentials, self._draw, self._send = credentials, draw, send
        super().__init__(pool_maxsize=_POOL_SIZE, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have every connection bound to the deadline of its exchange."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOL_CLASSES

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Have connections through a proxy bound in the same way."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOL_CLASSES
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send ``request`` until it is answered, not worth repeating, or out of attempts or time.

        The body has been read whatever ``stream`` says.
        """
        repeatable = self._policy.may_repeat(request.method or "", request.url or "")
        deadline = current_deadline()
        attempts = retrying(self._policy, self._policy.attempts if repeatable else 1, deadline, self._draw)
        failures: list[FailedAttempt] = []
        try:
            return attempts(
                self._attempt, request, Options(timeout, verify, cert, proxies), deadline, failures
            )
        except FailedAttempt as failed:
            return failed.outcome()
        except (CircuitOpen, QuotaSpent, RateLimited, DeadlineExceeded) as refused:
            if isinstance(refused, CircuitOpen):
                count(self._policy.name, "refused.circuit")
            # Refused on the way to another attempt: the failure of the one before says more.
            if not failures or deadline.expired():
                raise
            return failures[-1].outcome()

    def _attempt(
        self,
        request: requests.PreparedRequest,
        options: Options,
        deadline: Deadline,
        failures: list[FailedAttempt],
    ) -> requests.Response:
        with self._breaker.guard(deadline) as permit:
            self._pacer.await_turn(deadline, permit.confirm)
            try:
                response = self._deliver(request, options, deadline, permit)
                return self._understood(response, permit)
            except FailedAttempt as failed:
                failures.append(failed)
                raise

    def _deliver(
        self, request: requests.PreparedRequest, options: Options, deadline: Deadline, permit: Permit
    ) -> requests.Response:
        outgoing = request
        if self._credentials is not None and self._policy.owns(request.url or ""):
            outgoing = self._credentials.sign(request)
        leave = functools.partial(self._leave, deadline, permit)
        response = exchange(
            self._send or super().send, self._policy, outgoing, options, deadline, permit, leave
        )
        response.request, response.url = request, request.url or ""
        return response

    @contextlib.contextmanager
    def _leave(
        self, deadline: Deadline, permit: Permit, recheck: Callable[[], None], new_connection: bool
    ) -> Iterator[None]:
        """Surround the sending with a permit of the quota, unless the circuit has opened meanwhile."""

        def still_wanted() -> None:
            permit.confirm()
            recheck()

        permit.confirm()
        with self._pacer.turn(deadline, still_wanted, new_connection=new_connection):
            count(self._policy.name, "sent")
            yield

    def _understood(self, response: requests.Response, permit: Permit) -> requests.Response:
        """Say what the answer means to the breaker, to the pacer, in its note and in its status."""
        finding = classify(self._policy.name, Answer.of(response, self._clock.now()))
        _tell(permit, finding)
        if finding.wait_seconds:
            self._pacer.hold(finding.wait_seconds, quota=finding.reason is Reason.QUOTA)
        status = response.status_code
        put_note(response, FetchNote(self._policy.name, status, finding))
        if 200 <= status < 300 and (honest := finding.honest_status) is not None:
            response.status_code = honest
        error = finding.error(self._policy.name, status)
        if finding.reason in (Reason.DOWN, Reason.RATE) and isinstance(error, FetchError):
            reason = "rate_limited" if finding.reason is Reason.RATE else f"http_{response.status_code}"
            raise FailedAttempt(error, reason, response=response, wait_seconds=finding.wait_seconds)
        return response


def _tell(permit: Permit, finding: Finding) -> None:
    if finding.reason in _VENDOR_FAULTS:
        permit.failed()
    elif finding.reason not in _NOBODYS_FAULTS:
        permit.succeeded()
