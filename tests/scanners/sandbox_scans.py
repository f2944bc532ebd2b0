"""Scanning the sandbox in tests: connected clients, one scanner or a whole graph, and faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.scanners.harness import ScanResult, run
from tests.timing import without_waiting
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.errors import Auth, BadPayload, Permanent, RateLimited, Transient
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors

FAULTS: list[tuple[str, dict[str, Any], type[Exception] | tuple[type[Exception], ...]]] = [
    ("reset", {}, Transient),
    ("reset_mid_body", {}, Transient),
    ("hang", {"seconds": 2}, Transient),
    ("truncate", {}, BadPayload),
    ("wrong_length", {}, Transient),
    ("empty", {}, BadPayload),
    ("html", {}, (BadPayload, Transient)),
    ("xml_bomb", {}, BadPayload),
    ("status", {"code": 401}, Auth),
    ("status", {"code": 403}, (Auth, Permanent)),
    ("status", {"code": 404}, Permanent),
    ("status", {"code": 429, "retry_after": 7}, RateLimited),
    ("status", {"code": 429, "retry_date_seconds": 9}, RateLimited),
    ("status", {"code": 500}, Transient),
    ("status", {"code": 503}, Transient),
    ("redirect_loop", {}, (BadPayload, Permanent)),
    ("nan", {}, BadPayload),
    ("negative", {}, BadPayload),
]
"""Faults of a vendor, and the error that each raises: kind, options, type."""


@contextmanager
def connected(sandbox: SandboxServer, **own: Any) -> Iterator[Vendors]:
    """Connect all vendor clients to the sandbox; ``own`` are settings for every vendor."""
    settings = {vendor: default | own for vendor, default in without_waiting(sandbox.config()).items()}
    made = Vendors(VendorsSettings.model_validate(settings), data_source="sandbox")
    yield made
    made.close()
    sandbox.faults.clear()


def scan_one(
    scanner: type[BaseScanner], sandbox: SandboxServer, clients: Vendors, **settings: Any
) -> ScanResult:
    return run(scanner, clients, {"trade_date": str(sandbox.market.as_of)}, limit=None, **settings)


def scan_graph(
    sandbox: SandboxServer,
    scanners: tuple[Any, ...],
    *,
    vendors: dict[str, Any] | None = None,
    state_dir: Path | None = None,
    concurrent: bool = True,
    **settings: dict[str, Any],
) -> dict[str, Any]:
    """Run one scan; return the outcomes by scanner."""
    config = sandbox.config()
    own: dict[str, Any] = config["discovery"]  # type: ignore[assignment]
    own["vendors"] = vendors or own["vendors"]
    own["state_dir"] = None if state_dir is None else str(state_dir)
    own["scanner_execution"] = {"concurrent": concurrent}
    own["scanners"] = settings
    state = {"trade_date": str(sandbox.market.as_of), "tickers": [], "tool_logs": []}
    report = DiscoveryGraph(config, ScannerRegistry(scanners)).scanner_node(state)["scan_report"]
    return {one["scanner"]: one for one in report["outcomes"]}


def requested(sandbox: SandboxServer) -> Counter[str]:
    """Count the requests behind keys by endpoint."""
    behind = [one for one in sandbox.requests if one.vendor in {"alpha_vantage", "finnhub"}]
    return Counter(f"{one.vendor}/{one.endpoint}" for one in behind)


def tickers(outcome: dict[str, Any]) -> set[str]:
    return {one["ticker"] for one in outcome["candidates"]}
