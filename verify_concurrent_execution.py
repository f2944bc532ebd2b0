"""Run the same scan twice, concurrently and sequentially, and compare the results.

By default against the sandbox, imitated vendors with synthetic data on loopback, with the scanners and
latencies of the first design's measurement, scaled down. No key and no network are needed. ``--all`` runs
every built-in scanner, ``--live`` requests the real vendors with the keys in the environment.

Exit status 1 when a candidate differs between the modes, a scanner failed, or concurrent was not faster.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import importlib
import json
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

from tradingagents.discovery import DEFAULT_CONFIG, DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxProcess

TRADE_DATE = "2026-02-05"  # the last session of the sandbox's market

# The scanners of the first design's measurement. With the cache off, others would repeat their requests.
MEASURED = (
    "insider_buying",
    "volume_accumulation",
    "market_movers",
    "earnings_calendar",
    "analyst_revisions",
    "news_catalyst",
    "reddit_trending",
    "reddit_dd",
)

# Seconds per request, so that the sequential scan takes the 54 to 56 s of the first design's measurement,
# 42 s of them in one scanner with twenty-two requests.
LATENCY_SECONDS = {
    "finra": 1.9,
    "alpha_vantage": 2.0,
    "finnhub": 0.1,
    "sec": 0.05,
    "reddit": 0.1,
    "nasdaq": 0.1,
}
# Rate limits would hide the latency, and the second mode would read the first one's answers from the cache.
NO_WAIT_NO_CACHE: dict[str, Any] = {"rates": [], "ttl_seconds": {}}

TIMEOUT_SECONDS = 120.0  # at full scale one scanner of the sequential run needs 42 s


def main(arguments: list[str] | None = None) -> int:
    """Run both modes, print the comparison, and return the exit status."""
    options = _options(arguments)
    _import_client_libraries()
    with _source(options) as config:
        concurrent = _run(config, concurrent=True, quiet=options.json)
        sequential = _run(config, concurrent=False, quiet=options.json)
    verdict = _compare(concurrent, sequential)
    result = {
        "data_source": concurrent["scan_report"]["data_source"],
        "scale": None if options.live else options.scale,
        **verdict,
        "concurrent": concurrent["scan_report"],
        "sequential": sequential["scan_report"],
        "final_ranking": concurrent["final_ranking"],
    }
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        _print_table(concurrent, sequential)
        _print_verdict(result)
    return 0 if verdict["passed"] else 1


def _import_client_libraries() -> None:
    """Import the client libraries in advance, so that neither mode includes the time."""
    for name in ("finnhub", "praw"):
        importlib.import_module(name)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=0.4, help="share of the full latencies (default 0.4)")
    parser.add_argument("--all", action="store_true", help="run every built-in scanner")
    parser.add_argument("--live", action="store_true", help="request the real vendors instead of the sandbox")
    parser.add_argument("--trade-date", help=f"default: {TRADE_DATE} in the sandbox, today with --live")
    parser.add_argument("--json", action="store_true", help="print only one JSON object")
    options = parser.parse_args(arguments)
    if options.scale < 0:
        parser.error(f"--scale {options.scale}: must not be negative")
    if options.trade_date is None and not options.live:
        options.trade_date = TRADE_DATE
    return options


@contextlib.contextmanager
def _source(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the configuration of the runs; the sandbox runs meanwhile."""
    config: dict[str, Any] = copy.deepcopy(DEFAULT_CONFIG)
    execution = config["discovery"]["scanner_execution"]
    execution["timeout_seconds"] = TIMEOUT_SECONDS
    config["trade_date"] = options.trade_date
    for name, settings in config["discovery"]["scanners"].items():
        settings["enabled"] = options.all or name in MEASURED
    if options.live:
        config["discovery"]["data_source"] = "live"
        yield config
        return
    latency = {name: seconds * options.scale for name, seconds in LATENCY_SECONDS.items()}
    with SandboxProcess(latency_seconds=latency) as sandbox:
        given: Any = sandbox.config()["discovery"]
        config["discovery"]["data_source"] = given["data_source"]
        config["discovery"]["market"].update(given["market"])
        for name, settings in given["scanners"].items():
            config["discovery"]["scanners"][name].update(settings)
        for vendor, settings in given["vendors"].items():
            config["discovery"]["vendors"][vendor].update(settings | NO_WAIT_NO_CACHE)
        yield config


def _run(config: dict[str, Any], *, concurrent: bool, quiet: bool) -> dict[str, Any]:
    config = copy.deepcopy(config)
    config["discovery"]["scanner_execution"]["concurrent"] = concurrent
    graph = DiscoveryGraph(config)
    enabled = sum(settings["enabled"] for settings in config["discovery"]["scanners"].values())
    with _progress(enabled, quiet=quiet):
        return graph.run(config["trade_date"])


@contextlib.contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[None]:
    """Print the line of each scanner as soon as it ends."""
    logger = logging.getLogger("tradingagents.discovery")
    handler = logging.NullHandler() if quiet else _Progress(total)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


class _Progress(logging.Handler):
    def __init__(self, total: int) -> None:
        super().__init__()
        self._total, self._ended, self._began = total, 0, time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith(("Running", "SYNTHETIC")):
            print(f"\n{message}" if message.startswith("Running") else message, flush=True)
            return
        elapsed = time.monotonic() - self._began
        place = ""
        if self._ended < self._total and not message.startswith(
            ("filter", "ranker")
        ):  # else: the closing line
            self._ended += 1
            place = f"[{self._ended}/{self._total}]  "
        print(f"  {elapsed:6.2f} s  {place}{message}", flush=True)


def _compare(concurrent: dict[str, Any], sequential: dict[str, Any]) -> dict[str, Any]:
    fast, slow = (final["scan_report"]["duration_seconds"] for final in (concurrent, sequential))
    outcomes = [(mode, o) for mode in (concurrent, sequential) for o in mode["scan_report"]["outcomes"]]
    failed = sorted({o["scanner"] for _, o in outcomes if o["status"] in {"failed", "timed_out"}})
    same = concurrent["final_ranking"] == sequential["final_ranking"]
    same_merged = [_found(mode) for mode in (concurrent, sequential)]
    identical = same and same_merged[0] == same_merged[1]
    return {
        "same_candidates": identical,
        "candidates": len(concurrent["scan_report"]["outcomes"]) and len(concurrent["final_ranking"]),
        "failed_scanners": failed,
        "concurrent_seconds": fast,
        "sequential_seconds": slow,
        "speedup": round(slow / fast, 2) if fast else None,
        "passed": identical and not failed and fast < slow,
    }


def _found(final: dict[str, Any]) -> list[Any]:
    return [final["final_ranking"], *(outcome["candidates"] for outcome in final["scan_report"]["outcomes"])]


def _print_table(concurrent: dict[str, Any], sequential: dict[str, Any]) -> None:
    by_scanner = {o["scanner"]: o for o in sequential["scan_report"]["outcomes"]}
    columns = f"{'candidates':>10} {'requests':>9} {'concurrent':>11} {'sequential':>11}"
    print(f"\n{'scanner':<20} {'status':<10} {columns}")
    for outcome in concurrent["scan_report"]["outcomes"]:
        sent = sum(counts.get("sent", 0) for counts in outcome["requests"].values())
        seconds = outcome["duration_seconds"], by_scanner[outcome["scanner"]]["duration_seconds"]
        print(
            f"{outcome['scanner']:<20} {outcome['status']:<10} {len(outcome['candidates']):>10} {sent:>9}"
            f" {seconds[0]:>9.2f} s {seconds[1]:>9.2f} s"
        )


def _print_verdict(result: dict[str, Any]) -> None:
    same = "the same" if result["same_candidates"] else "DIFFERENT"
    print(f"\nBoth modes found {same} candidates; {result['candidates']} in the final ranking.")
    if result["data_source"] == "sandbox":
        print("All data is synthetic (sandbox). Rate limits and cache were off.")
    for name in result["failed_scanners"]:
        print(f"FAILED: {name}")
    seconds = f"{result['concurrent_seconds']:.2f} s, sequential {result['sequential_seconds']:.2f} s"
    print(f"Concurrent {seconds}: {result['speedup']} times as fast.")
    print("PASSED" if result["passed"] else "NOT PASSED")


if __name__ == "__main__":
    sys.exit(main())
