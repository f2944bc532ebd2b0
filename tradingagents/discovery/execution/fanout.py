"""``ordered_map``: call a function on many items at once inside one task, results in order.

A task's fan-out has its own threads, so a hung item blocks no other task. It runs under the task's deadline
and in its context, and needs no slot of the run, so it cannot deadlock with one.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from tradingagents.discovery.execution.pool import ABANDONED, DaemonExecutor
from tradingagents.discovery.execution.scope import TaskScope, current_scope
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import Cancelled

__all__ = ["OrderedMap", "ordered_map"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4  # items submitted per worker ahead of the results, which bounds an endless iterable
_DEFAULT_WORKERS = 8
_inside: ContextVar[bool] = ContextVar("tradingagents_inside_fanout", default=False)


def ordered_map(
    fn: Callable[[Item], Result], items: Iterable[Item], *, workers: int | None = None
) -> Iterator[Result]:
    """Call ``fn`` on every item, several at once, and yield the results in the order of the items.

    An item's error is raised when its result is taken; the next ``next()`` continues with the next item.
    Nothing is started once the task is cut. Raises ``DeadlineExceeded`` or ``Cancelled`` when the task's
    time ends while waiting for a result. ``workers`` can only lower the run's ``request_workers``. A nested
    map runs one item after another, so that nesting cannot multiply threads. Items are read up to four times
    ``workers`` ahead of the results: a slow iterable delays results.
    """
    scope = current_scope()
    allowed = scope.request_workers if scope is not None else _DEFAULT_WORKERS
    width = min(allowed, workers or allowed)
    if width <= 1 or _inside.get():
        return _OneByOne(fn, items)
    return OrderedMap(fn, items, width, scope)


class _OneByOne(Generic[Item, Result]):
    """The same contract, one item at a time, in the caller's thread."""

    def __init__(self, fn: Callable[[Item], Result], items: Iterable[Item]) -> None:
        self._fn, self._items, self._deadline = fn, iter(items), current_deadline()

    def __iter__(self) -> Iterator[Result]:
        return self

    def __next__(self) -> Result:
        item = next(self._items)
        self._deadline.check()
        return _result(self._fn, item)


class OrderedMap(Generic[Item, Result]):
    """The iterator behind :func:`ordered_map`. Used by one thread."""

    def __init__(
        self, fn: Callable[[Item], Result], items: Iterable[Item], width: int, scope: TaskScope | None
    ) -> None:
        self._fn, self._items, self._width = fn, iter(items), width
        self._deadline = current_deadline()
        self._pool = DaemonExecutor(width, "request")
        self._pending: deque[Future[Result]] = deque()
        self._key = scope.key if scope is not None else None
        self._closed = False
        if scope is not None:
            scope.on_close(self.close)

    def __iter__(self) -> Iterator[Result]:
        return self

    def __next__(self) -> Result:
        self._deadline.check()
        self._fill()
        if not self._pending:
            self.close()
            raise StopIteration
        head = self._pending[0]
        self._deadline.wait_for(head.done)
        self._pending.popleft()
        return head.result()

    def close(self) -> None:
        """Start nothing more, and register calls still running as abandoned. Idempotent."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for future in list(self._pending):
            if not future.done():
                ABANDONED.add(self._key, lambda future=future: not future.done())  # type: ignore[misc]

    def _fill(self) -> None:
        while not self._closed and len(self._pending) < self._width * _AHEAD:
            try:
                item = next(self._items)
            except StopIteration:
                return
            except BaseException as error:  # noqa: BLE001 - raised after the results of the items before it
                self._pending.append(_failed(error))
                self._items = iter(())
                return
            context = contextvars.copy_context()
            future = self._pool.submit(context.run, self._one, item)
            future.add_done_callback(lambda _: self._deadline.wake())
            self._pending.append(future)

    def _one(self, item: Item) -> Result:
        _inside.set(True)
        if self._closed:
            raise Cancelled("the task was cut")
        return _result(self._fn, item)


def _failed(error: BaseException) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def _result(fn: Callable[[Item], Result], item: Item) -> Result:
    try:
        return fn(item)
    except StopIteration as error:  # raised out of __next__, it would end the map silently
        raise RuntimeError(f"{getattr(fn, '__name__', 'fn')} raised StopIteration") from error
