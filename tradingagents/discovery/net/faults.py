"""Foreign transport errors to ours. What the vendor said is not here but in ``classify``."""

from __future__ import annotations

import requests
import urllib3.exceptions

from tradingagents.discovery.model.errors import BadPayload, DiscoveryError, FetchError, Permanent, Transient
from tradingagents.discovery.model.redact import redact
from tradingagents.discovery.net.transport.body import BodyTooLarge
from tradingagents.discovery.net.transport.wire import ExchangeTooLong

__all__ = ["TRANSPORT_ERRORS", "is_timeout", "translate"]

TRANSPORT_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    BodyTooLarge,
    ExchangeTooLong,
)
"""Everything that sending a request and reading its answer can raise, apart from our own errors."""

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
    """Whether the other side was simply too slow."""
    return isinstance(error, _TIMEOUTS) and not isinstance(error, urllib3.exceptions.NewConnectionError)


def translate(vendor: str, error: BaseException) -> FetchError:
    """Return our error for a foreign one.

    The foreign text is not taken over as it stands: it holds the URL, and with some vendors the key.
    """
    if isinstance(error, FetchError):
        return error
    if isinstance(error, _WRONG_ANSWER):
        return BadPayload(vendor, _said(error))
    if isinstance(error, _WRONG_REQUEST):
        return Permanent(vendor, f"the request cannot be sent ({type(error).__name__})")
    if is_timeout(error):
        return Transient(vendor, "no answer in time")
    return Transient(vendor, f"connection trouble ({_cause(error)})")


def _said(error: BaseException) -> str:
    if isinstance(error, requests.TooManyRedirects):
        return "redirected in circles"
    if isinstance(error, DiscoveryError):
        return redact(str(error))
    return f"the answer cannot be decoded ({type(error).__name__})"


def _cause(error: BaseException) -> str:
    """Name the innermost cause: the outer ones only say that something went wrong below them."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = [getattr(error, "reason", None), *reversed(error.args), error.__cause__]
        error = next((one for one in inner if isinstance(one, BaseException)), error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__
