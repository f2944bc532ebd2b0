"""The cost of ``isolation: "process"``, and the time to end a process that does not stop by itself.

``scan``: a scan of one no-op scanner, the whole call; ``start_up`` is the additional time of a process.
``runaway_regex``: a scanner that yields one candidate and then runs a regular expression that
never releases the interpreter lock, timeout 1 s. ``past_deadline`` is the longest time from that deadline
until its process is gone, ``candidates_kept`` the number of candidates kept.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.harness.load import small_state
from benchmarks.harness.row import Row
from benchmarks.harness.timing import interleaved
from benchmarks.process_scanners import NoOp, Runaway
from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph

_TIMEOUT_SECONDS = 1.0
_GONE_GOAL = 1.0
_POLL_SECONDS = 0.002


def rows(quick: bool) -> Iterator[Row]:
    """Yield the rows of start-up and of the runaway."""
    graphs = {isolation: _graph(NoOp, isolation) for isolation in ("thread", "process")}
    ways = {name: lambda graph=graph: graph.scanner_node(small_state()) for name, graph in graphs.items()}
    interleaved(ways, 1)
    seconds = interleaved(ways, 2 if quick else 5)
    for name, values in seconds.items():
        yield Row(f"process/scan/{name}", statistics.median(values), "s")
    added = [own - shared for own, shared in zip(seconds["process"], seconds["thread"], strict=True)]
    yield Row("process/start_up", statistics.median(added), "s")
    late, kept = zip(*(_runaway() for _ in range(1 if quick else 3)), strict=True)
    yield Row("process/runaway_regex/past_deadline", max(late), "s", _GONE_GOAL)
    yield Row("process/runaway_regex/candidates_kept", min(kept), "of 1", 1.0, "higher")


def _graph(scanner: type[BaseScanner], isolation: str) -> DiscoveryGraph:
    own = {"isolation": isolation, "timeout_seconds": _TIMEOUT_SECONDS}
    execution = {"open_after_failures": 0}  # it misses its deadline on purpose
    config = {"discovery": {"scanner_execution": execution, "scanners": {scanner.name: own}}}
    return DiscoveryGraph(config, registry=ScannerRegistry([scanner]))


def _runaway() -> tuple[float, int]:
    """Return the seconds from the deadline until its process is gone, and the candidates kept."""
    graph = _graph(Runaway, "process").graph
    watch: _Watch | None = None
    kept = 0
    for event in graph.stream(dict(small_state()), stream_mode="custom"):
        if event["event"] == "candidate":
            watch = _Watch(event["candidate"])
            watch.start()
        elif event["event"] == "scanner_finished":
            kept = event["candidates"]
    if watch is None:
        raise RuntimeError("the scanner yielded nothing before its deadline")
    watch.join()
    return watch.past_deadline, kept


class _Watch(threading.Thread):
    """Waits until a candidate's process is gone. The monotonic clock is the same in both processes."""

    def __init__(self, candidate: Mapping[str, Any]) -> None:
        super().__init__(daemon=True)
        self._process, self._began = candidate["process"], candidate["began"]
        self.past_deadline = 0.0

    def run(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(self._process, 0)
                time.sleep(_POLL_SECONDS)
        self.past_deadline = time.monotonic() - self._began - _TIMEOUT_SECONDS
