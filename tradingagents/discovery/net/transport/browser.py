"""Send with a browser's TLS and HTTP/2 fingerprint, for a vendor that rejects other clients.

Some vendors accept or reject a client by its handshake, before they read the request. curl_cffi reproduces
a current browser's; yfinance uses it by default, for that reason. Everything above the socket is the same as
for the other vendors: cache, pace, retries, circuit, deadline.
"""

from __future__ import annotations

import contextlib
import io
from contextlib import AbstractContextManager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tradingagents.discovery.model.clock import Deadline, current_deadline
from tradingagents.discovery.model.errors import NotConfiguredError
from tradingagents.discovery.net.transport.wire import BodyTooLarge, Wire, current_wire

__all__ = ["BrowserTransport"]

_BROWSER = "chrome"  # curl_cffi's name for the newest one it knows
_DECODED = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # curl has undone them
_NO_PROXY = {"all": ""}  # explicit, or curl would take one from the environment
_ABORT = 0xFFFFFFFF  # libcurl's CURL_WRITEFUNC_ERROR


class BrowserTransport:
    """``HTTPAdapter.send`` by curl_cffi. Thread-safe: each thread has a handle of its own.

    The browser's headers are sent instead of the request's; cookies are kept as long as this object lives.
    One timeout covers the connection and the whole answer. A cancel takes effect when the next part of the
    body arrives; a handle that waits for the first byte ends with its timeout, in its own thread.
    """

    def __init__(self, max_body_bytes: int, *, wanted: str) -> None:
        """Raise :class:`NotConfiguredError` naming ``wanted`` where curl_cffi is not installed."""
        try:
            from curl_cffi.requests import Session  # noqa: PLC0415 - optional
        except ImportError:
            raise NotConfiguredError(wanted) from None
        # The session above follows redirects and chooses proxies, so that every hop is paced and classified.
        self._session: Any = Session(impersonate=_BROWSER, trust_env=False, allow_redirects=False)
        self._max_body_bytes = max_body_bytes
        self._build = HTTPAdapter().build_response

    def __call__(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send ``request`` and return its response, body included. Raises errors of ``requests``."""
        from curl_cffi.requests import exceptions  # noqa: PLC0415 - as above

        body = _Body(self._max_body_bytes)
        wire = current_wire()
        url = request.url or ""
        if wire is not None:
            url, _ = wire.credentials.sign(url, None)
        try:
            with _sending(wire):
                answer = self._session.request(
                    request.method,
                    url,
                    data=request.body,
                    timeout=_within(current_deadline(), timeout),
                    verify=verify,
                    cert=cert,
                    proxies=dict(proxies) if proxies else _NO_PROXY,
                    content_callback=body.take,
                )
        except exceptions.Timeout as error:
            raise requests.ReadTimeout(str(error), request=request) from None
        except exceptions.RequestException as error:
            body.refuse_too_large()
            raise requests.ConnectionError(str(error), request=request) from None
        return self._build(request, _as_urllib3(answer, body.content))

    def close(self) -> None:
        """Close the calling thread's handle; the others close with their threads."""
        self._session.close()


def _sending(wire: Wire | None) -> AbstractContextManager[None]:
    """Wait for the permit to send, as our connections do; curl opens its connection afterwards."""
    return contextlib.nullcontext() if wire is None else wire.sending(lambda: None, new_connection=True)


def _within(deadline: Deadline, timeout: Any) -> tuple[float, float]:
    """Return connect and read timeouts in seconds whose sum, which curl enforces, fits the deadline."""
    connect, read = timeout
    whole = min(connect + read, deadline.check())
    return min(connect, whole), max(whole - connect, 0.0)


class _Body:
    """Collects the decoded body; aborts the transfer when it is too long or the work was cancelled."""

    def __init__(self, max_bytes: int) -> None:
        self._parts: list[bytes] = []
        self._size, self._max_bytes = 0, max_bytes
        self._deadline = current_deadline()

    @property
    def content(self) -> bytes:
        return b"".join(self._parts)

    def take(self, part: bytes) -> int:
        self._size += len(part)
        if self._size > self._max_bytes or self._deadline.cancelled:
            return _ABORT
        self._parts.append(part)
        return len(part)

    def refuse_too_large(self) -> None:
        if self._size > self._max_bytes:
            raise BodyTooLarge(f"the answer is over the limit of {self._max_bytes:,} bytes") from None


def _as_urllib3(answer: Any, body: bytes) -> HTTPResponse:
    received = answer.headers.multi_items()
    headers = HTTPHeaderDict([(name, text) for name, text in received if name.lower() not in _DECODED])
    return HTTPResponse(
        io.BytesIO(body),
        status=answer.status_code,
        reason=answer.reason,
        headers=headers,
        preload_content=False,
    )
