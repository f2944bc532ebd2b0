"""What Reddit's answers and the errors of praw and prawcore mean. Importing this imports praw.

Answers are judged by :func:`error_of_response` before prawcore sees them: it raises a bare ``KeyError``
for a 401 without ``www-authenticate`` and a bare ``ValueError`` for a 429 whose ``retry-after`` is a
date, and takes an empty body for an empty listing. Its own exceptions are mapped all the same, for the
paths that lead past that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import prawcore
import requests
from praw.exceptions import PRAWException
from prawcore.exceptions import PrawcoreException

from tradingagents.discovery.errors import (
    Auth,
    BadPayload,
    DiscoveryError,
    FetchError,
    Permanent,
    RateLimited,
    Transient,
)

__all__ = ["VENDOR", "error_of", "error_of_response", "translated"]

VENDOR = "reddit"

_NOTHING = (b"", b"null", b'""')  # praw takes each of these for a listing without posts

# What praw and prawcore let fall when an answer has not the shape they expect.
_STUMBLES = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Have every error of praw, prawcore and requests inside leave as one of ours, without its cause.

    The cause holds the request, and the request the secret or the token.
    """
    try:
        yield
    except DiscoveryError:  # before the next line, because ConfigError is a ValueError too
        raise
    except (PrawcoreException, PRAWException, requests.RequestException, *_STUMBLES) as error:
        raise error_of(error) from None


def error_of(error: Exception) -> DiscoveryError:
    """Return our error for one of theirs. Pure."""
    if isinstance(error, PrawcoreException):
        return _of_prawcore(error)
    if isinstance(error, PRAWException):
        return Permanent(VENDOR, f"{_name(error)}: {error}")
    if isinstance(error, KeyError) and error.args == (401,):
        return Auth(VENDOR, "HTTP 401: the token is refused", status=401)
    if isinstance(error, _STUMBLES):  # requests' JSONDecodeError among them, a ValueError
        return BadPayload(VENDOR, f"the answer is not what it documents ({_name(error)})")
    return _of_request(error)


def _of_prawcore(error: PrawcoreException) -> DiscoveryError:
    if isinstance(error, prawcore.RequestException):
        return _of_request(error.original_exception)
    if isinstance(error, prawcore.BadJSON):
        return BadPayload(VENDOR, "the answer is not JSON", status=error.response.status_code)
    if isinstance(error, prawcore.ResponseException):
        return error_of_response(error.response) or BadPayload(VENDOR, f"refused ({_name(error)})")
    if isinstance(error, prawcore.OAuthException):
        return Auth(VENDOR, f"no token was given ({error.error})")
    return Permanent(VENDOR, f"{_name(error)}: {error}")


def _of_request(error: Exception) -> DiscoveryError:
    """Return what kept a request from being answered; a text of requests may hold the URL."""
    if isinstance(error, DiscoveryError):
        return error
    if isinstance(
        error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    ):
        return Transient(VENDOR, f"the connection broke ({_name(error)})")
    return Permanent(VENDOR, f"the request could not be sent ({_name(error)})")


def error_of_response(response: requests.Response) -> FetchError | None:
    """Return what an answer refuses, or None when it has a body to read. Pure.

    A community that is private, banned or not there is ``Permanent``; ``Auth`` is about the client.
    """
    status = response.status_code
    message = f"HTTP {status}"
    if status < 300:
        empty = response.content.strip() in _NOTHING
        return BadPayload(VENDOR, f"{message} with an empty body", status=status) if empty else None
    if status == 401:
        return Auth(VENDOR, f"{message}: the client or its token is refused", status=status)
    if status == 403:
        return _forbidden(response)
    if status == 429:
        return RateLimited(VENDOR, message, status=status, retry_after_seconds=_wait(response))
    if status >= 500 or status == 408:
        return Transient(VENDOR, message, status=status)
    return Permanent(VENDOR, _not_there(response), status=status)


def _forbidden(response: requests.Response) -> FetchError:
    if reason := _reason(response):
        return Permanent(VENDOR, f"HTTP 403: {reason}", status=403)
    return Auth(VENDOR, "HTTP 403: the client is refused", status=403)


def _not_there(response: requests.Response) -> str:
    status = response.status_code
    if status < 400:  # a community that does not exist leads to the search for it
        return f"HTTP {status}: not there"
    reason = _reason(response)
    return f"HTTP {status}: {reason}" if reason else f"HTTP {status}"


def _reason(response: requests.Response) -> str:
    """Return why the body says so: ``private``, ``banned``, ``quarantined``; empty where it does not."""
    try:
        body: Any = response.json()
    except (ValueError, RecursionError):
        return ""
    reason = body.get("reason") if isinstance(body, dict) else None
    return reason[:40] if isinstance(reason, str) else ""


def _wait(response: requests.Response) -> float | None:
    """Return the seconds that the headers ask for, where they are plain numbers."""
    for header in ("retry-after", "x-ratelimit-reset"):
        if (text := response.headers.get(header, "")).isdecimal():
            return float(text)
    return None


def _name(error: Exception) -> str:
    return type(error).__name__
