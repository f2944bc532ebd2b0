"""Each scanner of Alpha Vantage, Finnhub and Reddit alone against the sandbox: planted signals and faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scanners.harness import run
from tests.scanners.sandbox_scans import FAULTS, connected, scan_one
from tradingagents.discovery.model.errors import (
    Auth,
    FetchError,
    NoDataError,
    Permanent,
    QuotaSpent,
    RateLimited,
    StaleDataError,
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


@pytest.fixture
def clients(sandbox: SandboxServer) -> Iterator[Vendors]:
    with connected(sandbox) as made:
        yield made


@every_scanner
def test_exactly_the_planted_signals_are_found(
    scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    truth = sandbox.market.truth[scanner.name]
    ran = scan_one(scanner, sandbox, clients)
    assert set(ran.tickers) == truth.expected
    assert not truth.forbidden & set(ran.tickers)
    assert len(set(ran.tickers)) == len(ran.tickers)
    assert ran.recorder.degradations == []


@every_scanner
def test_every_candidate_has_a_reason_a_score_and_evidence(
    scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    for candidate in scan_one(scanner, sandbox, clients).candidates:
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
    scanner: type[BaseScanner], tolerance: float, sandbox: SandboxServer, clients: Vendors
) -> None:
    measure = sandbox.market.truth[scanner.name].measure
    ran = scan_one(scanner, sandbox, clients)
    expected = {ticker: abs(value) for ticker, value in measure.items()}
    assert {one["ticker"]: one["score"] for one in ran.candidates} == pytest.approx(expected, rel=tolerance)


@every_scanner
def test_a_scan_makes_the_minimum_of_requests(
    scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    sent: dict[str, float] = {}

    def note(vendor: str, what: str, amount: float) -> None:
        if what == "sent":
            sent[vendor] = sent.get(vendor, 0) + amount

    before = len(sandbox.requests)
    with counting(note):
        recorder = scan_one(scanner, sandbox, clients).recorder
    shared = {vendor: counts["sent"] for vendor, counts in recorder.requests.items()}  # the directory's
    assert sent == {vendor: count for vendor, count in REQUESTS[scanner].items() if vendor != "nasdaq"}
    assert shared in ({}, {"nasdaq": 2})
    assert "nasdaq" not in REQUESTS[scanner] or shared
    tokens = [one for one in sandbox.requests[before:] if one.endpoint == "token"]
    assert len(tokens) == (VENDOR[scanner] == "reddit")


@every_scanner
def test_two_scans_give_the_same(
    scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    assert scan_one(scanner, sandbox, clients).candidates == scan_one(scanner, sandbox, clients).candidates


@every_scanner
@pytest.mark.parametrize(("kind", "options", "error"), FAULTS, ids=lambda value: str(value)[:40])
def test_no_fault_looks_like_an_empty_result(
    kind: str, options: dict[str, Any], error: Any, scanner: type[BaseScanner], sandbox: SandboxServer
) -> None:
    sandbox.faults.add(Fault(kind, VENDOR[scanner], **options))
    patience = {"read_timeout_seconds": 0.3} if kind == "hang" else {}
    with connected(sandbox, **patience) as clients, pytest.raises(error) as caught:
        scan_one(scanner, sandbox, clients)
    assert isinstance(caught.value, FetchError)
    assert caught.value.vendor == VENDOR[scanner]


@every_scanner
@pytest.mark.parametrize("kind", ["duplicate_fields", "unknown_fields"])
def test_duplicate_and_unknown_fields_are_ignored(
    kind: str, scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    sandbox.faults.add(Fault(kind, VENDOR[scanner]))
    ran = scan_one(scanner, sandbox, clients)
    assert ran.recorder.degradations == []
    assert set(ran.tickers) == sandbox.market.truth[scanner.name].expected


@pytest.mark.parametrize(
    "scanner", [MarketMovers, NewsCatalyst, RedditTrending, RedditDD], ids=lambda s: s.name
)
def test_data_from_three_days_ago_is_detected(
    scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    sandbox.faults.add(Fault("clock_skew", VENDOR[scanner]))
    with pytest.raises(NoDataError) as caught:
        scan_one(scanner, sandbox, clients)
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
def test_each_refusal_sent_with_http_200_raises_its_error_type(
    reason: str, error: type[Exception], scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    sandbox.faults.add(Fault("vendor_error", "alpha_vantage", reason=reason))
    with pytest.raises(error) as caught:
        scan_one(scanner, sandbox, clients)
    assert type(caught.value) is error


@every_scanner
def test_a_trade_date_a_year_ago_raises_no_data(
    scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors
) -> None:
    """What the vendors know of later days must not leak into an earlier one."""
    del sandbox
    with pytest.raises(NoDataError):
        run(scanner, clients, {"trade_date": "2025-02-05"})
