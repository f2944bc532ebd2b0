"""``Once``: the first caller runs the work, and another takes over when that caller ends early."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.net.test_single_flight import Crowd, until, waits
from tests.net.vendor_server import PATIENCE
from tradingagents.discovery.execution.once import Once
from tradingagents.discovery.model.clock import Deadline, current_deadline, deadline_scope
from tradingagents.discovery.model.errors import NoDataError, RateLimited, Transient


class Work:
    """Does ``does`` when ``go`` is set, and counts how often it was begun."""

    def __init__(self, does: Callable[[int], Any]) -> None:
        self.begun, self.inside, self.go = 0, threading.Event(), threading.Event()
        self._does = does

    def __call__(self) -> Any:
        self.begun += 1
        self.inside.set()
        assert self.go.wait(PATIENCE)
        return self._does(self.begun)


def asking(once: Once[Any], deadline: Deadline) -> Callable[[], object]:
    def ask() -> object:
        with deadline_scope(deadline):
            return once()

    return ask


def led_and_followed(once: Once[Any], work: Work, followers: int = 7) -> tuple[Crowd, Crowd, Deadline]:
    """One at work, the others waiting for it; the deadline is that of the first."""
    first = Deadline(PATIENCE)
    leader = Crowd(asking(once, first))
    assert work.inside.wait(PATIENCE)
    deadlines = [Deadline(PATIENCE) for _ in range(followers)]
    crowd = Crowd(*[asking(once, deadline) for deadline in deadlines])
    until(lambda: all(map(waits, deadlines)))
    return leader, crowd, first


def test_eight_callers_run_the_work_once() -> None:
    work = Work(lambda time: [time])
    once = Once(work)
    leader, crowd, _ = led_and_followed(once, work)
    assert not once.done
    work.go.set()
    [answer] = leader.finish()
    assert answer == [1]
    assert all(other is answer for other in crowd.finish())
    assert once() is answer
    assert (once.done, work.begun) == (True, 1)


def test_none_is_an_answer_too() -> None:
    work = Work(lambda time: None)
    work.go.set()
    once = Once(work)
    assert (once(), once(), work.begun) == (None, None, 1)


def test_when_the_one_at_work_is_cancelled_another_takes_over() -> None:
    def does(time: int) -> int:
        current_deadline().check()
        return time

    work = Work(does)
    once = Once(work)
    leader, crowd, deadline = led_and_followed(once, work, followers=3)
    deadline.cancel()
    work.go.set()
    assert leader.finish() == ["Cancelled"]
    assert crowd.finish() == [2, 2, 2]
    assert work.begun == 2


def test_one_that_waits_leaves_at_its_own_deadline() -> None:
    work = Work(lambda time: time)
    once = Once(work)
    leader, _, _ = led_and_followed(once, work, followers=0)
    assert Crowd(asking(once, Deadline(0.05))).finish() == ["DeadlineExceeded"]
    work.go.set()
    assert leader.finish() == [1]


def test_what_went_wrong_is_everybodys_answer_from_then_on() -> None:
    def does(time: int) -> int:
        raise Transient("ohlcv", f"attempt {time}")

    work = Work(does)
    once = Once(work)
    leader, crowd, _ = led_and_followed(once, work, followers=3)
    work.go.set()
    assert leader.finish() + crowd.finish() == ["Transient"] * 4
    with pytest.raises(Transient, match="attempt 1"):
        once()
    assert work.begun == 1


def test_each_is_given_an_error_of_its_own() -> None:
    """A shared one would collect the tracebacks of all who raise it."""

    def fail() -> None:
        raise NoDataError("nothing")

    once = Once(fail)
    met = []
    for _ in range(2):
        with pytest.raises(NoDataError) as caught:
            once()
        met.append(caught.value)
    assert met[0] is not met[1]


def test_a_crash_is_only_for_the_one_it_befell() -> None:
    work = Work(lambda time: 1 // (time - 1))
    once = Once(work)
    leader, crowd, _ = led_and_followed(once, work, followers=2)
    work.go.set()
    assert leader.finish() == ["ZeroDivisionError"]
    assert crowd.finish() == [1, 1]
    assert work.begun == 2


def test_without_keep_errors_the_waiting_callers_share_an_error_and_the_next_call_tries_again() -> None:
    def does(time: int) -> int:
        if time == 1:
            raise RateLimited("nasdaq", "too fast")
        return time

    work = Work(does)
    once = Once(work, keep_errors=False)
    leader, crowd, _ = led_and_followed(once, work, followers=3)
    work.go.set()
    assert leader.finish() + crowd.finish() == ["RateLimited"] * 4
    assert not once.done
    assert (once(), once(), work.begun) == (2, 2, 2)


def test_one_inside_another_is_shared_with_callers_outside() -> None:
    """The screens and a scanner share one fetch of the symbol directory."""
    work = Work(lambda time: time)
    inner = Once(work)
    outer = Once(inner)
    leader = Crowd(asking(inner, Deadline(PATIENCE)))
    assert work.inside.wait(PATIENCE)
    waiting = Deadline(PATIENCE)
    follower = Crowd(asking(outer, waiting))
    until(lambda: waits(waiting))
    work.go.set()
    assert leader.finish() + follower.finish() == [1, 1]
    assert work.begun == 1
