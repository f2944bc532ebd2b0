"""Copying a state for a scanner: 100 candidates and 5,000 tool logs.

``reads_date``: the scanner reads only the trade date; ``reads_everything``: it reads every value.
``ours_at_once`` copies as ours does, but all of it in advance; the cost of the others does not depend on
what is read. ``leaks`` counts which of five changes made to a copy (a key set, a list appended to, an entry
changed, a list in an entry appended to, a log's parameters changed) are visible in the original.
"""

from __future__ import annotations

import copy
import functools
import gc
import pickle
import statistics
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.harness.load import big_state
from benchmarks.harness.row import Row
from benchmarks.harness.timing import timed
from benchmarks.peers import State
from tradingagents.discovery.execution.isolation import isolate
from tradingagents.discovery.model.plain import copy_plain

_GOAL_MILLISECONDS = 1.0
_LOOPS = 50  # for calls of microseconds

_WAYS: dict[str, Callable[[State], State]] = {
    "ours": lambda state: isolate(state, on_log=lambda entry: None),
    "ours_at_once": copy_plain,
    "deepcopy": copy.deepcopy,
    "pickle": lambda state: pickle.loads(pickle.dumps(state, pickle.HIGHEST_PROTOCOL)),
    "shallow": dict,
}


def rows(quick: bool) -> Iterator[Row]:
    """Yield the rows of each way to copy."""
    state = big_state(candidates=100)
    yield from _costs(state, 3 if quick else 9)
    for name, way in _WAYS.items():
        goal = 0.0 if name.startswith("ours") else None
        yield Row(f"state_copy/leaks/{name}", count_leaks(way), "of 5 changes", goal)


def _costs(state: State, repetitions: int) -> Iterator[Row]:
    seconds: dict[str, list[float]] = {}
    for _ in range(repetitions):
        for name, way in _WAYS.items():
            date = functools.partial(_read_date, way, state)
            seconds.setdefault(f"reads_date/{name}", []).append(_per_call(date))
        everything = functools.partial(_read_everything, _WAYS["ours"], state)
        seconds.setdefault("reads_everything/ours", []).append(_per_call(everything))
    for name, values in seconds.items():
        goal = _GOAL_MILLISECONDS if name == "reads_date/ours" else None
        yield Row(f"state_copy/{name}", statistics.median(values) * 1e3, "ms", goal)


def _read_date(way: Callable[[State], State], state: State) -> Any:
    return way(state)["trade_date"]


def _read_everything(way: Callable[[State], State], state: State) -> Any:
    return list(way(state).values())


def _per_call(call: Callable[[], Any]) -> float:
    gc.collect()
    once, _ = timed(call)
    if once > 0.005:
        return once
    many, _ = timed(lambda: [call() for _ in range(_LOOPS)])
    return many / _LOOPS


def count_leaks(way: Callable[[State], State]) -> int:
    """Change a copy in five places and count those visible in the original."""
    state = big_state(candidates=3, logs=3)
    own = way(state)
    own["status"] = "changed"
    own["tickers"].append("CHANGED")
    own["candidate_metadata"][0]["score"] = -1.0
    own["candidate_metadata"][1]["touched_by"].append("changed")
    own["tool_logs"][0]["parameters"]["ticker"] = "CHANGED"
    return sum(
        (
            state["status"] == "changed",
            "CHANGED" in state["tickers"],
            state["candidate_metadata"][0]["score"] == -1.0,
            bool(state["candidate_metadata"][1]["touched_by"]),
            state["tool_logs"][0]["parameters"]["ticker"] == "CHANGED",
        )
    )
