"""The workload of the first design against the sandbox on loopback.

The latencies are those of its measurement (54 to 56 s in sequence, 42 s of them in one scanner with about
twenty requests), scaled down; its eight scanners use the same client libraries, without rate limits and
cache, which would hide the latency. ``sequential``: one scanner and one request at a time. ``concurrent``:
the defaults. ``first_design``: its algorithm with the same scanners, each sending one request at a time.
Seconds are scaled; ratios are of runs in the same repetition.
"""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from benchmarks.harness.row import Row
from benchmarks.harness.suite import Skipped
from benchmarks.harness.timing import interleaved, paired_ratio
from benchmarks.peers import Scanner, State, peer
from tradingagents.discovery import DiscoveryConfig, ScannerRegistry, parse_config
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.declared import declared_by
from tradingagents.discovery.scanning.recorder import LocalRecorder
from tradingagents.discovery.scanning.task import directory_of
from tradingagents.discovery.screens.base import BarsQuery
from tradingagents.discovery.screens.market_data import SharedMarket
from tradingagents.discovery.symbols.shared_directory import SharedDirectory
from tradingagents.discovery.vendors.clients import Vendors

_SCALE = 1 / 8
_GOAL = 6.0
_WORKERS = 8
_TIMEOUT_SECONDS = 60.0


def rows(quick: bool) -> Iterator[Row]:
    """Yield the rows; skipped without the sandbox and the table of latencies."""
    sandbox = _import("tradingagents.discovery.sandbox", "SandboxProcess")
    latencies: Mapping[str, float] = _import("verify_concurrent_execution", "LATENCY_SECONDS")
    trade_date: str = _import("verify_concurrent_execution", "TRADE_DATE")
    measured: Collection[str] = _import("verify_concurrent_execution", "MEASURED")
    pace: Mapping[str, Any] = _import("verify_concurrent_execution", "NO_WAIT_NO_CACHE")
    scaled = {vendor: seconds * _SCALE for vendor, seconds in latencies.items()}
    registry = ScannerRegistry(one for one in ScannerRegistry.built_in() if one.name in measured)
    with sandbox(latency_seconds=scaled) as market:
        config = market.config()
        for settings in config["discovery"]["vendors"].values():
            settings.update(pace)
        yield from _measure(config, registry, trade_date, 1 if quick else 3)


def _import(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise Skipped(f"{module} has no {name}") from None


def _measure(
    config: Mapping[str, Any], registry: ScannerRegistry, trade_date: str, repetitions: int
) -> Iterator[Row]:
    ways = _ways(config, registry, trade_date)
    counts = {name: way() for name, way in ways.items() if name != "sequential"}  # warms each up
    if not all(counts.values()):
        raise RuntimeError(f"a way found no candidate, so its time is meaningless: {counts}")
    seconds = interleaved(ways, repetitions)
    prefix = "first_design"
    for name, values in seconds.items():
        yield Row(f"{prefix}/seconds/{name}", statistics.median(values), f"s at 1/{1 / _SCALE:g}")
    faster = paired_ratio(seconds["sequential"], seconds["concurrent"])
    yield Row(f"{prefix}/sequential_over_concurrent", faster, "×", _GOAL, "higher")
    theirs = paired_ratio(seconds["sequential"], seconds["first_design"])
    yield Row(f"{prefix}/sequential_over_first_design", theirs, "×", None, "higher")


def _ways(
    config: Mapping[str, Any], registry: ScannerRegistry, trade_date: str
) -> dict[str, Callable[[], int]]:
    concurrent = DiscoveryGraph(_with_execution(config, concurrent=True), registry)
    sequential = DiscoveryGraph(_with_execution(config, concurrent=False), registry)
    return {
        "concurrent": lambda: _scan(concurrent, trade_date),
        "sequential": lambda: _scan(sequential, trade_date),
        "first_design": lambda: _first_design(config, registry, trade_date),
    }


def _with_execution(config: Mapping[str, Any], *, concurrent: bool) -> dict[str, Any]:
    discovery = config["discovery"]
    execution = {
        **discovery.get("scanner_execution", {}),
        "concurrent": concurrent,
        "timeout_seconds": _TIMEOUT_SECONDS,
    }
    return {**config, "discovery": {**discovery, "scanner_execution": execution}}


def _scan(graph: DiscoveryGraph, trade_date: str) -> int:
    update = graph.scanner_node(graph.initial_state(trade_date))
    if (health := update["scan_report"]["health"]) != "complete":
        ended = {o["scanner"]: o["message"] for o in update["scan_report"]["outcomes"]}
        raise RuntimeError(f"the scan is {health}: {ended}")
    return len(update["tickers"])


def _first_design(config: Mapping[str, Any], registry: ScannerRegistry, trade_date: str) -> int:
    """Run the scanners with the first design's algorithm; return the number of candidates."""
    parsed = parse_config(config, list(registry), known=ScannerRegistry.built_in())
    clients = Vendors(parsed.vendors, data_source=parsed.data_source)
    try:
        state = DiscoveryGraph.initial_state(trade_date)
        scanners = [Scanner(cls.name, _scan_of(cls, parsed, clients)) for cls in registry]
        result = peer("first_design")(scanners, state, _WORKERS, _TIMEOUT_SECONDS)
    finally:
        clients.close()
    if result.failed:
        raise RuntimeError(f"a scanner failed: {result.failed}")
    return sum(len(found) for found in result.found.values())


def _scan_of(
    scanner: type[AnyScanner], config: DiscoveryConfig, clients: Vendors
) -> Callable[[State], list[Any]]:
    """Return the scan of a built-in scanner that sends one request at a time."""
    settings = config.scanners[scanner.name]
    query = BarsQuery(config.market, None, date.today())  # noqa: DTZ011 - no bars are read
    days = declared_by(scanner, settings).calendar_days
    directory = SharedDirectory(directory_of(clients), lambda *counted: None)
    market = SharedMarket(query, {}, directory, days).of(scanner.name)
    in_a_row = type(scanner.__name__, (scanner,), {"map": _one_by_one})

    def scan(state: State) -> list[Any]:
        made: AnyScanner = in_a_row()
        made.bind(settings, clients, LocalRecorder(ToolLog("run", scanner.name), _ignore), market)
        return made.scan_with_validation(state)

    return scan


def _one_by_one(
    scanner: AnyScanner, fn: Callable[[Any], Any], items: Iterable[Any], *, workers: int | None = None
) -> Iterator[Any]:
    return map(fn, items)


def _ignore(candidate: dict[str, Any]) -> None:
    """The candidates are taken from the scan's result."""
