"""``Deadline.on_cancel`` calls its hook when the work is cancelled."""

from __future__ import annotations

from tradingagents.discovery.model.clock import Deadline


def test_a_hook_is_called_once_and_only_by_a_cancel_inside_its_block() -> None:
    deadline, called = Deadline(), []
    with deadline.on_cancel(lambda: called.append("before")):
        pass
    with deadline.on_cancel(lambda: called.append("during")):
        deadline.cancel()
        deadline.cancel()
    assert called == ["during"]


def test_a_hook_on_cancelled_work_is_called_at_once() -> None:
    deadline, called = Deadline(), []
    deadline.cancel()
    with deadline.on_cancel(lambda: called.append("late")):
        assert called == ["late"]


def test_a_hook_may_use_the_deadline() -> None:
    """The hook runs outside the deadline's lock."""
    deadline, seen = Deadline(), []
    with deadline.on_cancel(lambda: seen.append((deadline.expired(), deadline.cancelled))):
        deadline.cancel()
    assert seen == [(True, True)]
