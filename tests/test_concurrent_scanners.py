"""The contract of concurrent scanning: each promise of the module, in tests that fail when it is broken.

Runnable as a script too: ``python tests/test_concurrent_scanners.py``. Threads are gated by events and time
is a fake clock's, except in the few tests that say otherwise.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph

DAY = "2026-02-05"
PATIENCE = 10.0  # seconds a gate may take before the test fails instead of hanging


def scanner(name: str, scan: Callable[..., Any], **attributes: Any) -> type[BaseScanner]:
    """Make a scanner class out of a function ``scan(self, state)``."""
    return type(name.title(), (BaseScanner,), {"name": name, "pipeline": "edge", "scan": scan, **attributes})


def finding(*tickers: str, **extra: Any) -> Callable[..., Any]:
    return lambda self, state: [
        {"ticker": ticker, "context": f"{self.name} saw it", **extra} for ticker in tickers
    ]


def graph_of(
    *scanners: type[BaseScanner], clock: Any = None, own: Any = None, **execution: Any
) -> DiscoveryGraph:
    config = {"discovery": {"scanner_execution": execution, "scanners": own or {}}}
    timing = {} if clock is None else {"clock": clock}
    return DiscoveryGraph(config, ScannerRegistry(scanners), **timing)


def start_state(**extra: Any) -> dict[str, Any]:
    return {"trade_date": DAY, "tickers": [], "tool_logs": [], **extra}


def outcome(update: dict[str, Any], name: str) -> dict[str, Any]:
    return next(o for o in update["scan_report"]["outcomes"] if o["scanner"] == name)


def statuses(update: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {o["scanner"]: (o["status"], o["reason"]) for o in update["scan_report"]["outcomes"]}


class Gate:
    """An event that is opened at the end of the test, so that no thread outlives it for long."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def open(self) -> None:
        self._event.set()

    def pass_through(self) -> None:
        assert self._event.wait(PATIENCE), "the gate was never opened"


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    with ThreadPoolExecutor(4) as pool:
        yield pool.submit


# -- it runs at once, or one after another --------------------------------------------------------


def test_scanners_overlap() -> None:
    """Three scanners meet at a barrier that only opens when all three are inside."""
    barrier = threading.Barrier(3, timeout=PATIENCE)

    def meet(self: Any, state: Any) -> list[Any]:
        barrier.wait()
        return [{"ticker": "ABC"}]

    update = graph_of(*(scanner(f"s{i}", meet) for i in range(3))).scanner_node(start_state())
    assert set(statuses(update).values()) == {("ok", "none")}
    assert update["scan_report"]["mode"] == "concurrent"


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


def test_sequential_mode_runs_one_scanner_and_one_request_at_a_time() -> None:
    trail: list[str] = []

    def ask(self: Any, state: Any) -> list[Any]:
        mine = threading.get_ident()

        def request(number: int) -> int:
            assert threading.get_ident() == mine, "a request ran beside its scanner"
            trail.append(f"{self.name}.{number} in")
            trail.append(f"{self.name}.{number} out")
            return number

        return [] if list(self.map(request, range(3))) == [0, 1, 2] else [{"ticker": "BAD"}]

    update = graph_of(scanner("a", ask), scanner("b", ask), concurrent=False).scanner_node(start_state())
    expected = [f"{name}.{i} {end}" for name in "ab" for i in range(3) for end in ("in", "out")]
    assert trail == expected
    assert update["scan_report"]["mode"] == "sequential"
    assert set(statuses(update).values()) == {("empty", "none")}


def test_a_deadline_fires_in_sequential_mode_too(gate: Gate, clock: Any, in_background: Any) -> None:
    inside = threading.Event()

    def hang(self: Any, state: Any) -> Iterator[Any]:
        yield {"ticker": "EARLY"}
        inside.set()
        gate.pass_through()

    graph = graph_of(scanner("hung", hang), scanner("good", finding("GOOD")), clock=clock, concurrent=False)
    running = in_background(lambda: graph.scanner_node(start_state()))
    assert inside.wait(PATIENCE)
    clock.advance(30.0)
    update = running.result(PATIENCE)
    assert statuses(update) == {"hung": ("timed_out", "deadline"), "good": ("ok", "none")}
    assert update["tickers"] == ["EARLY", "GOOD"]


# -- it comes back --------------------------------------------------------------------------------


def swallow(gate: Gate) -> Callable[..., Any]:
    """A scanner that catches whatever is thrown at it and goes on."""

    def scan(self: Any, state: Any) -> list[Any]:
        while not gate._event.is_set():
            try:
                list(self.map(lambda _: gate._event.wait(0.01), range(2)))
            except BaseException:  # noqa: BLE001
                gate._event.wait(0.01)
        return []

    return scan


def drip(gate: Gate) -> Callable[..., Any]:
    """A scanner that yields for ever."""

    def scan(self: Any, state: Any) -> Iterator[Any]:
        for number in itertools.count():
            yield {"ticker": "DRIP", "context": str(number)}
            if number > 2:
                gate._event.wait(0.002)

    return scan


def hang(gate: Gate) -> Callable[..., Any]:
    def scan(self: Any, state: Any) -> list[Any]:
        gate.pass_through()
        return [{"ticker": "LATE"}]

    return scan


@pytest.mark.parametrize("behaviour", [hang, swallow, drip])
def test_a_scan_returns_at_its_deadline_whatever_a_scanner_does(
    behaviour: Any, gate: Gate, clock: Any, in_background: Any
) -> None:
    begun = threading.Event()
    misbehave = behaviour(gate)

    def bad(self: Any, state: Any) -> Any:
        begun.set()
        return misbehave(self, state)

    graph = graph_of(scanner("bad", bad), scanner("good", finding("GOOD")), clock=clock, timeout_seconds=30)
    running = in_background(lambda: graph.scanner_node(start_state()))
    assert begun.wait(PATIENCE)
    clock.advance(29.0)
    assert not running.done()
    clock.advance(1.5)
    update = running.result(PATIENCE)
    assert outcome(update, "bad")["status"] == "timed_out"
    assert outcome(update, "bad")["message"] == "timeout after 30s"
    assert outcome(update, "good")["status"] == "ok"
    assert "GOOD" in update["tickers"]


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), MemoryError(), TimeoutError("read")]
)
def test_whatever_a_scanner_raises_is_its_own_failure(error: BaseException) -> None:
    def fail(self: Any, state: Any) -> Iterator[Any]:
        yield {"ticker": "KEPT"}
        raise error

    update = graph_of(scanner("bad", fail), scanner("good", finding("GOOD"))).scanner_node(start_state())
    assert statuses(update) == {"bad": ("failed", "crashed"), "good": ("ok", "none")}
    assert type(error).__name__ in outcome(update, "bad")["message"]
    assert update["tickers"] == ["KEPT", "GOOD"]


def test_four_hung_scanners_ahead_of_eight_good_ones_on_four_workers_lose_none(
    gate: Gate, clock: Any, in_background: Any
) -> None:
    entered = threading.Semaphore(0)

    def stuck(self: Any, state: Any) -> list[Any]:
        entered.release()
        gate.pass_through()
        return []

    hung = [scanner(f"hung{i}", stuck) for i in range(4)]
    good = [scanner(f"good{i}", finding(f"G{i}")) for i in range(8)]
    graph = graph_of(*hung, *good, clock=clock, max_workers=4)
    running = in_background(lambda: graph.scanner_node(start_state()))
    for _ in hung:
        assert entered.acquire(timeout=PATIENCE)
    clock.advance(30.0)
    update = running.result(PATIENCE)
    assert update["tickers"] == [f"G{i}" for i in range(8)]
    assert [o["status"] for o in update["scan_report"]["outcomes"]] == ["timed_out"] * 4 + ["ok"] * 8


def test_six_slow_scanners_on_two_workers_lose_none_because_each_has_its_own_clock() -> None:
    """In real time: 0.4 s each under a 0.6 s timeout, so the last starts after 0.8 s."""

    def slow(self: Any, state: Any) -> list[Any]:
        time.sleep(0.4)
        return [{"ticker": self.name.upper()}]

    scanners = [scanner(f"s{i}", slow) for i in range(6)]
    update = graph_of(*scanners, max_workers=2, timeout_seconds=0.6).scanner_node(start_state())
    assert update["tickers"] == [f"S{i}" for i in range(6)]
    assert outcome(update, "s5")["queued_seconds"] > 0.6


SCRIPT = """
import signal, threading, time
from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph

class Hang(BaseScanner):
    name, pipeline = "hang", "edge"
    def scan(self, state):
        yield {"ticker": "EARLY"}
        print("inside", flush=True)
        list(self.map(lambda _: threading.Event().wait(), range(4)))

class Deaf(BaseScanner):
    name, pipeline = "deaf", "edge"
    def scan(self, state):
        threading.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
execution = {"timeout_seconds": %s}
graph = DiscoveryGraph({"discovery": {"scanner_execution": execution}}, ScannerRegistry([Hang, Deaf]))
print("ready", flush=True)
update = graph.scanner_node({"trade_date": "2026-02-05", "tickers": [], "tool_logs": []})
print(update["tickers"], update["scan_report"]["health"], flush=True)
"""


def run_script(timeout_seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT % timeout_seconds)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_process_exits_within_a_second_after_a_scan_with_hung_scanners() -> None:
    """In real time: four hung requests and a hung scanner are alive when the script ends."""
    from tests.timing import time_allowance  # here, because this file is a script, too

    with run_script(0.2) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert process.stdout.readline() == "inside\n"
        assert process.stdout.readline() == "['EARLY'] failed\n"
        returned = time.monotonic()
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - returned < time_allowance(1.0)


def test_ctrl_c_leaves_at_once() -> None:
    """In real time: the scan would last an hour."""
    with run_script(3600) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert process.stdout.readline() == "inside\n"
        time.sleep(0.1)  # a thread that is still printing when the interpreter ends makes it abort
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        try:
            assert process.wait(PATIENCE) in {-signal.SIGINT, 130, 1}
        finally:
            process.kill()
        assert time.monotonic() - sent < PATIENCE / 2


def catastrophic(self: Any, state: Any) -> Iterator[Any]:
    state["tool_logs"].append({"tool": "matching", "process": os.getpid()})
    yield {"ticker": "FIRST"}
    re.match(r"(a+)+$", "a" * 60 + "b")
    yield {"ticker": "NEVER"}


def test_a_runaway_regular_expression_in_a_process_of_its_own_ends_at_its_deadline() -> None:
    """In real time: nothing but killing it helps, because it never gives up the interpreter lock."""
    graph = graph_of(
        scanner("runaway", catastrophic),
        scanner("good", finding("GOOD")),
        own={"runaway": {"isolation": "process", "timeout_seconds": 0.5}},
    )
    update = graph.scanner_node(start_state())
    assert statuses(update) == {"runaway": ("timed_out", "deadline"), "good": ("ok", "none")}
    assert update["tickers"] == ["FIRST", "GOOD"]
    (entry,) = update["tool_logs"]
    assert entry["process"] != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(entry["process"], 0)


# -- it tells the truth ---------------------------------------------------------------------------


def test_every_enabled_scanner_has_exactly_one_outcome_in_registry_order() -> None:
    def nothing(self: Any, state: Any) -> list[Any]:
        self.cover(asked=592, answered=592, of=592)
        return []

    def broken(self: Any, state: Any) -> list[Any]:
        raise RuntimeError("HTTP 500 error")

    update = graph_of(
        scanner("found", finding("ABC")),
        scanner("nothing", nothing),
        scanner("broken", broken),
        scanner("off", finding("OFF")),
        own={"off": {"enabled": False}},
    ).scanner_node(start_state())
    assert list(statuses(update).items()) == [
        ("found", ("ok", "none")),
        ("nothing", ("empty", "none")),
        ("broken", ("failed", "crashed")),
    ]
    assert outcome(update, "nothing")["coverage"] == {"asked": 592, "answered": 592, "of": 592}
    assert update["scan_report"]["health"] == "partial"


def test_the_log_says_what_happened(caplog: pytest.LogCaptureFixture) -> None:
    def nothing(self: Any, state: Any) -> list[Any]:
        self.cover(asked=592, answered=592, of=592)
        return []

    def broken(self: Any, state: Any) -> list[Any]:
        raise RuntimeError("HTTP 500 error")

    caplog.set_level(logging.INFO, "tradingagents.discovery")
    graph_of(
        scanner("found", finding("ABC", "DEF")), scanner("nothing", nothing), scanner("broken", broken)
    ).scanner_node(start_state())
    lines = {record.getMessage() for record in caplog.records}
    assert "Running 3 scanners concurrently (max 8 workers)..." in lines
    assert "✓ found: 2 candidates" in lines
    assert "∅ nothing: 0 of 592 tickers qualified" in lines
    assert "⚠️ broken: RuntimeError: HTTP 500 error" in lines


def test_nothing_found_is_only_said_where_the_data_was_seen() -> None:
    def unseen(self: Any, state: Any) -> list[Any]:
        self.cover(asked=20, answered=0, of=20)
        return []

    def half_seen(self: Any, state: Any) -> list[Any]:
        self.cover(asked=20, answered=12, of=20)
        return []

    update = graph_of(scanner("unseen", unseen), scanner("half", half_seen)).scanner_node(start_state())
    assert statuses(update) == {"unseen": ("failed", "no_data"), "half": ("degraded", "no_data")}
    assert update["scan_report"]["health"] == "failed"


@pytest.mark.parametrize("returned", [None, 7, "ABC", {"ticker": "ABC"}])
def test_a_scanner_that_returns_no_candidates_is_a_bad_payload(returned: Any) -> None:
    update = graph_of(scanner("odd", lambda self, state: returned)).scanner_node(start_state())
    assert statuses(update) == {"odd": ("failed", "bad_payload")}


def test_a_scanner_that_cannot_be_constructed_is_its_own_failure() -> None:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no database here")

    bad = scanner("bad", finding("NEVER"), __init__=refuse)
    update = graph_of(bad, scanner("good", finding("GOOD"))).scanner_node(start_state())
    assert statuses(update) == {"bad": ("failed", "crashed"), "good": ("ok", "none")}
    assert "no database here" in outcome(update, "bad")["message"]


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


def test_only_invalid_candidates_do_not_look_like_an_empty_market() -> None:
    update = graph_of(scanner("junk", finding("???", "!!!"))).scanner_node(start_state())
    assert statuses(update) == {"junk": ("failed", "bad_payload")}


def test_scan_with_validation_never_turns_an_error_into_an_empty_list() -> None:
    def fail(self: Any, state: Any) -> list[Any]:
        raise RuntimeError("rate limit")

    with pytest.raises(RuntimeError, match="rate limit"):
        list(scanner("bad", fail)().scan_with_validation(start_state()))


def test_nothing_enabled_is_complete() -> None:
    graph = graph_of(scanner("off", finding("OFF")), own={"off": {"enabled": False}})
    update = graph.scanner_node(start_state())
    assert update["scan_report"]["outcomes"] == []
    assert update["scan_report"]["health"] == "complete"


def test_a_disabled_pipeline_disables_its_scanners() -> None:
    config = {"discovery": {"pipelines": {"social": {"enabled": False}}}}
    registry = ScannerRegistry(
        [scanner("talk", finding("TALK"), pipeline="social"), scanner("good", finding("GOOD"))]
    )
    assert DiscoveryGraph(config, registry).scanner_node(start_state())["tickers"] == ["GOOD"]


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


# -- it loses nothing, and late writes are not seen ------------------------------------------------


def test_logs_and_candidates_of_failed_and_timed_out_scanners_are_kept(
    gate: Gate, clock: Any, in_background: Any
) -> None:
    waiting = threading.Event()

    def fails(self: Any, state: Any) -> Iterator[Any]:
        state["tool_logs"].append({"tool": "fails.ask"})
        yield {"ticker": "FAIL"}
        raise RuntimeError("boom")

    def hangs(self: Any, state: Any) -> Iterator[Any]:
        self.log("hangs.ask", {"page": 1}, output="100 rows")
        yield {"ticker": "HANG"}
        waiting.set()
        gate.pass_through()

    graph = graph_of(scanner("fails", fails), scanner("hangs", hangs), clock=clock)
    running = in_background(lambda: graph.scanner_node(start_state()))
    assert waiting.wait(PATIENCE)
    clock.advance(30.0)
    update = running.result(PATIENCE)
    assert [(entry["scanner"], entry["tool"]) for entry in update["tool_logs"]] == [
        ("fails", "fails.ask"),
        ("hangs", "hangs.ask"),
    ]
    assert [(c["ticker"], c["partial_sources"]) for c in update["candidate_metadata"]] == [
        ("FAIL", ["fails"]),
        ("HANG", ["hangs"]),
    ]


def test_late_writes_of_an_abandoned_scanner_are_never_seen(
    gate: Gate, clock: Any, in_background: Any
) -> None:
    waiting, woke, went_on = threading.Event(), threading.Event(), threading.Event()

    def late(self: Any, state: Any) -> Iterator[Any]:
        yield {"ticker": "EARLY"}
        waiting.set()
        gate.pass_through()
        state["tool_logs"].append({"tool": "late"})
        state["candidate_metadata"][0]["touched_by"].append("late")
        state["late_key"] = True
        self.log("late too")
        self.cover(asked=5, of=5)
        try:
            yield {"ticker": "LATE"}
            went_on.set()
        finally:
            woke.set()

    state = start_state(candidate_metadata=[{"ticker": "OLD", "touched_by": []}])
    before = copy.deepcopy(state)
    graph = graph_of(scanner("late", late), clock=clock)
    running = in_background(lambda: graph.scanner_node(state))
    assert waiting.wait(PATIENCE)
    clock.advance(30.0)
    update = running.result(PATIENCE)
    returned = copy.deepcopy(update)
    gate.open()
    assert woke.wait(PATIENCE)
    assert not went_on.is_set(), "a cut generator is closed at its next yield"
    assert (update, state) == (returned, before)
    assert update["tickers"] == ["EARLY"]
    assert update["tool_logs"] == []


def test_what_an_abandoned_scanner_writes_while_others_still_run_is_not_seen(
    gate: Gate, clock: Any, in_background: Any
) -> None:
    inside, wrote, cut, end = (threading.Event() for _ in range(4))

    def late(self: Any, state: Any) -> Iterator[Any]:
        inside.set()
        gate.pass_through()
        state["tool_logs"].append({"tool": "late"})
        self.log("late too")
        self.cover(asked=5, answered=5, of=5)
        self.step("late")
        self.trouble("rate_limited", "late")
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


def test_tool_logs_are_neither_doubled_nor_lost() -> None:
    def logs(self: Any, state: Any) -> list[Any]:
        assert len(state["tool_logs"]) == 1
        state["tool_logs"].append({"tool": self.name})
        return []

    state = start_state(tool_logs=[{"id": "before", "tool": "earlier node"}])
    graph = graph_of(*(scanner(f"s{i}", logs) for i in range(8)))
    update = graph.scanner_node(state)
    assert [entry["tool"] for entry in update["tool_logs"]] == [f"s{i}" for i in range(8)]
    final = graph.graph.invoke(state)
    assert [entry["tool"] for entry in final["tool_logs"]] == ["earlier node", *(f"s{i}" for i in range(8))]


def test_each_scanner_has_a_deep_copy_of_the_state() -> None:
    def vandal(self: Any, state: Any) -> list[Any]:
        seen = state["candidate_metadata"][0]["touched_by"]
        assert seen == []
        seen.append(self.name)
        state["tickers"].append("VAND")
        state["trade_date"] = "1999-01-01"
        del state["tool_logs"]
        return []

    state = start_state(candidate_metadata=[{"ticker": "OLD", "touched_by": []}])
    before = copy.deepcopy(state)
    update = graph_of(*(scanner(f"s{i}", vandal) for i in range(4))).scanner_node(state)
    assert state == before
    assert set(statuses(update).values()) == {("empty", "none")}


# -- it is the same every time ---------------------------------------------------------------------


@pytest.mark.parametrize("finish_order", list(itertools.permutations(range(3))))
def test_the_result_does_not_depend_on_who_finishes_first(finish_order: tuple[int, ...]) -> None:
    ends = [threading.Event() for _ in range(4)]
    ends[0].set()

    def at_turn(turn: int) -> Callable[..., Any]:
        def scan(self: Any, state: Any) -> Iterator[Any]:
            assert ends[turn].wait(PATIENCE)
            yield {"ticker": "BOTH", "context": self.name, "priority": "high" if self.name == "s1" else "low"}
            yield {"ticker": self.name.upper()}
            ends[turn + 1].set()

        return scan

    scanners = [scanner(f"s{i}", at_turn(finish_order.index(i))) for i in range(3)]
    merged = graph_of(*scanners).scanner_node(start_state())["candidate_metadata"]
    assert [c["ticker"] for c in merged] == ["BOTH", "S0", "S1", "S2"]
    assert (merged[0]["source"], merged[0]["priority"]) == ("s1", "high")
    assert merged[0]["all_sources"] == ["s0", "s1", "s2"]
    assert merged[0]["all_contexts"] == ["s0", "s1", "s2"]


def test_both_modes_find_the_same_candidates() -> None:
    def make() -> list[type[BaseScanner]]:
        return [
            scanner(f"s{i}", finding(f"A{i}", "ALL", priority=p))
            for i, p in enumerate(["low", "high", "medium"])
        ]

    at_once = graph_of(*make()).scanner_node(start_state())
    in_a_row = graph_of(*make(), concurrent=False).scanner_node(start_state())
    assert at_once["candidate_metadata"] == in_a_row["candidate_metadata"]
    assert at_once["tickers"] == in_a_row["tickers"]


def test_signal_decides_what_a_limit_cuts_not_the_order_of_arrival() -> None:
    for tickers in itertools.permutations(["WEAK", "STRONG", "MID"]):
        scores = {"WEAK": 1.0, "MID": 2.0, "STRONG": 3.0}
        found = [{"ticker": t, "score": scores[t]} for t in tickers]
        graph = graph_of(
            scanner("scored", lambda self, state, found=found: found), own={"scored": {"limit": 2}}
        )
        update = graph.scanner_node(start_state())
        assert update["tickers"] == ["STRONG", "MID"]
        assert outcome(update, "scored")["funnel"]["cut by limit"] == 1


# -- hung scanners are accounted for --------------------------------------------------------------


def test_a_scanner_whose_abandoned_thread_still_lives_is_not_started_again(
    gate: Gate, clock: Any, in_background: Any
) -> None:
    inside, left = threading.Event(), threading.Event()

    def stuck(self: Any, state: Any) -> list[Any]:
        inside.set()
        gate.pass_through()
        left.set()
        return [{"ticker": "BACK"}]

    graph = graph_of(scanner("stuck", stuck), clock=clock)
    running = in_background(lambda: graph.scanner_node(start_state()))
    assert inside.wait(PATIENCE)
    clock.advance(30.0)
    running.result(PATIENCE)
    assert statuses(graph.scanner_node(start_state())) == {"stuck": ("skipped", "still_running")}
    gate.open()
    assert left.wait(PATIENCE)
    assert eventually(lambda: statuses(graph.scanner_node(start_state())) == {"stuck": ("ok", "none")})


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something that another thread is about to do is soon the case."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.005)
    return False


def test_two_scans_at_once_run_scanners_of_the_same_name(in_background: Any) -> None:
    barrier = threading.Barrier(2, timeout=PATIENCE)

    def meet(self: Any, state: Any) -> list[Any]:
        barrier.wait()
        return [{"ticker": "ABC"}]

    graph = graph_of(scanner("same", meet))
    runs = [in_background(lambda: graph.scanner_node(start_state())) for _ in range(2)]
    assert [statuses(run.result(PATIENCE)) for run in runs] == [{"same": ("ok", "none")}] * 2


# -- plain data, secrets, and every way to call ----------------------------------------------------


def test_the_update_is_plain_data() -> None:
    update = graph_of(scanner("found", finding("ABC", score=1, extra={"k": (1, 2)}))).scanner_node(
        start_state()
    )
    assert set(update) == {"tickers", "candidate_metadata", "tool_logs", "status", "scan_report"}
    assert update["status"] == "scanned"
    assert json.loads(json.dumps(update)) == update
    serializer = JsonPlusSerializer()
    assert serializer.loads_typed(serializer.dumps_typed(update)) == update


def test_no_secret_is_shown_anywhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "s3cr3t-finnhub-key-0123456789"
    monkeypatch.setenv("FINNHUB_API_KEY", secret)
    caplog.set_level(logging.DEBUG)

    def leaks(self: Any, state: Any) -> Iterator[Any]:
        key = self.vendors and os.environ["FINNHUB_API_KEY"]
        _ = self.vendors.finnhub  # reading the key is what makes it known
        state["tool_logs"].append(
            {"tool": "get", "parameters": {"token": key, "url": f"https://x/?q=1&token={key}"}}
        )
        yield {"ticker": f"bad {key}"}
        raise RuntimeError(f"GET https://x/?token={key} failed with {key}")

    update = graph_of(scanner("leaks", leaks)).scanner_node(start_state())
    assert secret not in json.dumps(update)
    assert secret not in "\n".join(record.getMessage() for record in caplog.records)
    assert outcome(update, "leaks")["status"] == "failed"


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
def test_the_graph_works_every_way_it_can_be_called(way: str) -> None:
    graph = graph_of(scanner("a", finding("AAA")), scanner("b", finding("BBB", "AAA"))).graph

    async def astream() -> dict[str, Any]:
        return [value async for value in graph.astream(start_state(), stream_mode="values")][-1]

    final = {
        "invoke": lambda: graph.invoke(start_state()),
        "ainvoke": lambda: asyncio.run(graph.ainvoke(start_state())),
        "stream": lambda: list(graph.stream(start_state(), stream_mode="values"))[-1],
        "astream": lambda: asyncio.run(astream()),
    }[way]()
    assert final["tickers"] == ["AAA", "BBB"]
    assert final["status"] == "ranked"
    assert [c["rank"] for c in final["final_ranking"]] == [1, 2]


if __name__ == "__main__":
    # In a process of its own: pytest wants to be the first to import what it watches.
    raise SystemExit(subprocess.call([sys.executable, "-m", "pytest", "-v", __file__]))
