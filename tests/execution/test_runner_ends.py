"""How a run is stopped and left, over which executors it runs, and what runs share."""

from __future__ import annotations

import contextvars
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.execution.helpers import (
    CUT,
    OK,
    PATIENCE,
    ROOT,
    Hang,
    Recorder,
    comes_back,
    ends,
    environment,
    in_background,
    run,
    run_script,
    sleepers,
    task,
    threads_named,
    until,
    written,
)
from tests.fake_clock import FakeClock
from tests.timing import time_allowance
from tradingagents.discovery.execution.outcome import Outcome, Reason, Status
from tradingagents.discovery.execution.pool import DaemonExecutor
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import TaskScope, current_scope
from tradingagents.discovery.model.clock import current_deadline

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


def test_stopping_cuts_running_tasks_and_starts_no_waiting_one(gate: threading.Event) -> None:
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


def test_stopping_before_the_first_task_still_returns_every_outcome() -> None:
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
        time.sleep(0.1)  # a thread that is still printing when the interpreter ends makes it abort
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert time.monotonic() - began < time_allowance(1.0)
        assert (out, err, process.returncode) == ("left 3 True 3\n", "", 0)
    finally:
        process.kill()
        process.communicate()


def test_a_ctrl_c_that_does_not_wake_the_waiting_thread_is_heeded_all_the_same(tmp_path: Path) -> None:
    """The system may hand the signal to any thread, or hand it over just before the caller falls asleep."""
    done = run_script(
        """
        import signal, threading, time
        from tradingagents.discovery.execution.runner import run_all
        from tradingagents.discovery.execution.scope import Task

        signal.signal(signal.SIGINT, signal.default_int_handler)

        def hang(scope):
            time.sleep(0.3)  # the caller is asleep by now
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            threading.Event().wait()

        began = time.monotonic()
        try:
            run_all([Task("hung", hang, 20.0)], max_workers=1)
        except KeyboardInterrupt:
            print("left", time.monotonic() - began < 10.0, flush=True)
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("left True\n", "", 0)


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
    assert left - float(returned_at) < time_allowance(1.0)


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
