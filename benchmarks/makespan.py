"""Seconds until the last scanner is done, over the lower bound max(longest, sum / workers).

``first_design_shape``: 8 scanners on 8 workers, sum 55 s and longest 42 s at 1/20. ``heavy_tail``: 24
log-normal latencies (sigma 1.2) on 8 workers, sum / workers = 0.6 s; of 2,000 draws those at fixed ranks of
the computed cost of the given order, and one that is among the hardest hundredth for longest first.
``ours_unknown`` knows nothing of the durations, so its order is the given one; no scheduler without that
knowledge can guarantee the bound, and ``given_order_by_arithmetic`` is what that order allows.
``ours_known`` has the durations that ``ours_unknown`` measured just before, as the second scan of a graph
has; ``longest_first_by_arithmetic`` is what that order allows. ``thread_pool_sorted`` is the plain pool,
its caller sorting by the true durations. ``sequential`` is omitted: it takes the sum.
"""

from __future__ import annotations

import dataclasses
import functools
import statistics
from collections.abc import Iterator, Sequence

from benchmarks.harness.load import (
    FIRST_DESIGN_SHAPE,
    heavy_tail_draws,
    list_schedule,
    lower_bound,
    sleepers,
    small_state,
)
from benchmarks.harness.row import Row
from benchmarks.harness.timing import interleaved, paired_ratio, timed
from benchmarks.peers import NAMES, Result, Scanner, peer

_WORKERS = 8
_TIMEOUT_SECONDS = 60.0
_GOAL = 1.05
_RANKS = (0.1, 0.5, 0.75, 0.9, 0.99)


def rows(quick: bool) -> Iterator[Row]:
    """Give the rows of both shapes."""
    for name in NAMES:
        _run(name, sleepers([0.0] * _WORKERS))  # imports and first threads are not what is measured
    yield from _first_design_shape(1 if quick else 3)
    yield from _heavy_tail(heavy_tail_draws(_RANKS[1:4:2] if quick else _RANKS, workers=_WORKERS))


def _run(name: str, scanners: Sequence[Scanner]) -> Result:
    return peer(name)(scanners, small_state(), _WORKERS, _TIMEOUT_SECONDS)


def _first_design_shape(repetitions: int) -> Iterator[Row]:
    scanners = sleepers(FIRST_DESIGN_SHAPE)
    bound = lower_bound(FIRST_DESIGN_SHAPE, _WORKERS)
    ways = {name: functools.partial(_run, name, scanners) for name in NAMES}
    seconds = interleaved(ways, repetitions)
    prefix = "makespan/first_design_shape"
    for name in NAMES:
        goal = _GOAL if name == "ours" else None
        yield Row(f"{prefix}/{name}", statistics.median(seconds[name]) / bound, "× lower bound", goal)
    faster = paired_ratio(seconds["sequential"], seconds["ours"])
    note = f"{sum(FIRST_DESIGN_SHAPE) / bound:.2f} is all there is while a scanner asks in a row"
    yield Row(f"{prefix}/sequential_over_ours", faster, "×", None, "higher", note)


def _heavy_tail(draws: Sequence[Sequence[float]]) -> Iterator[Row]:
    ratios: dict[str, list[float]] = {}
    for latencies in draws:
        for name, ratio in _one_draw(latencies).items():
            ratios.setdefault(name, []).append(ratio)
    for name, values in ratios.items():
        goal = _GOAL if name == "ours_known" else None
        yield Row(f"makespan/heavy_tail/median/{name}", statistics.median(values), "× lower bound", goal)
        of = f"of {len(draws)} draws"
        yield Row(f"makespan/heavy_tail/worst/{name}", max(values), "× lower bound", goal, note=of)
    gain = paired_ratio(ratios["thread_pool"], ratios["ours_known"])
    yield Row("makespan/heavy_tail/thread_pool_over_ours_known", gain, "×", None, "higher")


def _one_draw(latencies: Sequence[float]) -> dict[str, float]:
    """Return each way's makespan over the bound for one draw, measured one right after the other."""
    scanners = sleepers(latencies)
    bound = lower_bound(latencies, _WORKERS)
    unknown, first_run = timed(lambda: _run("ours", scanners))
    known = [dataclasses.replace(s, expected_seconds=first_run.seconds[s.name]) for s in scanners]
    longest_first = sleepers(sorted(latencies, reverse=True))
    ways = {
        "ours_known": lambda: _run("ours", known),
        "thread_pool": lambda: _run("thread_pool", scanners),
        "thread_pool_sorted": lambda: _run("thread_pool", longest_first),
        "first_design": lambda: _run("first_design", scanners),
        "langgraph_send": lambda: _run("langgraph_send", scanners),
    }
    taken = {"ours_unknown": unknown} | {name: timed(way)[0] for name, way in ways.items()}
    ideal = {
        "given_order_by_arithmetic": list_schedule(latencies, _WORKERS) / bound,
        "longest_first_by_arithmetic": list_schedule(sorted(latencies, reverse=True), _WORKERS) / bound,
    }
    return ideal | {name: seconds / bound for name, seconds in taken.items()}
