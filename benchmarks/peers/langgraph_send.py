"""LangGraph's own fan-out: one ``Send`` per scanner to a synchronous node.

LangGraph rejects a node timeout for synchronous nodes, so the only timeout is the graph's ``step_timeout``
for all of them together: the timeout times the number of rounds. Reading the stream of updates keeps the
results before it fired. Compiling the graph is not measured.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from benchmarks.peers.shape import Result, Scanner, State, scan_copy

__all__ = ["run"]


class _Fan(TypedDict):
    jobs: list[Any]
    answers: Annotated[list[Any], operator.add]


class _Job(TypedDict):
    scanner: Scanner
    state: State


def _scan(job: _Job) -> dict[str, Any]:
    return {"answers": [(job["scanner"].name, *scan_copy(job["scanner"], job["state"]))]}


@functools.cache
def _graph() -> Any:
    builder: Any = StateGraph(_Fan)
    builder.add_node("scan", _scan, input_schema=_Job)
    builder.add_conditional_edges(START, lambda fan: [Send("scan", job) for job in fan["jobs"]], ["scan"])
    builder.add_edge("scan", END)
    return builder.compile()


def run(scanners: Sequence[Scanner], state: State, max_workers: int, timeout_seconds: float) -> Result:
    """Fan out with ``max_concurrency`` workers and collect the updates as they come."""
    graph = _graph()
    graph.step_timeout = math.ceil(len(scanners) / max_workers) * timeout_seconds
    fan = {"jobs": [{"scanner": scanner, "state": state} for scanner in scanners], "answers": []}
    answers: dict[str, tuple[list[Any], list[Any], str]] = {}
    try:
        for update in graph.stream(fan, {"max_concurrency": max_workers}, stream_mode="updates"):
            for name, *answer in update.get("scan", {}).get("answers", ()):
                answers[name] = tuple(answer)
    except TimeoutError:
        pass
    logs = list(state.get("tool_logs", ()))
    for scanner in scanners:
        logs.extend(answers.get(scanner.name, ([], [], ""))[1])
    return Result(
        found={name: answer[0] for name, answer in answers.items() if not answer[2]},
        timed_out=[scanner.name for scanner in scanners if scanner.name not in answers],
        failed={name: answer[2] for name, answer in answers.items() if answer[2]},
        logs=logs,
    )
