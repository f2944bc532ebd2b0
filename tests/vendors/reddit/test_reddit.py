"""Reddit through praw: no sleeps or retries, read-only, one token for all threads, typed posts."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import praw.reddit
import pytest
import requests

from tests.fake_clock import FakeClock
from tests.vendors.canned import BASE, Canned, answer, session_giving
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock, Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    BadPayload,
    Cancelled,
    ConfigError,
    DeadlineExceeded,
    RateLimited,
    Transient,
)
from tradingagents.discovery.vendors.reddit.client import Post, Reddit

SECRET = "client-secret-0123456789"
TOKEN = "token-abcdef-0123456789"
POST = {
    "id": "a1",
    "name": "t3_a1",
    "title": "EXMP earnings tonight",
    "selftext": "text",
    "author": "somebody",
    "subreddit": "stocks",
    "subreddit_id": "t5_x1",
    "score": 42,
    "num_comments": 17,
    "created_utc": 1_770_300_000.0,
    "permalink": "/r/stocks/comments/a1/exmp_earnings_tonight/",
    "link_flair_text": "DD",
    "stickied": False,
    "removed_by_category": None,
}


@pytest.fixture(autouse=True)
def _no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that calls time.sleep, which no deadline can interrupt, fails its test."""

    def refuse(seconds: float) -> None:
        raise AssertionError(f"praw slept {seconds} s")

    monkeypatch.setattr(time, "sleep", refuse)


def listing(*posts: dict[str, Any], after: str | None = None) -> requests.Response:
    children = [{"kind": "t3", "data": post} for post in posts]
    return answer({"kind": "Listing", "data": {"after": after, "before": None, "children": children}})


def token_answer() -> requests.Response:
    return answer({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86_400, "scope": "*"})


def reddit_over(session: requests.Session) -> Reddit:
    return Reddit(
        session,
        base_url=BASE,
        token_url=f"{BASE}/www",
        client_id="client-id",
        client_secret=SECRET,
        user_agent="linux:tests:v1 (by /u/nobody)",
    )


def client(reply: Any, clock: Clock = SYSTEM_CLOCK) -> tuple[Reddit, Canned]:
    """Answer the token request, and each listing with ``reply``: a response, an error, or a function of the request."""

    def both(request: requests.PreparedRequest) -> Any:
        if request.method == "POST":
            return token_answer()
        return reply(request) if callable(reply) and not isinstance(reply, requests.Response) else reply

    session, adapter = session_giving(both, vendor="reddit", clock=clock)
    return reddit_over(session), adapter


def test_a_client_sends_nothing_when_it_is_made() -> None:
    _, adapter = client(listing())
    assert adapter.sent == []


def test_a_listing_becomes_posts() -> None:
    reddit, adapter = client(listing(POST))
    assert [replace(one, writer=None) for one in reddit.hot("stocks", 50)] == [
        Post(
            id="a1",
            subreddit="stocks",
            title="EXMP earnings tonight",
            body="text",
            score=42,
            num_comments=17,
            created=datetime.fromtimestamp(1_770_300_000, UTC),
            permalink="/r/stocks/comments/a1/exmp_earnings_tonight/",
            flair="DD",
            stickied=False,
            removed=False,
        )
    ]
    token, page = adapter.sent
    assert (token.method, token.url) == ("POST", f"{BASE}/www/api/v1/access_token")
    assert (page.method, page.headers["Authorization"]) == ("GET", f"bearer {TOKEN}")
    assert page.headers["User-Agent"].startswith("linux:tests:v1 (by /u/nobody)")


@pytest.mark.parametrize(
    ("call", "path", "query"),
    [
        (lambda r: r.hot("stocks", 5), "/api/r/stocks/hot", {"limit": ["5"]}),
        (lambda r: r.rising("stocks", 5), "/api/r/stocks/rising", {"limit": ["5"]}),
        (lambda r: r.top_day("stocks", 5), "/api/r/stocks/top", {"limit": ["5"], "t": ["day"]}),
        (
            lambda r: r.search("stocks", "flair:DD", 5),
            "/api/r/stocks/search/",
            {"q": ["flair:DD"], "sort": ["new"], "t": ["week"], "restrict_sr": ["True"], "limit": ["5"]},
        ),
    ],
)
def test_each_listing_requests_its_own_path_below_the_base_url(
    call: Any, path: str, query: dict[str, Any]
) -> None:
    reddit, adapter = client(listing(POST))
    assert len(call(reddit)) == 1
    parts = urlsplit(adapter.urls[-1])
    sent = parse_qs(parts.query)
    assert parts.path == path
    assert query.items() <= sent.items()


def test_more_than_a_page_is_followed_to_the_limit_and_no_further() -> None:
    def pages(request: requests.PreparedRequest) -> requests.Response:
        first = 100 * ("after" in (request.url or ""))
        posts = [POST | {"id": f"p{number}"} for number in range(first, first + 100)]
        return listing(*posts, after=f"t3_p{first + 99}")

    reddit, adapter = client(pages)
    assert [post.id for post in reddit.hot("stocks", 150)] == [f"p{number}" for number in range(150)]
    assert len(adapter.sent) == 3


@pytest.mark.parametrize("gone", ["title", "id", "score", "num_comments", "created_utc", "permalink"])
def test_a_missing_field_sends_no_request_and_is_a_bad_payload_or_reported(gone: str) -> None:
    """praw requests the whole post when a missing attribute is accessed."""
    broken = {name: value for name, value in POST.items() if name != gone}
    if gone == "id":
        broken["id"] = 7
    reddit, adapter = client(lambda request: listing(POST | {"id": "b2"}, broken))
    with pytest.raises(BadPayload):
        reddit.hot("stocks", 5)
    reported: list[str] = []
    assert [post.id for post in reddit.hot("stocks", 5, on_malformed=reported.append)] == ["b2"]
    assert len(reported) == 1
    assert len(adapter.sent) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"score": None},
        {"created_utc": None},
        {"created_utc": 1e300},
        {"created_utc": float("nan")},
        {"num_comments": -3},
        {"selftext": ["text"]},
        {"permalink": 3},
    ],
)
def test_only_malformed_posts_are_a_bad_payload_even_with_on_malformed(
    change: dict[str, Any],
) -> None:
    reddit, _ = client(listing(POST | change))
    with pytest.raises(BadPayload):
        reddit.hot("stocks", 5, on_malformed=lambda problem: None)


@pytest.mark.parametrize(
    ("change", "removed"),
    [
        ({"removed_by_category": "moderator"}, True),
        ({"selftext": "[removed]"}, True),
        ({"selftext": "[deleted]", "author": "[deleted]"}, True),
        ({"selftext": ""}, False),
    ],
)
def test_a_deleted_post_is_marked_removed(change: dict[str, Any], removed: bool) -> None:
    reddit, _ = client(listing(POST | change))
    (post,) = reddit.hot("stocks", 5)
    assert post.removed is removed


def test_a_post_without_recent_fields_is_parsed() -> None:
    old = {k: v for k, v in POST.items() if k not in {"removed_by_category", "link_flair_text", "stickied"}}
    reddit, _ = client(listing(old))
    (post,) = reddit.hot("stocks", 5)
    assert (post.flair, post.stickied, post.removed) == ("", False, False)


@pytest.mark.parametrize("reply", [answer(""), answer("", 204), answer("", 200, {"content-length": "0"})])
def test_an_empty_body_is_a_bad_payload_and_not_an_empty_subreddit(reply: requests.Response) -> None:
    reddit, _ = client(reply)
    with pytest.raises(BadPayload, match=r"empty|no body"):
        reddit.hot("stocks", 5)


def test_an_empty_listing_is_an_empty_subreddit() -> None:
    reddit, _ = client(listing())
    assert reddit.hot("stocks", 5) == []


@pytest.mark.parametrize(
    "body",
    ["<html>busy</html>", '""', " null ", '{"kind": "Listing", "data": {', [], {}, "null", 7, {"x": 1}],
)
def test_anything_but_a_listing_is_a_bad_payload(body: Any) -> None:
    reddit, _ = client(answer(body))
    with pytest.raises(BadPayload):
        reddit.hot("stocks", 5)


@pytest.mark.parametrize("error", [DeadlineExceeded("late"), Cancelled("stop"), Transient("reddit", "broke")])
def test_the_transports_own_errors_pass_unchanged(error: Exception) -> None:
    reddit, adapter = client(error)
    with pytest.raises(type(error)) as caught:
        reddit.hot("stocks", 5)
    assert caught.value is error
    assert len(adapter.sent) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 408])
def test_an_outage_is_requested_once_without_sleeping(status: int) -> None:
    reddit, adapter = client(answer("", status))
    with pytest.raises(Transient):
        reddit.hot("stocks", 5)
    assert len(adapter.sent) == 2


def test_a_broken_connection_is_requested_once_without_sleeping() -> None:
    reddit, adapter = client(requests.ConnectionError("reset"))
    with pytest.raises(Transient):
        reddit.hot("stocks", 5)
    assert len(adapter.sent) == 2


def test_a_spent_window_is_refused_without_a_request_until_it_ends(clock: FakeClock) -> None:
    def last_one(request: requests.PreparedRequest) -> requests.Response:
        reply = listing(POST)
        reply.headers.update(
            {"x-ratelimit-used": "1000", "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "249"}
        )
        return reply

    reddit, adapter = client(last_one, clock)
    with deadline_scope(Deadline(30, clock)):
        assert len(reddit.hot("stocks", 5)) == 1
        clock.advance(49)
        with pytest.raises(RateLimited) as caught:
            reddit.hot("options", 5)
        assert caught.value.retry_after_seconds == pytest.approx(200)
        assert len(adapter.sent) == 2
    clock.advance(200)
    with deadline_scope(Deadline(30, clock)):
        assert len(reddit.hot("options", 5)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "12.0", "x-ratelimit-reset": "12.5", "x-ratelimit-used": "4.0"},
        {"x-ratelimit-remaining": "12.0"},
        {"x-ratelimit-remaining": "many", "x-ratelimit-reset": "soon"},
    ],
)
def test_rate_headers_that_prawcore_cannot_parse_are_accepted(headers: dict[str, str]) -> None:
    reply = listing(POST)
    reply.headers.update(headers)
    reddit, _ = client(reply)
    assert len(reddit.hot("stocks", 5)) == 1


def test_eight_threads_share_one_token() -> None:
    """Eight independent clients would send eight token requests."""
    together = threading.Barrier(8, timeout=10)

    def reply(request: requests.PreparedRequest) -> requests.Response:
        together.wait()
        return listing(POST)

    reddit, adapter = client(reply)
    reddit.authorize()
    siblings = [reddit.sibling() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: siblings[n].hot(f"stocks{n}", 5), range(8)))
    assert [len(posts) for posts in found] == [1] * 8
    assert [request.method for request in adapter.sent].count("POST") == 1
    assert {request.headers["Authorization"] for request in adapter.sent[1:]} == {f"bearer {TOKEN}"}


def test_a_sibling_of_a_client_without_a_token_gets_its_own() -> None:
    reddit, adapter = client(listing(POST))
    assert len(reddit.sibling().hot("stocks", 5)) == 1
    assert [request.method for request in adapter.sent] == ["POST", "GET"]


def test_no_environment_or_praw_ini_makes_it_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """praw reads logins from the environment and from a praw.ini in the working directory."""
    for name in ("username", "password", "refresh_token", "site"):
        monkeypatch.setenv(f"praw_{name}", "planted")
    (tmp_path / "praw.ini").write_text("[DEFAULT]\nusername=planted\npassword=planted\n[planted]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(praw.reddit.Config, "CONFIG", None)
    reddit, adapter = client(listing(POST))
    reddit.hot("stocks", 5)
    assert adapter.sent[0].body == "grant_type=client_credentials"


@pytest.fixture
def _other_praw(monkeypatch: pytest.MonkeyPatch) -> None:
    """A praw whose cores keep their rate limiter elsewhere."""

    class OtherCore:
        authorizer = None

    monkeypatch.setattr(praw.reddit, "session", lambda **kwargs: OtherCore())


@pytest.mark.usefixtures("_other_praw")
def test_an_unsupported_praw_is_a_config_error_with_the_versions_to_install() -> None:
    session, _ = session_giving(listing())
    with pytest.raises(ConfigError, match=r"OtherCore\._rate_limiter.*install praw>=8\.0\.3,<9"):
        reddit_over(session)


def test_neither_secret_nor_token_is_shown_or_in_an_error() -> None:
    reddit, _ = client(answer({"message": "Unauthorized", "error": 401}, 401))
    with pytest.raises(Exception, match="refused") as caught:
        reddit.hot("stocks", 5)
    shown = f"{caught.value!r} {caught.value.args} {reddit!r} {vars(reddit)['_access']!r}"
    assert SECRET not in shown
    assert TOKEN not in shown
    assert caught.value.__cause__ is None


def test_importing_scanners_and_clients_imports_no_vendor_library() -> None:
    imports = ["tradingagents.discovery.scanners.registry"]
    vendors = ("finnhub", "alpha_vantage", "reddit")
    imports += [f"tradingagents.discovery.vendors.{name}.client" for name in vendors]
    libraries = {"praw", "prawcore", "finnhub"}
    code = f"import sys, {', '.join(imports)}; print(sorted({libraries} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_crosspost_has_its_original_and_a_writer_is_anonymous() -> None:
    items = [
        POST | {"id": "b1", "crosspost_parent": "t3_a1"},
        POST | {"id": "b2", "author": "Somebody_else"},
        POST,
        POST | {"id": "b3", "author": "[deleted]"},
    ]
    reddit, _ = client(listing(*items))
    crosspost, other, same, gone = reddit.hot("stocks", 10)
    assert (crosspost.original, other.original) == ("a1", "")
    assert crosspost.writer == same.writer != other.writer
    assert gone.writer is None
    assert "omebody" not in f"{crosspost}{other}"
