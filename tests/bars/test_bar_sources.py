"""Both vendors through their real clients, over HTTP, into a store, against the sandbox's own market."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.bars.bar_vendor import EVENING, SESSION, At, make_store, stored
from tests.timing import time_allowance
from tests.vendors.canned import BASE, answer, session_giving
from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.bars.update.report import UpdateReport
from tradingagents.discovery.bars.update.run import update
from tradingagents.discovery.bars.update.sources import AlphaVantageBars, BarSource, YahooBars, useful_workers
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Auth
from tradingagents.discovery.sandbox import Fault, SandboxServer, shared_market
from tradingagents.discovery.sandbox.world.prices.splits import splits_of
from tradingagents.discovery.settings.parse import parse_without_scanners
from tradingagents.discovery.settings.vendors import RateSettings
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.vendors.alpha_vantage.client import AlphaVantage
from tradingagents.discovery.vendors.clients import Vendors

SPLIT = tuple(splits_of(shared_market()))
TICKERS = ("HUGE", "KITE", "QXB.A", *SPLIT)


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    yield shared_sandbox
    shared_sandbox.faults.clear()


@pytest.fixture
def store(tmp_path: Path) -> OhlcvStore:
    return make_store(tmp_path)


def vendors_of(sandbox: SandboxServer, **changes: Any) -> Vendors:
    config = sandbox.config()
    quick = {"rates": [{"requests": 500, "seconds": 1}], "attempts": 2}
    for vendor in ("alpha_vantage", "yahoo"):
        config["discovery"]["vendors"][vendor] |= quick | changes  # type: ignore[index]
    return Vendors(parse_without_scanners(config).vendors, data_source="sandbox")


@pytest.fixture
def vendors(sandbox: SandboxServer) -> Iterator[Vendors]:
    opened = vendors_of(sandbox)
    yield opened
    opened.close()


def source_of(name: str, vendors: Vendors, workers: int = 4) -> BarSource:
    directory = vendors.nasdaq.listed()
    spell = lambda ticker: directory.spelling(ticker, name)
    if name == "yahoo":
        return YahooBars(vendors.yahoo, spell=spell, workers=workers)
    return AlphaVantageBars(vendors.alpha_vantage, spell=spell, workers=workers)


def run(store: OhlcvStore, tickers: Any, source: BarSource, now: datetime = EVENING) -> UpdateReport:
    return update(store, tickers, source, nyse(), clock=At(now))


def requests_to(sandbox: SandboxServer, since: int, *endpoints: str) -> int:
    return sum(record.endpoint in endpoints for record in sandbox.requests[since:])


@pytest.mark.parametrize(("name", "sessions"), [("yahoo", 299), ("alpha_vantage", 100)])
def test_the_stored_bars_are_the_markets(
    name: str, sessions: int, sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    """Adjusted for splits, whether the vendor does that or not."""
    report = run(store, TICKERS, source_of(name, vendors))
    assert set(report.updated) == set(TICKERS)
    for ticker in TICKERS:
        truth, found = sandbox.market.bars(ticker)[-sessions:], stored(store, ticker)
        assert found["date"].to_list() == [bar.day for bar in truth]
        for column in ("open", "high", "low", "close"):
            expected = [getattr(bar, column) for bar in truth]
            assert found[column].to_list() == pytest.approx(expected, rel=1e-3 if ticker in SPLIT else 1e-9)
        assert found["volume"].to_list() == pytest.approx([bar.volume for bar in truth], rel=1e-3)


@pytest.mark.parametrize("name", ["yahoo", "alpha_vantage"])
def test_the_second_update_of_a_day_sends_nothing(
    name: str, sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    source = source_of(name, vendors)
    run(store, TICKERS, source)
    since = len(sandbox.requests)
    assert run(store, TICKERS, source).current == tuple(TICKERS)
    assert len(sandbox.requests) == since


def test_yahoo_gets_one_request_a_ticker(sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore) -> None:
    source, since = source_of("yahoo", vendors), len(sandbox.requests)
    report = run(store, [*TICKERS, "NOPE"], source)
    assert set(report.absent) == {"NOPE"}
    assert requests_to(sandbox, since, "chart", "cookie", "crumb", "unknown") == len(TICKERS) + 1


def test_a_day_later_yahoo_is_requested_for_a_week(
    sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    source = source_of("yahoo", vendors)
    run(store, TICKERS, source, datetime(2026, 2, 4, 23, tzinfo=UTC))
    report = run(store, TICKERS, source)
    assert set(report.updated) == set(TICKERS)
    assert (report.rows.inserted, report.rows.replaced, report.rows.unchanged) == (6, 0, 36)
    assert report.rescaled == ()


def test_an_unknown_symbol_is_absent_at_alpha_vantage(vendors: Vendors, store: OhlcvStore) -> None:
    report = run(store, ["KITE", "NOPE"], source_of("alpha_vantage", vendors))
    assert report.absent == {"NOPE": "alpha_vantage: NOPE is not known"}
    assert report.updated == ("KITE",)


def test_the_free_plan_is_detected_once_and_reported(
    sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    since = len(sandbox.requests)
    report = run(store, TICKERS, source_of("alpha_vantage", vendors, workers=1))
    assert report.notes == ("this plan of alpha_vantage has 100 sessions",)
    assert requests_to(sandbox, since, "time_series_daily") == len(TICKERS) + 1
    assert requests_to(sandbox, since, "splits") == len(SPLIT)


def test_without_the_list_of_splits_a_ticker_that_jumped_is_not_stored(
    sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    """Bars on two scales would be worse than none."""
    sandbox.faults.add(Fault("status", "alpha_vantage", "splits", code=500))
    report = run(store, TICKERS, source_of("alpha_vantage", vendors))
    assert set(report.failed) == set(SPLIT)
    assert set(report.updated) == set(TICKERS) - set(SPLIT)
    assert stored(store, SPLIT[0]).is_empty()


def test_a_plan_with_the_full_history_is_used() -> None:
    days = nyse().sessions_between(date(2025, 1, 2), SESSION)
    row = {"1. open": "10", "2. high": "11", "3. low": "9", "4. close": "10", "5. volume": "5"}
    body = {"Time Series (Daily)": {str(day): row for day in days}}
    session, wire = session_giving(answer(body), vendor="alpha_vantage")
    source = AlphaVantageBars(AlphaVantage(session, BASE), spell=str)
    fetched = source.fetch("EXMP", date(2025, 1, 2), SESSION)
    assert (fetched.frame.height, fetched.limited) == (len(days), "")
    assert "outputsize=full" in wire.urls[0]


def test_a_refused_key_is_not_taken_for_a_limited_plan() -> None:
    refusal = {"Error Message": "the parameter apikey is invalid or missing."}
    session, wire = session_giving(lambda request: answer(refusal), vendor="alpha_vantage")
    source = AlphaVantageBars(AlphaVantage(session, BASE), spell=str)
    for _ in range(2):
        with pytest.raises(Auth, match="key"):
            source.fetch("EXMP", date(2020, 1, 2), SESSION)
    assert [("outputsize=full" in url) for url in wire.urls] == [True, False, True, False]


def test_a_few_missing_days_use_the_compact_request() -> None:
    row = {"1. open": "10", "2. high": "11", "3. low": "9", "4. close": "10", "5. volume": "5"}
    body = {"Time Series (Daily)": {str(SESSION): row}}
    session, wire = session_giving(answer(body), vendor="alpha_vantage")
    AlphaVantageBars(AlphaVantage(session, BASE), spell=str).fetch("EXMP", date(2026, 1, 29), SESSION)
    assert "outputsize=compact" in wire.urls[0]


def test_a_spent_daily_quota_stops_the_update_and_the_next_continues(store: OhlcvStore) -> None:
    """The vendor reports it with HTTP 200, and its text repeats the key."""
    with SandboxServer(limits={"alpha_vantage": [(4, 86_400.0)]}) as server:
        vendors = vendors_of(server)
        first = run(store, ["HUGE", "I", "IT", "KITE", "ON"], source_of("alpha_vantage", vendors, workers=1))
        vendors.close()
    assert first.updated == ("HUGE", "I", "IT")  # and one request to detect the plan
    assert first.remaining == ("KITE", "ON")
    assert first.stopped == "alpha_vantage: the day's quota is spent"
    with SandboxServer(limits={"alpha_vantage": [(4, 86_400.0)]}) as server:
        vendors = vendors_of(server)
        second = run(store, ["HUGE", "I", "IT", "KITE", "ON"], source_of("alpha_vantage", vendors, workers=1))
        vendors.close()
    assert second.updated == ("KITE", "ON")
    assert second.complete


def test_the_local_quota_stops_the_update_before_the_vendor_does(
    sandbox: SandboxServer, store: OhlcvStore
) -> None:
    vendors = vendors_of(sandbox, rates=[{"requests": 3, "seconds": 86_400}])
    source, since = source_of("alpha_vantage", vendors), len(sandbox.requests)
    report = run(store, ["HUGE", "I", "IT", "KITE", "ON"], source)
    vendors.close()
    assert requests_to(sandbox, since, "time_series_daily") == 3
    assert "the quota is spent" in (report.stopped or "")
    assert len(report.updated) + len(report.remaining) == 5


def test_yahoo_gets_no_more_requests_after_http_429(
    sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    source, since = source_of("yahoo", vendors, workers=1), len(sandbox.requests)
    sandbox.faults.add(Fault("status", "yahoo", code=429, after=2))
    report = run(store, TICKERS, source)
    assert len(report.updated) == 2
    assert len(report.remaining) == len(TICKERS) - 2
    assert "too many requests" in (report.stopped or "")
    assert requests_to(sandbox, since, "chart") == 3


def test_a_failing_ticker_does_not_affect_others(
    sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    sandbox.faults.add(Fault("truncate", "yahoo", times=1))
    report = run(store, TICKERS, source_of("yahoo", vendors, workers=1))
    assert len(report.failed) == 1
    assert len(report.updated) == len(TICKERS) - 1
    assert run(store, TICKERS, source_of("yahoo", vendors)).complete


def test_a_vendor_that_is_down_stops_the_update(
    sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    """Its circuit opens after five failures in a row."""
    sandbox.faults.add(Fault("status", "yahoo", code=503))
    symbols = [one.symbol for one in sandbox.market.companies][:60]
    source, since = source_of("yahoo", vendors, workers=2), len(sandbox.requests)
    report = run(store, symbols, source)
    assert requests_to(sandbox, since, "chart") <= 7
    assert len(report.remaining) > 50
    assert "yahoo" in (report.stopped or "")


def test_a_deadline_ends_a_hanging_request_and_keeps_the_answers(
    sandbox: SandboxServer, vendors: Vendors, store: OhlcvStore
) -> None:
    source = source_of("yahoo", vendors, workers=2)
    sandbox.faults.add(Fault("hang", "yahoo", after=3))
    began = time.monotonic()
    with deadline_scope(Deadline(1.5)):
        report = update(store, TICKERS, source, nyse(), clock=At(EVENING))
    assert time.monotonic() - began < time_allowance(2.5)
    assert len(report.updated) == 3
    assert report.stopped is not None
    assert store.snapshot().scan().select(pl.col("ticker").n_unique()).collect().item() == 3


def test_a_vendors_bar_of_an_unfinished_session_is_not_stored(vendors: Vendors, store: OhlcvStore) -> None:
    run(store, ["KITE"], source_of("yahoo", vendors), datetime(2026, 2, 5, 18, tzinfo=UTC))
    assert stored(store, "KITE")["date"][-1] == date(2026, 2, 4)


def test_both_vendors_agree_and_one_can_take_over_from_the_other(vendors: Vendors, store: OhlcvStore) -> None:
    run(store, TICKERS, source_of("yahoo", vendors), datetime(2026, 2, 4, 23, tzinfo=UTC))
    report = run(store, TICKERS, source_of("alpha_vantage", vendors))
    assert set(report.updated) == set(TICKERS)
    assert report.rescaled == ()
    assert all(stored(store, ticker).height == 299 for ticker in TICKERS)


@pytest.mark.parametrize(
    ("rates", "workers"),
    [
        ([(1, 1.0), (25, 86_400.0)], 1),
        ([(75, 60.0)], 7),
        ([(1, 2.0)], 3),
        ([(10, 1.0)], 8),
        ([], 8),
    ],
)
def test_the_rate_limit_decides_the_number_of_threads(rates: list[tuple[int, float]], workers: int) -> None:
    assert useful_workers([RateSettings(requests=n, seconds=s) for n, s in rates]) == workers


def test_requests_use_the_vendors_spelling_and_bars_the_canonical_ticker(
    sandbox: SandboxServer, vendors: Vendors
) -> None:
    directory: SymbolDirectory = vendors.nasdaq.listed()
    spelled: dict[str, Callable[[str], str]] = {
        name: lambda ticker, name=name: directory.spelling(ticker, name)
        for name in ("yahoo", "alpha_vantage")
    }
    assert [spell("QXB.A") for spell in spelled.values()] == ["QXB-A", "QXB-A"]
    fetched = YahooBars(vendors.yahoo, spell=spelled["yahoo"]).fetch("QXB.A", date(2026, 2, 2), SESSION)
    assert set(fetched.frame["ticker"]) == {"QXB.A"}
