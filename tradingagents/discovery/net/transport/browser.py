"""Sending with a browser's handshake, for a vendor that turns other clients away.

Some vendors judge a caller by how its TLS and HTTP/2 look, before they read a word of it. curl_cffi sends
as a current browser would; yfinance uses it by default, for that reason. Everything above the socket stays
as it is for the other vendors: cache, pace, retries, circuit, deadline.
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
from tradingagents.discovery.net.transport.body import BodyTooLarge
from tradingagents.discovery.net.transport.wire import current_wire

__all__ = ["BrowserTransport"]

_BROWSER = "chrome"  # curl_cffi's name for the newest one it knows
_DECODED = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # curl has undone them
_NO_PROXY = {"all": ""}  # said outright, or curl would take one from the environment by itself
_ABORT = 0xFFFFFFFF  # libcurl's CURL_WRITEFUNC_ERROR


class BrowserTransport:
    """The plain sending of an adapter, done by curl_cffi. Thread-safe: each thread has a handle of its own.

    A request's own headers are not sent, the browser's are; cookies are kept for as long as this object
    lives. A timeout covers connection and whole answer. A cancel is seen whenever a part of the body
    arrives; a handle that waits for the first byte ends with its timeout, in its own thread.
    """

    def __init__(self, max_body_bytes: int, *, wanted: str) -> None:
        """Raise :class:`NotConfiguredError` naming ``wanted`` where curl_cffi is not installed."""
        try:
            from curl_cffi.requests import Session  # noqa: PLC0415 - optional
        except ImportError:
            raise NotConfiguredError(wanted) from None
        # Redirects and proxies are the session's affair above, so that every hop is paced and judged.
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
        """Send ``request`` and return its answer, the body at hand. Raises errors of ``requests``."""
        from curl_cffi.requests import exceptions  # noqa: PLC0415 - as above

        body = _Body(self._max_body_bytes)
        try:
            with _leaving():
                answer = self._session.request(
                    request.method,
                    request.url,
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


def _leaving() -> AbstractContextManager[None]:
    """Wait for leave to send, as a connection of ours does; curl opens its own only afterwards."""
    wire = current_wire()
    return contextlib.nullcontext() if wire is None else wire.leaving(lambda: None, new_connection=True)


def _within(deadline: Deadline, timeout: Any) -> tuple[float, float]:
    """Return connect and read timeouts in seconds whose sum, which is what curl keeps, fits the deadline."""
    connect, read = timeout
    whole = min(connect + read, deadline.check())
    return min(connect, whole), max(whole - connect, 0.0)


class _Body:
    """Takes the decoded body in parts; stops the transfer when it is too long or not wanted any more."""

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
    told = answer.headers.multi_items()
    headers = HTTPHeaderDict([(name, text) for name, text in told if name.lower() not in _DECODED])
    return HTTPResponse(
        io.BytesIO(body),
        status=answer.status_code,
        reason=answer.reason,
        headers=headers,
        preload_content=False,
    )
