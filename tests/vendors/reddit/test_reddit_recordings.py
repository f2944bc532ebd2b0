"""Recorded listings and refusals of Reddit, replayed by a loopback server to real praw over our session."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.model.errors import Auth, BadPayload, Permanent, RateLimited, Transient
from tradingagents.discovery.net import Vendor, open_session
from tradingagents.discovery.settings.vendors import RedditSettings
from tradingagents.discovery.vendors.reddit.client import Reddit

pytestmark = needs_shared
ROOT = (SHARED or Path()) / "real-data" / "reddit"
TOKEN = {"access_token": "token", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
KEPT = {"content-type", "www-authenticate", "retry-after"}


@dataclass
class Tape:
    """The recorded responses still to be sent, and the requests."""

    token: tuple[int, str, dict[str, str]] = (200, json.dumps(TOKEN), {"Content-Type": "application/json"})
    answers: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)


@contextmanager
def serving(tape: Tape) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.give(*tape.token)

        def do_GET(self) -> None:
            tape.sent.append(self.path)
            self.give(*tape.answers.pop(0))

        def give(self, status: int, body: str, headers: dict[str, str]) -> None:
            content = body.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def reddit_playing(tape: Tape) -> Iterator[Reddit]:
    with serving(tape) as url:
        settings = RedditSettings(base_url=url, token_url=url, attempts=1)
        with open_session(Vendor("reddit", settings)) as session:
            yield Reddit(
                session,
                base_url=url,
                token_url=url,
                client_id="id",
                client_secret="secret",
                user_agent="linux:tests:v1 (by /u/nobody)",
            )


def tape_of(name: str) -> Tape:
    """Turn a recording into a tape: its token call, and every other call in order."""
    tape = Tape()
    for call in json.loads((ROOT / name).read_text()):
        headers = {key: value for key, value in call["headers"].items() if key.lower() in KEPT}
        taken = (call["status"], call["body"], headers)
        if call["request"]["url"].endswith("/access_token"):
            tape.token = taken
        else:
            tape.answers.append(taken)
    return tape


def raw_posts(tape: Tape) -> list[dict[str, Any]]:
    bodies = [json.loads(body) for _, body, _ in tape.answers]
    return [child["data"] for body in bodies for child in body["data"]["children"]]


@pytest.mark.parametrize(
    "name",
    [
        "front_hot",
        "subredditlistings_hot",
        "subredditlistings_new",
        "subredditlistings_top",
        "subreddit_search",
    ],
)
def test_every_recorded_post_is_read(name: str) -> None:
    tape = tape_of(f"listings/{name}.json")
    raw = raw_posts(tape)
    with reddit_playing(tape) as reddit:
        posts = reddit.hot("askreddit", len(raw))
    assert [(post.id, post.title, post.score) for post in posts] == [
        (row["id"], row["title"], row["score"]) for row in raw
    ]
    assert [post.body for post in posts] == [row["selftext"] for row in raw]
    assert [post.stickied for post in posts] == [row["stickied"] for row in raw]
    assert [post.created.timestamp() for post in posts] == [row["created_utc"] for row in raw]
    assert len(tape.sent) == 1


def test_a_recorded_empty_listing_is_empty() -> None:
    with reddit_playing(tape_of("listings/listinggenerator_no_items.json")) as reddit:
        assert reddit.hot("askreddit", 100) == []


def test_a_recorded_listing_over_many_pages_is_followed_to_its_end() -> None:
    """Its items are comments, no posts: each is reported, none becomes a post, no page is left out."""
    tape = tape_of("listings/listinggenerator_exhaust_items.json")
    items, pages = raw_posts(tape), len(tape.answers)
    reported: list[str] = []
    with reddit_playing(tape) as reddit:
        posts = reddit.hot("askreddit", 1_024, on_malformed=reported.append)
    kinds = [item["name"][:2] for item in items]
    assert kinds.count("t3") == len(posts) > 0
    assert kinds.count("t1") == len(reported) > 0
    assert len(tape.sent) == pages


def test_recorded_comments_in_place_of_posts_are_a_bad_payload() -> None:
    with (
        reddit_playing(tape_of("listings/subredditlistings_comments.json")) as reddit,
        pytest.raises(BadPayload),
    ):
        reddit.hot("askreddit", 100, on_malformed=lambda problem: None)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("bad_gateway", Transient),
        ("bad_json", BadPayload),
        ("forbidden", Permanent),
        ("not_found", Permanent),
        ("okay_with_0_byte_content", BadPayload),
        ("service_unavailable", Transient),
        ("too__many_requests__with_retry_headers", RateLimited),
    ],
)
def test_every_recorded_refusal_has_its_type_and_is_requested_once(name: str, error: type[Exception]) -> None:
    tape = tape_of(f"errors/{name}.json")
    with reddit_playing(tape) as reddit, pytest.raises(error) as caught:
        reddit.hot("askreddit", 100)
    assert type(caught.value) is error
    assert len(tape.sent) == 1
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after_seconds == 4.0


@pytest.mark.parametrize("name", ["auth/authscript_scopes.json", "errors/readonlyauthorizer_refresh.json"])
def test_every_recorded_token_is_taken(name: str) -> None:
    with reddit_playing(tape_of(name)) as reddit:
        reddit.authorize()


def test_the_recorded_refusal_of_a_token_is_auth() -> None:
    tape = tape_of("errors/scriptauthorizer_refresh__with_invalid_username_or_password.json")
    with reddit_playing(tape) as reddit, pytest.raises(Auth, match="client id, secret or grant refused"):
        reddit.authorize()
