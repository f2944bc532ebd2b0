"""The three kinds of callers go through the whole chain: praw, finnhub-python and plain calls."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import finnhub
import praw
import prawcore
import pytest
from prawcore.rate_limit import RateLimiter
from prawcore.sessions import FiniteRetryStrategy

from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tests.timing import time_allowance
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    Auth,
    Cancelled,
    DeadlineExceeded,
    FetchError,
    RateLimited,
    Transient,
)
from tradingagents.discovery.net import Credentials, FetchSession, check, counting

OpenSession = Callable[..., FetchSession]
Call = Callable[[], Any]


class PlainFinnhub(finnhub.Client):
    """The client over a session that is already there."""

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self.API_URL = session, base_url  # not the base's: it makes a session of its own


class NoDelay(RateLimiter):
    def delay(self) -> None:
        """The pacer waits, not this."""


class NoRetry(FiniteRetryStrategy):
    DEFAULT_RETRIES = 0

    def __init__(self, retries: int = 0) -> None:
        super().__init__(retries=retries)


def plain_reddit(session: FetchSession, url: str) -> praw.Reddit:
    reddit = praw.Reddit(
        client_id="id",
        client_secret="secret",
        user_agent="linux:tradingagents.test:v1 (by /u/nobody)",
        check_for_updates=False,
        check_for_async=False,
        oauth_url=url,
        reddit_url=url,
        requestor_kwargs={"session": session},
    )
    for core in {reddit._core, reddit._read_only_core, reddit._authorized_core} - {None}:
        core._rate_limiter, core._retry_strategy_class = NoDelay(window_size=600), NoRetry
    return reddit


LISTING = {
    "kind": "Listing",
    "data": {
        "after": None,
        "children": [{"kind": "t3", "data": {"id": "a1", "name": "t3_a1", "title": "T"}}],
    },
}


class Vendors:
    """One server that is all three vendors, with a fault that can be switched on."""

    def __init__(self, server: VendorServer) -> None:
        self.server = server
        self.fault: Callable[[Handler], None] | None = None
        server.script = self._script

    def _script(self, handler: Handler) -> None:
        if handler.path.startswith("/api/v1/access_token"):
            handler.answer(
                200, {"access_token": "t", "token_type": "bearer", "expires_in": 86400, "scope": "*"}
            )
        elif self.fault is not None:
            self.fault(handler)
        elif handler.path.startswith("/r/"):
            handler.answer(200, LISTING)
        else:
            handler.answer(200, {"c": 1.0, "t": 1772485200})

    def requests(self) -> int:
        return sum(not hit.path.startswith("/api/v1/access_token") for hit in self.server.hits)


@pytest.fixture
def vendors(server: VendorServer) -> Vendors:
    return Vendors(server)


@contextmanager
def unwrapped() -> Iterator[None]:
    """What a vendor's file does with the errors of its client library."""
    try:
        yield
    except prawcore.RequestException as error:
        raise error.original_exception from None
    except (prawcore.ResponseException, finnhub.FinnhubAPIException) as error:
        check(error.response)
        raise


@pytest.fixture(params=["praw", "finnhub", "plain"])
def caller_with(
    request: pytest.FixtureRequest, vendors: Vendors, open_session: OpenSession
) -> Callable[..., Call]:
    """Build a call by each kind of client, all over one session with the options given."""

    def build(**options: Any) -> Call:
        url = vendors.server.url
        session = open_session("reddit" if request.param == "praw" else "finnhub", **options)
        if request.param == "praw":
            reddit = plain_reddit(session, url)
            call: Call = lambda: [post.title for post in reddit.subreddit("stocks").hot(limit=1)]
        elif request.param == "finnhub":
            client = PlainFinnhub(session, url)
            call = lambda: client.quote("A")
        else:
            call = lambda: session.fetch(f"{url}/quote").json()

        def attempt() -> Any:
            with unwrapped():
                return call()

        return attempt

    return build


def test_each_client_gets_its_answer(caller_with: Callable[..., Call]) -> None:
    assert caller_with()() in (["T"], {"c": 1.0, "t": 1772485200})


def test_each_client_ends_at_the_deadline_and_not_at_its_own_timeout(
    vendors: Vendors, caller_with: Callable[..., Call]
) -> None:
    vendors.fault = lambda handler: handler.server.over.wait(PATIENCE)
    call = caller_with()
    started = time.monotonic()
    with deadline_scope(Deadline(0.3)), pytest.raises(DeadlineExceeded):
        call()
    assert time.monotonic() - started < time_allowance(1.5)


def test_each_client_returns_on_a_cancel(vendors: Vendors, caller_with: Callable[..., Call]) -> None:
    vendors.fault = lambda handler: handler.server.over.wait(PATIENCE)
    call, deadline = caller_with(), Deadline(PATIENCE)
    timer = threading.Timer(0.2, deadline.cancel)
    timer.start()
    started = time.monotonic()
    with deadline_scope(deadline), pytest.raises(Cancelled):
        call()
    assert time.monotonic() - started < time_allowance(1.5)
    timer.join()


def test_each_client_survives_a_temporary_outage(vendors: Vendors, caller_with: Callable[..., Call]) -> None:
    def twice(handler: Handler) -> None:
        if vendors.requests() <= 2:
            handler.answer(503, "<html>", Content_Type="text/html")
        else:
            vendors.fault = None
            vendors._script(handler)

    vendors.fault = twice
    call = caller_with(attempts=3)
    started = time.monotonic()
    counts: Counter[str] = Counter()
    with counting(lambda _, what, amount: counts.update({what: int(amount)})):
        assert call()
    assert counts["retried.http_503"] == 2
    assert time.monotonic() - started < time_allowance(1.0)  # no sleep of prawcore's own


@pytest.mark.parametrize(("status", "kind"), [(503, Transient), (429, RateLimited), (401, Auth)])
def test_each_clients_refusal_becomes_one_of_our_errors(
    status: int, kind: type[FetchError], vendors: Vendors, caller_with: Callable[..., Call]
) -> None:
    def refuse(handler: Handler) -> None:
        handler.answer(status, {"error": "Invalid API key"}, WWW_Authenticate='Bearer error="invalid_token"')

    vendors.fault = refuse
    with pytest.raises((kind, prawcore.InvalidToken)) as raised:
        caller_with()()
    if isinstance(raised.value, prawcore.InvalidToken):
        with pytest.raises(kind):
            check(raised.value.response)


def test_each_client_is_refused_at_once_during_a_wait_set_by_the_vendor(
    vendors: Vendors, caller_with: Callable[..., Call]
) -> None:
    vendors.fault = lambda handler: handler.answer(429, {"error": "limit"}, Retry_After="300")
    call = caller_with(attempts=3)
    started = time.monotonic()
    for _ in range(3):
        with deadline_scope(Deadline(5.0)), pytest.raises(RateLimited):
            call()
    assert vendors.requests() == 1
    assert time.monotonic() - started < time_allowance(1.0)


def test_an_empty_body_is_not_an_empty_market_to_any_client(
    vendors: Vendors, caller_with: Callable[..., Call]
) -> None:
    """prawcore takes a body of length 0 for a listing without posts."""
    vendors.fault = lambda handler: handler.answer(200, b"")
    with pytest.raises(FetchError, match="no body"):
        caller_with()()


def test_each_client_is_served_from_the_cache(vendors: Vendors, caller_with: Callable[..., Call]) -> None:
    call = caller_with(ttl_seconds={"*": 60.0})
    assert call() == call()
    assert vendors.requests() == 1


def test_a_rate_limit_header_does_not_put_praw_to_sleep(vendors: Vendors, open_session: OpenSession) -> None:
    vendors.fault = lambda handler: handler.answer(
        200, LISTING, x_ratelimit_remaining="1.0", x_ratelimit_used="999", x_ratelimit_reset="500"
    )
    reddit = plain_reddit(open_session("reddit"), vendors.server.url)
    started = time.monotonic()
    for name in ("stocks", "options", "investing"):
        list(reddit.subreddit(name).hot(limit=1))
    assert time.monotonic() - started < time_allowance(1.0)


def test_finnhub_gets_its_key_in_a_header_and_not_in_the_url(
    vendors: Vendors, open_session: OpenSession
) -> None:
    session = open_session(credentials=Credentials(headers={"X-Finnhub-Token": "k3y-0f-a-us3r"}))
    PlainFinnhub(session, vendors.server.url).quote("A")
    assert vendors.server.hits[0].headers["X-Finnhub-Token"] == "k3y-0f-a-us3r"
    assert vendors.server.hits[0].path == "/quote?symbol=A"
