"""The scanners of Alpha Vantage, Finnhub and Reddit against the sandbox: its truth, and its faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.scanners.alone import Ran, run
from tests.timing import without_waiting
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import signal_order
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    FetchError,
    NoDataError,
    Permanent,
    QuotaSpent,
    RateLimited,
    StaleDataError,
    Transient,
)
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.analyst_revisions.scanner import AnalystRevisions
from tradingagents.discovery.scanners.earnings.calendar import EarningsCalendar
from tradingagents.discovery.scanners.earnings.surprise import EarningsSurprise
from tradingagents.discovery.scanners.market_movers import MarketMovers
from tradingagents.discovery.scanners.news_catalyst import NewsCatalyst
from tradingagents.discovery.scanners.reddit.dd import RedditDD
from tradingagents.discovery.scanners.reddit.trending import RedditTrending
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors

VENDOR: dict[type[BaseScanner], str] = {
    MarketMovers: "alpha_vantage",
    NewsCatalyst: "alpha_vantage",
    EarningsCalendar: "finnhub",
    EarningsSurprise: "finnhub",
    AnalystRevisions: "finnhub",
    RedditTrending: "reddit",
    RedditDD: "reddit",
}
REQUESTS = {  # a scan's requests: a calendar and one a reporter; a token, listings, two files of symbols
    MarketMovers: {"alpha_vantage": 1},
    NewsCatalyst: {"alpha_vantage": 1},
    EarningsCalendar: {"finnhub": 1},
    EarningsSurprise: {"finnhub": 1},
    AnalystRevisions: {"finnhub": 28},
    RedditTrending: {"reddit": 1 + 4 * 2, "nasdaq": 2},
    RedditDD: {"reddit": 1 + 5 * 2, "nasdaq": 2},
}
every_scanner = pytest.mark.parametrize("scanner", VENDOR, ids=lambda scanner: scanner.name)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@contextmanager
def connected(sandbox: SandboxServer, **own: Any) -> Iterator[Vendors]:
    """Open the way to every vendor, with settings of its own for each of them."""
    settings = {vendor: default | own for vendor, default in without_waiting(sandbox.config()).items()}
    made = Vendors(VendorsSettings.model_validate(settings), data_source="sandbox")
    yield made
    made.close()
    sandbox.faults.clear()


@pytest.fixture
def hub(sandbox: SandboxServer) -> Iterator[Vendors]:
    """As patient as a user's: on a busy machine eight listings at once take their time."""
    with connected(sandbox) as made:
        yield made


def scan(scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors, **settings: Any) -> Ran:
    return run(scanner, hub, {"trade_date": str(sandbox.market.as_of)}, limit=None, **settings)


@every_scanner
def test_what_was_planted_is_found_and_nothing_else(
    scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors
) -> None:
    truth = sandbox.market.truth[scanner.name]
    ran = scan(scanner, sandbox, hub)
    assert set(ran.tickers) == truth.expected
    assert not truth.forbidden & set(ran.tickers)
    assert len(set(ran.tickers)) == len(ran.tickers)
    assert ran.recorder.troubles == []


@every_scanner
def test_every_candidate_has_a_reason_a_score_and_evidence(
    scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors
) -> None:
    for candidate in scan(scanner, sandbox, hub).candidates:
        assert candidate["context"]
        assert candidate["score"] > 0
        assert candidate["evidence"]
        assert all(evidence["vendor"] == VENDOR[scanner] for evidence in candidate["evidence"])
        assert "apikey" not in str(candidate)


@pytest.mark.parametrize(  # of the percentages, as prices are rounded to cents; of the means, as they are
    ("scanner", "tolerance"),
    [(MarketMovers, 5e-3), (AnalystRevisions, 1e-6), (EarningsSurprise, 1e-6)],
    ids=["movers", "analysts", "surprises"],
)
def test_the_scores_are_those_of_the_truth(
    scanner: type[BaseScanner], tolerance: float, sandbox: SandboxServer, hub: Vendors
) -> None:
    measure = sandbox.market.truth[scanner.name].measure
    ran = scan(scanner, sandbox, hub)
    expected = {ticker: abs(value) for ticker, value in measure.items()}
    assert {one["ticker"]: one["score"] for one in ran.candidates} == pytest.approx(expected, rel=tolerance)


def test_trending_tickers_rank_by_how_many_posts_name_them(sandbox: SandboxServer, hub: Vendors) -> None:
    measure = sandbox.market.truth["reddit_trending"].measure
    ranked = sorted(scan(RedditTrending, sandbox, hub).candidates, key=signal_order)
    posts = [int(one["context"].split()[2]) for one in ranked]
    assert posts == [measure[one["ticker"]] for one in ranked]
    assert posts[0] == max(measure.values())


@every_scanner
def test_a_scan_costs_no_more_requests_than_it_must(
    scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors
) -> None:
    sent: dict[str, float] = {}

    def note(vendor: str, what: str, amount: float) -> None:
        if what == "sent":
            sent[vendor] = sent.get(vendor, 0) + amount

    before = len(sandbox.requests)
    with counting(note):
        scan(scanner, sandbox, hub)
    assert sent == REQUESTS[scanner]
    tokens = [one for one in sandbox.requests[before:] if one.endpoint == "token"]
    assert len(tokens) == (VENDOR[scanner] == "reddit")


@every_scanner
def test_two_scans_give_the_same(scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors) -> None:
    assert scan(scanner, sandbox, hub).candidates == scan(scanner, sandbox, hub).candidates


FAULTS: list[tuple[str, dict[str, Any], type[Exception] | tuple[type[Exception], ...]]] = [
    ("reset", {}, Transient),
    ("reset_mid_body", {}, Transient),
    ("hang", {"seconds": 2}, Transient),
    ("truncate", {}, BadPayload),
    ("wrong_length", {}, Transient),
    ("empty", {}, BadPayload),
    ("html", {}, (BadPayload, Transient)),
    ("xml_bomb", {}, BadPayload),
    ("status", {"code": 401}, Auth),
    ("status", {"code": 403}, (Auth, Permanent)),
    ("status", {"code": 404}, Permanent),
    ("status", {"code": 429, "retry_after": 7}, RateLimited),
    ("status", {"code": 429, "retry_date_seconds": 9}, RateLimited),
    ("status", {"code": 500}, Transient),
    ("status", {"code": 503}, Transient),
    ("redirect_loop", {}, (BadPayload, Permanent)),
    ("nan", {}, BadPayload),
    ("negative", {}, BadPayload),
]


@every_scanner
@pytest.mark.parametrize(("kind", "options", "error"), FAULTS, ids=lambda value: str(value)[:40])
def test_no_fault_looks_like_an_empty_market(
    kind: str, options: dict[str, Any], error: Any, scanner: type[BaseScanner], sandbox: SandboxServer
) -> None:
    sandbox.faults.add(Fault(kind, VENDOR[scanner], **options))
    patience = {"read_timeout_seconds": 0.3} if kind == "hang" else {}
    with connected(sandbox, **patience) as hub, pytest.raises(error) as caught:
        scan(scanner, sandbox, hub)
    assert isinstance(caught.value, FetchError)
    assert caught.value.vendor == VENDOR[scanner]


@every_scanner
@pytest.mark.parametrize("kind", ["duplicate_fields", "unknown_fields"])
def test_fields_that_are_doubled_or_new_change_nothing(
    kind: str, scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors
) -> None:
    sandbox.faults.add(Fault(kind, VENDOR[scanner]))
    ran = scan(scanner, sandbox, hub)
    assert ran.recorder.troubles == []
    assert set(ran.tickers) == sandbox.market.truth[scanner.name].expected


@pytest.mark.parametrize("scanner", [RedditTrending, RedditDD], ids=lambda scanner: scanner.name)
def test_what_a_listing_without_an_answer_would_have_shown_is_never_lacking_in_silence(
    scanner: type[BaseScanner], sandbox: SandboxServer
) -> None:
    sandbox.faults.add(Fault("hang", "reddit", "hot", times=3, seconds=2))
    with connected(sandbox, read_timeout_seconds=0.3) as hub:
        ran = scan(scanner, sandbox, hub)
    coverage = ran.recorder.coverage()
    assert coverage is not None
    assert coverage["asked"] - coverage["answered"] == len(ran.recorder.troubles) >= 3
    assert {reason for reason, _ in ran.recorder.troubles} == {Reason.VENDOR_DOWN}


@pytest.mark.parametrize(
    "scanner", [MarketMovers, NewsCatalyst, RedditTrending, RedditDD], ids=lambda s: s.name
)
def test_a_vendor_that_lives_three_days_ago_is_seen(
    scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors
) -> None:
    sandbox.faults.add(Fault("clock_skew", VENDOR[scanner]))
    with pytest.raises(NoDataError) as caught:
        scan(scanner, sandbox, hub)
    assert isinstance(caught.value, StaleDataError) is (scanner is not NewsCatalyst)


@pytest.mark.parametrize("scanner", [MarketMovers, NewsCatalyst], ids=lambda s: s.name)
@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("second", RateLimited),
        ("minute", RateLimited),
        ("day", QuotaSpent),
        ("premium", Auth),
        ("outputsize", Auth),
        ("demo", Auth),
        ("key", Auth),
        ("call", Permanent),
        ("function", Permanent),
    ],
)
def test_each_refusal_with_http_200_ends_the_scan_with_its_type(
    reason: str, error: type[Exception], scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors
) -> None:
    sandbox.faults.add(Fault("vendor_error", "alpha_vantage", reason=reason))
    with pytest.raises(error) as caught:
        scan(scanner, sandbox, hub)
    assert type(caught.value) is error


def test_a_community_that_does_not_exist_makes_it_degraded(sandbox: SandboxServer, hub: Vendors) -> None:
    names = ["wallstreetbets", "stocks", "no_such_place", "investing", "options"]
    ran = scan(RedditTrending, sandbox, hub, subreddits=names)
    assert set(ran.tickers) == sandbox.market.truth["reddit_trending"].expected
    assert ran.recorder.troubles == [
        (Reason.BAD_PAYLOAD, f"r/no_such_place {kind}: reddit: no such community")
        for kind in ("hot", "rising")
    ]


def test_companies_whose_ratings_fail_make_it_degraded(sandbox: SandboxServer, hub: Vendors) -> None:
    sandbox.faults.add(Fault("status", "finnhub", "stock_recommendation", times=5, code=502))
    ran = scan(AnalystRevisions, sandbox, hub)
    assert ran.recorder.coverage() == {"asked": 27, "answered": 22, "of": 27}
    assert {reason for reason, _ in ran.recorder.troubles} == {Reason.VENDOR_DOWN}
    assert set(ran.tickers) <= sandbox.market.truth["analyst_revisions"].expected


@every_scanner
def test_a_trade_date_of_another_year_finds_nothing_to_look_at(
    scanner: type[BaseScanner], sandbox: SandboxServer, hub: Vendors
) -> None:
    """What the vendors know of later days must not leak into an earlier one."""
    del sandbox
    with pytest.raises(NoDataError):
        run(scanner, hub, {"trade_date": "2025-02-05"})
