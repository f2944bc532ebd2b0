"""Outcomes of a scan that the contract file does not cover: rejected, skipped and failed scanners, late writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.test_concurrent_scanners import (
    PATIENCE,
    Gate,
    finding,
    gate,
    graph_of,
    in_background,
    outcome,
    raising,
    scanner,
    start_state,
    statuses,
)
from tradingagents.discovery import DiscoveryGraph, ScannerRegistry

__all__ = ["gate", "in_background"]  # fixtures


def test_what_an_abandoned_scanner_writes_while_others_still_run_is_not_seen(
    gate: Gate, clock: Any, in_background: Any
) -> None:
    inside, wrote, cut, end = (threading.Event() for _ in range(4))

    def late(self: Any, state: Any) -> Iterator[Any]:
        inside.set()
        gate.pass_through()
        state["tool_logs"].append({"tool": "late"})
        self.log("late too")
        self.record_coverage(asked=5, answered=5, of=5)
        self.count("late")
        self.degrade("rate_limited", "late")
        try:
            yield {"ticker": "LATE"}
        finally:
            wrote.set()

    def patient(self: Any, state: Any) -> list[Any]:
        assert end.wait(PATIENCE)
        return [{"ticker": "GOOD"}]

    own = {"late": {"timeout_seconds": 10}, "patient": {"timeout_seconds": 60}}
    graph = graph_of(scanner("late", late), scanner("patient", patient), clock=clock, own=own).graph

    def consume() -> dict[str, Any]:
        final: dict[str, Any] = {}
        for mode, chunk in graph.stream(start_state(), stream_mode=["custom", "values"]):
            if mode == "values":
                final = chunk
            elif (chunk["event"], chunk["scanner"]) == ("scanner_finished", "late"):
                cut.set()
        return final

    running = in_background(consume)
    assert inside.wait(PATIENCE)
    clock.advance(10.0)
    assert cut.wait(PATIENCE)
    gate.open()
    assert wrote.wait(PATIENCE)
    end.set()
    final = running.result(PATIENCE)
    found = outcome(final, "late")
    assert (final["tickers"], final["tool_logs"]) == (["GOOD"], [])
    assert (found["coverage"], found["candidates"], found["reason"]) == (None, [], "deadline")
    assert "late" not in found["funnel"]


def test_built_in_scanners_without_keys_are_skipped_and_name_the_variable() -> None:
    needing_no_setting = ("volume_accumulation", "short_squeeze", "short_volume")
    own = {name: {"enabled": False} for name in needing_no_setting}
    update = DiscoveryGraph({"discovery": {"scanners": own}}).scanner_node(start_state())
    assert set(statuses(update).values()) == {("skipped", "not_configured")}
    messages = {o["scanner"]: o["message"] for o in update["scan_report"]["outcomes"]}
    assert messages["earnings_calendar"] == "no FINNHUB_API_KEY"
    assert messages["market_movers"] == "no ALPHA_VANTAGE_API_KEY"
    assert messages["insider_buying"] == messages["material_events"] == "no SEC_EDGAR_USER_AGENT"
    assert messages["reddit_dd"] == "no REDDIT_CLIENT_ID"


def test_a_disabled_pipeline_disables_its_scanners() -> None:
    config = {"discovery": {"pipelines": {"social": {"enabled": False}}}}
    registry = ScannerRegistry(
        [scanner("talk", finding("TALK"), pipeline="social"), scanner("good", finding("GOOD"))]
    )
    assert DiscoveryGraph(config, registry).scanner_node(start_state())["tickers"] == ["GOOD"]


def test_nothing_enabled_is_complete() -> None:
    graph = graph_of(scanner("off", finding("OFF")), own={"off": {"enabled": False}})
    update = graph.scanner_node(start_state())
    assert update["scan_report"]["outcomes"] == []
    assert update["scan_report"]["health"] == "complete"


def test_scan_with_validation_never_turns_an_error_into_an_empty_list() -> None:
    with pytest.raises(RuntimeError, match="rate limit"):
        scanner("bad", raising(RuntimeError("rate limit")))().scan_with_validation(start_state())


def test_only_invalid_candidates_do_not_look_like_an_empty_market() -> None:
    update = graph_of(scanner("junk", finding("???", "!!!"))).scanner_node(start_state())
    assert statuses(update) == {"junk": ("failed", "bad_payload")}


def test_a_scanner_that_cannot_be_constructed_is_its_own_failure() -> None:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no database here")

    bad = scanner("bad", finding("NEVER"), __init__=refuse)
    update = graph_of(bad, scanner("good", finding("GOOD"))).scanner_node(start_state())
    assert statuses(update) == {"bad": ("failed", "crashed"), "good": ("ok", "none")}
    assert "no database here" in outcome(update, "bad")["message"]


def test_six_slow_scanners_on_two_workers_lose_none_because_each_has_its_own_clock() -> None:
    """In real time: 0.4 s each under a 0.6 s timeout, so the last starts after 0.8 s."""

    def slow(self: Any, state: Any) -> list[Any]:
        time.sleep(0.4)
        return [{"ticker": self.name.upper()}]

    scanners = [scanner(f"s{i}", slow) for i in range(6)]
    update = graph_of(*scanners, max_workers=2, timeout_seconds=0.6).scanner_node(start_state())
    assert update["tickers"] == [f"S{i}" for i in range(6)]
    assert outcome(update, "s5")["queued_seconds"] > 0.6


def test_two_scans_at_once_run_scanners_of_the_same_name(in_background: Any) -> None:
    barrier = threading.Barrier(2, timeout=PATIENCE)

    def meet(self: Any, state: Any) -> list[Any]:
        barrier.wait()
        return [{"ticker": "ABC"}]

    graph = graph_of(scanner("same", meet))
    runs = [in_background(lambda: graph.scanner_node(start_state())) for _ in range(2)]
    assert [statuses(run.result(PATIENCE)) for run in runs] == [{"same": ("ok", "none")}] * 2


def test_an_invalid_candidate_is_rejected_with_its_reason_and_the_rest_stay() -> None:
    def mixed(self: Any, state: Any) -> Iterator[Any]:
        yield {"ticker": "GOOD"}
        yield {"ticker": "two words"}
        yield {"ticker": "ABC", "priority": "urgent"}
        yield {"ticker": "DEF", "score": float("nan")}
        yield "GHI"

    update = graph_of(scanner("mixed", mixed)).scanner_node(start_state())
    found = outcome(update, "mixed")
    assert (found["status"], [c["ticker"] for c in found["candidates"]]) == ("ok", ["GOOD"])
    assert [r["reason"].split(":")[0] for r in found["rejected"]] == [
        "ticker",
        "priority",
        "score",
        "candidate",
    ]
    assert found["funnel"] == {"yielded": 5, "rejected": 4, "cut by limit": 0, "kept": 1}


def test_no_more_than_max_workers_run_at_once() -> None:
    inside, peak, lock = [0], [0], threading.Lock()

    def busy(self: Any, state: Any) -> list[Any]:
        with lock:
            inside[0] += 1
            peak[0] = max(peak[0], inside[0])
        threading.Event().wait(0.01)
        with lock:
            inside[0] -= 1
        return []

    graph_of(*(scanner(f"s{i}", busy) for i in range(9)), max_workers=3).scanner_node(start_state())
    assert peak[0] == 3
