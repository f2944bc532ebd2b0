"""Runs a measurement in a child process with a time limit.

The child sends events as JSON lines on its standard output; the parent records when each arrives.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Child", "run_child", "send_event"]

_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Child:
    """The events and the end of a child. Times are seconds since its start."""

    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    killed: bool = False
    exit_code: int = 0
    ended: float = 0.0
    errors: str = ""

    def time_of(self, event: str) -> float | None:
        """Return when an event arrived, None if it did not."""
        return next((at for at, body in self.events if body["event"] == event), None)

    def body_of(self, event: str) -> dict[str, Any] | None:
        """Return the body of an event, None if it did not arrive."""
        return next((body for _, body in self.events if body["event"] == event), None)


def send_event(event: str, **body: Any) -> None:
    """In the child: send one event to the parent, unbuffered."""
    os.write(1, (json.dumps({"event": event, **body}) + "\n").encode())


def run_child(
    arguments: Sequence[str], *, limit_seconds: float, limit_from: str = "", leads: bool = False
) -> Child:
    """Run ``python <arguments>`` from the project's root, and kill it at the limit.

    With ``limit_from`` the limit restarts when that event arrives. A child that ``leads`` has a process group
    of its own, which is killed with it.
    """
    child, began = Child(), time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=leads,
    ) as process:
        bound = _Bound(process, child, limit_seconds)

        def record(body: dict[str, Any]) -> None:
            child.events.append((time.perf_counter() - began, body))
            if body["event"] == limit_from:
                bound.arm()

        readers = _start_reading(process, child, record)
        try:
            child.exit_code = process.wait()  # without a timeout, which would poll every 50 ms only
            child.ended = time.perf_counter() - began
        finally:
            bound.disarm()
            _end(process, leads)
            for reader in readers:
                reader.join()
    return child


def _start_reading(
    process: subprocess.Popen[str], child: Child, record: Callable[[dict[str, Any]], None]
) -> list[threading.Thread]:
    def listen() -> None:
        for line in process.stdout or ():
            if line.startswith("{"):
                record(json.loads(line))

    def collect() -> None:
        child.errors = process.stderr.read() if process.stderr else ""

    readers = [threading.Thread(target=listen), threading.Thread(target=collect)]
    for reader in readers:
        reader.start()
    return readers


class _Bound:
    """Kills the child at its time limit. Thread-safe."""

    def __init__(self, process: subprocess.Popen[str], child: Child, seconds: float) -> None:
        self._process, self._child, self._seconds = process, child, seconds
        self._lock = threading.Lock()  # guards the timer
        self._timer: threading.Timer | None = None
        self.arm()

    def arm(self) -> None:
        """Start or restart the timer."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._seconds, self._kill)
            self._timer.start()

    def disarm(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()

    def _kill(self) -> None:
        self._child.killed = True
        self._process.kill()


def _end(process: subprocess.Popen[str], leads: bool) -> None:
    if leads:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
