"""A task's scope: what it keeps, the fence at its end, and the hooks behind the fence."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest

from tests.execution.helpers import FINE, PATIENCE, in_background
from tests.fake_clock import FakeClock
from tradingagents.discovery.execution.scope import Task, TaskScope, current_scope, enter_scope
from tradingagents.discovery.model.errors import Cancelled


def scope_of(clock: FakeClock, **more: Any) -> TaskScope:
    return TaskScope(Task("name", lambda scope: FINE, 5.0, key="key", startup_seconds=20.0), clock, **more)


def test_a_scope_has_the_settings_of_its_task(clock: FakeClock) -> None:
    scope = scope_of(clock, request_workers=3)
    assert (scope.name, scope.key, scope.timeout_seconds, scope.request_workers) == ("name", "key", 5.0, 3)
    assert scope.deadline.ends_at == 25.0


def test_the_clock_can_be_started_anew_once_the_task_is_ready(clock: FakeClock) -> None:
    stated: list[str] = []
    scope = scope_of(clock, on_restart=lambda: stated.append("restarted"))
    clock.advance(3.0)
    scope.started()
    assert scope.deadline.ends_at == 8.0
    assert stated == ["restarted"]


def test_items_are_kept_in_order_and_reported_live(clock: FakeClock) -> None:
    stated: list[Any] = []
    scope = scope_of(clock, on_item=lambda name, item: stated.append((name, item)))
    scope.emit(1)
    scope.emit(2)
    assert stated == [("name", 1), ("name", 2)]
    assert scope.close() == scope.close() == (1, 2)


def test_after_close_no_item_is_kept_or_reported(clock: FakeClock) -> None:
    stated: list[Any] = []
    scope = scope_of(clock, on_item=lambda name, item: stated.append(item))
    scope.emit("in time")
    items = scope.close()
    with pytest.raises(Cancelled, match="name was cut"):
        scope.emit("late")
    assert items == scope.close() == ("in time",)
    assert stated == ["in time"]
    assert scope.closed
    assert scope.deadline.cancelled


def test_hooks_run_once_last_first_and_at_once_when_it_is_over(clock: FakeClock) -> None:
    trail: list[str] = []
    scope = scope_of(clock)
    scope.on_close(lambda: trail.append("first"))
    scope.on_close(lambda: trail.append("second"))
    assert trail == []
    scope.close()
    scope.close()
    assert trail == ["second", "first"]
    scope.on_close(lambda: trail.append("late"))
    assert trail == ["second", "first", "late"]


def test_a_hook_may_use_the_scope(clock: FakeClock) -> None:
    """Hooks run outside the lock; one that emits is refused and does not deadlock."""
    scope = scope_of(clock)
    refused = threading.Event()

    def hook() -> None:
        with pytest.raises(Cancelled):
            scope.emit("from the hook")
        refused.set()

    scope.on_close(hook)
    in_background(scope.close).result(PATIENCE)
    assert refused.is_set()


def test_a_hook_that_fails_keeps_no_other_from_running_and_no_item_from_coming(clock: FakeClock) -> None:
    trail: list[str] = []
    scope = scope_of(clock)
    scope.emit("kept")
    scope.on_close(lambda: trail.append("first"))
    scope.on_close(lambda: 1 // 0)
    scope.on_close(lambda: trail.append("third"))
    with contextlib.suppress(ZeroDivisionError):  # raised or not is for its caller to deal with
        scope.close()
    assert trail == ["third", "first"]
    assert scope.close() == ("kept",)


def test_emitting_and_closing_race_without_a_middle(clock: FakeClock) -> None:
    """Every item is either kept, or refused to its emitter."""
    for _ in range(20):
        scope, start = scope_of(clock), threading.Barrier(3)
        accepted: list[int] = []

        def emit(first: int, scope: TaskScope = scope, start: Any = start, accepted: Any = accepted) -> None:
            start.wait(PATIENCE)
            for number in range(first, 200, 2):
                try:
                    scope.emit(number)
                except Cancelled:
                    return
                accepted.append(number)

        emitters = [in_background(lambda f=first: emit(f)) for first in (0, 1)]
        start.wait(PATIENCE)
        items = scope.close()
        for emitter in emitters:
            emitter.result(PATIENCE)
        assert sorted(items) == sorted(accepted)


def test_the_current_scope_is_that_of_the_context_it_was_entered_in(clock: FakeClock) -> None:
    scope = scope_of(clock)

    def inside() -> TaskScope | None:
        enter_scope(scope)
        return current_scope()

    assert in_background(inside).result(PATIENCE) is scope
    assert current_scope() is None
