"""Send one request and read its whole response within the deadline, or raise one of our errors."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from tradingagents.discovery.model.clock import Deadline
from tradingagents.discovery.model.errors import BadPayload, Cancelled, DeadlineExceeded, Permanent
from tradingagents.discovery.net.breaker import Permit
from tradingagents.discovery.net.retry import FailedAttempt
from tradingagents.discovery.net.translate import TRANSPORT_ERRORS, is_timeout, translate
from tradingagents.discovery.net.transport.connection import ConnectionLost
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.transport.wire import SendGate, Wire, read_body, wired
from tradingagents.discovery.net.vendor import Vendor

__all__ = ["Options", "Send", "exchange"]


@dataclass(frozen=True)
class Options:
    """The arguments ``requests`` passes to an adapter besides the request, and the credentials to add."""

    timeout: Any
    verify: Any
    cert: Any
    proxies: Any
    credentials: Credentials | None = None


class Send(Protocol):
    """The signature of ``HTTPAdapter.send``."""

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
    vendor: Vendor,
    request: requests.PreparedRequest,
    options: Options,
    deadline: Deadline,
    permit: Permit,
    gate: SendGate,
) -> requests.Response:
    """Open a connection, pass ``gate``, send ``request`` once and return the whole response.

    Raises :class:`FailedAttempt` for connection trouble, :class:`BadPayload` for a body that is over the
    limit or cannot be decoded, :class:`Permanent` for a request that cannot be sent, what ``gate`` raises,
    :class:`DeadlineExceeded` and :class:`Cancelled`. A failure of the vendor's is recorded in ``permit``.
    """
    connect, read = _timeouts(options.timeout, vendor)
    with wired(deadline, read, vendor.settings.exchange_timeout_seconds, gate, options.credentials) as wire:
        try:
            response = _sent(send, request, options, deadline, (connect, wire.granted))
            _read_whole(response, sys.maxsize if request.method == "HEAD" else vendor.settings.max_body_bytes)
            deadline.check()  # after a cut, a body without a length looks complete
        except DeadlineExceeded:
            _count_against_vendor(permit, wire, read)
            raise
        except TRANSPORT_ERRORS as error:
            raise _translated(error, vendor, deadline, permit, wire, read) from None
    return response


def _sent(
    send: Send,
    request: requests.PreparedRequest,
    options: Options,
    deadline: Deadline,
    timeouts: tuple[float, float],
) -> requests.Response:
    """Send once, over another connection if the first was lost before anything was sent over it."""
    connect, read = timeouts
    while True:
        timeout = (min(connect, deadline.check()), read)
        try:
            return send(request, True, timeout, options.verify, options.cert, options.proxies)
        except ConnectionLost:
            continue


def _timeouts(given: Any, vendor: Vendor) -> tuple[float, float]:
    """Return the lower of the caller's and the vendor's connect and read timeouts, in seconds."""
    connect, read = given if isinstance(given, tuple) else (given, given)
    return (
        min(connect or vendor.settings.connect_timeout_seconds, vendor.settings.connect_timeout_seconds),
        min(read or vendor.settings.read_timeout_seconds, vendor.settings.read_timeout_seconds),
    )


def _read_whole(response: requests.Response, max_bytes: int) -> None:
    try:
        # The attribute that requests fills on first use of .content. Filled here, no later use of the
        # response can read on beyond the deadline or the limit.
        response._content = read_body(response.raw, max_bytes)
        response._content_consumed = True  # type: ignore[attr-defined]  # undocumented, as is the one above
    finally:
        if not getattr(response, "_content_consumed", False):
            response.raw.close()


def _translated(
    error: BaseException, vendor: Vendor, deadline: Deadline, permit: Permit, wire: Wire, read: float
) -> Exception:
    """Return our error for ``error``: a failure of the vendor's, or our own deadline or cancel."""
    if deadline.cancelled:
        return Cancelled("cancelled")
    if is_timeout(error) and (wire.clipped or deadline.expired()):
        _count_against_vendor(permit, wire, read)
        return DeadlineExceeded(f"{vendor.name}: no answer before the deadline")
    ours = translate(vendor.name, error)
    if isinstance(ours, Permanent):
        return ours
    permit.failed()
    if isinstance(ours, BadPayload):
        return ours
    return FailedAttempt(ours, "timeout" if is_timeout(error) else "connection")


def _count_against_vendor(permit: Permit, wire: Wire, read: float) -> None:
    """Count our own deadline as the vendor's failure if it had at least half of its read timeout.

    A vendor that hangs would otherwise never open its circuit while every scan is short.
    """
    if wire.granted >= read / 2:
        permit.failed()
