"""``TaskScope``: what a running task receives: a sink for its items, its deadline, and closing hooks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from tradingagents.discovery.execution.outcome import Verdict
from tradingagents.discovery.model.clock import Clock, Deadline
from tradingagents.discovery.model.errors import Cancelled

__all__ = ["Task", "TaskScope", "current_scope", "enter_scope"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """A named callable with a time limit.

    ``call`` receives its :class:`TaskScope`, emits items into it and returns a verdict. ``key`` identifies
    the same work in different runs; while an abandoned call of that key is alive, no other is started.
    ``startup_seconds`` is extra time before it calls ``scope.started()``; ``expected_seconds`` is how long
    earlier runs took, None when unknown.
    """

    name: str
    call: Callable[[TaskScope], Verdict]
    timeout_seconds: float
    key: Hashable = None
    startup_seconds: float = 0.0
    expected_seconds: float | None = None


class TaskScope:
    """The only object that a task and its run share. Thread-safe.

    After ``close``, nothing the task emits is kept.
    """

    def __init__(
        self,
        task: Task,
        clock: Clock,
        *,
        request_workers: int = 8,
        on_item: Callable[[str, Any], None] | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> None:
        self.name, self.key = task.name, task.key
        self.timeout_seconds = task.timeout_seconds
        self.request_workers = request_workers
        self.deadline = Deadline(task.startup_seconds + task.timeout_seconds, clock)
        self._on_item, self._on_restart = on_item, on_restart
        self._lock = threading.Lock()  # guards the items, the hooks and the flag
        self._items: list[Any] = []
        self._hooks: list[Callable[[], None]] = []
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def started(self) -> None:
        """Restart the timeout now, so that startup does not count."""
        self.deadline.restart(self.timeout_seconds)
        if (on_restart := self._on_restart) is not None:
            on_restart()

    def emit(self, item: Any) -> None:
        """Keep ``item``; raises :class:`Cancelled` once the task has been cut."""
        with self._lock:
            if self._closed:
                raise Cancelled(f"{self.name} was cut")
            self._items.append(item)
            on_item = self._on_item
        if on_item is not None:
            on_item(self.name, item)

    def on_close(self, hook: Callable[[], None]) -> None:
        """Register ``hook`` to be called once when the task ends or is cut; at once if it already has."""
        with self._lock:
            if not self._closed:
                self._hooks.append(hook)
                return
        hook()

    def close(self) -> tuple[Any, ...]:
        """Drop later items, cancel the deadline, run the hooks, and return the items. Idempotent."""
        with self._lock:
            hooks, self._hooks, self._closed = self._hooks, [], True
            items = tuple(self._items)
            self._on_item = self._on_restart = None  # they lead back to the run: a cycle
        self.deadline.cancel()
        for hook in reversed(hooks):
            _run_hook(hook)
        return items


def _run_hook(hook: Callable[[], None]) -> None:
    try:
        hook()
    except Exception:  # noqa: BLE001 - the items must be returned and the other hooks must run
        _log.exception("a closing hook failed")


_scope: ContextVar[TaskScope | None] = ContextVar("tradingagents_task_scope", default=None)


def current_scope() -> TaskScope | None:
    """Return the scope of the task this code runs for, None outside a run."""
    return _scope.get()


def enter_scope(scope: TaskScope) -> None:
    """Make ``scope`` the current one for the rest of this context (each task has a context of its own)."""
    _scope.set(scope)
