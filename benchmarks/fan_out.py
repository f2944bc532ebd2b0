"""Twenty requests of 50 ms inside one scanner: in sequence, and with ``self.map``.

A scan of one scanner by ``DiscoveryGraph.scanner_node`` with 8 request workers; at least three rounds of
50 ms are needed. ``sequential_mode`` is the same scanner, ``self.map`` and all, with ``concurrent`` off.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from typing import Any

from benchmarks.harness.load import small_state
from benchmarks.harness.row import Row
from benchmarks.harness.timing import interleaved, paired_ratio
from benchmarks.peers import State
from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph

_REQUESTS = 20
_REQUEST_SECONDS = 0.05
_WORKERS = 8
_BOUND = 3 * _REQUEST_SECONDS


def rows(quick: bool) -> Iterator[Row]:
    """Yield the rows of the three ways."""
    mapped = DiscoveryGraph(registry=ScannerRegistry([_Mapped]))
    in_a_row = DiscoveryGraph(registry=ScannerRegistry([_InARow]))
    off = {"discovery": {"scanner_execution": {"concurrent": False}}}
    alone = DiscoveryGraph(off, registry=ScannerRegistry([_Mapped]))
    graphs = {"mapped": mapped, "in_a_row": in_a_row, "sequential_mode": alone}
    ways = {name: lambda graph=graph: _scan(graph) for name, graph in graphs.items()}
    seconds = interleaved(ways, 2 if quick else 5)
    for name, values in seconds.items():
        yield Row(f"fan_out/twenty_requests/{name}", statistics.median(values), "s")
    over = statistics.median(seconds["mapped"]) / _BOUND
    yield Row("fan_out/twenty_requests/mapped_over_lower_bound", over, "× lower bound")
    faster = paired_ratio(seconds["in_a_row"], seconds["mapped"])
    yield Row("fan_out/twenty_requests/in_a_row_over_mapped", faster, "×", None, "higher")


def _scan(graph: DiscoveryGraph) -> None:
    outcome = graph.scanner_node(small_state())["scan_report"]["outcomes"][0]
    if outcome["status"] != "ok":
        raise RuntimeError(f"the scanner ended {outcome['status']}: {outcome['message']}")


def _request(number: int) -> int:
    threading.Event().wait(_REQUEST_SECONDS)
    return number


class _Mapped(BaseScanner):
    name, pipeline, strategy = "mapped", "edge", "none"

    def scan(self, state: State) -> Iterator[Any]:
        answers = list(self.map(_request, range(_REQUESTS)))
        yield {"ticker": "ABC", "score": float(sum(answers))}


class _InARow(BaseScanner):
    name, pipeline, strategy = "in_a_row", "edge", "none"

    def scan(self, state: State) -> Iterator[Any]:
        answers = [_request(number) for number in range(_REQUESTS)]
        yield {"ticker": "ABC", "score": float(sum(answers))}
