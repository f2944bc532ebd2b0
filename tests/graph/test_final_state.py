"""A final state holds each candidate once, and a checkpointer gives it back unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from tradingagents.discovery import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer

THREAD: Any = {"configurable": {"thread_id": "t"}}


@pytest.fixture(scope="module")
def run() -> Iterator[tuple[DiscoveryGraph, Any]]:
    with SandboxServer() as sandbox:
        graph = DiscoveryGraph(sandbox.config(), checkpointer=InMemorySaver())
        yield graph, graph.run(str(sandbox.market.as_of), THREAD)


def test_each_candidate_stands_whole_in_the_final_ranking_only(run: tuple[DiscoveryGraph, Any]) -> None:
    _, final = run
    assert len(final["final_ranking"]) == 50
    assert final["candidate_metadata"] == []
    text = json.dumps(final)
    for candidate in final["final_ranking"]:
        assert text.count(json.dumps(candidate["evidence"])) == 1
    assert len(text) < 250_000


def test_an_outcome_has_a_small_entry_for_each_candidate(run: tuple[DiscoveryGraph, Any]) -> None:
    _, final = run
    entries = [entry for one in final["scan_report"]["outcomes"] for entry in one["candidates"]]
    assert entries
    assert {tuple(entry) for entry in entries} == {("ticker", "score", "priority")}


def test_what_the_scan_knows_is_on_the_candidate(run: tuple[DiscoveryGraph, Any]) -> None:
    _, final = run
    outcomes = {one["scanner"]: one for one in final["scan_report"]["outcomes"]}
    for candidate in final["final_ranking"]:
        finders = [
            name
            for name, outcome in outcomes.items()
            if candidate["ticker"] in {entry["ticker"] for entry in outcome["candidates"]}
        ]
        assert candidate["found_by"] == finders
        pipelines = {outcomes[name]["pipeline"] for name in finders}
        assert candidate["confluence"] == {"scanners": len(finders), "pipelines": len(pipelines)}
        assert candidate["pipeline"] in pipelines


def test_a_checkpointer_gives_the_state_back_unchanged(run: tuple[DiscoveryGraph, Any]) -> None:
    graph, final = run
    assert graph.graph.get_state(THREAD).values == final
    assert json.loads(json.dumps(final, allow_nan=False)) == final
