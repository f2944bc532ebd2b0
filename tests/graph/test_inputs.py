"""What a run reads and what it writes: the watchlist, and a LangGraph thread that is used again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from tradingagents.discovery import BaseScanner, ConfigError, DiscoveryGraph, ScannerRegistry

DAY = "2026-02-05"


class Watching(BaseScanner):
    """Finds what is on the watchlist, and logs what else it sees."""

    name, pipeline = "watching", "edge"

    def scan(self, state: Any) -> Any:
        self.log("seen", {"tickers": list(state.get("tickers") or []), "logs": len(state["tool_logs"])})
        for ticker in self.watchlist(state):
            yield {"ticker": ticker}


def graph_of(watchlist: Any = None, **more: Any) -> DiscoveryGraph:
    config = {"discovery": {"watchlist": watchlist or []}}
    return DiscoveryGraph(config, ScannerRegistry([Watching]), **more)


@pytest.mark.parametrize(
    ("configured", "given", "expected"),
    [
        (["brk-b", "A"], None, ["BRK.B", "A"]),
        (["A"], ["MSFT", "msft", "BF.B"], ["MSFT", "BF.B"]),
        (["A"], [], []),
        ([], ("T",), ["T"]),
    ],
)
def test_the_watchlist_of_the_state_wins_over_the_configured_one(
    configured: list[str], given: Any, expected: list[str]
) -> None:
    state: dict[str, Any] = {"trade_date": DAY, "tickers": ["ZZZ"]}
    if given is not None:
        state["watchlist"] = given
    assert graph_of(configured).scanner_node(state)["tickers"] == expected


@pytest.mark.parametrize(
    "given", ["AAPL", 5, {"AAPL"}, {"AAPL": 1}, ["AAPL", None], ["not a ticker"], [["AAPL"]]]
)
def test_a_watchlist_that_is_none_is_refused_by_name(given: Any) -> None:
    with pytest.raises(ConfigError, match="watchlist of the state"):
        graph_of().scanner_node({"trade_date": DAY, "watchlist": given})


@pytest.mark.parametrize("wrong", ["AAPL", ["not a ticker"], [1]])
def test_a_configured_watchlist_is_checked(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="watchlist"):
        DiscoveryGraph({"discovery": {"watchlist": wrong}})


def comparable(final: Any) -> Any:
    logs = [(entry["tool"], entry["parameters"]) for entry in final["tool_logs"] if "parameters" in entry]
    others = [entry for entry in final["tool_logs"] if "parameters" not in entry]
    ranking = [{**one, "new": None, "seen_by": None, "last_seen": None} for one in final["final_ranking"]]
    return final["trade_date"], final["tickers"], logs, others, ranking, final["warnings"], final["status"]


def _by_run(graph: DiscoveryGraph, thread: Any) -> Any:
    return graph.run(DAY, thread)


def _by_invoke(graph: DiscoveryGraph, thread: Any) -> Any:
    return graph.graph.invoke({"trade_date": DAY}, thread)


def _by_ainvoke(graph: DiscoveryGraph, thread: Any) -> Any:
    return asyncio.run(graph.graph.ainvoke({"trade_date": DAY}, thread))


def _by_stream(graph: DiscoveryGraph, thread: Any) -> Any:
    return list(graph.graph.stream({"trade_date": DAY}, thread, stream_mode="values"))[-1]


@pytest.mark.parametrize("way", [_by_run, _by_invoke, _by_ainvoke, _by_stream])
def test_a_thread_that_is_used_again_gives_what_a_new_one_gives(way: Any) -> None:
    graph = graph_of(["AAPL", "MSFT"], checkpointer=InMemorySaver())
    used: Any = {"configurable": {"thread_id": "used"}}
    graph.run("2026-02-04", used)
    graph.run("2026-02-03", used)
    again = way(graph, used)
    anew = way(graph, {"configurable": {"thread_id": "new"}})
    assert comparable(again) == comparable(anew)
    kept = graph.graph.get_state(used).values
    assert comparable(kept) == comparable(anew)


def test_a_hosts_own_log_entries_stay_on_the_thread() -> None:
    graph = graph_of(["AAPL"], checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "host"}}
    start = {**graph.initial_state(DAY), "tool_logs": [{"tool": "of the host"}]}
    graph.graph.invoke(start, thread)
    final = graph.graph.invoke({"trade_date": DAY}, thread)
    assert [entry["tool"] for entry in final["tool_logs"]] == ["of the host", "seen"]


@pytest.mark.parametrize("given", [None, ""])
def test_the_final_state_names_the_day_that_was_scanned(given: Any) -> None:
    final = graph_of().run(given)
    assert final["trade_date"] == final["scan_report"]["trade_date"] != ""
