"""Run named callables concurrently, each under its own deadline, and always return.

How a run goes:

1. The queue is ordered longest expected first, because that shortens the tail.
2. ``max_workers`` worker loops are submitted to the executor. A loop takes the next task, starts its
   clock, runs it in a fresh copy of the caller's context, settles its outcome, and goes on.
3. The caller's thread watches the deadlines. A task that passes its deadline is closed (its items are
   kept, later ones are dropped), cancelled, and its slot passes to a new loop.
4. Outcomes are returned in the order of the tasks, whatever finished first.

This file holds the module's one error boundary: any error of a task, ``SystemExit`` and
``KeyboardInterrupt`` included, becomes its own outcome. A real Ctrl-C reaches the caller's thread,
closes every task and is raised at once.
"""

from __future__ import annotations

import contextvars
import functools
import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from tradingagents.discovery.execution.outcome import Outcome, Reason, Status, Verdict, verdict_of_error
from tradingagents.discovery.execution.pool import ABANDONED, DaemonExecutor
from tradingagents.discovery.execution.scope import Task, TaskScope, enter_scope
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock, deadline_scope

__all__ = ["Observer", "guarded", "run_all"]

_log = logging.getLogger(__name__)
_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")
_POLL_SECONDS = 0.1  # how often ``should_stop`` is called


class Observer(Protocol):
    """Receives live events in the threads where they happen; must be quick and thread-safe."""

    def started(self, name: str) -> None: ...

    def emitted(self, name: str, item: Any) -> None: ...

    def finished(self, outcome: Outcome) -> None: ...


def run_all(
    tasks: Sequence[Task],
    *,
    max_workers: int,
    request_workers: int = 8,
    clock: Clock = SYSTEM_CLOCK,
    executor: Executor | None = None,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[Outcome]:
    """Run every task and return one outcome each, in the order given.

    ``max_workers`` tasks run at once; ``request_workers`` bounds each one's own fan-out. ``executor``
    defaults to the run's own daemon threads; any other ``Executor`` works too, but one without ``abandon``
    loses a worker to each hung task. ``should_stop`` is polled ten times a second; once true, running tasks
    are cut and waiting ones are not started. Raises ``ValueError`` for fewer than one worker.
    """
    own = DaemonExecutor(max_workers, "scanner")  # starts no thread before the first task
    pool = executor or own
    run = _Run(tasks, max_workers, request_workers, clock, observer, pool, own_pool=pool is own)
    try:
        run.supervise(should_stop)
    except BaseException:
        run.abort()
        raise
    finally:
        if pool is own:
            # Loops that were not abandoned have no work left: this waits for their last lines to run.
            pool.shutdown(wait=run.complete, cancel_futures=True)
    return run.outcomes()


@dataclass(eq=False)
class _Entry:
    """One task's state in the run. How it ends is decided once, under the run's lock."""

    task: Task
    context: contextvars.Context
    scope: TaskScope | None = None
    loop: _Loop | None = None
    started_at: float = 0.0
    settling: bool = False  # its worker ended it before its deadline
    cut: bool = False  # its deadline ended it
    ended: bool = False  # the call has returned, in time or not
    outcome: Outcome | None = None


@dataclass(eq=False)
class _Loop:
    """A worker loop, and the future it runs under."""

    future: Future[None] | None = None


class _Run:
    def __init__(
        self,
        tasks: Sequence[Task],
        max_workers: int,
        request_workers: int,
        clock: Clock,
        observer: Observer | None,
        pool: Executor,
        *,
        own_pool: bool,
    ) -> None:
        self._own_pool = own_pool  # an own pool always starts what is submitted
        self._max_workers, self._request_workers = max_workers, request_workers
        self._clock, self._observer, self._pool = clock, observer, pool
        self._began = clock.monotonic()
        self._entries = [_Entry(task, contextvars.copy_context()) for task in tasks]
        self._changed = threading.Condition()  # guards the queue, the running set and each entry's end
        self._queue: deque[_Entry] = deque()
        self._running: set[_Entry] = set()
        self._wake_at = -math.inf  # when the watching thread looks again; -inf while it is awake
        self._idle_since = self._began
        self.complete = False

    def outcomes(self) -> list[Outcome]:
        made = [entry.outcome for entry in self._entries if entry.outcome is not None]
        # An entry's scope leads back here: only the cycle collector could free it, and the state with it.
        self._entries = []
        return made

    # -- in the caller's thread ----------------------------------------------------------------------

    def supervise(self, should_stop: Callable[[], bool] | None) -> None:
        self._enqueue()
        for _ in range(min(self._max_workers, len(self._queue))):
            self._start_worker()
        while not self.complete:
            overdue = self._watch(poll=should_stop is not None)
            for entry in overdue:
                self._cut(entry, Reason.DEADLINE, _timeout_message(entry.task))
            self._fail_unstarted()
            if should_stop is not None and should_stop():
                self._stop()

    def _enqueue(self) -> None:
        startable = []
        for entry in self._entries:
            if entry.task.key is not None and ABANDONED.count(entry.task.key):
                message = "a call abandoned in an earlier scan still runs"
                self._record(entry, Verdict(Status.SKIPPED, Reason.STILL_RUNNING, message), ())
            else:
                startable.append(entry)
        if self._max_workers > 1:
            startable.sort(key=_expected_seconds, reverse=True)
        self._queue.extend(startable)

    def _start_worker(self) -> None:
        loop = _Loop()
        loop.future = self._pool.submit(self._work, loop)

    def _watch(self, *, poll: bool) -> list[_Entry]:
        """Wait until a deadline may have passed; return the entries past theirs."""
        with self._changed:
            if not self._queue and not self._running:
                self.complete = True
                return []
            now = self._clock.monotonic()
            watched = [entry for entry in self._running if not entry.settling]
            overdue = [entry for entry in watched if _ends_at(entry) <= now]
            if overdue:
                return overdue
            self._wake_at = min(map(_ends_at, watched), default=self._start_deadline())
            wait = min(self._wake_at - now, _POLL_SECONDS if poll else math.inf)
            self._clock.wait(self._changed, None if wait == math.inf else wait)
            self._wake_at = -math.inf
            return []

    def _start_deadline(self) -> float:
        """Return until when a foreign executor may take to start a task. The caller holds the lock."""
        if self._own_pool:
            return math.inf
        return self._idle_since + max((e.task.timeout_seconds for e in self._queue), default=0.0)

    def _fail_unstarted(self) -> None:
        with self._changed:
            if self._running or self._clock.monotonic() < self._start_deadline():
                return
            unstarted = list(self._queue)
            self._queue.clear()
        message = "not started: every worker of the executor is held by a hung call"
        for entry in unstarted:
            self._record(entry, Verdict(Status.TIMED_OUT, Reason.DEADLINE, message), ())

    def _cut(self, entry: _Entry, reason: Reason, message: str) -> None:
        with self._changed:
            if entry.settling or entry not in self._running:
                return  # its worker ended it first
            entry.cut = True
            self._running.discard(entry)
            self._idle_since = self._clock.monotonic()
            waiting = bool(self._queue)
        assert entry.scope is not None
        assert entry.loop is not None
        assert entry.loop.future is not None
        items = entry.scope.close()
        ABANDONED.add(entry.task.key, lambda: not entry.ended)
        if (abandon := getattr(self._pool, "abandon", None)) is not None:
            abandon(entry.loop.future)
        if waiting:
            self._start_worker()
        self._record(entry, Verdict(Status.TIMED_OUT, reason, message), items)

    def _stop(self) -> None:
        with self._changed:
            waiting, running = list(self._queue), list(self._running)
            self._queue.clear()
        for entry in waiting:
            self._record(
                entry, Verdict(Status.SKIPPED, Reason.CANCELLED, "not started: the scan was stopped"), ()
            )
        for entry in running:
            self._cut(entry, Reason.CANCELLED, "the scan was stopped")

    def abort(self) -> None:
        """Close everything without waiting for anything."""
        with self._changed:
            self._queue.clear()
            scopes = [entry.scope for entry in self._running if entry.scope is not None]
            for entry in self._running:
                entry.cut = True
                ABANDONED.add(entry.task.key, lambda entry=entry: not entry.ended)  # type: ignore[misc]
        for scope in scopes:
            scope.close()

    # -- in the workers ------------------------------------------------------------------------------

    def _work(self, loop: _Loop) -> None:
        entry = self._next(loop, done=None)
        while entry is not None:
            entry.context.run(self._perform, entry)
            if entry.cut:
                return
            entry = self._next(loop, done=entry)

    def _next(self, loop: _Loop, done: _Entry | None) -> _Entry | None:
        """Release a finished entry and take the next one, atomically."""
        with self._changed:
            if done is not None:
                self._running.discard(done)
            if not self._queue:
                if not self._running:
                    self._changed.notify_all()
                return None
            entry = self._queue.popleft()
            entry.loop, entry.started_at = loop, self._clock.monotonic()
            entry.scope = TaskScope(
                entry.task,
                self._clock,
                request_workers=self._request_workers,
                on_item=self._emitted if self._observer else None,
                on_restart=self._wake_watcher,
            )
            self._running.add(entry)
            if _ends_at(entry) < self._wake_at:
                self._changed.notify_all()
            return entry

    def _wake_watcher(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _perform(self, entry: _Entry) -> None:
        assert entry.scope is not None
        enter_scope(entry.scope)
        if self._observer is not None:
            guarded(self._observer.started, entry.task.name)
        with deadline_scope(entry.scope.deadline):
            verdict = guarded(entry.task.call, entry.scope)
        if entry.scope.deadline.expired():
            # It ended late, before the watching thread noticed: the verdict is the same.
            verdict = Verdict(Status.TIMED_OUT, Reason.DEADLINE, _timeout_message(entry.task))
        with self._changed:
            entry.ended = True
            if entry.cut:
                return
            entry.settling = True
        self._record(entry, verdict, entry.scope.close())

    def _emitted(self, name: str, item: Any) -> None:
        assert self._observer is not None
        guarded(functools.partial(self._observer.emitted, name), item)

    def _record(self, entry: _Entry, verdict: Verdict, items: tuple[Any, ...]) -> None:
        now = self._clock.monotonic()
        began = entry.started_at if entry.scope is not None else now
        outcome = Outcome(entry.task.name, verdict, items, began - self._began, now - began)
        if self._observer is not None:
            guarded(self._observer.finished, outcome)
        entry.outcome = outcome


def _timeout_message(task: Task) -> str:
    return f"timeout after {task.timeout_seconds:g}s"


def guarded(call: Callable[[_Argument], _Result], argument: _Argument) -> _Result | Verdict:
    """The error boundary: every error raised inside becomes a verdict.

    Also around observers, whose errors must not change an outcome.
    """
    try:
        return call(argument)
    except BaseException as error:  # noqa: BLE001 - the one place that may; see the module's docstring
        _log.debug("caught at the boundary", exc_info=True)
        return verdict_of_error(error)


def _ends_at(entry: _Entry) -> float:
    return entry.scope.deadline.ends_at if entry.scope is not None else math.inf


def _expected_seconds(entry: _Entry) -> float:
    # An unknown task may be the longest of all, so it starts early.
    expected = entry.task.expected_seconds
    return entry.task.timeout_seconds if expected is None else expected
