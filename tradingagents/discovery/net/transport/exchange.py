"""One request and its whole answer over the wire, within the deadline, or one of our errors."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from tradingagents.discovery.model.clock import Deadline
from tradingagents.discovery.model.errors import BadPayload, Cancelled, DeadlineExceeded, Permanent
from tradingagents.discovery.net.breaker import Permit
from tradingagents.discovery.net.faults import TRANSPORT_ERRORS, is_timeout, translate
from tradingagents.discovery.net.limits.policy import VendorPolicy
from tradingagents.discovery.net.retry import FailedAttempt
from tradingagents.discovery.net.transport.body import read_body
from tradingagents.discovery.net.transport.connection import ConnectionLost
from tradingagents.discovery.net.transport.wire import Leave, Wire, wired

__all__ = ["Credentials", "Options", "Send", "exchange"]


@dataclass(frozen=True)
class Credentials:
    """Query parameters and headers that are secret.

    They are put on a request at the last moment and only on its way to the vendor's own address, so
    that no cache, log, exception or response ever holds them.
    """

    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return a copy of ``request`` that carries them."""
        signed = request.copy()
        signed.headers.update(self.headers)
        signed.prepare_url(request.url or "", dict(self.params))
        return signed


@dataclass(frozen=True)
class Options:
    """What ``requests`` hands to an adapter beside the request."""

    timeout: Any
    verify: Any
    cert: Any
    proxies: Any


class Send(Protocol):
    """The plain sending of ``HTTPAdapter``."""

    def __call__(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response: ...


def exchange(
    send: Send,
    policy: VendorPolicy,
    request: requests.PreparedRequest,
    options: Options,
    deadline: Deadline,
    permit: Permit,
    leave: Leave,
) -> requests.Response:
    """Send ``request`` once, when a connection is open and ``leave`` lets it; return the whole response.

    Raises :class:`FailedAttempt` for connection trouble, :class:`BadPayload` for a body over the limit
    or one that cannot be decoded, :class:`Permanent` for a request that cannot be sent, what ``leave``
    raises, :class:`DeadlineExceeded` and :class:`Cancelled`. ``permit`` is told when it was the vendor's
    fault.
    """
    connect, read = _timeouts(options.timeout, policy)
    with wired(deadline, read, policy.exchange_timeout_seconds, leave) as wire:
        try:
            response = _sent(send, request, options, deadline, (connect, wire.granted))
            _read_whole(response, sys.maxsize if request.method == "HEAD" else policy.max_body_bytes)
            deadline.check()  # a cut looks like the end of a body that has no length
        except DeadlineExceeded:
            _blame(permit, wire, read)
            raise
        except TRANSPORT_ERRORS as error:
            raise _meaning(error, policy, deadline, permit, wire, read) from None
    return response


def _sent(
    send: Send,
    request: requests.PreparedRequest,
    options: Options,
    deadline: Deadline,
    timeouts: tuple[float, float],
) -> requests.Response:
    """Send once; a connection lost while it waited for its turn does not count, nothing was sent over it."""
    connect, read = timeouts
    while True:
        timeout = (min(connect, deadline.check()), read)
        try:
            return send(request, True, timeout, options.verify, options.cert, options.proxies)
        except ConnectionLost:
            continue


def _timeouts(given: Any, policy: VendorPolicy) -> tuple[float, float]:
    """Return the lower of the caller's and the vendor's connect and read timeouts, in seconds."""
    connect, read = given if isinstance(given, tuple) else (given, given)
    return (
        min(connect or policy.connect_timeout_seconds, policy.connect_timeout_seconds),
        min(read or policy.read_timeout_seconds, policy.read_timeout_seconds),
    )


def _read_whole(response: requests.Response, max_bytes: int) -> None:
    try:
        # The attribute that requests itself fills on first use of .content: filled here, nothing that
        # touches the response later can read on past the deadline or the limit.
        response._content = read_body(response.raw, max_bytes)
        response._content_consumed = True  # type: ignore[attr-defined]  # undocumented, as is the one above
    finally:
        if not getattr(response, "_content_consumed", False):
            response.raw.close()


def _meaning(
    error: BaseException, policy: VendorPolicy, deadline: Deadline, permit: Permit, wire: Wire, read: float
) -> Exception:
    """Tell a fault of the vendor's from our own deadline or cancel."""
    if deadline.cancelled:
        return Cancelled("cancelled")
    if is_timeout(error) and (wire.clipped or deadline.expired()):
        _blame(permit, wire, read)
        return DeadlineExceeded(f"{policy.name}: no answer before the deadline")
    ours = translate(policy.name, error)
    if isinstance(ours, Permanent):
        return ours
    permit.failed()
    if isinstance(ours, BadPayload):
        return ours
    return FailedAttempt(ours, "timeout" if is_timeout(error) else "connection")


def _blame(permit: Permit, wire: Wire, read: float) -> None:
    """Count our own deadline against the vendor if it had at least half of its usual time.

    A vendor that hangs would otherwise never open its circuit while every scan is short.
    """
    if wire.granted >= read / 2:
        permit.failed()
