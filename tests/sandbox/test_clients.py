"""The real client libraries work against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import finnhub
import praw
import prawcore
import pytest
import requests

from tests.sandbox.conftest import Get
from tradingagents.discovery.sandbox import Market, SandboxServer


@pytest.fixture
def finnhub_client(sandbox: SandboxServer) -> Iterator[finnhub.Client]:
    class Local(finnhub.Client):
        API_URL = f"{sandbox.url}/finnhub/api/v1"

    with Local(api_key="sandbox") as client:
        client._session.trust_env = False
        yield client


@contextmanager
def _praw(base: str, **settings: object) -> Iterator[praw.Reddit]:
    with requests.Session() as session:
        session.trust_env = False
        yield praw.Reddit(**{
            "client_id": "sandbox", "client_secret": "sandbox", "user_agent": "linux:tests:v1 (by /u/nobody)",
            "reddit_url": f"{base}/reddit", "oauth_url": f"{base}/reddit/", "check_for_updates": False,
            "requestor_kwargs": {"session": session}, **settings,
        })  # fmt: skip


@pytest.fixture
def reddit(sandbox: SandboxServer) -> Iterator[praw.Reddit]:
    with _praw(sandbox.url) as client:
        client.read_only = True
        yield client


def test_finnhub_python_reads_every_endpoint(finnhub_client: finnhub.Client, market: Market):
    symbol = market.scenarios["ratings/up"][0]
    calendar = finnhub_client.earnings_calendar(
        _from="2026-02-05", to="2026-02-12", symbol="", international=False
    )
    assert symbol in {row["symbol"] for row in calendar["earningsCalendar"]}
    assert finnhub_client.recommendation_trends(symbol)[0]["period"] == "2026-02-01"
    assert finnhub_client.quote(symbol)["t"] > 0
    assert finnhub_client.quote("NOSUCH")["t"] == 0
    assert len(finnhub_client.company_earnings(symbol)) == 4
    assert finnhub_client.company_profile2(symbol=symbol)["ticker"] == symbol
    assert finnhub_client.company_basic_financials(symbol, "all")["metric"]["52WeekHigh"] > 0
    assert finnhub_client.stock_insider_transactions("", "2026-02-05", "2026-02-05")["data"]
    bullish = market.scenarios["news/bullish"][0]
    assert finnhub_client.company_news(bullish, _from="2026-02-04", to="2026-02-06")[0]["related"] == bullish


def test_finnhub_python_sees_the_refusals(finnhub_client: finnhub.Client):
    with pytest.raises(finnhub.FinnhubAPIException) as refused:
        finnhub_client.stock_candles("QXED", "D", 1, 2)
    assert (refused.value.status_code, refused.value.message) == (
        403,
        "You don't have access to this resource.",
    )
    finnhub_client.api_key = ""
    with pytest.raises(finnhub.FinnhubAPIException) as refused:
        finnhub_client.quote("QXED")
    assert refused.value.status_code == 401


def test_praw_pages_through_a_listing(reddit: praw.Reddit, market: Market):
    mine = [post.key for post in market.posts if post.subreddit == "wallstreetbets"]
    assert len(mine) > 100
    assert [post.id for post in reddit.subreddit("wallstreetbets").new(limit=None)] == mine
    assert reddit.auth.limits["remaining"] == 999.0


def test_praw_reads_posts_without_further_requests(
    reddit: praw.Reddit, sandbox: SandboxServer, market: Market
):
    """A field that is missing would make praw fetch the post by itself."""
    before = len(sandbox.requests)
    fields = (
        "id", "title", "selftext", "score", "upvote_ratio", "num_comments", "created_utc", "permalink", "url",
        "link_flair_text", "stickied", "over_18", "removed_by_category", "is_self", "distinguished", "locked",
        "edited", "archived", "spoiler", "subreddit_subscribers", "author_fullname", "crosspost_parent",
    )  # fmt: skip
    for post in reddit.subreddit("stocks+options").hot(limit=40):
        assert all(
            hasattr(post, field) for field in fields if field not in {"author_fullname", "crosspost_parent"}
        )
        assert post.author is None or post.author.name.startswith("fictional_user")
        assert post.subreddit.display_name in {"stocks", "options"}
    endpoints = [record.endpoint for record in sandbox.requests[before:]]
    assert endpoints == ["token", "hot"]


def test_praw_searches_and_reads_comments(reddit: praw.Reddit):
    found = list(reddit.subreddit("stocks+options").search("$KITE", sort="new", time_filter="day"))
    assert found
    assert all("$KITE" in post.title for post in found)
    post = next(reddit.subreddit("wallstreetbets").top(time_filter="day", limit=1))
    post.comments.replace_more(limit=0)
    assert all(comment.body for comment in post.comments)
    assert reddit.subreddit("stocks").subscribers == 8_100_000
    assert next(iter(reddit.info(fullnames=[f"t3_{post.id}"]))).title == post.title


def test_praw_raises_its_own_errors(reddit: praw.Reddit, sandbox: SandboxServer):
    with pytest.raises(prawcore.Redirect):
        list(reddit.subreddit("nosuchplace").hot(limit=1))
    with pytest.raises(prawcore.NotFound):
        str(reddit.submission("zzzzzz").title)
    with (
        _praw(sandbox.url, client_id="", client_secret="") as anonymous,
        pytest.raises(prawcore.ResponseException) as refused,
    ):
        list(anonymous.subreddit("stocks").hot(limit=1))
    assert refused.value.response.status_code == 401


def test_a_stale_token_is_refused_with_the_header_prawcore_reads(get: Get):
    answer = get("/reddit/r/stocks/hot", headers={"Authorization": "bearer old"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_the_token_reply_honours_connection_close(sandbox: SandboxServer, session: requests.Session):
    answer = session.post(
        f"{sandbox.url}/reddit/api/v1/access_token",
        auth=("cid", "secret"),
        data={"grant_type": "client_credentials"},
        headers={"Connection": "close"},
        timeout=10,
    )
    assert answer.headers["Connection"] == "close"
    assert len(answer.json()["access_token"]) > 700


def test_forty_fresh_clients_lose_no_time_to_retries(sandbox: SandboxServer):
    """Without the echoed ``Connection: close`` prawcore meets dropped connections and sleeps."""
    before = len(sandbox.requests)
    for _ in range(40):
        with _praw(sandbox.url) as client:
            assert next(client.subreddit("stocks").hot(limit=1)).id
    assert len(sandbox.requests) - before == 80
