"""The fan-out inside a task: in order, under the task's deadline, and never more than was allowed."""

from __future__ import annotations

import contextvars
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.execution.helpers import (
    PATIENCE,
    comes_back,
    in_background,
    sleepers,
    task,
    threads_named,
    until,
)
from tests.fake_clock import FakeClock
from tradingagents.discovery.execution.fanout import ordered_map
from tradingagents.discovery.execution.outcome import Outcome, Reason, Status
from tradingagents.discovery.execution.pool import ABANDONED
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import TaskScope, current_scope
from tradingagents.discovery.model.clock import Deadline, current_deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded

WIDTHS = [1, 8]
both_ways = pytest.mark.parametrize("request_workers", WIDTHS, ids=["one by one", "eight at once"])


def inside(
    call: Callable[[TaskScope], Any], *, seconds: float = 30.0, key: Any = None, **more: Any
) -> Outcome:
    """Run ``call`` as the only task of a run."""
    (outcome,) = comes_back(lambda: run_all([task("mapping", call, seconds, key=key)], max_workers=1, **more))
    return outcome


# -- order and errors -------------------------------------------------------------------------------


@both_ways
def test_answers_come_in_the_order_of_the_items_whatever_is_answered_first(request_workers: int) -> None:
    later = threading.Event()

    def fn(item: int) -> int:
        if item == 0 and request_workers > 1:
            assert later.wait(PATIENCE)
        if item == 7:
            later.set()
        return item * 10

    def call(scope: TaskScope) -> None:
        for answer in ordered_map(fn, range(20)):
            scope.emit(answer)

    outcome = inside(call, request_workers=request_workers)
    assert outcome.verdict.status is Status.OK
    assert outcome.items == tuple(range(0, 200, 10))


@both_ways
def test_an_items_error_is_raised_where_its_answer_is_taken_and_taking_goes_on(request_workers: int) -> None:
    def fn(item: int) -> int:
        if item % 3 == 1:
            raise LookupError(item)
        return item

    def call(scope: TaskScope) -> None:
        answers = ordered_map(fn, range(8))
        for _ in range(8):
            try:
                scope.emit(next(answers))
            except LookupError as error:
                scope.emit(f"error {error}")
        with pytest.raises(StopIteration):
            next(answers)

    outcome = inside(call, request_workers=request_workers)
    assert outcome.items == (0, "error 1", 2, 3, "error 4", 5, 6, "error 7")


@both_ways
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError()], ids=repr)
def test_even_an_exit_inside_an_item_is_raised_at_its_place(
    error: BaseException, request_workers: int
) -> None:
    def fn(item: int) -> int:
        if item == 1:
            raise error
        return item

    def call(scope: TaskScope) -> None:
        answers = ordered_map(fn, range(3))
        scope.emit(next(answers))
        with pytest.raises(type(error)):
            next(answers)
        scope.emit(next(answers))

    assert inside(call, request_workers=request_workers).items == (0, 2)


@both_ways
def test_an_item_that_raises_stop_iteration_does_not_end_the_map_in_silence(request_workers: int) -> None:
    """As with generators: a stray ``next()`` must look like the mistake it is, not like the last item."""

    def fn(item: int) -> int:
        return item if item != 1 else next(iter(()))

    def call(scope: TaskScope) -> None:
        for answer in ordered_map(fn, range(3)):
            scope.emit(answer)

    outcome = inside(call, request_workers=request_workers)
    assert (outcome.verdict.status, outcome.items) == (Status.FAILED, (0,))


@both_ways
def test_an_error_of_the_items_themselves_comes_after_the_answers_before_it(request_workers: int) -> None:
    """Pages of a vendor, the third of which fails: what the first two held is not lost, in either mode."""

    def pages() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError("page 3")

    def call(scope: TaskScope) -> None:
        for answer in ordered_map(lambda page: page, pages()):
            scope.emit(answer)

    outcome = inside(call, request_workers=request_workers)
    assert outcome.items == (1, 2)
    assert outcome.verdict.message == "LookupError: page 3"


@both_ways
def test_mapping_over_nothing_gives_nothing(request_workers: int) -> None:
    def call(scope: TaskScope) -> None:
        assert list(ordered_map(lambda item: item, [])) == []

    assert inside(call, request_workers=request_workers).verdict.status is Status.OK


# -- how many ---------------------------------------------------------------------------------------


def test_items_overlap_as_far_as_allowed_and_no_further() -> None:
    """Four meet at a barrier for four; a fifth is never inside with them."""
    barrier = threading.Barrier(4, timeout=PATIENCE)
    lock, now, peak = threading.Lock(), [0], [0]

    def fn(item: int) -> int:
        with lock:
            now[0] += 1
            peak[0] = max(peak[0], now[0])
        barrier.wait()
        with lock:
            now[0] -= 1
        return item

    outcome = inside(lambda scope: [scope.emit(a) for a in ordered_map(fn, range(16))], request_workers=4)
    assert outcome.items == tuple(range(16))
    assert peak[0] <= 4


@pytest.mark.parametrize(("allowed", "wanted", "width"), [(8, 3, 3), (3, 8, 3), (4, None, 4), (2, 1, 1)])
def test_a_map_can_lower_what_the_run_allows_and_not_raise_it(
    allowed: int, wanted: int | None, width: int
) -> None:
    gates = threading.Event()
    lock, now = threading.Lock(), [0]

    def fn(item: int) -> None:
        with lock:
            now[0] += 1
        gates.wait(PATIENCE)

    def call(scope: TaskScope) -> None:
        list(ordered_map(fn, range(12), workers=wanted))

    running = in_background(lambda: inside(call, request_workers=allowed))
    until(lambda: now[0] == width)
    threading.Event().wait(0.02)
    assert now[0] == width
    gates.set()
    assert running.result(PATIENCE).verdict.status is Status.OK


def test_one_at_a_time_means_in_the_scanners_own_thread() -> None:
    def call(scope: TaskScope) -> None:
        scope.emit({threading.get_ident()} == set(ordered_map(lambda item: threading.get_ident(), range(5))))

    assert inside(call, request_workers=1).items == (True,)


def test_an_endless_iterable_is_only_drawn_as_far_as_it_is_needed() -> None:
    drawn = [0]

    def endless() -> Iterator[int]:
        for number in itertools.count():
            drawn[0] += 1
            yield number

    def call(scope: TaskScope) -> None:
        for answer in ordered_map(lambda item: item, endless()):
            scope.emit(answer)
            if answer == 99:
                return

    outcome = inside(call, request_workers=4)
    assert outcome.items == tuple(range(100))
    assert drawn[0] <= 100 + 4 * 8  # a bounded look-ahead


def test_a_map_inside_a_maps_item_does_not_multiply_the_threads() -> None:
    lock, now, peak = threading.Lock(), [0], [0]

    def inner(item: int) -> int:
        with lock:
            now[0] += 1
            peak[0] = max(peak[0], now[0])
        threading.Event().wait(0.001)
        with lock:
            now[0] -= 1
        return item

    def outer(item: int) -> list[int]:
        return list(ordered_map(inner, range(4)))

    outcome = inside(lambda scope: [scope.emit(a) for a in ordered_map(outer, range(8))], request_workers=4)
    assert outcome.items == ([0, 1, 2, 3],) * 8
    assert peak[0] <= 4


@pytest.mark.parametrize("max_workers", [1, 2])
def test_maps_cannot_deadlock_with_the_slots_of_the_run(max_workers: int) -> None:
    """Every slot is held by a task that maps, each item of which maps again."""

    def call(scope: TaskScope) -> None:
        for answers in ordered_map(lambda item: list(ordered_map(str, range(item))), range(6)):
            scope.emit(len(answers))

    outcomes = comes_back(lambda: run_all([task(str(i), call) for i in range(6)], max_workers=max_workers))
    assert [outcome.items for outcome in outcomes] == [tuple(range(6))] * 6


def test_no_thread_is_left_when_all_was_taken_and_none_when_the_task_took_only_some() -> None:
    def takes_all(scope: TaskScope) -> None:
        list(ordered_map(str, range(30)))
        until(lambda: set(threads_named("request-")) <= before)

    def takes_one(scope: TaskScope) -> None:
        next(ordered_map(str, range(30)))

    before = set(threads_named("request-"))
    assert inside(takes_all).verdict.status is Status.OK
    assert inside(takes_one).verdict.status is Status.OK
    until(lambda: set(threads_named("request-")) <= before)


# -- context ----------------------------------------------------------------------------------------

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@both_ways
def test_items_run_under_the_scanners_deadline_scope_and_context(request_workers: int) -> None:
    def call(scope: TaskScope) -> None:
        variable.set("scanner's")

        def fn(item: int) -> Any:
            return variable.get(), current_scope() is scope, current_deadline() is scope.deadline

        for answer in ordered_map(fn, range(5)):
            scope.emit(answer)

    assert inside(call, request_workers=request_workers).items == (("scanner's", True, True),) * 5


def test_an_item_cannot_change_the_context_of_another() -> None:
    def fn(item: int) -> str:
        seen = variable.get()
        variable.set(f"by {item}")
        return seen

    outcome = inside(lambda scope: [scope.emit(a) for a in ordered_map(fn, range(10))])
    assert outcome.items == ("unset",) * 10


def test_outside_a_run_a_map_works_under_the_current_deadline(clock: FakeClock) -> None:
    assert list(ordered_map(lambda item: item + 1, range(20))) == list(range(1, 21))
    with deadline_scope(Deadline(5.0, clock)):
        clock.advance(6.0)
        with pytest.raises(DeadlineExceeded):
            next(ordered_map(lambda item: item, range(3)))


# -- the deadline -----------------------------------------------------------------------------------


def test_a_hung_item_is_bounded_by_the_deadline_and_accounted_for_until_it_ends(
    clock: FakeClock, gate: threading.Event
) -> None:
    hung = threading.Event()

    def fn(item: int) -> int:
        if item == 2:
            hung.set()
            gate.wait(PATIENCE)
        return item

    taken: list[int] = []

    def call(scope: TaskScope) -> None:
        for answer in ordered_map(fn, range(6)):
            scope.emit(answer)
            taken.append(answer)

    one = task("mapping", call, 5.0, key="hung item")
    running = in_background(lambda: run_all([one], max_workers=1, clock=clock))
    assert hung.wait(PATIENCE)
    until(
        lambda: taken == [0, 1] and sleepers(clock) == 2
    )  # the scanner that waits for its answer, and the runner
    clock.advance(5.0)
    (outcome,) = running.result(PATIENCE)
    assert (outcome.verdict.status, outcome.verdict.reason) == (Status.TIMED_OUT, Reason.DEADLINE)
    assert outcome.items == (0, 1)
    until(lambda: ABANDONED.count("hung item") == 1)
    (again,) = run_all([one], max_workers=1)
    assert again.verdict.reason is Reason.STILL_RUNNING
    gate.set()
    until(lambda: ABANDONED.count("hung item") == 0)


def test_hung_items_hold_up_no_other_task(gate: threading.Event) -> None:
    """Three tasks whose every request hangs, on three slots, ahead of one that maps in peace."""

    def hang(scope: TaskScope) -> None:
        list(ordered_map(lambda item: gate.wait(PATIENCE), range(20)))

    def good(scope: TaskScope) -> None:
        for answer in ordered_map(lambda item: item, range(20)):
            scope.emit(answer)

    tasks = [task(str(i), hang, 0.1, expected_seconds=9.0) for i in range(3)] + [
        task("good", good, expected_seconds=1.0)
    ]
    outcomes = comes_back(lambda: run_all(tasks, max_workers=3))
    assert [outcome.verdict.status for outcome in outcomes] == [Status.TIMED_OUT] * 3 + [Status.OK]
    assert outcomes[3].items == tuple(range(20))


@both_ways
def test_once_the_task_is_cut_nothing_more_is_started(
    clock: FakeClock, gate: threading.Event, request_workers: int
) -> None:
    """Even by a scanner that catches the error and takes the next result."""
    started: list[int] = []
    full, over = threading.Event(), threading.Event()

    def fn(item: int) -> int:
        started.append(item)
        if len(started) == request_workers:
            full.set()
        gate.wait(PATIENCE)
        return item

    def stubborn(scope: TaskScope) -> None:
        answers = ordered_map(fn, itertools.count())
        for _ in range(50):
            try:
                next(answers)
            except BaseException:  # noqa: BLE001 - what it does
                continue
        gate.wait(PATIENCE)
        over.set()

    one = task("stubborn", stubborn, 5.0)
    running = in_background(
        lambda: run_all([one], max_workers=1, clock=clock, request_workers=request_workers)
    )
    assert full.wait(PATIENCE)
    clock.advance(5.0)
    assert running.result(PATIENCE)[0].verdict.status is Status.TIMED_OUT
    gate.set()
    assert over.wait(PATIENCE)
    assert len(started) == request_workers


def test_a_cut_is_noticed_by_an_item_that_checks_its_deadline(clock: FakeClock) -> None:
    noticed: list[str] = []
    inside_all = threading.Semaphore(0)

    def fn(item: int) -> None:
        inside_all.release()
        try:
            current_deadline().sleep(1_000.0) if item else current_deadline().wait_for(lambda: False)
        except (Cancelled, DeadlineExceeded) as error:
            noticed.append(type(error).__name__)
            raise

    def call(scope: TaskScope) -> None:
        list(ordered_map(fn, range(3)))

    running = in_background(lambda: run_all([task("m", call, 5.0)], max_workers=1, clock=clock))
    assert all(inside_all.acquire(timeout=PATIENCE) for _ in range(3))
    until(lambda: sleepers(clock) >= 2)
    clock.advance(5.0)
    assert running.result(PATIENCE)[0].verdict.status is Status.TIMED_OUT
    until(lambda: len(noticed) == 3)


def test_late_items_of_a_task_that_ended_do_not_start(gate: threading.Event) -> None:
    """A task that ends without taking its answers leaves no request to be started behind its back."""
    started: list[int] = []
    running_one = threading.Event()

    def fn(item: int) -> None:
        started.append(item)
        running_one.set()
        gate.wait(PATIENCE)

    def call(scope: TaskScope) -> None:
        in_background_map = ordered_map(fn, range(20), workers=2)
        in_background(lambda: next(in_background_map))
        assert running_one.wait(PATIENCE)
        until(lambda: len(started) == 2)

    assert inside(call).verdict.status is Status.OK
    gate.set()
    threading.Event().wait(0.02)
    assert len(started) == 2
