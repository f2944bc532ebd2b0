"""Process isolation: live messages, a kill that always works, and a true verdict on every exit."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.execution.helpers import PATIENCE, in_background, run_script, task, until
from tests.fake_clock import FakeClock
from tradingagents.discovery.execution.outcome import Outcome, Reason, Status, Verdict
from tradingagents.discovery.execution.process import STARTUP_SECONDS, Send, run_in_process
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task, TaskScope, current_scope
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import RateLimited

FINE = Verdict(Status.OK)
START = 15.0  # seconds of real time within which a process has started, even on a busy machine


def isolated(call: Callable[[Send], Verdict], *, seconds: float = 30.0, name: str = "isolated") -> Task:
    def work(scope: TaskScope) -> Verdict:
        return run_in_process(scope, call, scope.emit)

    return task(name, work, seconds, startup_seconds=STARTUP_SECONDS)


def run(call: Callable[[Send], Verdict], **more: Any) -> Outcome:
    (outcome,) = in_background(lambda: run_all([isolated(call, **more)], max_workers=1)).result(START)
    return outcome


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Watched:
    """An isolated call under a fake clock; ``items`` is what the parent has heard so far."""

    def __init__(self, call: Callable[[Send], Verdict], clock: FakeClock) -> None:
        self.items: list[Any] = []

        def work(scope: TaskScope) -> Verdict:
            def heard(item: Any) -> None:
                scope.emit(item)
                self.items.append(item)

            return run_in_process(scope, call, heard)

        tasks = [task("isolated", work, 5.0, startup_seconds=STARTUP_SECONDS)]
        self.running = in_background(lambda: run_all(tasks, max_workers=1, clock=clock))


# -- what passes ------------------------------------------------------------------------------------


def test_the_verdict_and_every_message_come_back_in_order() -> None:
    def call(send: Send) -> Verdict:
        for number in range(100):
            send({"number": number, "pid": os.getpid()})
        return Verdict(Status.DEGRADED, Reason.NO_DATA, "half of it")

    outcome = run(call)
    assert outcome.verdict == Verdict(Status.DEGRADED, Reason.NO_DATA, "half of it")
    assert [item["number"] for item in outcome.items] == list(range(100))
    pids = {item["pid"] for item in outcome.items}
    assert pids & {os.getpid()} == set()
    assert all(map(is_gone, pids))


def test_messages_arrive_while_the_process_still_works(tmp_path: Path, clock: FakeClock) -> None:
    """The process waits for a file that is written only once its first message was heard."""
    answer = tmp_path / "heard"

    def call(send: Send) -> Verdict:
        send("first")
        while not answer.exists():
            time.sleep(0.005)
        send("second")
        return FINE

    watched = Watched(call, clock)
    until(lambda: watched.items == ["first"], START)
    assert not watched.running.done()
    answer.touch()
    assert watched.running.result(START)[0].items == ("first", "second")


def test_a_message_of_many_megabytes_passes() -> None:
    size = 8_000_000
    outcome = run(lambda send: (send("x" * size), FINE)[1])
    assert (outcome.verdict, len(outcome.items[0])) == (FINE, size)


def test_messages_of_several_threads_pass_whole() -> None:
    def call(send: Send) -> Verdict:
        writers = [
            threading.Thread(target=lambda n=n: [send((n, i, "x" * 1_000)) for i in range(50)])
            for n in range(4)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        return FINE

    items = run(call).items
    assert sorted((n, i) for n, i, _ in items) == [(n, i) for n in range(4) for i in range(50)]


def test_classes_and_functions_that_cannot_be_imported_pass_too() -> None:
    """As in a notebook: a local class, a closure, a lambda."""
    factor = 3

    class Local:
        def __init__(self, number: int) -> None:
            self.number = number

    local = Local(14)
    outcome = run(lambda send: (send((lambda x: x.number * factor)(local)), FINE)[1])
    assert (outcome.verdict, outcome.items) == (FINE, (42,))


def test_inside_there_is_a_deadline_and_a_scope_of_the_same_name_and_limits() -> None:
    def call(send: Send) -> Verdict:
        scope = current_scope()
        assert scope is not None
        send((scope.name, scope.timeout_seconds, scope.request_workers))
        send(current_deadline() is scope.deadline and 29.0 < current_deadline().remaining() <= 30.0)
        return FINE

    one = isolated(call, name="who")
    (outcome,) = in_background(lambda: run_all([one], max_workers=1, request_workers=3)).result(START)
    assert outcome.items == (("who", 30.0, 3), True)


# -- how it ends ------------------------------------------------------------------------------------


def test_a_runaway_regular_expression_is_killed_at_its_deadline_with_what_it_had_found(
    clock: FakeClock,
) -> None:
    """It never gives up the interpreter lock, so in a thread it would stop the whole process."""

    def call(send: Send) -> Verdict:
        send(os.getpid())
        send("before")
        re.match(r"(a+)+$", "a" * 40 + "b")
        return FINE

    watched = Watched(call, clock)
    until(lambda: len(watched.items) == 2, START)
    pid = watched.items[0]
    clock.advance(4.9)
    assert not is_gone(pid)
    assert not watched.running.done()
    clock.advance(0.2)
    (outcome,) = watched.running.result(PATIENCE)
    assert (outcome.verdict.status, outcome.verdict.reason) == (Status.TIMED_OUT, Reason.DEADLINE)
    assert outcome.verdict.message == "timeout after 5s"
    assert outcome.items == (pid, "before")
    assert is_gone(pid)


def test_a_process_that_ignores_every_signal_it_can_is_killed(clock: FakeClock) -> None:
    def call(send: Send) -> Verdict:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        send(os.getpid())
        while True:
            try:
                time.sleep(60)
            except BaseException:  # noqa: BLE001 - what it does
                pass

    watched = Watched(call, clock)
    until(lambda: watched.items, START)
    clock.advance(5.1)
    assert watched.running.result(PATIENCE)[0].verdict.status is Status.TIMED_OUT
    assert is_gone(watched.items[0])


def test_its_clock_starts_when_it_is_ready_not_when_it_was_started(clock: FakeClock) -> None:
    go = threading.Event()
    seen: list[float] = []

    def work(scope: TaskScope) -> Verdict:
        seen.append(scope.deadline.remaining())
        go.wait(PATIENCE)
        return run_in_process(scope, lambda send: (send("ready"), time.sleep(60), FINE)[2], heard(scope))

    def heard(scope: TaskScope) -> Send:
        return lambda item: seen.append(scope.deadline.remaining())

    one = task("isolated", work, 5.0, startup_seconds=STARTUP_SECONDS)
    running = in_background(lambda: run_all([one], max_workers=1, clock=clock))
    until(lambda: len(seen) == 1)
    clock.advance(STARTUP_SECONDS - 1.0)
    go.set()
    until(lambda: len(seen) == 2, START)
    assert seen == [STARTUP_SECONDS + 5.0, 5.0]
    clock.advance(5.0)
    assert running.result(PATIENCE)[0].verdict.status is Status.TIMED_OUT


@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), RecursionError("deep")], ids=repr
)
def test_what_is_raised_inside_is_the_same_failure_as_in_a_thread(error: BaseException) -> None:
    def call(send: Send) -> Verdict:
        send("before")
        raise error

    outcome = run(call)
    text = str(error)
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    assert outcome.verdict == Verdict(Status.FAILED, Reason.CRASHED, message)
    assert outcome.items == ("before",)


def test_an_error_of_ours_keeps_its_meaning_across_the_boundary() -> None:
    def call(send: Send) -> Verdict:
        raise RateLimited("finnhub", "60 a minute", status=429, retry_after_seconds=3.0)

    assert run(call).verdict == Verdict(Status.FAILED, Reason.RATE_LIMITED, "finnhub: 60 a minute")


def test_an_error_that_cannot_be_pickled_is_reported_as_text() -> None:
    class Unsendable(Exception):
        def __init__(self, text: str) -> None:
            super().__init__(text)
            self.lock = threading.Lock()

    def call(send: Send) -> Verdict:
        raise Unsendable("with a lock")

    verdict = run(call).verdict
    assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.CRASHED)
    assert "with a lock" in verdict.message


DEATHS = [
    (lambda: os._exit(7), 7),
    (lambda: os.kill(os.getpid(), signal.SIGKILL), -9),
    (lambda: os.abort(), -6),
]


@pytest.mark.parametrize(("die", "code"), DEATHS, ids=["exit", "kill", "abort"])
def test_a_process_that_dies_is_a_failure_that_names_its_exit_code(die: Any, code: int) -> None:
    def call(send: Send) -> Verdict:
        send("before")
        die()
        return FINE

    outcome = run(call)
    assert (outcome.verdict.status, outcome.verdict.reason) == (Status.FAILED, Reason.CRASHED)
    assert f"exit code {code}" in outcome.verdict.message
    assert outcome.items == ("before",)


def test_a_thread_that_hangs_inside_does_not_keep_the_process() -> None:
    def call(send: Send) -> Verdict:
        threading.Thread(target=time.sleep, args=(60,)).start()
        send(os.getpid())
        return FINE

    outcome = run(call)
    assert outcome.verdict == FINE
    assert is_gone(outcome.items[0])


@pytest.mark.parametrize("what", ["call", "message"])
def test_a_call_that_cannot_be_pickled_is_a_failure_with_the_reason(what: str) -> None:
    lock = threading.Lock()

    def with_lock(send: Send) -> Verdict:
        lock.acquire()
        return FINE

    def sends_lock(send: Send) -> Verdict:
        send(threading.Lock())
        return FINE

    verdict = run(with_lock if what == "call" else sends_lock).verdict
    assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.CRASHED)
    assert "pickle" in verdict.message
    assert "lock" in verdict.message


def test_what_the_parent_does_with_a_message_may_fail_without_leaving_the_process_behind() -> None:
    pids: list[int] = []

    def work(scope: TaskScope) -> Verdict:
        def refuse(item: Any) -> None:
            pids.append(item)
            raise LookupError("not wanted")

        return run_in_process(scope, lambda send: (send(os.getpid()), time.sleep(60), FINE)[2], refuse)

    one = task("isolated", work, startup_seconds=STARTUP_SECONDS)
    (outcome,) = in_background(lambda: run_all([one], max_workers=1)).result(START)
    assert outcome.verdict.message == "LookupError: not wanted"
    assert is_gone(pids[0])


def test_stopping_the_run_kills_the_process() -> None:
    heard, pids = threading.Event(), []

    def work(scope: TaskScope) -> Verdict:
        def keep(item: Any) -> None:
            pids.append(item)
            heard.set()

        return run_in_process(scope, lambda send: (send(os.getpid()), time.sleep(60), FINE)[2], keep)

    one = task("isolated", work, startup_seconds=STARTUP_SECONDS)
    running = in_background(lambda: run_all([one], max_workers=1, should_stop=heard.is_set))
    assert running.result(START)[0].verdict.reason is Reason.CANCELLED
    assert is_gone(pids[0])


def test_a_hung_process_costs_no_other_task_its_turn_and_several_run_at_once(clock: FakeClock) -> None:
    """Two that hang and two that are good, on two workers."""
    heard: list[str] = []

    def work(call: Any) -> Any:
        return lambda scope: run_in_process(scope, call, heard.append)

    hang = lambda send: (send("hung"), time.sleep(60), FINE)[2]
    good = lambda send: FINE
    tasks = [
        task(str(i), work(call), 5.0, startup_seconds=STARTUP_SECONDS, expected_seconds=expected)
        for i, (call, expected) in enumerate([(hang, 9.0), (hang, 9.0), (good, 1.0), (good, 1.0)])
    ]
    running = in_background(lambda: run_all(tasks, max_workers=2, clock=clock))
    until(lambda: heard == ["hung", "hung"], START)
    clock.advance(5.0)
    outcomes = running.result(START)
    assert [o.verdict.status for o in outcomes] == [Status.TIMED_OUT] * 2 + [Status.OK] * 2


# -- the user's script ------------------------------------------------------------------------------


def test_a_script_without_a_main_guard_is_not_run_again_in_the_process(tmp_path: Path) -> None:
    """``multiprocessing`` would import the script anew, which starts a process, which imports ..."""
    done = run_script(
        """
        print("script", flush=True)
        from tradingagents.discovery.execution.outcome import Status, Verdict
        from tradingagents.discovery.execution.process import run_in_process
        from tradingagents.discovery.execution.runner import run_all
        from tradingagents.discovery.execution.scope import Task

        class Finder:
            def __call__(self, send):
                send("from " + __name__)
                return Verdict(Status.OK)

        one = Task("isolated", lambda scope: run_in_process(scope, Finder(), scope.emit), 20.0, startup_seconds=20.0)
        (outcome,) = run_all([one], max_workers=1)
        print(outcome.verdict.status, outcome.items, flush=True)
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("script\nok ('from __main__',)\n", "", 0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_ctrl_c_ends_the_process_with_its_parent(tmp_path: Path) -> None:
    """As in a terminal, where both get the signal: the child leaves it to the parent, which kills it."""
    done = run_script(
        """
        import os, signal, threading, time
        from tradingagents.discovery.execution.process import run_in_process
        from tradingagents.discovery.execution.runner import run_all
        from tradingagents.discovery.execution.scope import Task

        signal.signal(signal.SIGINT, signal.default_int_handler)
        pids = []

        def heard(pid):
            pids.append(pid)
            os.kill(pid, signal.SIGINT)
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

        def call(send):
            send(os.getpid())
            time.sleep(60)

        one = Task("isolated", lambda scope: run_in_process(scope, call, heard), 60.0, startup_seconds=20.0)
        try:
            run_all([one], max_workers=1)
        except KeyboardInterrupt:
            try:
                os.kill(pids[0], 0)
            except ProcessLookupError:
                print("both gone", flush=True)
        """,
        tmp_path,
    )
    assert (done.stdout, done.returncode) == ("both gone\n", 0)
