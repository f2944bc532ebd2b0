"""Translates Reddit's responses and the errors of praw and prawcore. Importing this imports praw.

:func:`checked` classifies responses before prawcore sees them: prawcore raises a bare ``KeyError`` for a 401
without ``www-authenticate`` and a bare ``ValueError`` for a 429 whose ``retry-after`` is a date, and treats
an empty body as an empty listing. Its own exceptions are translated too, for paths that bypass the check.
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

_NOTHING = (b"", b"null", b'""')  # praw treats each of these as a listing without posts

# What praw and prawcore raise for a response of an unexpected shape.
_SHAPE_ERRORS = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


_REFUSALS: tuple[tuple[type[PrawcoreException], type[FetchError]], ...] = (
    (prawcore.InsufficientScope, Auth),
    (prawcore.InvalidToken, Auth),
    (prawcore.ServerError, Transient),
    (prawcore.TooManyRequests, RateLimited),
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Translate every error of praw, prawcore and requests raised inside, without its cause.

    The cause refers to the request, which contains the secret or the token.
    """
    try:
        yield
    except DiscoveryError:  # before the next line, because ConfigError is a ValueError too
        raise
    except (PrawcoreException, PRAWException, requests.RequestException, *_SHAPE_ERRORS) as error:
        raise error_of(error) from None


def error_of(error: Exception) -> DiscoveryError:
    """Return the project's error for an error of praw, prawcore or requests. Pure."""
    if isinstance(error, PrawcoreException):
        return _of_prawcore(error)
    if isinstance(error, PRAWException):
        return Permanent(VENDOR, f"{_type_name(error)}: {error}")
    if isinstance(error, KeyError) and error.args == (401,):
        return Auth(VENDOR, "HTTP 401: the token was rejected", status=401)
    if isinstance(error, _SHAPE_ERRORS):  # requests' JSONDecodeError among them, a ValueError
        return BadPayload(VENDOR, f"the response does not have the documented shape ({_type_name(error)})")
    return _of_request(error)


def _of_prawcore(error: PrawcoreException) -> DiscoveryError:
    if isinstance(error, prawcore.RequestException):
        return _of_request(error.original_exception)
    if isinstance(error, prawcore.BadJSON):
        return BadPayload(VENDOR, "the response is not JSON", status=error.response.status_code)
    if isinstance(error, prawcore.ResponseException):
        return _of_refusal(error)
    if isinstance(error, prawcore.OAuthException):
        return Auth(VENDOR, f"no token was issued ({error.error})")
    return Permanent(VENDOR, f"{_type_name(error)}: {error}")


def _of_refusal(error: prawcore.ResponseException) -> DiscoveryError:
    """Translate a refusal that did not go through :func:`checked`."""
    translated_type = next((ours for theirs, ours in _REFUSALS if isinstance(error, theirs)), Permanent)
    status = error.response.status_code
    return translated_type(VENDOR, f"HTTP {status} ({_type_name(error)})", status=status)


def _of_request(error: Exception) -> DiscoveryError:
    """Translate a failed request; the message of requests may contain the URL, so it is left out."""
    if isinstance(error, DiscoveryError):
        return error
    if isinstance(
        error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    ):
        return Transient(VENDOR, f"the connection broke ({_type_name(error)})")
    return Permanent(VENDOR, f"the request could not be sent ({_type_name(error)})")


def checked(response: requests.Response) -> requests.Response:
    """Return a successful response; raise the error of any other.

    A subreddit that is private, banned or missing is ``Permanent``: it is named in the settings, so it must
    not look like one without posts. Otherwise raises as :func:`tradingagents.discovery.net.notes.check`.
    """
    try:
        check(response)
    except NoDataError as gone:
        raise Permanent(VENDOR, _without_prefix(gone), status=note_of(response).status) from None
    if 300 <= response.status_code < 400:  # a missing subreddit redirects to the search for it
        raise Permanent(VENDOR, f"HTTP {response.status_code}: no subreddit", status=response.status_code)
    if response.status_code < 300 and response.content.strip() in _NOTHING:
        raise BadPayload(VENDOR, "an empty body", status=response.status_code)
    return response


def _without_prefix(error: NoDataError) -> str:
    return str(error).removeprefix(f"{VENDOR}: ")


def _type_name(error: Exception) -> str:
    return type(error).__name__
