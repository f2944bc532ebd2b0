"""The layers below the cache: retry( breaker( pace -> connect -> pace -> send -> read -> classify ) )."""

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
from tradingagents.discovery.net.notes import FetchNote, put_note
from tradingagents.discovery.net.retry import FailedAttempt, retrying
from tradingagents.discovery.net.transport.connection import POOL_CLASSES
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.transport.exchange import Options, Send, exchange
from tradingagents.discovery.net.vendor import Vendor

__all__ = ["VendorAdapter"]

_POOL_SIZE = 64  # connections kept per host: eight scanners with eight requests each
_VENDOR_FAULTS = frozenset({Reason.DOWN, Reason.BAD_PAYLOAD})
_NEUTRAL = frozenset({Reason.RATE, Reason.QUOTA})  # neither a success nor a failure to the breaker


class VendorAdapter(HTTPAdapter):
    """Transport of one vendor's session. Thread-safe.

    Every redirect hop and every client library's call passes here. The vendor's response is returned, with a
    note of what it means. A refusal sent with HTTP 200 gets the status that fits it, so that the cache does
    not keep it and client libraries raise. Without a response one of our errors is raised: ``Transient``,
    ``BadPayload``, ``Permanent``, ``CircuitOpen``, ``RateLimited``, ``QuotaSpent``, ``DeadlineExceeded``,
    ``Cancelled``.
    """

    def __init__(
        self,
        vendor: Vendor,
        *,
        pacer: Pacer,
        breaker: Breaker,
        clock: Clock,
        credentials: Credentials | None = None,
        draw: Callable[[float, float], float] = random.uniform,
        send: Send | None = None,
    ) -> None:
        """``send`` replaces ``HTTPAdapter.send``, for a vendor that answers browsers only."""
        self._vendor, self._pacer, self._breaker, self._clock = vendor, pacer, breaker, clock
        self._credentials, self._draw, self._send = credentials, draw, send
        super().__init__(pool_maxsize=_POOL_SIZE, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use connections that apply the limits of their exchange."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOL_CLASSES

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use such connections through a proxy too."""
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
        """Send ``request`` until it is answered, fails permanently, or runs out of attempts or time.

        The body is always read, also with ``stream``.
        """
        repeatable = self._vendor.may_repeat(request.method or "", request.url or "")
        deadline = current_deadline()
        credentials = self._credentials if self._vendor.owns(request.url or "") else None
        options = Options(timeout, verify, cert, proxies, credentials)
        number = self._vendor.settings.attempts if repeatable else 1
        attempts = retrying(self._vendor, number, deadline, self._draw)
        failures: list[FailedAttempt] = []
        try:
            return attempts(self._attempt, request, options, deadline, failures)
        except FailedAttempt as failed:
            return failed.outcome()
        except (CircuitOpen, QuotaSpent, RateLimited, DeadlineExceeded) as refused:
            if isinstance(refused, CircuitOpen):
                count(self._vendor.name, "refused.circuit")
            # Refused before another attempt: the failure of the previous attempt is more informative.
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
                return self._classified(response, permit)
            except FailedAttempt as failed:
                failures.append(failed)
                raise

    def _deliver(
        self, request: requests.PreparedRequest, options: Options, deadline: Deadline, permit: Permit
    ) -> requests.Response:
        gate = functools.partial(self._gate, deadline, permit)
        send = self._send or super().send
        response = exchange(send, self._vendor, request, options, deadline, permit, gate)
        if options.credentials is not None and (target := response.headers.get("Location")) is not None:
            response.headers["Location"] = options.credentials.strip(target)
        return response

    @contextlib.contextmanager
    def _gate(
        self, deadline: Deadline, permit: Permit, recheck: Callable[[], None], new_connection: bool
    ) -> Iterator[None]:
        """Take a quota permit for the sending, unless the circuit has opened meanwhile."""

        def recheck_all() -> None:
            permit.confirm()
            recheck()

        permit.confirm()
        with self._pacer.turn(deadline, recheck_all, new_connection=new_connection):
            count(self._vendor.name, "sent")
            yield

    def _classified(self, response: requests.Response, permit: Permit) -> requests.Response:
        """Classify the answer and pass the result to the breaker, the pacer, the note and the status."""
        finding = classify(self._vendor.name, Answer.of(response, self._clock.now()))
        _record_result(permit, finding)
        if finding.wait_seconds:
            self._pacer.hold(finding.wait_seconds, quota=finding.reason is Reason.QUOTA)
        status = response.status_code
        put_note(response, FetchNote(self._vendor.name, status, finding))
        if 200 <= status < 300 and (fitting := finding.equivalent_status) is not None:
            response.status_code = fitting
        error = finding.error(self._vendor.name, status)
        if finding.reason in (Reason.DOWN, Reason.RATE) and isinstance(error, FetchError):
            reason = "rate_limited" if finding.reason is Reason.RATE else f"http_{response.status_code}"
            raise FailedAttempt(error, reason, response=response, wait_seconds=finding.wait_seconds)
        return response


def _record_result(permit: Permit, finding: Finding) -> None:
    if finding.reason in _VENDOR_FAULTS:
        permit.failed()
    elif finding.reason not in _NEUTRAL:
        permit.succeeded()
