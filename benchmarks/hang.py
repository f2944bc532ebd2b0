"""Scanners that never return: which candidates are kept, when the run returns, when the process ends.

Each measurement is a process of its own, killed after 6 s; a figure with that note is a lower bound.
``one_of_eight``: one of 8 scanners on 8 workers never returns, with a timeout of 0.5 s, the others take 50
ms. ``four_ahead_of_eight``: four that hang come before eight good ones on 4 workers, timeout 0.5 s.
``six_on_two``: six scanners of 0.4 s on 2 workers under a timeout of 0.6 s, none of which is too slow. The
timeout of the first design never fires; that of the plain pool counts from the start of the run; LangGraph
has one for all scanners and waits for its threads; ``sequential`` has none.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.hang_child import SHAPES
from benchmarks.harness.child import Child, run_child
from benchmarks.harness.row import Row
from benchmarks.peers import NAMES

_KILL_SECONDS = 6.0
_KILLED = "killed after 6 s"
_RETURN_GOAL = 0.6  # the timeout of 0.5 s, and 0.1 s for a loaded machine
_EXIT_GOAL = 1.0


def rows(quick: bool) -> Iterator[Row]:
    """Yield the rows of the three shapes, grouped by metric."""
    made = [row for name in NAMES for row in _rows_of(name, 3 if name == "ours" and not quick else 1)]
    metrics = list(dict.fromkeys(_metric(row) for row in made))
    yield from sorted(made, key=lambda row: metrics.index(_metric(row)))


def _metric(row: Row) -> str:
    return row.name.rpartition("/")[0]


def _rows_of(name: str, repetitions: int) -> Iterator[Row]:
    yield from _one_of_eight(name, [_run(name, "one_of_eight") for _ in range(repetitions)])
    goal = 8.0 if name == "ours" else None
    yield _kept(f"hang/four_ahead_of_eight/good_kept/{name}", _run(name, "four_ahead_of_eight"), "of 8", goal)
    yield _lost(name, _run(name, "six_on_two"))


def _run(name: str, shape: str) -> Child:
    """Run one shape; the limit counts from the start of the peer, after the imports."""
    arguments = ["-m", "benchmarks.hang_child", name, shape]
    return run_child(arguments, limit_seconds=_KILL_SECONDS, limit_from="started")


def _one_of_eight(name: str, children: list[Child]) -> Iterator[Row]:
    prefix, ours = "hang/one_of_eight", name == "ours"
    returned = [_between(child, "started", "returned") for child in children]
    yield Row(
        f"{prefix}/returns/{name}",
        statistics.median(returned),
        "s",
        _RETURN_GOAL if ours else None,
        note="" if _returned(children[0]) else _KILLED,
    )
    yield _kept(f"{prefix}/others_kept/{name}", children[0], "of 7", 7.0 if ours else None)
    if all(_returned(child) for child in children):
        exits = [child.ended - (child.time_of("returned") or 0.0) for child in children]
        killed = any(child.killed for child in children)
        goal = _EXIT_GOAL if ours else None
        note = "killed while it waited for its thread" if killed else ""
        yield Row(f"{prefix}/exit_after_return/{name}", statistics.median(exits), "s", goal, note=note)


def _returned(child: Child) -> bool:
    return child.time_of("returned") is not None


def _between(child: Child, first: str, then: str) -> float:
    began, ended = child.time_of(first), child.time_of(then)
    if began is None:
        raise RuntimeError(f"the peer was not started: {child.errors.strip()[-300:]}")
    return (child.ended if ended is None else ended) - began


def _kept(row: str, child: Child, unit: str, goal: float | None) -> Row:
    body = child.body_of("returned")
    note = "" if body is not None else _KILLED
    return Row(row, len(body["kept"]) if body else 0, unit, goal, "higher", note)


def _lost(name: str, child: Child) -> Row:
    body = child.body_of("returned")
    of = len(SHAPES["six_on_two"].scanners())
    lost = of - len(body["kept"]) if body else of
    return Row(f"hang/six_on_two/lost/{name}", lost, "of 6", 0.0 if name == "ours" else None)
