"""The runner: outcomes in order, and every task under a deadline of its own."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future

import pytest

from tests.execution.helpers import (
    CUT,
    OK,
    PATIENCE,
    Hang,
    Quiet,
    comes_back,
    ends,
    in_background,
    run,
    sleepers,
    task,
    until,
)
from tests.fake_clock import FakeClock
from tests.timing import time_allowance
from tradingagents.discovery.execution.outcome import Outcome, Status, Verdict
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task, TaskScope
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded

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
    assert time.monotonic() - began < time_allowance(1.8)


def test_a_cut_task_is_cancelled_where_it_waits(clock: FakeClock) -> None:
    stated: Future[str] = Future()

    def wait(scope: TaskScope) -> None:
        try:
            scope.deadline.wait_for(lambda: False)
        except Exception as error:
            stated.set_result(type(error).__name__)
            raise

    running = in_background(lambda: run_all([task("waits", wait, 5.0)], max_workers=1, clock=clock))
    until(lambda: sleepers(clock) == 2)  # the task, and the runner that watches it
    clock.advance(5.0)
    assert ends(running.result(PATIENCE)) == [CUT]
    assert stated.result(PATIENCE) in {"Cancelled", "DeadlineExceeded"}


def test_the_message_at_the_deadline_does_not_depend_on_the_thread_that_notices(
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


def test_time_before_a_task_reports_its_start_does_not_count(clock: FakeClock, gate: threading.Event) -> None:
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
