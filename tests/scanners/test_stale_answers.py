"""A scanner that was served an answer beyond its time says so."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.timing import without_waiting
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.sandbox.faults.rules import Fault
from tradingagents.discovery.scanners.market_movers import MarketMovers
from tradingagents.discovery.scanners.registry import ScannerRegistry


def test_an_outage_covered_by_an_older_answer_makes_it_degraded_and_tells_the_age(tmp_path: Path) -> None:
    with SandboxServer() as sandbox:
        vendors = without_waiting(sandbox.config())
        vendors["alpha_vantage"]["ttl_seconds"] = {"*": 1}
        config = {
            "discovery": {"data_source": "sandbox", "state_dir": str(tmp_path), "vendors": vendors},
        }
        day = str(sandbox.market.as_of)
        first = DiscoveryGraph(config, ScannerRegistry([MarketMovers])).run(day)
        threading.Event().wait(1.5)  # in real time: the cache counts whole seconds
        sandbox.faults.add(Fault("status", "alpha_vantage", code=503))
        second = DiscoveryGraph(config, ScannerRegistry([MarketMovers])).run(day)
    (outcome,) = second["scan_report"]["outcomes"]
    assert (outcome["status"], outcome["reason"]) == ("degraded", "vendor_down")
    assert "old serves instead" in outcome["message"]
    assert (
        outcome["requests"]["alpha_vantage"] | {"stale": 1, "sent": 1} == outcome["requests"]["alpha_vantage"]
    )
    assert second["tickers"] == first["tickers"]
    assert first["tickers"]
