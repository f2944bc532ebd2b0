"""A scan leaves no reference cycles behind: they would keep its state alive until a full collection."""

from __future__ import annotations

import gc
from typing import Any

from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry


class _Logs(BaseScanner):
    pipeline, strategy = "edge", "none"

    def scan(self, state: Any) -> list[dict[str, str]]:
        state["tool_logs"].append({"tool": "quote"})
        self.count("seen", 2)
        self.record_coverage(asked=1, answered=1, of=1)
        return [{"ticker": "ABC"}, {"ticker": "not a ticker"}]


def _unreachable_after_a_scan(scanners: int) -> int:
    classes = [type(f"Logs{index}", (_Logs,), {"name": f"logs_{index}"}) for index in range(scanners)]
    graph = DiscoveryGraph(registry=ScannerRegistry(classes))
    state = graph.initial_state("2026-02-05")
    graph.scanner_node(state)  # fills what is made once
    gc.collect()
    gc.disable()
    try:
        graph.scanner_node(state)
        return gc.collect()
    finally:
        gc.enable()


def test_more_scanners_leave_no_more_unreachable_objects() -> None:
    assert _unreachable_after_a_scan(24) <= _unreachable_after_a_scan(4)
