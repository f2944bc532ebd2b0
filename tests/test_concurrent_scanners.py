"""The contract of concurrent scanning: each promise of the module, in tests that fail when it is broken.

This file needs only the installed package and pytest; it also runs as a script. Threads are gated by events and
time is a fake clock's, except in the few tests whose docstring starts with "In real time".
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
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry

DAY = "2026-02-05"
PATIENCE = 10.0  # seconds a gate may take before the test fails instead of hanging
KEYS = (
    "ALPHA_VANTAGE_API_KEY",
    "FINNHUB_API_KEY",
    "REDDIT_CLIENT_ID",
    "REDDIT_CLIENT_SECRET",
    "REDDIT_USER_AGENT",
    "SEC_EDGAR_USER_AGENT",
    "TRADINGAGENTS_DATA_SOURCE",
)


@pytest.fixture(autouse=True)
def _without_keys_and_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key of the user is read, and no state of the user is read or written."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


class FakeClock:
    """Monotonic seconds from 0 that move only by ``advance``, which wakes every waiter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._waiting: list[threading.Condition] = []

    def monotonic(self) -> float:
        return self._seconds

    def now(self) -> datetime:
        return datetime(2026, 2, 5, 14, 30, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        with self._lock:
            self._waiting.append(condition)
        condition.wait(PATIENCE)
        with self._lock:
            self._waiting.remove(condition)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()


class Gate:
    """An event that is set at the end of the test, so that no thread outlives it for long."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def open(self) -> None:
        self.event.set()

    def pass_through(self) -> None:
        assert self.event.wait(PATIENCE), "the gate was never opened"


Submit = Callable[[Callable[[], Any]], "Future[Any]"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def in_background() -> Iterator[Submit]:
    with ThreadPoolExecutor(4) as pool:
        yield pool.submit


@pytest.fixture
def scan_past_deadline(clock: FakeClock, in_background: Submit) -> Callable[..., dict[str, Any]]:
    """Return a function that scans, waits for the given events, lets 30 s pass, and returns the update."""

    def scan(graph: DiscoveryGraph, *inside: threading.Event, state: Any = None) -> dict[str, Any]:
        running = in_background(lambda: graph.scanner_node(start_state() if state is None else state))
        for event in inside:
            assert event.wait(PATIENCE)
        clock.advance(30.0)
        update: dict[str, Any] = running.result(PATIENCE)
        return update

    return scan


def scanner(name: str, scan: Callable[..., Any], **attributes: Any) -> type[BaseScanner]:
    """Make a scanner class from a function ``scan(self, state)``."""
    return type(name.title(), (BaseScanner,), {"name": name, "pipeline": "edge", "scan": scan, **attributes})


def finding(*tickers: str, **extra: Any) -> Callable[..., Any]:
    return lambda self, state: [{"ticker": ticker, "context": self.name, **extra} for ticker in tickers]


def raising(error: BaseException) -> Callable[..., Any]:
    def scan(self: Any, state: Any) -> list[Any]:
        raise error

    return scan


def covering(answered: int, of: int) -> Callable[..., Any]:
    """A scanner without candidates that requested ``of`` items."""

    def scan(self: Any, state: Any) -> list[Any]:
        self.record_coverage(asked=of, answered=answered, of=of)
        return []

    return scan


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


def test_the_path_that_hosts_import_has_the_same_graph() -> None:
    from tradingagents.graph.discovery_graph import DiscoveryGraph as OfHost

    assert OfHost is DiscoveryGraph


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


def test_sequential_mode_runs_one_scanner_and_one_request_at_a_time() -> None:
    trail: list[str] = []

    def scan(self: Any, state: Any) -> list[Any]:
        mine = threading.get_ident()

        def request(number: int) -> int:
            assert threading.get_ident() == mine, "a request ran in another thread than its scanner"
            trail.append(f"{self.name}.{number} in")
            trail.append(f"{self.name}.{number} out")
            return number

        return [] if list(self.map(request, range(3))) == [0, 1, 2] else [{"ticker": "BAD"}]

    update = graph_of(scanner("a", scan), scanner("b", scan), concurrent=False).scanner_node(start_state())
    expected = [f"{name}.{i} {end}" for name in "ab" for i in range(3) for end in ("in", "out")]
    assert trail == expected
    assert update["scan_report"]["mode"] == "sequential"
    assert set(statuses(update).values()) == {("empty", "none")}


def test_a_deadline_fires_in_sequential_mode_too(gate: Gate, clock: Any, scan_past_deadline: Any) -> None:
    inside = threading.Event()

    def hang(self: Any, state: Any) -> Iterator[Any]:
        yield {"ticker": "EARLY"}
        inside.set()
        gate.pass_through()

    graph = graph_of(scanner("hung", hang), scanner("good", finding("GOOD")), clock=clock, concurrent=False)
    update = scan_past_deadline(graph, inside)
    assert statuses(update) == {"hung": ("timed_out", "deadline"), "good": ("ok", "none")}
    assert update["tickers"] == ["EARLY", "GOOD"]


# -- it returns in time ---------------------------------------------------------------------------


def swallow(gate: Gate) -> Callable[..., Any]:
    """A scanner that catches every error and continues."""

    def scan(self: Any, state: Any) -> list[Any]:
        while not gate.event.is_set():
            try:
                list(self.map(lambda _: gate.event.wait(0.01), range(2)))
            except BaseException:  # noqa: BLE001
                gate.event.wait(0.01)
        return []

    return scan


def drip(gate: Gate) -> Callable[..., Any]:
    """A scanner that yields for ever."""

    def scan(self: Any, state: Any) -> Iterator[Any]:
        for number in itertools.count():
            yield {"ticker": "DRIP", "context": str(number)}
            if number > 2:
                gate.event.wait(0.002)

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
def test_any_error_of_a_scanner_is_its_own_failure(error: BaseException) -> None:
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


SCRIPT = """
import signal, threading, time
from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry

class Hang(BaseScanner):
    name, pipeline = "hang", "edge"
    def scan(self, state):
        yield {"ticker": "EARLY"}
        print("inside", flush=True)
        list(self.map(lambda _: threading.Event().wait(), range(4)))

class Stuck(BaseScanner):
    name, pipeline = "stuck", "edge"
    def scan(self, state):
        threading.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
execution = {"timeout_seconds": %s}
graph = DiscoveryGraph({"discovery": {"scanner_execution": execution}}, ScannerRegistry([Hang, Stuck]))
print("ready", flush=True)
update = graph.scanner_node({"trade_date": "2026-02-05", "tickers": [], "tool_logs": []})
print(update["tickers"], update["scan_report"]["health"], flush=True)
"""


def run_script(timeout_seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT % timeout_seconds],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def idle() -> bool:
    """Whether this machine has a processor to spare, so that a second is a second."""
    return not hasattr(os, "getloadavg") or os.getloadavg()[0] <= (os.cpu_count() or 1)


def test_the_process_exits_within_a_second_after_a_scan_with_hung_scanners() -> None:
    """In real time: four hung requests and a hung scanner are alive when the script ends."""
    with run_script(0.2) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert process.stdout.readline() == "inside\n"
        assert process.stdout.readline() == "['EARLY'] partial\n"
        returned = time.monotonic()
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - returned < (1.0 if idle() else 4.0)


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
    """In real time: it must be killed, because it never releases the interpreter lock."""
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


# -- outcomes are true ------------------------------------------------------------------------------


def test_every_enabled_scanner_has_exactly_one_outcome_in_registry_order() -> None:
    update = graph_of(
        scanner("found", finding("ABC")),
        scanner("nothing", covering(592, of=592)),
        scanner("broken", raising(RuntimeError("HTTP 500 error"))),
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


def test_the_log_has_a_line_for_each_outcome(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tradingagents.discovery")
    graph_of(
        scanner("found", finding("ABC", "DEF")),
        scanner("nothing", covering(592, of=592)),
        scanner("broken", raising(RuntimeError("HTTP 500 error"))),
    ).scanner_node(start_state())
    lines = {record.getMessage() for record in caplog.records}
    assert "Running 3 scanners concurrently (max 8 workers)..." in lines
    assert "✓ found: 2 candidates" in lines
    assert "∅ nothing: 0 of 592 tickers qualified" in lines
    assert "⚠️ broken: RuntimeError: HTTP 500 error" in lines


def test_empty_is_only_reported_where_the_data_was_seen() -> None:
    unseen, half = scanner("unseen", covering(0, of=20)), scanner("half", covering(12, of=20))
    update = graph_of(unseen, half).scanner_node(start_state())
    assert statuses(update) == {"unseen": ("failed", "no_data"), "half": ("degraded", "no_data")}
    assert update["scan_report"]["health"] == "failed"


@pytest.mark.parametrize("returned", [None, 7, "ABC", {"ticker": "ABC"}])
def test_a_scanner_that_returns_no_candidates_is_a_bad_payload(returned: Any) -> None:
    update = graph_of(scanner("odd", lambda self, state: returned)).scanner_node(start_state())
    assert statuses(update) == {"odd": ("failed", "bad_payload")}


# -- it loses nothing, and late writes are not seen ------------------------------------------------


def test_logs_and_candidates_of_failed_and_timed_out_scanners_are_kept(
    gate: Gate, clock: Any, scan_past_deadline: Any
) -> None:
    waiting = threading.Event()

    def fails(self: Any, state: Any) -> Iterator[Any]:
        state["tool_logs"].append({"tool": "fails.request"})
        yield {"ticker": "FAIL"}
        raise RuntimeError("boom")

    def hangs(self: Any, state: Any) -> Iterator[Any]:
        self.log("hangs.request", {"page": 1}, output="100 rows")
        yield {"ticker": "HANG"}
        waiting.set()
        gate.pass_through()

    graph = graph_of(scanner("fails", fails), scanner("hangs", hangs), clock=clock)
    update = scan_past_deadline(graph, waiting)
    assert [(entry["scanner"], entry["tool"]) for entry in update["tool_logs"]] == [
        ("fails", "fails.request"),
        ("hangs", "hangs.request"),
    ]
    assert [(c["ticker"], c["partial_sources"]) for c in update["candidate_metadata"]] == [
        ("FAIL", ["fails"]),
        ("HANG", ["hangs"]),
    ]


def test_late_writes_of_an_abandoned_scanner_are_never_seen(
    gate: Gate, clock: Any, scan_past_deadline: Any
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
        self.record_coverage(asked=5, of=5)
        try:
            yield {"ticker": "LATE"}
            went_on.set()
        finally:
            woke.set()

    state = start_state(candidate_metadata=[{"ticker": "OLD", "touched_by": []}])
    before = copy.deepcopy(state)
    graph = graph_of(scanner("late", late), clock=clock)
    update = scan_past_deadline(graph, waiting, state=state)
    returned = copy.deepcopy(update)
    gate.open()
    assert woke.wait(PATIENCE)
    assert not went_on.is_set(), "a cut generator is closed at its next yield"
    assert (update, state) == (returned, before)
    assert update["tickers"] == ["EARLY"]
    assert update["tool_logs"] == []


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
def test_the_result_does_not_depend_on_the_order_of_completion(finish_order: tuple[int, ...]) -> None:
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


def test_a_scanner_whose_abandoned_thread_still_runs_is_not_started_again(
    gate: Gate, clock: Any, scan_past_deadline: Any
) -> None:
    inside, left = threading.Event(), threading.Event()

    def stuck(self: Any, state: Any) -> list[Any]:
        inside.set()
        gate.pass_through()
        left.set()
        return [{"ticker": "BACK"}]

    graph = graph_of(scanner("stuck", stuck), clock=clock)
    scan_past_deadline(graph, inside)
    assert statuses(graph.scanner_node(start_state())) == {"stuck": ("skipped", "still_running")}
    gate.open()
    assert left.wait(PATIENCE)
    assert eventually(lambda: statuses(graph.scanner_node(start_state())) == {"stuck": ("ok", "none")})


def eventually(true: Callable[[], bool]) -> bool:
    """Wait until ``true()``, which depends on another thread; False after ``PATIENCE`` seconds."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.005)
    return False


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
    # In a new process: pytest rewrites the assertions of a module that it imports first.
    raise SystemExit(subprocess.call([sys.executable, "-m", "pytest", "-v", __file__]))
