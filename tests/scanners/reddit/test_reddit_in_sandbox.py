"""The Reddit scanners against the sandbox: ranking, and listings that fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scanners.sandbox_scans import connected, scan_one
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.reddit.dd import RedditDD
from tradingagents.discovery.scanners.reddit.trending import RedditTrending
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.vendors.clients import Vendors


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def clients(sandbox: SandboxServer) -> Iterator[Vendors]:
    with connected(sandbox) as made:
        yield made


def test_trending_tickers_rank_by_how_many_posts_name_them(sandbox: SandboxServer, clients: Vendors) -> None:
    measure = sandbox.market.truth["reddit_trending"].measure
    ranked = scan_one(RedditTrending, sandbox, clients).by_signal
    posts = [int(one["context"].split()[2]) for one in ranked]
    assert posts == [measure[one["ticker"]] for one in ranked]
    assert posts[0] == max(measure.values())


@pytest.mark.parametrize("scanner", [RedditTrending, RedditDD], ids=lambda scanner: scanner.name)
def test_each_listing_that_times_out_is_reported(scanner: type[BaseScanner], sandbox: SandboxServer) -> None:
    sandbox.faults.add(Fault("hang", "reddit", "hot", times=3, seconds=2))
    with connected(sandbox, read_timeout_seconds=0.3) as clients:
        ran = scan_one(scanner, sandbox, clients)
    coverage = ran.recorder.coverage()
    assert coverage is not None
    assert coverage["asked"] - coverage["answered"] == len(ran.recorder.degradations) >= 3
    assert {reason for reason, _ in ran.recorder.degradations} == {Reason.VENDOR_DOWN}


def test_an_unknown_subreddit_degrades_the_outcome(sandbox: SandboxServer, clients: Vendors) -> None:
    names = ["wallstreetbets", "stocks", "no_such_place", "investing", "options"]
    ran = scan_one(RedditTrending, sandbox, clients, subreddits=names)
    assert set(ran.tickers) == sandbox.market.truth["reddit_trending"].expected
    assert ran.recorder.degradations == [
        (Reason.BAD_PAYLOAD, f"r/no_such_place {kind}: reddit: no such community")
        for kind in ("hot", "rising")
    ]
