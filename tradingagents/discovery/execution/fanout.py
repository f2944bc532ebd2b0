"""Ask many things at once inside one task, and take the answers in order.

A task's fan-out has threads of its own, so a hung item takes no other task's; it lives under the
task's deadline and in its context; and it needs no slot of the run, so it cannot deadlock with one.
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
Answer = TypeVar("Answer")

_AHEAD = 4  # items submitted per worker before the first answer is taken: an endless iterable stays bounded
_DEFAULT_WORKERS = 8
_inside: ContextVar[bool] = ContextVar("tradingagents_inside_fanout", default=False)


def ordered_map(
    fn: Callable[[Item], Answer], items: Iterable[Item], *, workers: int | None = None
) -> Iterator[Answer]:
    """Call ``fn`` on every item, several at once, and yield the answers in the order of the items.

    An item's error is raised where its answer is taken; taking the next one goes on. Nothing is
    started once the task is cut. Raises ``DeadlineExceeded`` or ``Cancelled`` when the task's time ends
    while an answer is awaited. ``workers`` can only lower the run's ``request_workers``. A map inside a
    map's item runs one item after another, so that nesting cannot multiply threads. Items are taken up to
    four times ``workers`` ahead of the answers: an iterable that is slow to give them holds answers back.
    """
    scope = current_scope()
    allowed = scope.request_workers if scope is not None else _DEFAULT_WORKERS
    width = min(allowed, workers or allowed)
    if width <= 1 or _inside.get():
        return _OneByOne(fn, items)
    return OrderedMap(fn, items, width, scope)


class _OneByOne(Generic[Item, Answer]):
    """The same contract with one item at a time, in the caller's own thread."""

    def __init__(self, fn: Callable[[Item], Answer], items: Iterable[Item]) -> None:
        self._fn, self._items, self._deadline = fn, iter(items), current_deadline()

    def __iter__(self) -> Iterator[Answer]:
        return self

    def __next__(self) -> Answer:
        item = next(self._items)
        self._deadline.check()
        return _answer(self._fn, item)


class OrderedMap(Generic[Item, Answer]):
    """The iterator behind :func:`ordered_map`. To be used by one thread."""

    def __init__(
        self, fn: Callable[[Item], Answer], items: Iterable[Item], width: int, scope: TaskScope | None
    ) -> None:
        self._fn, self._items, self._width = fn, iter(items), width
        self._deadline = current_deadline()
        self._pool = DaemonExecutor(width, "request")
        self._pending: deque[Future[Answer]] = deque()
        self._key = scope.key if scope is not None else None
        self._closed = False
        if scope is not None:
            scope.on_close(self.close)

    def __iter__(self) -> Iterator[Answer]:
        return self

    def __next__(self) -> Answer:
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
        """Start nothing more, and account for what still runs. Idempotent."""
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
            except BaseException as error:  # noqa: BLE001 - raised after the answers that come before it
                self._pending.append(_failed(error))
                self._items = iter(())
                return
            context = contextvars.copy_context()
            future = self._pool.submit(context.run, self._one, item)
            future.add_done_callback(lambda _: self._deadline.wake())
            self._pending.append(future)

    def _one(self, item: Item) -> Answer:
        _inside.set(True)
        if self._closed:
            raise Cancelled("the task was cut")
        return _answer(self._fn, item)


def _failed(error: BaseException) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def _answer(fn: Callable[[Item], Answer], item: Item) -> Answer:
    try:
        return fn(item)
    except StopIteration as error:  # raised out of __next__, it would end the map in silence
        raise RuntimeError(f"{getattr(fn, '__name__', 'fn')} raised StopIteration") from error
