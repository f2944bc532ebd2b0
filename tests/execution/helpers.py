"""What the engine's tests share: calls that must come back, waiting for a fact, and short tasks."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from tests.fake_clock import FakeClock
from tradingagents.discovery.execution.outcome import Outcome, Reason, Status, Verdict
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task, TaskScope

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 5.0  # seconds after which a test fails instead of hanging
FINE = Verdict(Status.OK)
OK = (Status.OK, Reason.NONE)
CUT = (Status.TIMED_OUT, Reason.DEADLINE)


def in_background(call: Callable[[], T]) -> Future[T]:
    """Run ``call`` on a daemon thread; a hung one holds neither the test nor the interpreter."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - raised where the result is taken
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=work, daemon=True).start()
    return future


def comes_back(call: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Return what ``call`` returns; fail when it takes longer than ``seconds``."""
    return in_background(call).result(seconds)


def until(fact: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait until ``fact()`` is true; fail after ``seconds``."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.002)):
        if fact():
            return
        pause.wait(0.002)
    raise AssertionError("what was waited for did not happen")


def sleepers(clock: FakeClock) -> int:
    """How many threads wait for the fake clock to move."""
    return len(clock._waiting)


def task(name: str, call: Callable[[TaskScope], Any], seconds: float = 30.0, **more: Any) -> Task:
    """A task whose call need not return a verdict."""

    def judged(scope: TaskScope) -> Verdict:
        made = call(scope)
        return made if isinstance(made, Verdict) else FINE

    return Task(name, judged, seconds, **more)


def threads_named(prefix: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(prefix)]


def run_script(source: str, tmp_path: Path, seconds: float = 30.0) -> subprocess.CompletedProcess[str]:
    """Run ``source`` as a script of its own, without a ``__main__`` guard unless it has one."""
    return subprocess.run(
        [sys.executable, str(written(source, tmp_path))],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def environment() -> dict[str, str]:
    """This process's environment, with the package that is under test first on the path."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def written(source: str, tmp_path: Path) -> Path:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(source), encoding="utf-8")
    return script


def ends(outcomes: list[Outcome]) -> list[tuple[Status, Reason]]:
    return [(outcome.verdict.status, outcome.verdict.reason) for outcome in outcomes]


def run(*tasks: Task, **more: Any) -> list[Outcome]:
    """Run the tasks, by default on four workers; fail when that does not return."""
    return comes_back(lambda: run_all(list(tasks), **{"max_workers": 4, **more}))


class Hang:
    """A call that emits, sets ``inside``, and waits until the gate opens."""

    def __init__(self, gate: threading.Event, item: Any = None) -> None:
        self.gate, self.item = gate, item
        self.inside = threading.Event()

    def __call__(self, scope: TaskScope) -> None:
        self.thread = threading.current_thread()
        if self.item is not None:
            scope.emit(self.item)
        self.inside.set()
        self.gate.wait(PATIENCE)


class Quiet:
    def started(self, name: str) -> None: ...

    def emitted(self, name: str, item: Any) -> None: ...

    def finished(self, outcome: Outcome) -> None: ...


class Recorder(Quiet):
    def __init__(self) -> None:
        self.events: list[Any] = []

    def started(self, name: str) -> None:
        self.events.append(("started", name))

    def emitted(self, name: str, item: Any) -> None:
        self.events.append(("emitted", name, item))

    def finished(self, outcome: Outcome) -> None:
        self.events.append(("finished", outcome.name, outcome.items))
