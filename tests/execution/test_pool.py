"""The pool: an Executor whose hung workers are not waited for."""

from __future__ import annotations

import concurrent.futures
import gc
import threading
import time
import weakref
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest

from tests.execution.helpers import PATIENCE, comes_back, in_background, run_script, threads_named, until
from tradingagents.discovery.execution.pool import AbandonedWork, DaemonExecutor

# -- an Executor ------------------------------------------------------------------------------------


def test_submit_gives_the_result_the_error_and_the_arguments() -> None:
    def call(*args: Any, **kwargs: Any) -> Any:
        if not args:
            raise LookupError("nothing")
        return args, kwargs

    with DaemonExecutor(2) as pool:
        assert isinstance(pool, concurrent.futures.Executor)
        assert pool.submit(call, 1, fn=2, self=3).result(PATIENCE) == ((1,), {"fn": 2, "self": 3})
        with pytest.raises(LookupError):
            pool.submit(call).result(PATIENCE)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_even_an_exit_goes_to_the_future_and_the_worker_lives_on(error: BaseException) -> None:
    def leave() -> None:
        raise error

    with DaemonExecutor(1) as pool:
        assert pool.submit(leave).exception(PATIENCE) is error
        assert pool.submit(lambda: "still here").result(PATIENCE) == "still here"


def test_map_keeps_the_order_of_the_arguments() -> None:
    with DaemonExecutor(3) as pool:
        assert list(pool.map(pow, range(20), [2] * 20, timeout=PATIENCE)) == [n**2 for n in range(20)]


def test_it_works_under_the_waiting_functions_of_the_standard_library() -> None:
    with DaemonExecutor(2) as pool:
        futures = [pool.submit(int, text) for text in ("1", "x", "3")]
        done, pending = concurrent.futures.wait(futures, PATIENCE)
        assert (done, pending) == (set(futures), set())
        assert set(concurrent.futures.as_completed(futures, PATIENCE)) == set(futures)


def test_a_future_that_waits_can_be_cancelled_and_never_runs(gate: threading.Event) -> None:
    ran = threading.Event()
    with DaemonExecutor(1) as pool:
        first = pool.submit(gate.wait, PATIENCE)
        until(first.running)
        waiting = pool.submit(ran.set)
        assert waiting.cancel()
        gate.set()
        assert pool.submit(lambda: "next").result(PATIENCE) == "next"
    assert not ran.is_set()
    with pytest.raises(CancelledError):
        waiting.result(PATIENCE)


def test_no_more_than_max_workers_run_at_once_and_all_of_them_do(gate: threading.Event) -> None:
    inside, lock = [0], threading.Lock()

    def work() -> None:
        with lock:
            inside[0] += 1
        gate.wait(PATIENCE)

    pool = DaemonExecutor(3)
    futures = [pool.submit(work) for _ in range(9)]
    until(lambda: inside[0] == 3)
    assert [future.running() for future in futures] == [True] * 3 + [False] * 6
    gate.set()
    concurrent.futures.wait(futures, PATIENCE)
    pool.shutdown()
    assert inside[0] == 9


def test_a_worker_that_is_idle_is_used_again() -> None:
    with DaemonExecutor(8) as pool:
        first = pool.submit(threading.get_ident).result(PATIENCE)
        for _ in range(20):
            until(lambda: pool._idle == 1)
            assert pool.submit(threading.get_ident).result(PATIENCE) == first


def test_a_pool_without_workers_is_refused() -> None:
    """As the standard pool does; nothing would ever run."""
    for workers in (0, -1):
        with pytest.raises(ValueError, match="max_workers"):
            DaemonExecutor(workers)


# -- shutdown ---------------------------------------------------------------------------------------


def test_leaving_the_block_waits_for_all_that_was_submitted() -> None:
    done: list[int] = []
    with DaemonExecutor(2) as pool:
        for number in range(10):
            pool.submit(done.append, number)
    assert sorted(done) == list(range(10))


def test_after_a_shutdown_nothing_is_taken() -> None:
    pool = DaemonExecutor(1)
    pool.shutdown()
    pool.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_a_shutdown_without_waiting_still_runs_what_was_submitted(gate: threading.Event) -> None:
    pool = DaemonExecutor(1)
    futures = [pool.submit(gate.wait, PATIENCE), pool.submit(lambda: "later")]
    pool.shutdown(wait=False)
    gate.set()
    assert futures[1].result(PATIENCE) == "later"


def test_a_shutdown_can_cancel_what_has_not_started(gate: threading.Event) -> None:
    pool = DaemonExecutor(1)
    running = pool.submit(gate.wait, PATIENCE)
    until(running.running)
    waiting = [pool.submit(int) for _ in range(3)]
    pool.shutdown(wait=False, cancel_futures=True)
    assert all(future.cancelled() for future in waiting)
    gate.set()
    assert running.result(PATIENCE) is True


def test_no_thread_is_left_after_a_shutdown() -> None:
    pool = DaemonExecutor(4, "leaves-none")
    futures = [pool.submit(time.sleep, 0.001) for _ in range(12)]
    concurrent.futures.wait(futures, PATIENCE)
    assert threads_named("leaves-none")
    pool.shutdown()
    assert threads_named("leaves-none") == []


def test_what_is_done_is_not_kept_alive_by_an_idle_worker() -> None:
    class Result:
        pass

    with DaemonExecutor(1) as pool:
        future: Future[Any] | None = pool.submit(Result)
        assert future is not None
        kept = weakref.ref(future.result(PATIENCE))
        future = None
        until(lambda: pool._idle == 1)
        gc.collect()
        assert kept() is None


# -- abandoning -------------------------------------------------------------------------------------


def test_abandoning_a_hung_call_frees_its_slot_at_once(gate: threading.Event) -> None:
    pool = DaemonExecutor(1)
    hung = pool.submit(gate.wait, PATIENCE)
    until(hung.running)
    waiting = pool.submit(lambda: "its turn")
    assert not waiting.done()
    pool.abandon(hung)
    assert waiting.result(PATIENCE) == "its turn"
    assert comes_back(pool.shutdown) is None  # which waits for nobody that was abandoned


def test_an_abandoned_worker_takes_no_further_work_when_it_comes_back(gate: threading.Event) -> None:
    pool = DaemonExecutor(1, "comes-back")
    hung = pool.submit(gate.wait, PATIENCE)
    until(hung.running)
    old = {thread.ident for thread in threads_named("comes-back")}
    pool.abandon(hung)
    second = threading.Event()
    busy = pool.submit(second.wait, PATIENCE)
    until(busy.running)
    gate.set()
    until(lambda: not old & {thread.ident for thread in threads_named("comes-back")})
    waiting = pool.submit(threading.get_ident)
    second.set()
    assert waiting.result(PATIENCE) not in old
    pool.shutdown()


def test_abandoning_what_waits_has_ended_or_is_unknown_changes_nothing(gate: threading.Event) -> None:
    pool = DaemonExecutor(1)
    ended = pool.submit(int)
    ended.result(PATIENCE)
    hung = pool.submit(gate.wait, PATIENCE)
    waiting = pool.submit(lambda: "later")
    until(hung.running)
    for future in (ended, waiting, Future[Any]()):
        pool.abandon(future)
    assert not waiting.done()
    gate.set()
    assert waiting.result(PATIENCE) == "later"
    pool.shutdown()


def test_the_interpreter_does_not_wait_for_a_hung_call(tmp_path: Path) -> None:
    """Two hung threads, one abandoned and one not, and an exit by falling off the end."""
    done = run_script(
        """
        import threading, time
        from tradingagents.discovery.execution.pool import DaemonExecutor
        pool = DaemonExecutor(2)
        hung = [pool.submit(threading.Event().wait) for _ in range(2)]
        while not all(future.running() for future in hung):
            time.sleep(0.01)
        pool.abandon(hung[0])
        pool.shutdown(wait=False)
        print("left", flush=True)
        """,
        tmp_path,
        seconds=10,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")


# -- the account ------------------------------------------------------------------------------------


def test_abandoned_work_is_counted_by_key_until_it_ends() -> None:
    account, alive = AbandonedWork(), {"a": True, "b": True, "c": True}
    for name, key in (("a", "one"), ("b", "one"), ("c", "two")):
        account.add(key, lambda name=name: alive[name])
    assert (account.count("one"), account.count("two"), account.count("three")) == (2, 1, 0)
    alive["a"] = False
    assert (account.count("one"), account.total()) == (1, 2)
    alive.update(b=False, c=False)
    assert (account.count("one"), account.total()) == (0, 0)
    assert account._alive == {}


def test_counting_and_adding_from_many_threads_loses_nothing() -> None:
    account = AbandonedWork()

    def add() -> None:
        for _ in range(300):
            account.add("key", lambda: True)
            account.count("key")

    for worker in [in_background(add) for _ in range(4)]:
        worker.result(PATIENCE)
    assert account.count("key") == 1_200
