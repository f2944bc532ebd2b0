"""What Reddit's answers and the errors of praw and prawcore mean. Importing this imports praw.

Answers are judged by :func:`checked` before prawcore sees them: it raises a bare ``KeyError``
for a 401 without ``www-authenticate`` and a bare ``ValueError`` for a 429 whose ``retry-after`` is a
date, and takes an empty body for an empty listing. Its own exceptions are mapped all the same, for the
paths that lead past that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import prawcore
import requests
from praw.exceptions import PRAWException
from prawcore.exceptions import PrawcoreException

from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DiscoveryError,
    FetchError,
    NoDataError,
    Permanent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.net.notes import check, note_of

__all__ = ["VENDOR", "checked", "error_of", "translated"]

VENDOR = "reddit"

_NOTHING = (b"", b"null", b'""')  # praw takes each of these for a listing without posts

# What praw and prawcore let fall when an answer has not the shape they expect.
_STUMBLES = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


_REFUSALS: tuple[tuple[type[PrawcoreException], type[FetchError]], ...] = (
    (prawcore.InsufficientScope, Auth),
    (prawcore.InvalidToken, Auth),
    (prawcore.ServerError, Transient),
    (prawcore.TooManyRequests, RateLimited),
)


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
        return _of_refusal(error)
    if isinstance(error, prawcore.OAuthException):
        return Auth(VENDOR, f"no token was given ({error.error})")
    return Permanent(VENDOR, f"{_name(error)}: {error}")


def _of_refusal(error: prawcore.ResponseException) -> DiscoveryError:
    """Return what a refusal of prawcore's means, should one get past :func:`checked`."""
    kind = next((ours for theirs, ours in _REFUSALS if isinstance(error, theirs)), Permanent)
    status = error.response.status_code
    return kind(VENDOR, f"HTTP {status} ({_name(error)})", status=status)


def _of_request(error: Exception) -> DiscoveryError:
    """Return what kept a request from being answered; a text of requests may hold the URL."""
    if isinstance(error, DiscoveryError):
        return error
    if isinstance(
        error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    ):
        return Transient(VENDOR, f"the connection broke ({_name(error)})")
    return Permanent(VENDOR, f"the request could not be sent ({_name(error)})")


def checked(response: requests.Response) -> requests.Response:
    """Return an answer that can be read, or raise what it refuses.

    A community that is private, banned or not there is ``Permanent``: it was named in the settings, so it
    must not pass for one without posts. Raises like :func:`tradingagents.discovery.net.notes.check` else.
    """
    try:
        check(response)
    except NoDataError as gone:
        raise Permanent(VENDOR, _without_name(gone), status=note_of(response).status) from None
    if 300 <= response.status_code < 400:  # a community that does not exist leads to the search for it
        raise Permanent(VENDOR, f"HTTP {response.status_code}: not there", status=response.status_code)
    if response.status_code < 300 and response.content.strip() in _NOTHING:
        raise BadPayload(VENDOR, "an empty body", status=response.status_code)
    return response


def _without_name(error: NoDataError) -> str:
    return str(error).removeprefix(f"{VENDOR}: ")


def _name(error: Exception) -> str:
    return type(error).__name__
