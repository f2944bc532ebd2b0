"""The runner's error boundary, its observers, and the fence behind which nothing late is seen."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.execution.helpers import (
    CUT,
    OK,
    PATIENCE,
    Hang,
    Quiet,
    Recorder,
    ends,
    in_background,
    run,
    task,
    until,
)
from tests.fake_clock import FakeClock
from tests.stable_repr import stable_repr
from tradingagents.discovery.execution.outcome import Reason, Status, Verdict
from tradingagents.discovery.execution.pool import ABANDONED
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import TaskScope
from tradingagents.discovery.model.errors import Cancelled, RateLimited

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
    ids=stable_repr,
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


def test_an_observer_receives_each_event_live(clock: FakeClock, gate: threading.Event) -> None:
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


def test_a_task_that_ends_after_its_cut_changes_nothing_even_while_the_run_goes_on(
    clock: FakeClock, gate: threading.Event
) -> None:
    recorder, late, other = Recorder(), Hang(gate, "in time"), Hang(threading.Event())
    tasks = [task("late", late, 5.0, key="late end"), task("other", other, 60.0)]
    running = in_background(lambda: run_all(tasks, max_workers=2, clock=clock, observer=recorder))
    assert late.inside.wait(PATIENCE)
    assert other.inside.wait(PATIENCE)
    clock.advance(5.0)
    cut = ("finished", "late", ("in time",))
    until(lambda: cut in recorder.events)
    gate.set()
    until(lambda: ABANDONED.count("late end") == 0)
    until(lambda: late.thread not in threading.enumerate())
    other.gate.set()
    outcomes = running.result(PATIENCE)
    assert ends(outcomes) == [CUT, OK]
    assert outcomes[0].items == ("in time",)
    assert recorder.events.count(cut) == 1
    assert [event[0] for event in recorder.events if event[1] == "late"] == ["started", "emitted", "finished"]


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
