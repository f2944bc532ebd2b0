"""DiscoveryGraph as a LangGraph: streaming, tracing, checkpoints, cancelling."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

import tradingagents.discovery
from tradingagents.discovery import BaseScanner, ConfigError, ScannerRegistry
from tradingagents.discovery.graph import scanner_node
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph, studio_graph

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 10.0


def scanner(name: str, scan: Callable[..., Any]) -> type[BaseScanner]:
    return type(name.title(), (BaseScanner,), {"name": name, "pipeline": "edge", "scan": scan})


def found(ticker: str) -> Callable[..., Any]:
    return lambda self, state: [{"ticker": ticker}]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_events_are_streamed_while_a_scanner_still_runs(release: threading.Event) -> None:
    """The scanner goes on only after its first candidate was seen outside."""

    def scan(self: Any, state: Any) -> Iterator[Any]:
        yield {"ticker": "FIRST"}
        assert release.wait(PATIENCE), "the first candidate was not streamed"
        yield {"ticker": "SECOND"}

    graph = DiscoveryGraph(None, ScannerRegistry([scanner("live", scan)])).graph
    seen = []
    for event in graph.stream({"trade_date": "2026-02-05"}, stream_mode="custom"):
        seen.append((event["event"], event.get("candidate", {}).get("ticker")))
        if event.get("candidate", {}).get("ticker") == "FIRST":
            release.set()
    assert seen == [
        ("scanner_started", None),
        ("candidate", "FIRST"),
        ("candidate", "SECOND"),
        ("scanner_finished", None),
    ]


def test_astream_hands_out_the_same_events() -> None:
    graph = DiscoveryGraph(None, ScannerRegistry([scanner("a", found("AAA"))])).graph

    async def collect() -> list[str]:
        stream = graph.astream({"trade_date": "2026-02-05"}, stream_mode="custom")
        return [event["event"] async for event in stream]

    assert asyncio.run(collect()) == ["scanner_started", "candidate", "scanner_finished"]


def test_events_of_an_abandoned_scanner_reach_no_later_node(release: threading.Event) -> None:
    """In real time: the scanner wakes while the ranker's update is still awaited."""
    woke = threading.Event()

    def scan(self: Any, state: Any) -> Iterator[Any]:
        release.wait(PATIENCE)
        try:
            yield {"ticker": "LATE"}
        finally:
            woke.set()

    config = {"discovery": {"scanner_execution": {"timeout_seconds": 0.2}}}
    graph = DiscoveryGraph(config, ScannerRegistry([scanner("late", scan)])).graph
    events = []
    for mode, chunk in graph.stream({"trade_date": "2026-02-05"}, stream_mode=["custom", "updates"]):
        if mode == "updates" and "scanner" in chunk:
            release.set()
            assert woke.wait(PATIENCE)
        elif mode == "custom":
            events.append(chunk["event"])
    assert events == ["scanner_started", "scanner_finished"]


def test_the_emitter_is_silent_once_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event between the fence and the end of the node would reach the next node's stream."""
    written: list[Any] = []
    monkeypatch.setattr(scanner_node, "get_stream_writer", lambda: written.append)
    emitter = scanner_node._Emitter()
    emitter({"n": 1})
    emitter.close()
    emitter({"n": 2})
    assert written == [{"n": 1}]


class Spans(BaseCallbackHandler):
    """Remembers the parent of every run."""

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.parents: dict[str, str | None] = {}

    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        name = kwargs.get("name") or "?"
        self.names[run_id] = name
        self.parents[name] = self.names.get(parent_run_id) if parent_run_id else None


def test_callbacks_nest_per_scanner() -> None:
    """What a scanner runs is a child of its own span, which is a child of the node."""

    def scan(self: Any, state: Any) -> list[Any]:
        RunnableLambda(lambda x: x, name=f"tool of {self.name}").invoke(1)
        return []

    spans = Spans()
    graph = DiscoveryGraph(None, ScannerRegistry([scanner("a", scan), scanner("b", scan)])).graph
    graph.invoke({"trade_date": "2026-02-05"}, {"callbacks": [spans]})
    assert spans.parents["scanner:a"] == spans.parents["scanner:b"] == "scanner"
    assert spans.parents["tool of a"] == "scanner:a"
    assert spans.parents["tool of b"] == "scanner:b"
    assert "filter" in spans.parents


def test_a_failed_scanner_has_its_span_and_fails_no_other() -> None:
    def scan(self: Any, state: Any) -> list[Any]:
        raise RuntimeError("boom")

    spans = Spans()
    graph = DiscoveryGraph(None, ScannerRegistry([scanner("bad", scan), scanner("good", found("AAA"))])).graph
    final = graph.invoke({"trade_date": "2026-02-05"}, {"callbacks": [spans]})
    assert [o["status"] for o in final["scan_report"]["outcomes"]] == ["failed", "ok"]
    assert "RuntimeError: boom" in final["scan_report"]["outcomes"][0]["message"]


def test_resuming_after_a_crash_in_the_filter_skips_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans: list[str] = []

    def scan(self: Any, state: Any) -> list[Any]:
        scans.append(self.name)
        return [{"ticker": "AAA"}]

    counted = scanner("counted", scan)
    thread = {"configurable": {"thread_id": "2026-02-05"}}
    with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as saver:
        crashing = DiscoveryGraph(None, ScannerRegistry([counted]), checkpointer=saver)
        monkeypatch.setattr(crashing, "filter_node", crash)
        with pytest.raises(RuntimeError, match="filter crashed"):
            crashing.graph.invoke({"trade_date": "2026-02-05"}, thread)
    with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as saver:
        fixed = DiscoveryGraph(None, ScannerRegistry([counted]), checkpointer=saver)
        assert fixed.graph.get_state(thread).next == ("filter",)
        final = fixed.graph.invoke(None, thread)
    assert scans == ["counted"]
    assert final["tickers"] == ["AAA"]


def crash(state: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError("filter crashed")


def test_a_second_run_on_one_thread_replaces_candidates_and_logs() -> None:
    def scan(self: Any, state: Any) -> list[Any]:
        self.log("asked")
        return [{"ticker": "AAA"}]

    discovery = DiscoveryGraph(None, ScannerRegistry([scanner("a", scan)]), checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    discovery.run("2026-02-05", thread)
    final = discovery.run("2026-02-06", thread)
    assert final["tickers"] == ["AAA"]
    assert len(final["tool_logs"]) == 1


def test_cancelling_ainvoke_stops_the_scan_and_frees_the_loop(release: threading.Event) -> None:
    stated = threading.Event()

    def scan(self: Any, state: Any) -> list[Any]:
        try:
            list(self.map(release.wait, [PATIENCE] * 4))
        finally:
            stated.set()
        return []

    graph = DiscoveryGraph(None, ScannerRegistry([scanner("slow", scan)])).graph

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(graph.ainvoke({"trade_date": "2026-02-05"}), 0.2)

    asyncio.run(cancelled())
    assert stated.wait(PATIENCE / 3), "the scanner was not stopped"


def test_invoke_works_inside_a_running_loop() -> None:
    """As in a notebook."""
    discovery = DiscoveryGraph(None, ScannerRegistry([scanner("a", found("AAA"))]))

    async def cell() -> list[str]:
        return list(discovery.run("2026-02-05")["tickers"])

    assert asyncio.run(cell()) == ["AAA"]


def test_the_filter_names_what_it_dropped() -> None:
    config = {"discovery": {"filter": {"exclude_tickers": ["brk-b"], "min_priority": "medium"}}}
    scan = scanner(
        "s", lambda self, state: [{"ticker": "BRK.B"}, {"ticker": "LOW", "priority": "low"}, {"ticker": "OK"}]
    )
    final = DiscoveryGraph(config, ScannerRegistry([scan])).run("2026-02-05")
    assert final["tickers"] == ["OK"]
    assert (final["filter_report"]["in"], final["filter_report"]["out"]) == (3, 1)
    assert [dropped["ticker"] for dropped in final["filter_report"]["dropped"]] == ["BRK.B", "LOW"]


def test_a_trade_date_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"trade_date: 'tomorrow' is not a date such as '2026-02-05'"):
        DiscoveryGraph(None, ScannerRegistry([scanner("a", found("AAA"))])).run("tomorrow")


def test_the_readme_shows_the_graph_as_it_is() -> None:
    drawn = DiscoveryGraph().graph.get_graph().draw_mermaid()
    edges = [line.strip() for line in drawn.splitlines() if "-->" in line]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert edges
    for edge in edges:
        assert edge in readme


def test_langgraph_json_names_a_factory_of_one_argument() -> None:
    named = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"]["discovery"]
    assert named == "./tradingagents/graph/discovery_graph.py:studio_graph"
    assert set(studio_graph({}).get_graph().nodes) >= {"scanner", "filter", "ranker"}


def test_constructing_needs_no_key_and_opens_no_connection() -> None:
    """In a process without an environment and without a network."""
    code = (
        "import socket\n"
        "from tradingagents.discovery import DiscoveryGraph\n"
        "DiscoveryGraph\n"
        "socket.socket = None\n"
        "print(len(DiscoveryGraph().registry))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={}, check=True, cwd=ROOT
    )
    assert int(done.stdout) >= 8


def test_hosts_and_users_import_the_same_graph() -> None:
    assert tradingagents.discovery.DiscoveryGraph is DiscoveryGraph
    assert importlib.import_module("tradingagents.graph.discovery_graph").DiscoveryGraph is DiscoveryGraph
