"""Every error of praw, prawcore and requests is translated to one of the project's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import praw.exceptions
import prawcore
import pytest
import requests

from tests.vendors.canned import answer, session_giving
from tests.vendors.reddit.test_reddit import TOKEN, client, reddit_over
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    ConfigError,
    DeadlineExceeded,
    DiscoveryError,
    FetchError,
    Permanent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.vendors.reddit.errors import error_of, translated

PRIVATE = {"reason": "private", "message": "Forbidden", "error": 403}
BEARER = {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}

# Each class that prawcore has, an instance as it makes one, and what it means.
PRAWCORE: dict[type[Exception], tuple[Any, type[Exception]]] = {
    prawcore.PrawcoreException: (lambda: prawcore.PrawcoreException("odd"), Permanent),
    prawcore.InvalidInvocation: (
        lambda: prawcore.InvalidInvocation("user_agent is not descriptive"),
        Permanent,
    ),
    prawcore.OAuthException: (lambda: prawcore.OAuthException(answer({}), "invalid_grant"), Auth),
    prawcore.RequestException: (lambda: prawcore.RequestException(requests.Timeout(), (), {}), Transient),
    prawcore.ResponseException: (lambda: prawcore.ResponseException(answer("", 418)), Permanent),
    prawcore.BadJSON: (lambda: prawcore.BadJSON(answer("<html>")), BadPayload),
    prawcore.BadRequest: (lambda: prawcore.BadRequest(answer({"error": 400}, 400)), Permanent),
    prawcore.Conflict: (lambda: prawcore.Conflict(answer({}, 409)), Permanent),
    prawcore.Forbidden: (lambda: prawcore.Forbidden(answer(PRIVATE, 403)), Permanent),
    prawcore.InsufficientScope: (lambda: prawcore.InsufficientScope(answer({}, 403)), Auth),
    prawcore.InvalidToken: (lambda: prawcore.InvalidToken(answer({}, 401)), Auth),
    prawcore.NotFound: (lambda: prawcore.NotFound(answer({"reason": "banned"}, 404)), Permanent),
    prawcore.Redirect: (lambda: prawcore.Redirect(answer("", 302, {"location": "/x.json"})), Permanent),
    prawcore.ServerError: (lambda: prawcore.ServerError(answer("", 503)), Transient),
    prawcore.SpecialError: (lambda: prawcore.SpecialError(answer({"message": "spam"}, 415)), Permanent),
    prawcore.TooLarge: (lambda: prawcore.TooLarge(answer("", 413)), Permanent),
    prawcore.TooManyRequests: (lambda: prawcore.TooManyRequests(answer("", 429)), RateLimited),
    prawcore.URITooLong: (lambda: prawcore.URITooLong(answer("", 414)), Permanent),
    prawcore.UnavailableForLegalReasons: (
        lambda: prawcore.UnavailableForLegalReasons(answer("", 451)),
        Permanent,
    ),
}


def family(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for kind in root.__subclasses__():
        yield from family(kind)


def test_no_class_of_prawcore_is_missing_here() -> None:
    theirs = {kind for kind in family(prawcore.PrawcoreException) if kind.__module__.startswith("prawcore")}
    assert theirs == set(PRAWCORE)


@pytest.mark.parametrize("kind", PRAWCORE, ids=lambda kind: kind.__name__)
def test_every_class_of_prawcore_becomes_one_of_ours(kind: type[Exception]) -> None:
    make, expected = PRAWCORE[kind]
    with pytest.raises(expected) as caught, translated():
        raise make()
    assert type(caught.value) is expected
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_every_class_of_praw_becomes_one_of_ours() -> None:
    kinds = [k for k in family(praw.exceptions.PRAWException) if k.__module__.startswith("praw.")]
    assert len(kinds) > 5
    for kind in kinds:
        assert isinstance(error_of(kind.__new__(kind)), Permanent)


@pytest.mark.parametrize("kind", list(family(requests.RequestException)), ids=lambda kind: kind.__name__)
def test_every_class_of_requests_becomes_one_of_ours_without_its_text(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    error.args = (f"https://oauth.reddit.com/?token={TOKEN}",)
    for wrapped in (error, prawcore.RequestException(error, (), {"headers": TOKEN})):  # type: ignore[arg-type]
        made = error_of(wrapped)
        assert isinstance(made, FetchError)
        assert TOKEN not in f"{made!r}"


@pytest.mark.parametrize("error", [KeyError("x"), IndexError(), TypeError(), ValueError(), AttributeError()])
def test_an_error_over_an_unexpected_shape_is_a_bad_payload(error: Exception) -> None:
    assert isinstance(error_of(error), BadPayload)


def test_the_bare_key_error_of_a_401_is_auth() -> None:
    assert isinstance(error_of(KeyError(401)), Auth)


@pytest.mark.parametrize("error", [ConfigError("x"), DeadlineExceeded("x"), Transient("reddit", "x")])
def test_our_own_errors_pass_unchanged_bare_or_wrapped(error: DiscoveryError) -> None:
    with pytest.raises(type(error)) as caught, translated():
        raise error
    assert caught.value is error
    assert error_of(prawcore.RequestException(error, (), {})) is error


def test_an_unrelated_error_passes_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"message": "Unauthorized", "error": 401}, 401, BEARER), Auth),
        (answer({"message": "Unauthorized", "error": 401}, 401), Auth),
        (answer("", 401, {"www-authenticate": "Bearer"}), Auth),
        (answer(PRIVATE, 403), Permanent),
        (answer({"reason": "quarantined", "error": 403}, 403), Permanent),
        (answer({"error": 403}, 403), Permanent),
        (answer("<html>You've been blocked by network security</html>", 403), Auth),
        (answer({"reason": "banned", "message": "Not Found", "error": 404}, 404), Permanent),
        (answer({"message": "Not Found", "error": 404}, 404), Permanent),
        (answer("", 302, {"location": "https://vendor.example/subreddits/search.json?q=x"}), Permanent),
        (answer("", 302), Permanent),
        (answer({"message": "Too Many Requests", "error": 429}, 429), RateLimited),
        (answer("<html>whoa there, pardner!</html>", 429, {"retry-after": "Wed, 21 Oct 2026"}), RateLimited),
        (answer("", 400), Permanent),
        (answer({"error": 400, "fields": ["q"], "reason": "BAD"}, 400), Permanent),
        (answer("short and stout", 418), Permanent),
        (answer("", 451), Permanent),
        (answer("spam", 415), Permanent),
        (answer("", 503), Transient),
    ],
)
def test_each_refusal_through_real_praw_has_its_type(
    reply: requests.Response, error: type[Exception]
) -> None:
    reddit, adapter = client(reply)
    with pytest.raises(error) as caught:
        reddit.hot("stocks", 5)
    assert type(caught.value) is error
    assert len(adapter.sent) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "4", "x-ratelimit-reset": "99"}, 4.0),
        ({"x-ratelimit-reset": "99"}, 99.0),
        ({"retry-after": "Wed, 21 Oct 2020 07:28:00 GMT"}, 0.0),
        ({"retry-after": "²"}, 10.0),
        ({}, 10.0),
    ],
)
def test_a_rate_limit_carries_its_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    reddit, _ = client(answer("", 429, {"content-type": "text/html", **headers}))
    with pytest.raises(RateLimited) as caught:
        reddit.hot("stocks", 5)
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"message": "Unauthorized", "error": 401}, 401), Auth),
        (answer({"error": "invalid_grant"}), Auth),
        (answer({"error": "unauthorized_client", "error_description": "Only script apps"}), Auth),
        (answer({"error": "unsupported_grant_type"}, 400), Permanent),
        (answer({"message": "Too Many Requests", "error": 429}, 429), RateLimited),
        (answer("<html>busy</html>"), BadPayload),
        (answer(""), BadPayload),
        (answer([]), BadPayload),
        (answer({"access_token": "x"}), BadPayload),
        (answer({"access_token": "x", "expires_in": "soon", "scope": "*"}), BadPayload),
        (answer("", 503), Transient),
    ],
)
def test_each_refusal_of_a_token_has_its_type(reply: requests.Response, error: type[Exception]) -> None:
    session, adapter = session_giving(reply, vendor="reddit")
    with pytest.raises(error) as caught:
        reddit_over(session).authorize()
    assert type(caught.value) is error
    assert len(adapter.sent) == 1
