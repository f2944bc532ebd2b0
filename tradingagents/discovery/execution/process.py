"""Run a call in its own process, which can be killed at any time.

A thread cannot be killed, and code that never releases the interpreter lock stops every thread, including
the one that watches deadlines. A process costs start-up time, memory, and its own clients; in return it ends
at its deadline even inside a runaway regular expression.

Processes are loky's: spawned (forking a process that runs threads is not safe), and without running the
user's main script again, as ``multiprocessing`` would. Calls and messages are serialised by cloudpickle, so
that classes defined in a notebook or inside a function work too.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import cloudpickle
from loky.backend import get_context

from tradingagents.discovery.execution.outcome import Verdict
from tradingagents.discovery.execution.runner import guarded
from tradingagents.discovery.execution.scope import Task, TaskScope, enter_scope
from tradingagents.discovery.model.clock import Deadline, deadline_scope

__all__ = ["STARTUP_SECONDS", "Send", "run_in_process"]

STARTUP_SECONDS = 20.0
"""How long a process may take to start and import before its timeout starts."""

Send = Callable[[Any], None]
"""Sends one message of plain data to the parent, at once."""

_JOIN_SECONDS = 2.0


class _Died(Exception):
    """The process ended without a verdict."""


def run_in_process(scope: TaskScope, call: Callable[[Send], Verdict], on_message: Send) -> Verdict:
    """Run ``call(send)`` in a new process and return its verdict; each message reaches ``on_message``.

    The task's timeout starts when the process is ready to run ``call``. When the scope closes first, the
    process is killed. Raises what ``cloudpickle`` raises when ``call`` cannot be serialised.
    """
    context = get_context("loky")
    receiver, sender = context.Pipe(duplex=False)
    payload = cloudpickle.dumps(call)
    limits = (scope.name, scope.timeout_seconds, scope.request_workers)
    process = context.Process(target=_child, args=(sender, payload, limits), daemon=True)
    process.start()
    sender.close()  # so that the pipe is closed when the child ends
    handle = _Handle(process)
    scope.on_close(handle.end)
    try:
        return _listen(receiver, scope, on_message)
    except (EOFError, OSError):
        process.join(_JOIN_SECONDS)
        raise _Died(f"its process ended with exit code {process.exitcode}") from None
    finally:
        handle.end()
        receiver.close()


def _listen(receiver: Connection, scope: TaskScope, on_message: Send) -> Verdict:
    while True:
        kind, body = cloudpickle.loads(receiver.recv_bytes())
        if kind == "ready":
            scope.started()
        elif kind == "message":
            on_message(body)
        else:
            verdict: Verdict = body
            return verdict


class _Handle:
    """Ends a process at most once. Thread-safe."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self._lock = threading.Lock()  # no thread may reap it between the check and the kill

    def end(self) -> None:
        with self._lock:
            if self._process.is_alive() and self._process.pid is not None:
                os.kill(self._process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            self._process.join(_JOIN_SECONDS)


# -- in the child ------------------------------------------------------------------------------------


def _child(pipe: Connection, payload: bytes, limits: tuple[str, float, int]) -> None:
    name, timeout_seconds, request_workers = limits
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    _limit_cpu(timeout_seconds)
    call = cloudpickle.loads(payload)
    task = Task(name, call, timeout_seconds)
    deadline = Deadline(timeout_seconds)
    scope = TaskScope(task, deadline.clock, request_workers=request_workers)
    enter_scope(scope)

    sending = threading.Lock()  # one message at a time: the scanner may log from several threads

    def report(kind: str, body: Any) -> None:
        message = cloudpickle.dumps((kind, body))
        with sending:
            pipe.send_bytes(message)

    report("ready", None)
    with deadline_scope(scope.deadline):
        verdict = guarded(call, lambda body: report("message", body))
    report("verdict", verdict)
    pipe.close()
    sys.stdout.flush()
    os._exit(0)  # a hung thread of the scanner must not block the exit


def _limit_cpu(timeout_seconds: float) -> None:
    """Limit the processor time, so that a child whose parent was killed ends, too."""
    try:
        import resource  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return
    seconds = math.ceil(timeout_seconds * (os.cpu_count() or 1)) + 60
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or seconds < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))
