"""The direction of every built-in scanner's candidates, on the sandbox's market."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tradingagents.discovery import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.scanners.registry import BUILT_IN

pytestmark = pytest.mark.slow

Found = Mapping[str, Any]

BAD_NEWS = {"1.03", "2.04", "2.06", "3.01", "4.02"}
"""Items of Form 8-K: bankruptcy, accelerated debt, impairment, delisting, accounts not to be relied on."""


def values_of(candidate: Found) -> Mapping[str, Any]:
    values: Mapping[str, Any] = candidate["evidence"][0]["values"]
    return values


def of_events(candidate: Found) -> str:
    counted = {item for record in candidate["evidence"] for item in record["values"]["counted"]}
    return "down" if counted & BAD_NEWS else "none"


def of_surprise(candidate: Found) -> str:
    return {"beat": "up", "miss": "down", "mixed": "none"}[values_of(candidate)["direction"]]


def of_move(candidate: Found) -> str:
    return "down" if values_of(candidate)["change_percent"] > 0 else "up"


RULES: Mapping[str, str | Callable[[Found], str]] = {
    "insider_buying": "up",
    "material_events": of_events,
    "earnings_surprise": of_surprise,
    "earnings_calendar": "none",
    "analyst_revisions": "up",
    "short_squeeze": "down",
    "short_volume": "down",
    "volume_accumulation": "up",
    "technical_breakout": "up",
    "high_52w_breakout": "up",
    "minervini": "up",
    "sector_rotation": "up",
    "rsi_oversold": "up",
    "gap_up": "down",
    "obv_divergence": "up",
    "atr_compression": "up",
    "volume_dry_up": "up",
    "market_movers": of_move,
    "options_flow": "none",
    "news_catalyst": "up",
    "reddit_trending": "none",
    "reddit_dd": "none",
}


@pytest.fixture(scope="module")
def found() -> Mapping[str, list[Found]]:
    """The candidates of each scanner, before any limit and the merge."""
    by_scanner: dict[str, list[Found]] = defaultdict(list)
    with SandboxServer() as sandbox:
        config: Any = sandbox.config()
        own = config["discovery"]["scanners"].setdefault("options_flow", {})
        own.update(sandbox.market.truth["options_flow"].settings)
        graph = DiscoveryGraph(config)
        state = graph.initial_state(str(sandbox.market.as_of))
        for event in graph.graph.stream(state, stream_mode="custom"):
            if event["event"] == "candidate":
                by_scanner[event["scanner"]].append(event["candidate"])
    return by_scanner


def test_each_built_in_scanner_has_a_rule() -> None:
    assert set(RULES) == {scanner.name for scanner in BUILT_IN}


@pytest.mark.parametrize("name", RULES)
def test_candidates_have_the_sign_of_the_evidence(name: str, found: Mapping[str, list[Found]]) -> None:
    rule = RULES[name]
    assert found[name], "the sandbox plants candidates for every scanner"
    wrong = [
        (one["ticker"], one["direction"], expected)
        for one in found[name]
        if one["direction"] != (expected := rule if isinstance(rule, str) else rule(one))
    ]
    assert wrong == []


def test_rules_that_depend_on_a_candidate_are_seen_with_several_directions(
    found: Mapping[str, list[Found]],
) -> None:
    for name in ("material_events", "earnings_surprise", "market_movers"):
        assert len({one["direction"] for one in found[name]}) > 1, name
