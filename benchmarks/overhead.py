"""Microseconds per scanner in a run of no-op scanners on 8 workers, including the copy of a small state.

Each scanner reads the date and the tickers and finds one candidate; in ``ours_reading_everything`` it
reads every value of the state, so that all of it is deep-copied. The peers copy the outer dict only,
the graph of ``langgraph_send`` is compiled beforehand, and ``sequential`` is a bare loop. ``scan`` is a
whole scan by ``DiscoveryGraph.scanner_node``: scanner objects, validation, logs, merging, the report.
``garbage`` counts objects in reference cycles that a run leaves behind: they hold memory, including
the state of the run, until a full collection, which stops every thread.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.harness.load import small_state
from benchmarks.harness.row import Row
from benchmarks.harness.timing import cyclic_garbage, interleaved, paired_ratio
from benchmarks.peers import NAMES, Scanner, State, peer
from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph

_WORKERS = 8
_TIMEOUT_SECONDS = 60.0
_GOAL_MICROSECONDS = 100.0


def rows(quick: bool) -> Iterator[Row]:
    """Yield the rows of 8, 100 and 1,000 scanners."""
    for count in (8, 100, 1_000):
        ways = _ways(count)
        for way in ways.values():
            way()
        repetitions = 3 if quick else 9
        yield from _rows_of(count, interleaved(ways, repetitions))
    for name, way in ways.items():
        if name != "ours_reading_everything":
            left = cyclic_garbage(way) / 1_000
            yield Row(f"overhead/1000/garbage/{name}", left, "objects a scanner")


def _rows_of(count: int, seconds: Mapping[str, list[float]]) -> Iterator[Row]:
    promised = {"ours", "ours_reading_everything"} if count == 1_000 else set()
    for name, values in seconds.items():
        goal = _GOAL_MICROSECONDS if name in promised else None
        yield Row(f"overhead/{count}/{name}", statistics.median(values) / count * 1e6, "µs a scanner", goal)
    for name in ("thread_pool", "langgraph_send"):
        ratio = paired_ratio(seconds["ours"], seconds[name])
        yield Row(f"overhead/{count}/ours_over_{name}", ratio, "×")


def _ways(count: int) -> dict[str, Callable[[], object]]:
    brief = [Scanner(f"scanner_{index:04d}", _reads_little) for index in range(count)]
    thorough = [Scanner(f"scanner_{index:04d}", _reads_everything) for index in range(count)]

    def run(name: str, scanners: list[Scanner]) -> Callable[[], object]:
        call = peer(name)
        return lambda: call(scanners, small_state(), _WORKERS, _TIMEOUT_SECONDS)

    graph = DiscoveryGraph(registry=ScannerRegistry(_no_op_class(index) for index in range(count)))
    return {
        **{name: run(name, brief) for name in NAMES},
        "ours_reading_everything": run("ours", thorough),
        "scan": lambda: graph.scanner_node(small_state()),
    }


def _reads_little(state: State) -> list[Any]:
    return [{"ticker": "ABC", "as_of": state["trade_date"], "of": len(state["tickers"])}]


def _reads_everything(state: State) -> list[Any]:
    return [{"ticker": "ABC", "as_of": state["trade_date"], "of": len(list(state.values()))}]


class _NoOp(BaseScanner):
    pipeline, strategy = "edge", "none"

    def scan(self, state: State) -> list[Any]:
        return _reads_little(state)


def _no_op_class(index: int) -> type[BaseScanner]:
    return type(f"NoOp{index}", (_NoOp,), {"name": f"no_op_{index:04d}"})
