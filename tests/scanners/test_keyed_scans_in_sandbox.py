"""Whole scans of the scanners with API keys: request budgets, messages, stale answers, other markets."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scanners.sandbox_scans import requested, scan_graph, tickers
from tests.timing import without_waiting
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import Fault, SandboxServer, shared_market
from tradingagents.discovery.scanners.analyst_revisions.scanner import AnalystRevisions
from tradingagents.discovery.scanners.earnings.calendar import EarningsCalendar
from tradingagents.discovery.scanners.earnings.surprise import EarningsSurprise
from tradingagents.discovery.scanners.market_movers import MarketMovers
from tradingagents.discovery.scanners.news_catalyst import NewsCatalyst
from tradingagents.discovery.scanners.options_flow.scanner import OptionsFlow
from tradingagents.discovery.scanners.registry import ScannerRegistry

KEYED = (MarketMovers, EarningsCalendar, EarningsSurprise, AnalystRevisions, OptionsFlow, NewsCatalyst)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def test_a_default_scan_stays_within_the_free_plans_and_names_missing_settings() -> None:
    with SandboxServer(limits={"alpha_vantage": True, "finnhub": True}) as sandbox:
        outcomes = scan_graph(sandbox, KEYED)
        assert requested(sandbox) == {
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


@pytest.mark.parametrize("concurrent", [True, False], ids=["at once", "one after another"])
def test_the_last_requests_of_a_day_are_reserved_for_other_scanners(
    sandbox: SandboxServer, concurrent: bool
) -> None:
    vendors = without_waiting(sandbox.config())
    vendors["alpha_vantage"]["rates"] = [{"requests": 7, "seconds": 86_400}]
    watchlist: Any = sandbox.market.truth["options_flow"].settings
    outcomes = scan_graph(
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


@pytest.mark.parametrize(
    ("name", "strict", "message"),
    [
        ("short_volume", {"min_volume": 1e15}, r"nothing qualified in \d+ files"),
        ("volume_accumulation", {"min_volume": 1e15}, r"nothing qualified in \d+ files"),
        ("reddit_trending", {"min_mentions": 1_000}, r"nothing qualified in \d+ listings"),
        ("market_movers", {"min_price_usd": 1e9}, r"0 of \d+ tickers qualified"),
    ],
)
def test_the_message_that_nothing_qualified_counts_what_was_read(
    sandbox: SandboxServer, name: str, strict: dict[str, float], message: str
) -> None:
    registry = ScannerRegistry(one for one in ScannerRegistry.built_in() if one.name == name)
    own = {"vendors": without_waiting(sandbox.config()), "scanners": {name: strict}, "data_source": "sandbox"}
    graph = DiscoveryGraph({"discovery": own}, registry)
    (outcome,) = graph.scanner_node({"trade_date": str(sandbox.market.as_of)})["scan_report"]["outcomes"]
    assert outcome["status"] == "empty"
    assert re.fullmatch(message, outcome["message"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 11])
def test_exactly_the_planted_signals_are_found_in_other_markets(seed: int) -> None:
    with SandboxServer(shared_market(seed)) as sandbox:
        vendors = without_waiting(sandbox.config())
        truth = sandbox.market.truth
        watchlist: Any = truth["options_flow"].settings
        settings: dict[str, Any] = {cls.name: {"limit": None} for cls in KEYED}
        settings["options_flow"] |= watchlist
        outcomes = scan_graph(sandbox, KEYED, vendors=vendors, **settings)
    assert {name: tickers(one) for name, one in outcomes.items()} == {
        cls.name: set(truth[cls.name].expected) for cls in KEYED
    }


def test_a_stale_cached_answer_degrades_the_outcome_and_states_its_age(tmp_path: Path) -> None:
    with SandboxServer() as sandbox:
        vendors = without_waiting(sandbox.config())
        vendors["alpha_vantage"]["ttl_seconds"] = {"*": 1}
        config = {
            "discovery": {"data_source": "sandbox", "state_dir": str(tmp_path), "vendors": vendors},
        }
        day = str(sandbox.market.as_of)
        first = DiscoveryGraph(config, ScannerRegistry([MarketMovers])).run(day)
        threading.Event().wait(1.5)  # in real time: the cache counts whole seconds
        sandbox.faults.add(Fault("status", "alpha_vantage", code=503))
        second = DiscoveryGraph(config, ScannerRegistry([MarketMovers])).run(day)
    (outcome,) = second["scan_report"]["outcomes"]
    assert (outcome["status"], outcome["reason"]) == ("degraded", "vendor_down")
    assert "old, is used instead" in outcome["message"]
    assert (
        outcome["requests"]["alpha_vantage"] | {"stale": 1, "sent": 1} == outcome["requests"]["alpha_vantage"]
    )
    assert second["tickers"] == first["tickers"]
    assert first["tickers"]
