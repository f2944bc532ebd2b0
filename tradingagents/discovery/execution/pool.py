"""``DaemonExecutor``: a ``concurrent.futures.Executor`` whose hung workers can be abandoned.

``ThreadPoolExecutor`` joins its threads at interpreter exit, even after ``shutdown(wait=False)``, so one
hung call blocks the exit of the process. Here workers are daemon threads: an abandoned one costs a thread
until its call returns. Its result is discarded, and its slot is free at once.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

__all__ = ["ABANDONED", "AbandonedWork", "DaemonExecutor"]

T = TypeVar("T")
_Job = tuple[Future[Any], Callable[[], Any]]
_numbers = itertools.count(1)


class DaemonExecutor(Executor):
    """Runs calls on at most ``max_workers`` daemon threads, not counting abandoned ones. Thread-safe.

    Threads start when needed and end when the executor is shut down. Interpreter exit does not wait for
    them, unlike with the standard pools.
    """

    def __init__(self, max_workers: int, name: str = "discovery") -> None:
        if max_workers < 1:
            raise ValueError(f"max_workers is {max_workers}; it must be at least 1")
        self._max_workers, self._name = max_workers, name
        self._wakeup = threading.Condition()  # guards everything below
        self._jobs: deque[_Job] = deque()
        self._threads: set[threading.Thread] = set()
        self._busy: dict[Future[Any], threading.Thread] = {}
        self._idle = 0
        self._closed = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        with self._wakeup:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._jobs.append((future, lambda: fn(*args, **kwargs)))
            self._add_worker()
        return future

    def abandon(self, future: Future[Any]) -> None:
        """Stop counting the worker that runs ``future``: its slot is free now, its result is discarded."""
        with self._wakeup:
            thread = self._busy.pop(future, None)
            if thread is not None:
                self._threads.discard(thread)
                self._add_worker()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more work. ``wait`` waits for the workers that were not abandoned."""
        with self._wakeup:
            self._closed = True
            dropped = list(self._jobs) if cancel_futures else []
            if cancel_futures:
                self._jobs.clear()
            self._wakeup.notify_all()
            threads = list(self._threads)
        for future, _ in dropped:
            future.cancel()
        if wait:
            for thread in threads:
                thread.join()

    def _add_worker(self) -> None:
        """Wake or start one worker for the newest job; the caller holds the lock."""
        if not self._jobs:
            return
        if self._idle >= len(self._jobs):
            self._wakeup.notify()
        elif len(self._threads) < self._max_workers:
            thread = threading.Thread(target=self._work, daemon=True, name=f"{self._name}-{next(_numbers)}")
            thread.start()
            self._threads.add(thread)

    def _work(self) -> None:
        me = threading.current_thread()
        while (job := self._take(me)) is not None:
            future, call = job
            if future.set_running_or_notify_cancel():
                _settle(future, call)
            with self._wakeup:
                if self._busy.pop(future, None) is None:
                    return  # abandoned meanwhile: another thread has its slot
            del job, future, call  # an idle worker must not keep its last call alive

    def _take(self, me: threading.Thread) -> _Job | None:
        with self._wakeup:
            while not self._jobs:
                if self._closed:
                    self._threads.discard(me)
                    return None
                self._idle += 1
                self._wakeup.wait()
                self._idle -= 1
            job = self._jobs.popleft()
            self._busy[job[0]] = me
            return job


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - an Executor hands every error to its Future
        future.set_exception(error)
    else:
        future.set_result(result)


class AbandonedWork:
    """Counts abandoned calls until they end, by the key of their task. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the table
        self._alive: dict[Hashable, list[Callable[[], bool]]] = {}

    def add(self, key: Hashable, alive: Callable[[], bool]) -> None:
        """Register a call of task ``key``; ``alive()`` is whether it still runs."""
        with self._lock:
            self._alive.setdefault(key, []).append(alive)

    def count(self, key: Hashable) -> int:
        """Return how many calls of ``key`` still run, and forget those that have ended."""
        with self._lock:
            living = [alive for alive in self._alive.pop(key, ()) if alive()]
            if living:
                self._alive[key] = living
            return len(living)

    def total(self) -> int:
        """Return how many abandoned calls still run in this process."""
        with self._lock:
            keys = list(self._alive)
        return sum(self.count(key) for key in keys)


ABANDONED = AbandonedWork()
"""The abandoned calls of this process: a thread outlives the scan and the graph that started it."""
