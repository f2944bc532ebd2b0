"""The runner: it always comes back, says how each task ended, and keeps what each had found."""

from __future__ import annotations

import contextlib
import contextvars
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.execution.helpers import (
    PATIENCE,
    ROOT,
    comes_back,
    environment,
    in_background,
    run_script,
    sleepers,
    task,
    threads_named,
    until,
    written,
)
from tests.fake_clock import FakeClock
from tradingagents.discovery.clock import current_deadline
from tradingagents.discovery.errors import Cancelled, DeadlineExceeded, RateLimited
from tradingagents.discovery.execution.outcome import Outcome, Reason, Status, Verdict
from tradingagents.discovery.execution.pool import ABANDONED, DaemonExecutor
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task, TaskScope, current_scope

CUT = (Status.TIMED_OUT, Reason.DEADLINE)
OK = (Status.OK, Reason.NONE)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def ends(outcomes: list[Outcome]) -> list[tuple[Status, Reason]]:
    return [(outcome.verdict.status, outcome.verdict.reason) for outcome in outcomes]


def run(*tasks: Task, **more: Any) -> list[Outcome]:
    return comes_back(lambda: run_all(list(tasks), **{"max_workers": 4, **more}))


class Hang:
    """A call that emits, tells that it is inside, and stays there until the gate opens."""

    def __init__(self, gate: threading.Event, item: Any = None) -> None:
        self.gate, self.item = gate, item
        self.inside = threading.Event()

    def __call__(self, scope: TaskScope) -> None:
        if self.item is not None:
            scope.emit(self.item)
        self.inside.set()
        self.gate.wait(PATIENCE)


# -- order ------------------------------------------------------------------------------------------


def test_outcomes_come_in_the_order_of_the_tasks_whatever_finishes_first() -> None:
    """Each task waits for the one after it, so they end in reverse."""
    after = [threading.Event() for _ in range(5)]
    after[4].set()

    def call(scope: TaskScope) -> None:
        number = int(scope.name)
        assert after[number].wait(PATIENCE)
        scope.emit(number)
        if number:
            after[number - 1].set()

    outcomes = run(*(task(str(number), call) for number in range(5)), max_workers=5)
    assert [outcome.name for outcome in outcomes] == ["0", "1", "2", "3", "4"]
    assert [outcome.items for outcome in outcomes] == [(0,), (1,), (2,), (3,), (4,)]
    assert ends(outcomes) == [OK] * 5


def started_in(tasks: list[Task], last: str) -> list[str]:
    """Run on two workers, one of which the task ``last`` holds until all others have started."""
    order: list[str] = []
    all_others = threading.Event()

    def observed(one: Task) -> Task:
        def call(scope: TaskScope) -> Verdict:
            if one.name == last:
                all_others.wait(PATIENCE)
            else:
                order.append(one.name)
                if len(order) == len(tasks) - 1:
                    all_others.set()
            return Verdict(Status.OK)

        return Task(one.name, call, one.timeout_seconds, expected_seconds=one.expected_seconds)

    run(*map(observed, tasks), max_workers=2)
    return order


def test_the_longest_expected_starts_first_and_equals_keep_their_order() -> None:
    expected = [("a", 1.0), ("b", 3.0), ("c", 9.0), ("d", 3.0), ("e", 2.0)]
    tasks = [task(name, lambda scope: None, expected_seconds=seconds) for name, seconds in expected]
    assert started_in(tasks, last="c") == ["b", "d", "e", "a"]


def test_what_is_not_known_is_expected_to_take_its_whole_timeout() -> None:
    tasks = [
        task("known", lambda scope: None, 30.0, expected_seconds=9.0),
        task("short", lambda scope: None, 5.0),
        task("held", lambda scope: None, 100.0),
        task("long", lambda scope: None, 30.0),
    ]
    assert started_in(tasks, last="held") == ["long", "known", "short"]


def test_one_worker_runs_the_tasks_in_the_order_given_one_at_a_time() -> None:
    trail: list[str] = []

    def call(scope: TaskScope) -> None:
        trail.extend([f"{scope.name} in", f"{scope.name} out"])

    tasks = [
        task(name, call, expected_seconds=seconds) for name, seconds in (("a", 1.0), ("b", 9.0), ("c", 5.0))
    ]
    run(*tasks, max_workers=1)
    assert trail == ["a in", "a out", "b in", "b out", "c in", "c out"]


def test_no_tasks_give_no_outcomes() -> None:
    assert run() == []


def test_a_run_without_workers_is_refused_instead_of_never_ending() -> None:
    with pytest.raises(ValueError, match="max_workers"):
        comes_back(lambda: run_all([task("a", lambda scope: None)], max_workers=0), 1.0)


# -- deadlines --------------------------------------------------------------------------------------


def test_a_task_is_cut_at_its_own_deadline_with_what_it_had_found(
    clock: FakeClock, gate: threading.Event
) -> None:
    hang = Hang(gate, "found")
    running = in_background(lambda: run_all([task("hung", hang, 5.0)], max_workers=1, clock=clock))
    assert hang.inside.wait(PATIENCE)
    clock.advance(4.9)
    until(lambda: sleepers(clock) == 1)
    assert not running.done()
    clock.advance(0.1)
    (outcome,) = running.result(PATIENCE)
    assert (outcome.verdict.status, outcome.verdict.reason) == CUT
    assert outcome.verdict.message == "timeout after 5s"
    assert outcome.items == ("found",)
    assert outcome.duration_seconds == pytest.approx(5.0)


def test_the_clock_of_a_task_starts_when_its_worker_does_not_when_it_was_submitted(
    clock: FakeClock, gate: threading.Event
) -> None:
    """The second waits nine seconds for the only worker and still has all of its ten."""
    first, second = Hang(gate), Hang(threading.Event())
    running = in_background(
        lambda: run_all(
            [task("first", first, 10.0), task("second", second, 10.0)], max_workers=1, clock=clock
        )
    )
    assert first.inside.wait(PATIENCE)
    clock.advance(9.0)
    gate.set()
    assert second.inside.wait(PATIENCE)
    clock.advance(9.0)
    until(lambda: sleepers(clock) == 1)
    assert not running.done()
    second.gate.set()
    outcomes = running.result(PATIENCE)
    assert ends(outcomes) == [OK, OK]
    assert [outcome.queued_seconds for outcome in outcomes] == [0.0, 9.0]
    assert [outcome.duration_seconds for outcome in outcomes] == [9.0, 9.0]


def test_each_task_has_a_deadline_of_its_own(clock: FakeClock, gate: threading.Event) -> None:
    hangs = [Hang(gate) for _ in range(3)]
    tasks = [
        task(str(i), hang, seconds)
        for i, (hang, seconds) in enumerate(zip(hangs, (3.0, 1.0, 2.0), strict=True))
    ]
    ended: list[str] = []

    class Watcher(Quiet):
        def finished(self, outcome: Outcome) -> None:
            ended.append(f"{outcome.name} at {clock.monotonic():g}")

    running = in_background(lambda: run_all(tasks, max_workers=3, clock=clock, observer=Watcher()))
    assert all(hang.inside.wait(PATIENCE) for hang in hangs)
    for second in (1, 2, 3):
        clock.advance(1.0)
        until(lambda: len(ended) == second)
    assert ended == ["1 at 1", "2 at 2", "0 at 3"]
    assert ends(running.result(PATIENCE)) == [CUT] * 3


def test_a_task_that_emits_for_ever_ends_at_its_deadline_and_is_stopped(clock: FakeClock) -> None:
    stopped, some = threading.Event(), threading.Event()

    def drip(scope: TaskScope) -> None:
        try:
            for number in range(10**9):
                scope.emit(number)
                if number == 100:
                    some.set()
                threading.Event().wait(0.0005)
        except Cancelled:
            stopped.set()
            raise

    running = in_background(lambda: run_all([task("drip", drip, 5.0)], max_workers=1, clock=clock))
    assert some.wait(PATIENCE)
    clock.advance(5.0)
    (outcome,) = running.result(PATIENCE)
    assert (outcome.verdict.status, outcome.verdict.reason) == CUT
    assert list(outcome.items) == list(range(len(outcome.items)))
    assert len(outcome.items) > 100
    assert stopped.wait(PATIENCE)


def test_a_task_that_swallows_everything_is_left_behind(clock: FakeClock, gate: threading.Event) -> None:
    inside = threading.Event()

    def stubborn(scope: TaskScope) -> None:
        inside.set()
        while not gate.is_set():
            try:
                current_deadline().sleep(1.0)
            except BaseException:  # noqa: BLE001 - what it does
                gate.wait(0.005)

    running = in_background(lambda: run_all([task("stubborn", stubborn, 5.0)], max_workers=1, clock=clock))
    assert inside.wait(PATIENCE)
    clock.advance(5.0)
    assert ends(running.result(PATIENCE)) == [CUT]


def test_a_slow_task_in_time_is_no_timeout(clock: FakeClock, gate: threading.Event) -> None:
    slow = Hang(gate, "kept")
    running = in_background(lambda: run_all([task("slow", slow, 5.0)], max_workers=1, clock=clock))
    assert slow.inside.wait(PATIENCE)
    clock.advance(4.999)
    gate.set()
    (outcome,) = running.result(PATIENCE)
    assert (outcome.verdict.status, outcome.items) == (Status.OK, ("kept",))


def test_four_hung_ahead_of_eight_good_on_four_workers_cost_none_of_the_eight(
    clock: FakeClock, gate: threading.Event
) -> None:
    hangs = [Hang(gate) for _ in range(4)]
    tasks = [task(f"hung {i}", hang, 5.0, expected_seconds=99.0) for i, hang in enumerate(hangs)]
    tasks += [task(f"good {i}", lambda scope: scope.emit("x"), 5.0, expected_seconds=1.0) for i in range(8)]
    running = in_background(lambda: run_all(tasks, max_workers=4, clock=clock))
    assert all(hang.inside.wait(PATIENCE) for hang in hangs)
    assert not running.done()
    clock.advance(5.0)
    outcomes = running.result(PATIENCE)
    assert ends(outcomes) == [CUT] * 4 + [OK] * 8
    assert [outcome.items for outcome in outcomes[4:]] == [("x",)] * 8


def test_six_of_four_tenths_on_two_workers_under_six_tenths_lose_none() -> None:
    """On the machine's clock: each waits up to 0.8 s for its slot, longer than its timeout."""
    began = time.monotonic()
    outcomes = run(*(task(str(i), lambda scope: time.sleep(0.4), 0.6) for i in range(6)), max_workers=2)
    assert ends(outcomes) == [OK] * 6
    assert time.monotonic() - began < 1.8


def test_a_cut_task_is_told_to_stop_where_it_waits(clock: FakeClock) -> None:
    told: Future[str] = Future()

    def wait(scope: TaskScope) -> None:
        try:
            scope.deadline.wait_for(lambda: False)
        except Exception as error:
            told.set_result(type(error).__name__)
            raise

    running = in_background(lambda: run_all([task("waits", wait, 5.0)], max_workers=1, clock=clock))
    until(lambda: sleepers(clock) == 2)  # the task, and the runner that watches it
    clock.advance(5.0)
    assert ends(running.result(PATIENCE)) == [CUT]
    assert told.result(PATIENCE) in {"Cancelled", "DeadlineExceeded"}


def test_the_message_at_the_deadline_is_the_same_whoever_notices_first(
    clock: FakeClock, gate: threading.Event
) -> None:
    """Two tasks notice their deadline themselves, while the runner is still busy with another.

    One lets the error through; the other swallows it and returns as if it had seen all of its data.
    """
    hang, busy = Hang(gate), threading.Event()

    class Slow(Quiet):
        def finished(self, outcome: Outcome) -> None:
            if outcome.name == "first":
                busy.set()
                gate.wait(PATIENCE)

    def wait(scope: TaskScope) -> None:
        scope.deadline.wait_for(lambda: False)

    def swallow(scope: TaskScope) -> None:
        with contextlib.suppress(DeadlineExceeded):
            wait(scope)

    tasks = [task("first", hang, 5.0), task("second", wait, 7.5), task("third", swallow, 7.5)]
    running = in_background(lambda: run_all(tasks, max_workers=3, clock=clock, observer=Slow()))
    assert hang.inside.wait(PATIENCE)
    until(lambda: sleepers(clock) == 3)
    clock.advance(5.0)
    assert busy.wait(PATIENCE)
    until(lambda: sleepers(clock) == 2)
    clock.advance(2.5)
    until(lambda: sleepers(clock) == 0)
    gate.set()
    outcomes = running.result(PATIENCE)
    assert ends(outcomes) == [CUT, CUT, CUT]
    assert outcomes[0].verdict.message == "timeout after 5s"
    assert outcomes[1].verdict.message.startswith("timeout after 7.5s")
    assert outcomes[2].verdict.message.startswith("timeout after 7.5s")


def test_time_before_a_task_says_that_it_started_is_not_its_own(
    clock: FakeClock, gate: threading.Event
) -> None:
    """A process may take its time to start; the timeout counts from there."""
    go, inside = threading.Event(), threading.Event()

    def call(scope: TaskScope) -> None:
        inside.set()
        go.wait(PATIENCE)
        scope.started()
        gate.wait(PATIENCE)

    one = task("slow to start", call, 5.0, startup_seconds=20.0)
    running = in_background(lambda: run_all([one], max_workers=1, clock=clock))
    assert inside.wait(PATIENCE)
    clock.advance(19.0)
    until(lambda: sleepers(clock) == 1)
    assert not running.done()
    go.set()
    until(lambda: running.done() or clock.advance(0.05) or clock.monotonic() > 24.5)
    (outcome,) = running.result(PATIENCE)
    assert (outcome.verdict.status, outcome.verdict.reason) == CUT
    assert outcome.duration_seconds == pytest.approx(24.0, abs=0.5)


# -- errors -----------------------------------------------------------------------------------------


class Wordless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        MemoryError(),
        RecursionError(),
        StopIteration(),
    ],
    ids=repr,
)
def test_whatever_is_raised_inside_is_that_tasks_failure_alone(error: BaseException) -> None:
    def crash(scope: TaskScope) -> None:
        scope.emit("before")
        raise error

    crashed, good = run(task("crash", crash), task("good", lambda scope: scope.emit(1)), max_workers=1)
    assert (crashed.verdict.status, crashed.verdict.reason) == (Status.FAILED, Reason.CRASHED)
    assert type(error).__name__ in crashed.verdict.message
    assert crashed.items == ("before",)
    assert (good.verdict.status, good.items) == (Status.OK, (1,))


def test_an_error_without_words_is_a_crash_at_once_and_not_a_timeout() -> None:
    def crash(scope: TaskScope) -> None:
        raise Wordless

    crashed, good = run(task("crash", crash), task("good", lambda scope: None), max_workers=1)
    assert (crashed.verdict.status, crashed.verdict.reason) == (Status.FAILED, Reason.CRASHED)
    assert ends([good]) == [OK]


def test_an_error_of_ours_keeps_its_meaning() -> None:
    def limited(scope: TaskScope) -> None:
        raise RateLimited("finnhub", "60 a minute", status=429)

    (outcome,) = run(task("limited", limited))
    assert outcome.verdict == Verdict(Status.FAILED, Reason.RATE_LIMITED, "finnhub: 60 a minute")


def test_a_hook_that_fails_does_not_hang_the_run() -> None:
    def call(scope: TaskScope) -> None:
        scope.emit("kept")
        scope.on_close(lambda: 1 // 0)

    odd, good = run(task("odd", call, 2.0), task("good", lambda scope: None), max_workers=1)
    assert odd.items == ("kept",)
    assert ends([good]) == [OK]


def test_a_hook_that_fails_at_the_cut_does_not_end_the_run(clock: FakeClock, gate: threading.Event) -> None:
    hang = Hang(gate, "kept")

    def call(scope: TaskScope) -> None:
        scope.on_close(lambda: 1 // 0)
        hang(scope)

    tasks = [task("odd", call, 5.0), task("good", lambda scope: None)]
    running = in_background(lambda: run_all(tasks, max_workers=1, clock=clock))
    assert hang.inside.wait(PATIENCE)
    clock.advance(5.0)
    odd, good = running.result(PATIENCE)
    assert (odd.verdict.status, odd.items) == (Status.TIMED_OUT, ("kept",))
    assert ends([good]) == [OK]


# -- observers --------------------------------------------------------------------------------------


class Quiet:
    def started(self, name: str) -> None: ...

    def emitted(self, name: str, item: Any) -> None: ...

    def finished(self, outcome: Outcome) -> None: ...


class Recorder(Quiet):
    def __init__(self) -> None:
        self.events: list[Any] = []

    def started(self, name: str) -> None:
        self.events.append(("started", name))

    def emitted(self, name: str, item: Any) -> None:
        self.events.append(("emitted", name, item))

    def finished(self, outcome: Outcome) -> None:
        self.events.append(("finished", outcome.name, outcome.items))


def test_an_observer_is_told_each_step_live(clock: FakeClock, gate: threading.Event) -> None:
    recorder, hang = Recorder(), Hang(gate, "early")
    running = in_background(
        lambda: run_all([task("hung", hang, 5.0)], max_workers=1, clock=clock, observer=recorder)
    )
    assert hang.inside.wait(PATIENCE)
    assert recorder.events == [("started", "hung"), ("emitted", "hung", "early")]
    clock.advance(5.0)
    running.result(PATIENCE)
    assert recorder.events[2:] == [("finished", "hung", ("early",))]


@pytest.mark.parametrize("moment", ["started", "emitted", "finished"])
def test_an_observer_that_fails_changes_no_outcome(moment: str) -> None:
    """A progress display that breaks must not look like a scanner that crashed."""

    def fail(*args: Any) -> None:
        raise RuntimeError("broken display")

    broken = type("Broken", (Quiet,), {moment: fail})()

    def call(scope: TaskScope) -> None:
        scope.emit(1)
        scope.emit(2)

    outcomes = run(task("a", call), task("b", call), observer=broken)
    assert ends(outcomes) == [OK, OK]
    assert [outcome.items for outcome in outcomes] == [(1, 2), (1, 2)]


def test_every_task_is_announced_as_finished_exactly_once(clock: FakeClock, gate: threading.Event) -> None:
    recorder, hang = Recorder(), Hang(gate)

    def crash(scope: TaskScope) -> None:
        raise ValueError

    tasks = [task("hung", hang, 5.0), task("good", lambda scope: None), task("crash", crash)]
    running = in_background(lambda: run_all(tasks, max_workers=3, clock=clock, observer=recorder))
    assert hang.inside.wait(PATIENCE)
    clock.advance(5.0)
    running.result(PATIENCE)
    gate.set()
    finished = [event[1] for event in recorder.events if event[0] == "finished"]
    assert sorted(finished) == ["crash", "good", "hung"]


# -- the fence --------------------------------------------------------------------------------------


def test_what_an_abandoned_task_does_late_is_refused_and_never_seen(
    clock: FakeClock, gate: threading.Event
) -> None:
    recorder = Recorder()
    inside, refused = threading.Event(), threading.Event()

    def late(scope: TaskScope) -> None:
        scope.emit("in time")
        inside.set()
        gate.wait(PATIENCE)
        with pytest.raises(Cancelled):
            scope.emit("late")
        refused.set()

    running = in_background(
        lambda: run_all([task("late", late, 5.0)], max_workers=1, clock=clock, observer=recorder)
    )
    assert inside.wait(PATIENCE)
    clock.advance(5.0)
    (outcome,) = running.result(PATIENCE)
    gate.set()
    assert refused.wait(PATIENCE)
    assert outcome.items == ("in time",)
    assert ("emitted", "late", "late") not in recorder.events


def test_a_task_that_finishes_after_its_cut_changes_nothing(clock: FakeClock, gate: threading.Event) -> None:
    hang = Hang(gate)
    running = in_background(
        lambda: run_all([task("hung", hang, 5.0, key="late end")], max_workers=1, clock=clock)
    )
    assert hang.inside.wait(PATIENCE)
    clock.advance(5.0)
    outcomes = running.result(PATIENCE)
    gate.set()
    until(lambda: ABANDONED.count("late end") == 0)
    assert ends(outcomes) == [CUT]


# -- still running ----------------------------------------------------------------------------------


def test_while_an_abandoned_call_lives_no_other_of_its_key_is_started(
    clock: FakeClock, gate: threading.Event
) -> None:
    hang = Hang(gate)
    first = in_background(lambda: run_all([task("same", hang, 5.0, key="k1")], max_workers=1, clock=clock))
    assert hang.inside.wait(PATIENCE)
    clock.advance(5.0)
    assert ends(first.result(PATIENCE)) == [CUT]
    tasks = [
        task("same", hang, key="k1"),
        task("same", lambda s: None, key="k2"),
        task("same", lambda s: None),
    ]
    assert ends(run(*tasks)) == [(Status.SKIPPED, Reason.STILL_RUNNING), OK, OK]
    gate.set()
    until(lambda: ABANDONED.count("k1") == 0)
    assert ends(run(task("same", lambda scope: None, key="k1"))) == [OK]


def test_two_runs_at_once_may_run_tasks_of_one_key() -> None:
    """Only what was abandoned keeps others out, not what is simply under way."""
    meet = threading.Barrier(2, timeout=PATIENCE)

    def call(scope: TaskScope) -> None:
        meet.wait()
        scope.emit(threading.get_ident())

    runs = [in_background(lambda: run_all([task("same", call, key="both")], max_workers=1)) for _ in range(2)]
    outcomes = [one.result(PATIENCE)[0] for one in runs]
    assert ends(outcomes) == [OK, OK]
    assert len({outcome.items for outcome in outcomes}) == 2


# -- context ----------------------------------------------------------------------------------------

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def test_every_task_has_a_fresh_copy_of_the_callers_context() -> None:
    def call(scope: TaskScope) -> None:
        scope.emit(variable.get())
        variable.set(scope.name)
        assert current_scope() is scope
        assert current_deadline() is scope.deadline

    token = variable.set("caller")
    try:
        for workers in (1, 3):
            outcomes = comes_back_here(lambda: run_all([task(n, call) for n in "abc"], max_workers=workers))
            assert ends(outcomes) == [OK] * 3
            assert [outcome.items for outcome in outcomes] == [("caller",)] * 3
            assert variable.get() == "caller"
            assert current_scope() is None
    finally:
        variable.reset(token)


def comes_back_here(call: Any) -> Any:
    """Like ``comes_back``, in a copy of this thread's context."""
    context = contextvars.copy_context()
    return comes_back(lambda: context.run(call))


# -- stopping ---------------------------------------------------------------------------------------


def test_once_told_to_stop_what_runs_is_cut_and_what_waits_is_not_started(gate: threading.Event) -> None:
    hang, stop = Hang(gate, "kept"), threading.Event()
    tasks = [task("running", hang), task("waiting", lambda scope: scope.emit("never"))]
    running = in_background(lambda: run_all(tasks, max_workers=1, should_stop=stop.is_set))
    assert hang.inside.wait(PATIENCE)
    stop.set()
    cut, never = running.result(1.0)
    assert (cut.verdict.status, cut.verdict.reason, cut.items) == (
        Status.TIMED_OUT,
        Reason.CANCELLED,
        ("kept",),
    )
    assert (never.verdict.status, never.verdict.reason, never.items) == (Status.SKIPPED, Reason.CANCELLED, ())


def test_being_told_to_stop_before_the_first_task_still_gives_every_outcome() -> None:
    outcomes = run(
        *(task(str(i), lambda scope: current_deadline().sleep(20.0)) for i in range(6)),
        should_stop=lambda: True,
    )
    assert [outcome.verdict.reason for outcome in outcomes] == [Reason.CANCELLED] * 6


def test_an_error_of_should_stop_closes_the_run_and_is_raised(gate: threading.Event) -> None:
    hang = Hang(gate)
    scopes: list[TaskScope] = []

    def call(scope: TaskScope) -> None:
        scopes.append(scope)
        hang(scope)

    def broken() -> bool:
        hang.inside.wait(PATIENCE)
        raise LookupError("broken switch")

    with pytest.raises(LookupError):
        run(task("hung", call), should_stop=broken)
    assert scopes[0].closed


CTRL_C = """
import signal, sys, threading, time
from tradingagents.discovery.execution.outcome import Status, Verdict
from tradingagents.discovery.execution.pool import ABANDONED
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task

signal.signal(signal.SIGINT, signal.default_int_handler)
scopes, lock = [], threading.Lock()

def hang(scope):
    with lock:
        scopes.append(scope)
        if len(scopes) == 3:
            print("inside", flush=True)
    while True:
        try:
            threading.Event().wait()
        except BaseException:
            pass

try:
    run_all([Task(str(i), hang, 60.0, key="k") for i in range(5)], max_workers=3)
except KeyboardInterrupt:
    closed = all(scope.closed for scope in scopes)
    print("left", len(scopes), closed, ABANDONED.count("k"), flush=True)
"""


def test_a_real_ctrl_c_closes_every_task_and_leaves_at_once(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(written(CTRL_C, tmp_path))],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert time.monotonic() - began < 1.0
        assert (out, err, process.returncode) == ("left 3 True 3\n", "", 0)
    finally:
        process.kill()
        process.communicate()


def test_the_interpreter_exits_within_a_second_of_a_run_that_left_a_hung_task(tmp_path: Path) -> None:
    done = run_script(
        """
        import atexit, threading, time
        from tradingagents.discovery.execution.outcome import Status, Verdict
        from tradingagents.discovery.execution.runner import run_all
        from tradingagents.discovery.execution.scope import Task

        def hang(scope):
            threading.Event().wait()

        outcomes = run_all([Task("hung", hang, 0.05), Task("good", lambda s: Verdict(Status.OK), 5.0)], max_workers=2)
        print([str(outcome.verdict.status) for outcome in outcomes], time.time(), flush=True)
        """,
        tmp_path,
    )
    left = time.time()
    statuses, returned_at = done.stdout.rsplit(" ", 1)
    assert (statuses, done.returncode, done.stderr) == ("['timed_out', 'ok']", 0, "")
    assert left - float(returned_at) < 1.0


# -- executors --------------------------------------------------------------------------------------


def test_no_thread_is_left_after_a_run() -> None:
    before = set(threads_named("scanner-"))
    run(*(task(str(i), lambda scope: None) for i in range(10)))
    assert set(threads_named("scanner-")) <= before


@pytest.mark.parametrize("make", [ThreadPoolExecutor, DaemonExecutor])
def test_any_executor_can_take_the_place_of_the_own_one_and_is_left_open(make: Any) -> None:
    with make(2) as pool:
        for _ in range(2):
            outcomes = run(*(task(str(i), lambda scope: scope.emit(1)) for i in range(6)), executor=pool)
            assert ends(outcomes) == [OK] * 6
        assert pool.submit(lambda: "open").result(PATIENCE) == "open"


def test_over_a_foreign_pool_a_hung_task_costs_a_worker_and_the_run_comes_back(
    clock: FakeClock, gate: threading.Event
) -> None:
    with ThreadPoolExecutor(2) as pool:
        hang = Hang(gate, "kept")
        tasks = [task("hung", hang, 5.0, expected_seconds=9.0)]
        tasks += [task(f"good {i}", lambda scope: None, 5.0, expected_seconds=1.0) for i in range(4)]
        running = in_background(lambda: run_all(tasks, max_workers=2, executor=pool, clock=clock))
        assert hang.inside.wait(PATIENCE)
        until(lambda: sleepers(clock) == 1)
        clock.advance(5.0)
        outcomes = running.result(PATIENCE)
        assert ends(outcomes) == [CUT] + [OK] * 4
        gate.set()


def test_over_a_foreign_pool_whose_every_worker_hangs_the_rest_is_given_up(
    clock: FakeClock, gate: threading.Event
) -> None:
    with ThreadPoolExecutor(1) as pool:
        hang = Hang(gate)
        tasks = [task("hung", hang, 5.0), task("never", lambda scope: scope.emit("x"), 5.0)]
        running = in_background(lambda: run_all(tasks, max_workers=1, executor=pool, clock=clock))
        assert hang.inside.wait(PATIENCE)
        until(lambda: running.done() or clock.advance(1.0) or clock.monotonic() > 60.0)
        hung, never = running.result(PATIENCE)
        assert (hung.verdict.status, hung.verdict.reason) == CUT
        assert (never.verdict.status, never.items) == (Status.TIMED_OUT, ())
        assert "not started" in never.verdict.message
        gate.set()


@pytest.mark.parametrize("make", [ThreadPoolExecutor, DaemonExecutor])
def test_a_given_pool_that_others_hold_does_not_hold_the_run_for_ever(
    make: Any, clock: FakeClock, gate: threading.Event
) -> None:
    with make(1) as pool:
        busy = pool.submit(gate.wait, PATIENCE)
        until(busy.running)
        running = in_background(
            lambda: run_all(
                [task("never", lambda scope: None, 5.0)], max_workers=1, executor=pool, clock=clock
            )
        )
        until(lambda: running.done() or clock.advance(1.0) or clock.monotonic() > 60.0)
        (never,) = running.result(1.0)
        assert never.verdict.status is Status.TIMED_OUT
        gate.set()


def test_a_pool_of_fewer_workers_than_the_run_wants_is_enough() -> None:
    with ThreadPoolExecutor(1) as pool:
        outcomes = run(*(task(str(i), lambda scope: None) for i in range(5)), max_workers=8, executor=pool)
    assert ends(outcomes) == [OK] * 5


def test_an_executor_that_takes_nothing_more_is_an_error_and_not_a_hang() -> None:
    pool: Executor = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RuntimeError):
        run(task("a", lambda scope: None), executor=pool)


# -- many at once -----------------------------------------------------------------------------------


def test_two_runs_at_once_share_nothing() -> None:
    def call(scope: TaskScope) -> None:
        for number in range(20):
            scope.emit((scope.name, number))

    def one(prefix: str) -> list[Outcome]:
        return run_all([task(f"{prefix}{i}", call) for i in range(20)], max_workers=3)

    runs = {prefix: in_background(lambda p=prefix: one(p)) for prefix in "xy"}
    for prefix, running in runs.items():
        outcomes = running.result(PATIENCE)
        assert [outcome.name for outcome in outcomes] == [f"{prefix}{i}" for i in range(20)]
        for outcome in outcomes:
            assert outcome.items == tuple((outcome.name, number) for number in range(20))


def test_a_thousand_tasks_that_do_nothing_all_end_well() -> None:
    outcomes = run(*(task(str(i), lambda scope: None) for i in range(1_000)), max_workers=8)
    assert ends(outcomes) == [OK] * 1_000


def test_tasks_that_end_at_the_very_moment_of_their_deadline_have_one_outcome_each() -> None:
    """Whether its own worker or the watch is first, there is one verdict and the items agree with it."""

    def near(scope: TaskScope) -> None:
        scope.emit("x")
        time.sleep(0.03)

    recorder = Recorder()
    outcomes = run(*(task(str(i), near, 0.03) for i in range(40)), max_workers=20, observer=recorder)
    assert {end for end in ends(outcomes)} <= {OK, CUT}
    assert [outcome.items for outcome in outcomes] == [("x",)] * 40
    assert sum(event[0] == "finished" for event in recorder.events) == 40
