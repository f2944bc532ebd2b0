"""The clock given to ``DiscoveryGraph`` is the only one read, and "today" is New York's in every stage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_clock import FakeClock
from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.sandbox import SandboxServer

TODAY = "2026-02-05"
EVENING = datetime(2026, 2, 6, 2, tzinfo=UTC)  # 21:00 on 5 February in New York


class EveningClock(FakeClock):
    """Starts at 21:00 in New York, when it is the next day in UTC."""

    def now(self) -> datetime:
        return EVENING + timedelta(seconds=self.monotonic())


@pytest.fixture
def clock() -> EveningClock:
    return EveningClock()


class Stage:
    """A custom filter or ranker that notes the trade date and the clock of its deadline."""

    def __init__(self) -> None:
        self.dates: list[str] = []
        self.clocks: list[Any] = []

    def __call__(self, candidates: list[dict[str, Any]], trade_date: str) -> list[dict[str, Any]]:
        self.dates.append(trade_date)
        self.clocks.append(current_deadline().clock)
        return candidates


def test_at_21_00_in_new_york_every_stage_has_new_yorks_date(clock: EveningClock, tmp_path: Path) -> None:
    own: list[str] = []

    class Dated(BaseScanner):
        name, pipeline = "dated", "edge"

        def scan(self, state: dict[str, Any]) -> list[dict[str, Any]]:
            own.extend([state["trade_date"], self.trade_date({}).isoformat()])
            return [{"ticker": "AAA"}]

    filter_, ranker = Stage(), Stage()
    graph = DiscoveryGraph(
        {"discovery": {"state_dir": str(tmp_path)}},
        ScannerRegistry([Dated]),
        filter=filter_,
        ranker=ranker,
        clock=clock,
    )
    final = graph.run()
    assert own == [TODAY, TODAY]
    assert final["scan_report"]["trade_date"] == TODAY
    assert final["scan_report"]["started_at"] == EVENING.isoformat()
    assert filter_.dates == ranker.dates == [TODAY]
    assert filter_.clocks == ranker.clocks == [clock]
    assert [one["first_seen"] for one in final["final_ranking"]] == [TODAY]


def test_the_stages_alone_have_new_yorks_date_too(clock: EveningClock) -> None:
    """A host may call the nodes with a state of its own, without a scan report or a trade date."""
    filter_, ranker = Stage(), Stage()
    graph = DiscoveryGraph(registry=ScannerRegistry([]), filter=filter_, ranker=ranker, clock=clock)
    state: dict[str, Any] = {"candidate_metadata": [{"ticker": "AAA", "source": "s", "priority": "low"}]}
    graph.ranker_node({**state, **graph.filter_node(state)})  # type: ignore[arg-type, typeddict-item]
    assert filter_.dates == ranker.dates == [TODAY]


def test_a_vendor_call_is_timed_by_the_clock_of_the_graph(clock: EveningClock) -> None:
    class Slow(BaseScanner):
        name, pipeline = "slow", "edge"

        def scan(self, state: dict[str, Any]) -> list[dict[str, Any]]:
            self.ask("vendor.call", {}, lambda: clock.advance(7.0), lambda _: "done")
            return []

    update = DiscoveryGraph(registry=ScannerRegistry([Slow]), clock=clock).scanner_node({})
    assert [entry["duration_seconds"] for entry in update["tool_logs"]] == [7.0]


def test_the_vendors_sessions_count_their_quota_by_the_clock_of_the_graph(
    clock: EveningClock, tmp_path: Path
) -> None:
    class Listed(BaseScanner):
        name, pipeline = "listed", "edge"

        def scan(self, state: dict[str, Any]) -> list[dict[str, Any]]:
            self.vendors.nasdaq.listed()
            return []

    with SandboxServer() as server:
        config = server.config()
        config["discovery"]["state_dir"] = str(tmp_path)
        DiscoveryGraph(config, ScannerRegistry([Listed]), clock=clock).scanner_node({})
    [file] = tmp_path.glob("nasdaq@*.state.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        times = [at for (at,) in connection.execute("SELECT at FROM tickets")]
    assert times
    assert all(0 <= at - EVENING.timestamp() < 60 for at in times)
