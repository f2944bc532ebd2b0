"""The engine: ``run_all`` over tasks, each with its isolated state and its tool log, as in a scan."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.shape import Result, Scanner, State
from tradingagents.discovery.execution.isolation import isolate
from tradingagents.discovery.execution.outcome import Status, Verdict
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task, TaskScope
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanning.recorder import LocalRecorder

__all__ = ["run"]


def run(scanners: Sequence[Scanner], state: State, max_workers: int, timeout_seconds: float) -> Result:
    """Run the scanners; ``timeout_seconds`` counts for each from its own start."""
    logs = [ToolLog(scanner.name, scanner.name) for scanner in scanners]
    tasks = [_task(scanner, log, state, timeout_seconds) for scanner, log in zip(scanners, logs, strict=True)]
    outcomes = run_all(tasks, max_workers=max_workers)
    return Result(
        found={o.name: list(o.items) for o in outcomes if o.verdict.status is Status.OK},
        timed_out=[o.name for o in outcomes if o.verdict.status is Status.TIMED_OUT],
        failed={o.name: o.verdict.message for o in outcomes if o.verdict.status is Status.FAILED},
        logs=list(state.get("tool_logs", ())) + [entry for log in logs for entry in log.close()],
        seconds={o.name: o.duration_seconds for o in outcomes},
    )


def _task(scanner: Scanner, log: ToolLog, state: State, timeout_seconds: float) -> Task:
    def call(scope: TaskScope) -> Verdict:
        recorder = LocalRecorder(log, scope.emit)
        scope.on_close(recorder.close)
        for candidate in scanner.scan(isolate(state, on_log=recorder.log)):
            scope.emit(candidate)  # a peer's candidates are plain dicts
        return Verdict(Status.OK)

    return Task(scanner.name, call, timeout_seconds, expected_seconds=scanner.expected_seconds)
