"""Translate errors of requests, urllib3 and sockets into ours. ``classify`` reads the vendor's answers."""

from __future__ import annotations

import requests
import urllib3.exceptions

from tradingagents.discovery.model.errors import BadPayload, DiscoveryError, FetchError, Permanent, Transient
from tradingagents.discovery.model.redact import redact
from tradingagents.discovery.net.transport.wire import BodyTooLarge, ExchangeTooLong

__all__ = ["TRANSPORT_ERRORS", "is_timeout", "translate"]

TRANSPORT_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    BodyTooLarge,
    ExchangeTooLong,
)
"""What sending a request and reading its response can raise, apart from our public errors."""

_WRONG_REQUEST = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.URLRequired,
    requests.exceptions.UnrewindableBodyError,
    requests.exceptions.StreamConsumedError,
    urllib3.exceptions.LocationValueError,
    urllib3.exceptions.BodyNotHttplibCompatible,
    urllib3.exceptions.UnrewindableBodyError,
    urllib3.exceptions.URLSchemeUnknown,
)
_WRONG_ANSWER = (
    BodyTooLarge,
    requests.TooManyRedirects,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.JSONDecodeError,
    requests.exceptions.InvalidJSONError,
    urllib3.exceptions.DecodeError,
    urllib3.exceptions.HeaderParsingError,
)
_TIMEOUTS = (
    requests.Timeout,
    urllib3.exceptions.TimeoutError,
    TimeoutError,
    ExchangeTooLong,
)


def is_timeout(error: BaseException) -> bool:
    """Whether the server was too slow, which a refused connection is not."""
    return isinstance(error, _TIMEOUTS) and not isinstance(error, urllib3.exceptions.NewConnectionError)


def translate(vendor: str, error: BaseException) -> FetchError:
    """Return our error for a foreign one.

    Its text is not copied: it holds the URL, which may hold a key that a client put there.
    """
    if isinstance(error, FetchError):
        return error
    if isinstance(error, _WRONG_ANSWER):
        return BadPayload(vendor, _payload_message(error))
    if isinstance(error, _WRONG_REQUEST):
        return Permanent(vendor, f"the request cannot be sent ({type(error).__name__})")
    if is_timeout(error):
        return Transient(vendor, "no answer in time")
    return Transient(vendor, f"connection trouble ({_cause(error)})")


def _payload_message(error: BaseException) -> str:
    if isinstance(error, requests.TooManyRedirects):
        return "too many redirects"
    if isinstance(error, DiscoveryError):
        return redact(str(error))
    return f"the answer cannot be decoded ({type(error).__name__})"


def _cause(error: BaseException) -> str:
    """Name the innermost cause; the outer errors only wrap it."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = [getattr(error, "reason", None), *reversed(error.args), error.__cause__]
        error = next((one for one in inner if isinstance(one, BaseException)), error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__
