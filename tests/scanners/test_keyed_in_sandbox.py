"""The scanners behind keys in one scan of the sandbox: what they find together, and what they ask for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scanners.alone import run
from tests.scanners.test_market_movers_and_siblings_in_sandbox import FAULTS, connected
from tests.timing import without_waiting
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.errors import Auth, FetchError, QuotaSpent, StaleDataError
from tradingagents.discovery.sandbox import Fault, Market, SandboxServer, shared_market
from tradingagents.discovery.sandbox.world.events import universe_ratings_truth
from tradingagents.discovery.scanners.analyst_revisions.scanner import AnalystRevisions
from tradingagents.discovery.scanners.earnings.calendar import EarningsCalendar
from tradingagents.discovery.scanners.earnings.surprise import EarningsSurprise
from tradingagents.discovery.scanners.market_movers import MarketMovers
from tradingagents.discovery.scanners.news_catalyst import NewsCatalyst
from tradingagents.discovery.scanners.options_flow.scanner import OptionsFlow
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.vendors.clients import Vendors

KEYED = (MarketMovers, EarningsCalendar, EarningsSurprise, AnalystRevisions, OptionsFlow, NewsCatalyst)
CALENDAR = (EarningsCalendar, EarningsSurprise, AnalystRevisions)


@pytest.fixture(scope="module")
def market() -> Market:
    return shared_market()


@pytest.fixture
def sandbox(market: Market) -> Iterator[SandboxServer]:
    with SandboxServer(market) as server:
        yield server


def scan(
    sandbox: SandboxServer,
    scanners: tuple[Any, ...],
    *,
    vendors: dict[str, Any] | None = None,
    state_dir: Path | None = None,
    concurrent: bool = True,
    **settings: dict[str, Any],
) -> dict[str, Any]:
    """Run one scan; return the outcomes by scanner."""
    config = sandbox.config()
    own: dict[str, Any] = config["discovery"]  # type: ignore[assignment]
    own["vendors"] = vendors or own["vendors"]
    own["state_dir"] = None if state_dir is None else str(state_dir)
    own["scanner_execution"] = {"concurrent": concurrent}
    own["scanners"] = settings
    state = {"trade_date": str(sandbox.market.as_of), "tickers": [], "tool_logs": []}
    report = DiscoveryGraph(config, ScannerRegistry(scanners)).scanner_node(state)["scan_report"]
    return {one["scanner"]: one for one in report["outcomes"]}


def asked(sandbox: SandboxServer) -> Counter[str]:
    """Count the requests behind keys by endpoint."""
    behind = [one for one in sandbox.requests if one.vendor in {"alpha_vantage", "finnhub"}]
    return Counter(f"{one.vendor}/{one.endpoint}" for one in behind)


def tickers(outcome: dict[str, Any]) -> set[str]:
    return {one["ticker"] for one in outcome["candidates"]}


# -- one calendar for all -------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrent", [True, False], ids=["at once", "one after another"])
def test_one_scan_asks_for_the_earnings_calendar_once(sandbox: SandboxServer, concurrent: bool) -> None:
    outcomes = scan(sandbox, CALENDAR, concurrent=concurrent)
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert asked(sandbox) == {"finnhub/calendar_earnings": 1, "finnhub/stock_recommendation": 27}
    used = Counter[str]()
    for one in outcomes.values():
        used.update(one["requests"]["finnhub"])
    assert used["sent"] == 28
    assert used["cached"] + used["coalesced"] == 2
    for name, outcome in outcomes.items():
        assert tickers(outcome) <= sandbox.market.truth[name].expected


def test_one_calendar_still_serves_those_whose_settings_stay_within_a_week(sandbox: SandboxServer) -> None:
    scan(
        sandbox,
        CALENDAR,
        earnings_calendar={"days_ahead": 2},
        earnings_surprise={"lookback_days": 3},
        analyst_revisions={"days_ahead": 5},
    )
    assert asked(sandbox)["finnhub/calendar_earnings"] == 1


@pytest.mark.parametrize("concurrent", [True, False], ids=["at once", "one after another"])
def test_one_calendar_serves_scanners_whose_windows_differ(sandbox: SandboxServer, concurrent: bool) -> None:
    outcomes = scan(
        sandbox,
        CALENDAR,
        concurrent=concurrent,
        earnings_calendar={"days_ahead": 30, "limit": None},
        earnings_surprise={"lookback_days": 20},
        analyst_revisions={"days_ahead": 10},
    )
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert asked(sandbox)["finnhub/calendar_earnings"] == 1
    (path,) = (one.path for one in sandbox.requests if one.endpoint == "calendar_earnings")
    assert "from=2026-01-16" in path
    assert "to=2026-03-07" in path
    truth = sandbox.market.truth
    assert tickers(outcomes["earnings_calendar"]) > truth["earnings_calendar"].expected
    assert not tickers(outcomes["earnings_surprise"]) & truth["earnings_calendar"].expected


def test_a_scanner_in_a_process_of_its_own_asks_the_same_question(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    isolated = {"lookback_days": 20, "isolation": "process"}
    outcomes = scan(sandbox, CALENDAR[:2], state_dir=tmp_path, concurrent=False, earnings_surprise=isolated)
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert asked(sandbox)["finnhub/calendar_earnings"] == 1


def test_a_scanner_that_is_not_enabled_widens_no_window(sandbox: SandboxServer) -> None:
    scan(sandbox, CALENDAR[:1], earnings_surprise={"enabled": False, "lookback_days": 20})
    (path,) = (one.path for one in sandbox.requests if one.endpoint == "calendar_earnings")
    assert "from=2026-01-29" in path
    assert "to=2026-02-12" in path


def test_a_calendar_that_is_down_fails_all_three_and_is_not_asked_for_by_each(sandbox: SandboxServer) -> None:
    sandbox.faults.add(Fault("status", "finnhub", "calendar_earnings", code=401))
    outcomes = scan(sandbox, CALENDAR)
    assert {(one["status"], one["reason"]) for one in outcomes.values()} == {("failed", "auth")}


# -- a default scan and the free plans ------------------------------------------------------------------


def test_a_default_scan_stays_within_the_free_plans_and_says_what_is_not_set_up(market: Market) -> None:
    with SandboxServer(market, limits={"alpha_vantage": True, "finnhub": True}) as sandbox:
        outcomes = scan(sandbox, KEYED)
        assert asked(sandbox) == {
            "alpha_vantage/top_gainers_losers": 1,
            "alpha_vantage/news_sentiment": 1,
            "finnhub/calendar_earnings": 1,
            "finnhub/stock_recommendation": 27,
        }
        assert {one.status for one in sandbox.requests} == {200}
    skipped = outcomes.pop("options_flow")
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert (skipped["status"], skipped["reason"]) == ("skipped", "not_configured")
    assert "discovery.scanners.options_flow.tickers" in skipped["message"]


# -- options ---------------------------------------------------------------------------------------------


@pytest.fixture
def hub(sandbox: SandboxServer) -> Iterator[Vendors]:
    with connected(sandbox) as made:
        yield made


def flow(sandbox: SandboxServer, hub: Vendors, **settings: Any) -> Any:
    state = {"trade_date": str(sandbox.market.as_of)}
    return run(OptionsFlow, hub, state, **({**sandbox.market.truth["options_flow"].settings, **settings}))


@pytest.mark.parametrize("concurrent", [True, False], ids=["at once", "one after another"])
def test_a_watchlist_leaves_the_last_of_a_day_to_scanners_that_ask_once(
    sandbox: SandboxServer, concurrent: bool
) -> None:
    vendors = without_waiting(sandbox.config())
    vendors["alpha_vantage"]["rates"] = [{"requests": 7, "seconds": 86_400}]
    watchlist: Any = sandbox.market.truth["options_flow"].settings
    outcomes = scan(
        sandbox,
        (OptionsFlow, MarketMovers, NewsCatalyst),
        vendors=vendors,
        concurrent=concurrent,
        options_flow={**watchlist, "requests_left_to_others": 2},
    )
    flow = outcomes.pop("options_flow")
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert (flow["status"], flow["reason"]) == ("degraded", "quota_spent")
    assert "spent except for a reserve of 2" in flow["message"]
    assert flow["coverage"]["of"] == 10
    assert 3 <= flow["coverage"]["answered"] <= 5
    left = flow["coverage"]["of"] - flow["coverage"]["asked"]
    assert flow["funnel"]["not requested after a refusal"] == left


def test_the_unusual_contracts_are_found_and_nothing_else(sandbox: SandboxServer, hub: Vendors) -> None:
    truth = sandbox.market.truth["options_flow"]
    ran = flow(sandbox, hub)
    assert set(ran.tickers) == truth.expected
    assert not truth.forbidden & set(ran.tickers)
    assert {one["ticker"]: one["score"] for one in ran.candidates} == pytest.approx(dict(truth.measure))
    assert ran.recorder.coverage() == {"asked": 10, "answered": 10, "of": 10}
    assert asked(sandbox) == {"alpha_vantage/historical_options": 10}
    assert "apikey" not in str(ran.candidates)


def test_the_planted_balance_of_calls_and_puts_is_told(sandbox: SandboxServer, hub: Vendors) -> None:
    contexts = [one["context"] for one in flow(sandbox, hub).candidates]
    assert sum("100% of it in calls" in one for one in contexts) == 2
    assert sum("100% of it in puts" in one for one in contexts) == 1
    assert all("bought or sold is not known" in one for one in contexts)


def test_the_day_before_nothing_unusual_had_traded(sandbox: SandboxServer, hub: Vendors) -> None:
    before = sandbox.market.sessions[-2]
    watchlist = sandbox.market.truth["options_flow"].settings
    ran = run(OptionsFlow, hub, {"trade_date": str(before)}, **watchlist)
    assert ran.tickers == []
    assert ran.recorder.coverage() == {"asked": 10, "answered": 10, "of": 10}
    assert ran.recorder.troubles == []


def test_on_a_sunday_the_session_before_it_is_found_with_one_request_a_ticker(
    sandbox: SandboxServer, hub: Vendors
) -> None:
    watchlist = sandbox.market.truth["options_flow"].settings
    run(OptionsFlow, hub, {"trade_date": "2026-02-01"}, **watchlist)
    assert {one.path.partition("date=")[2][:10] for one in sandbox.requests} == {"2026-01-30"}
    assert len(sandbox.requests) == 10


@pytest.mark.parametrize(("reason", "error"), [("premium", Auth), ("day", QuotaSpent), ("key", Auth)])
def test_a_refusal_is_told_after_one_request(
    reason: str, error: type[Exception], sandbox: SandboxServer, hub: Vendors
) -> None:
    sandbox.faults.add(Fault("vendor_error", "alpha_vantage", "historical_options", reason=reason))
    with pytest.raises(error):
        flow(sandbox, hub)
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(("kind", "options", "error"), FAULTS, ids=lambda value: str(value)[:40])
def test_no_fault_looks_like_a_quiet_day(
    kind: str, options: dict[str, Any], error: Any, sandbox: SandboxServer
) -> None:
    sandbox.faults.add(Fault(kind, "alpha_vantage", **options))
    watchlist: Any = sandbox.market.truth["options_flow"].settings["tickers"]
    patience = {"read_timeout_seconds": 0.3} if kind == "hang" else {}
    with connected(sandbox, **patience) as hub, pytest.raises(error) as caught:
        flow(sandbox, hub, tickers=watchlist[:1])
    assert isinstance(caught.value, FetchError)


def test_a_chain_of_another_day_is_refused(sandbox: SandboxServer, hub: Vendors) -> None:
    sandbox.faults.add(Fault("clock_skew", "alpha_vantage"))
    with pytest.raises(StaleDataError):
        flow(sandbox, hub)


@pytest.mark.parametrize("kind", ["duplicate_fields", "unknown_fields"])
def test_fields_that_are_doubled_or_new_change_nothing(
    kind: str, sandbox: SandboxServer, hub: Vendors
) -> None:
    sandbox.faults.add(Fault(kind, "alpha_vantage"))
    assert set(flow(sandbox, hub).tickers) == sandbox.market.truth["options_flow"].expected


@pytest.mark.parametrize(
    ("name", "none_passes", "told"),
    [
        ("short_volume", {"min_volume": 1e15}, r"nothing qualified in \d+ files"),
        ("volume_accumulation", {"min_volume": 1e15}, r"nothing qualified in \d+ files"),
        ("reddit_trending", {"min_mentions": 1_000}, r"nothing qualified in \d+ listings"),
        ("market_movers", {"min_price_usd": 1e9}, r"0 of \d+ tickers qualified"),
    ],
)
def test_that_nothing_qualified_is_said_of_what_was_counted(
    sandbox: SandboxServer, name: str, none_passes: dict[str, float], told: str
) -> None:
    registry = ScannerRegistry(one for one in ScannerRegistry.built_in() if one.name == name)
    own = {
        "vendors": without_waiting(sandbox.config()),
        "scanners": {name: none_passes},
        "data_source": "sandbox",
    }
    graph = DiscoveryGraph({"discovery": own}, registry)
    (outcome,) = graph.scanner_node({"trade_date": str(sandbox.market.as_of)})["scan_report"]["outcomes"]
    assert outcome["status"] == "empty"
    assert re.fullmatch(told, outcome["message"])


# -- analysts by turns -----------------------------------------------------------------------------------


def test_over_some_runs_the_whole_universe_is_asked_about_and_every_rise_found(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    market = sandbox.market
    truth = universe_ratings_truth(market.seed, market.as_of, market.cast)
    universe = [one.symbol for one in market.companies]
    mine = {"universe": universe, "max_tickers": 120, "limit": None}
    vendors = without_waiting(sandbox.config())
    found: set[str] = set()
    for _ in range(4):
        outcome = scan(
            sandbox, (AnalystRevisions,), vendors=vendors, state_dir=tmp_path, analyst_revisions=mine
        )["analyst_revisions"]
        assert outcome["status"] == "ok"
        assert outcome["coverage"] == {"asked": 120, "answered": 120, "of": len(universe)}
        assert outcome["funnel"]["left for later runs"] == len(universe) - 120
        found |= tickers(outcome)
    assert found == truth.expected
    assert found > market.truth["analyst_revisions"].expected
    about = {one.path.partition("symbol=")[2] for one in sandbox.requests if "recommendation" in one.path}
    assert about == set(universe)
    assert [path.name for path in tmp_path.glob("rotation*")][:1] == ["rotation@sandbox.sqlite"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 11])
def test_what_is_planted_is_found_in_other_markets_too(seed: int) -> None:
    with SandboxServer(shared_market(seed)) as sandbox:
        vendors = without_waiting(sandbox.config())
        truth = sandbox.market.truth
        watchlist: Any = truth["options_flow"].settings
        settings: dict[str, Any] = {cls.name: {"limit": None} for cls in KEYED}
        settings["options_flow"] |= watchlist
        outcomes = scan(sandbox, KEYED, vendors=vendors, **settings)
    assert {name: tickers(one) for name, one in outcomes.items()} == {
        cls.name: set(truth[cls.name].expected) for cls in KEYED
    }
