"""``reddit_trending``: separate posts about listed symbols; and how both Reddit scanners read."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.scanners.harness import ScanResult, run
from tests.scanners.reddit.reddit_fakes import NOON, FakeReddit, hub_of, post
from tests.scanners.reddit.test_reddit_dd import recorded_posts
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import (
    Auth,
    NoDataError,
    NotConfiguredError,
    Permanent,
    RateLimited,
    StaleDataError,
    Transient,
)
from tradingagents.discovery.scanners.reddit.trending import RedditTrending, RedditTrendingSettings
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.vendors.reddit.client import Post


def scan(*posts: Post, **settings: Any) -> ScanResult:
    own = {"subreddits": ["stocks"], **settings}
    return run(RedditTrending, hub_of(FakeReddit({("stocks", "hot"): list(posts)})), **own)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subreddits": []},
        {"subreddits": ["stocks+options"]},
        {"subreddits": ["../all"]},
        {"posts_per_subreddit": 0},
        {"min_mentions": 0},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RedditTrendingSettings(**wrong)


def test_separate_posts_are_counted_and_not_repetitions() -> None:
    ran = scan(
        *(post(n, "$GME to the moon") for n in range(3)),
        *(post(10 + n, "$AMC today") for n in range(2)),
        post(20, "$BB $BB $BB $BB", "BB calls, BB calls, bought BB"),
    )
    assert ran.tickers == ["GME"]
    assert ran.funnel == {"posts": 6, "tickers named": 3, "below min_mentions": 2}


def test_ordinary_words_that_are_also_symbols_are_not_mentions() -> None:
    shouts = ("Is IT all over? Hold ON", "DD: why ALL of you are wrong", "T is a letter, WITH IT")
    ran = scan(*(post(n, title) for n, title in enumerate(shouts * 3)))
    assert ran.recorder.funnel["tickers named"] == 0


def test_a_post_in_two_listings_counts_once() -> None:
    posts = [post(n, "$GME today") for n in range(2)]
    reddit = FakeReddit({("stocks", "hot"): posts, ("stocks", "rising"): posts, ("options", "hot"): posts})
    ran = run(RedditTrending, hub_of(reddit), subreddits=["stocks", "options"])
    assert ran.tickers == []
    assert ran.funnel["posts"] == 2


def test_the_score_counts_each_post_and_the_logarithm_of_its_upvotes() -> None:
    upvotes = (0, 9, 99, -40)
    ran = scan(*(post(n, "$GME today", score=score) for n, score in enumerate(upvotes)))
    assert ran.candidates[0]["score"] == pytest.approx(4 + math.log10(1) + math.log10(10) + math.log10(100))


def test_attention_alone_is_never_urgent() -> None:
    few = scan(*(post(n, "$GME today") for n in range(5)))
    many = scan(*(post(n, "$GME today") for n in range(6)))
    assert (few.candidates[0]["priority"], many.candidates[0]["priority"]) == ("low", "medium")


def test_the_evidence_leads_to_the_posts_and_keeps_neither_author_nor_body() -> None:
    body = "secret body text, NVDA calls"
    posts = [post(n, "t" * 300, body, score=n) for n in range(12)]
    (candidate,) = scan(*posts).candidates
    assert candidate["ticker"] == "NVDA"
    assert [evidence["id"] for evidence in candidate["evidence"]] == [f"p{n}" for n in range(11, 1, -1)]
    first = candidate["evidence"][0]
    assert first == {
        "vendor": "reddit",
        "kind": "reddit_mention",
        "as_of": "2026-02-05T17:00:00+00:00",
        "id": "p11",
        "url": "https://www.reddit.com/r/stocks/comments/p11/",
        "text": f"{'t' * 199}…",
        "values": {"subreddit": "stocks", "score": 11, "comments": 9, "matched": "symbol"},
    }
    assert "secret" not in str(candidate)
    assert candidate["context"] == "named in 12 posts with 66 upvotes in r/stocks"


def test_pinned_and_removed_posts_do_not_count() -> None:
    ran = scan(
        *(post(n, "$GME today") for n in range(3)),
        *(post(10 + n, "$AMC today", stickied=True) for n in range(3)),
        *(post(20 + n, "$BB today", removed=True) for n in range(4)),
    )
    assert ran.tickers == ["GME"]
    assert (ran.funnel["pinned by moderators"], ran.funnel["removed or deleted"]) == (3, 4)


def test_posts_after_the_trade_date_are_look_ahead_and_left_out() -> None:
    late = NOON + timedelta(hours=12)  # midnight in New York
    ran = scan(
        *(post(n, "$GME today", created=late - timedelta(seconds=1)) for n in range(3)),
        *(post(10 + n, "$AMC today", created=late) for n in range(3)),
    )
    assert ran.tickers == ["GME"]
    assert ran.funnel["written after the trade date"] == 3


@pytest.mark.parametrize("posts", [[], [post(1, "$GME", created=NOON + timedelta(days=300))]])
def test_a_listing_without_posts_of_the_day_is_no_data_and_not_a_quiet_day(posts: list[Post]) -> None:
    with pytest.raises(NoDataError, match="2026-02-05"):
        scan(*posts)


def test_a_listing_whose_newest_post_is_days_old_is_stale() -> None:
    with pytest.raises(StaleDataError, match="2026-02-01"):
        scan(post(1, "$GME", created=NOON - timedelta(days=4)))
    assert scan(post(1, "$GME", created=NOON - timedelta(days=2))).tickers == []


def test_the_order_of_answers_changes_nothing() -> None:
    posts = [post(n, f"${ticker} today", score=n % 4) for n, ticker in enumerate(["GME", "AMC", "NVDA"] * 5)]
    assert scan(*posts).candidates == scan(*reversed(posts)).candidates


def test_every_listing_has_its_own_client_and_they_share_one_token() -> None:
    names = ["wallstreetbets", "stocks", "options"]
    reddit = FakeReddit({(name, "hot"): [post(1, "hello", subreddit=name)] for name in names})
    ran = run(RedditTrending, hub_of(reddit), subreddits=[*names, "stocks"], posts_per_subreddit=40)
    assert sorted(reddit.requested) == sorted(
        (name, kind, 40) for name in names for kind in ("hot", "rising")
    )
    assert reddit.authorized == 1
    assert len(reddit.siblings) == 6
    assert all(len(sibling.users) == 1 for sibling in reddit.siblings)
    assert reddit.users == set()
    assert ran.recorder.coverage() == {"asked": 6, "answered": 6, "of": 6}


def test_a_private_community_makes_it_degraded_and_the_rest_is_read() -> None:
    private = Permanent("reddit", "HTTP 403: private", status=403)
    listings: Any = {("stocks", "hot"): [post(n, "$GME today") for n in range(3)]}
    listings |= {("closed", kind): private for kind in ("hot", "rising")}
    ran = run(RedditTrending, hub_of(FakeReddit(listings)), subreddits=["closed", "stocks"])
    assert ran.tickers == ["GME"]
    assert ran.recorder.coverage() == {"asked": 4, "answered": 2, "of": 4}
    assert ran.recorder.degradations == [
        (Reason.BAD_PAYLOAD, "r/closed hot: reddit: HTTP 403: private"),
        (Reason.BAD_PAYLOAD, "r/closed rising: reddit: HTTP 403: private"),
    ]
    assert [entry["error"] for entry in ran.entries].count("reddit: HTTP 403: private") == 2


def test_the_first_error_is_raised_when_every_listing_fails() -> None:
    listings: Any = {("stocks", "hot"): RateLimited("reddit", "HTTP 429")}
    listings[("stocks", "rising")] = Transient("reddit", "HTTP 503")
    with pytest.raises(RateLimited):
        run(RedditTrending, hub_of(FakeReddit(listings)), subreddits=["stocks"])


def test_missing_credentials_are_raised_before_any_request() -> None:
    clients = hub_of(FakeReddit({}), Transient("nasdaq", "HTTP 503"))

    def no_client() -> FakeReddit:
        raise NotConfiguredError("REDDIT_CLIENT_ID")

    clients.reddit = no_client
    with pytest.raises(NotConfiguredError):
        run(RedditTrending, clients)


def test_without_the_directory_no_symbol_is_believed() -> None:
    recorders: list[Any] = []
    with pytest.raises(Transient, match="nasdaq"):
        run(RedditTrending, hub_of(FakeReddit({}), Transient("nasdaq", "HTTP 503")), recorders=recorders)
    errors = [entry["error"] for entry in recorders[0]._log.close()]
    assert "nasdaq: HTTP 503" in errors


def test_a_refused_client_is_logged_and_raised() -> None:
    class Refused(FakeReddit):
        def authorize(self) -> None:
            raise Auth("reddit", "HTTP 401")

    recorders: list[Any] = []
    with pytest.raises(Auth):
        run(RedditTrending, hub_of(Refused({})), recorders=recorders)
    errors = {entry["tool"]: entry["error"] for entry in recorders[0]._log.close()}
    assert errors["reddit.authorize"] == "reddit: HTTP 401"


def test_a_malformed_item_degrades_the_outcome() -> None:
    reddit = FakeReddit({("stocks", "hot"): [post(1, "$GME")]}, problems=("an item cannot be read",))
    ran = run(RedditTrending, hub_of(reddit), subreddits=["stocks"])
    assert ran.recorder.degradations == [(Reason.BAD_PAYLOAD, "reddit: an item cannot be read")] * 2


@needs_shared
def test_real_posts_of_three_days_give_stocks_and_not_ordinary_words() -> None:
    """An earlier scanner's picks of such posts were IT, ER and ET: parts of words."""
    folder = Path(SHARED or "") / "real-data" / "nasdaq"
    files = [(folder / f"2025-08-11_{name}listed.txt").read_bytes() for name in ("nasdaq", "other")]
    directory = SymbolDirectory.from_bytes(*files)
    reddit = FakeReddit({("wallstreetbets", "hot"): recorded_posts()})
    clients = hub_of(reddit, directory.shares_and_funds)
    ran = run(RedditTrending, clients, {"trade_date": "2021-01-04"}, subreddits=["wallstreetbets"])
    ranked = [one["ticker"] for one in ran.by_signal]
    assert ranked[:2] == ["GME", "PLTR"]
    assert not {"IT", "ER", "ET", "DD", "ALL", "ON", "CEO", "YOLO", "A", "I"} & set(ranked)


def test_one_author_is_one_voice_however_often_and_wherever_he_writes() -> None:
    zealot = [post(n, f"$GME, day {n}", writer=7, score=100 + n) for n in range(5)]
    ran = scan(*zealot, post(10, "$GME today", writer=8))
    assert ran.tickers == []
    assert ran.funnel["below min_mentions, counting one post per author"] == 1
    (candidate,) = scan(*zealot, *(post(10 + n, "$GME today", writer=8 + n) for n in range(2))).candidates
    assert candidate["context"].startswith("named in 3 posts")
    assert [one["id"] for one in candidate["evidence"]] == ["p4", "p10", "p11"]


def test_posts_of_deleted_authors_count_separately() -> None:
    assert scan(*(post(n, "$GME today", writer=None) for n in range(3))).tickers == ["GME"]


@pytest.mark.parametrize("with_original", [True, False])
def test_a_crosspost_is_no_further_post(with_original: bool) -> None:
    first = [post(0, "$GME today", writer=1)] if with_original else []
    copies = [post(n, "$GME today", original="p0", writer=n + 1, score=50 * n) for n in range(1, 4)]
    ran = scan(*first, *copies, min_mentions=1)
    (evidence,) = ran.candidates[0]["evidence"]
    assert evidence["id"] == ("p0" if with_original else "p3")
    assert ran.funnel["crossposts and copies"] == (3 if with_original else 2)


def test_a_post_of_last_week_is_no_trend_of_today() -> None:
    fresh = post(0, "What a day")
    old = [post(n, "$GME today", created=fresh.created - timedelta(days=4)) for n in range(1, 4)]
    ran = scan(fresh, *old)
    assert ran.tickers == []
    assert ran.funnel["older than max_age_days"] == 3
    assert scan(fresh, *old, max_age_days=5).tickers == ["GME"]
