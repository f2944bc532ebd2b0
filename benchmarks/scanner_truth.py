"""Precision and recall of every scanner on the planted cases of the sandbox's market.

Whole scans over HTTP on loopback, all scanners at once with their default settings (the watchlist of a
scanner that needs one contains the positive cases and near misses of the market), no limit on candidates and
no pacing, on the markets of several seeds; counts are summed over them. Precision: the share of candidates
that were planted. Recall: the share of planted tickers that were found. The positive cases are unambiguous
and have near misses, so both should be 1. A note contains the status of a scanner that did not end ``ok``;
``untold`` counts the scanners without a planted case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.harness.row import Row
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import Market, Planted, SandboxServer
from tradingagents.discovery.scanners.registry import ScannerRegistry

__all__ = ["Found", "observe", "rows"]

_SEEDS = (7, 11, 23)
_TIMEOUT_SECONDS = 60.0
_MOST_WATCHED = 10


@dataclass
class Found:
    """Counts of one scanner, summed over markets; ``ended`` has the statuses other than ``ok``."""

    answers: int = 0
    right: int = 0
    planted: int = 0
    traps: int = 0
    ended: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """1.0 without any candidate and any planted ticker."""
        return self.right / self.answers if self.answers else float(not self.planted)

    @property
    def recall(self) -> float:
        """1.0 without any planted ticker."""
        return self.right / self.planted if self.planted else 1.0

    def add(self, outcome: Mapping[str, Any], expected: frozenset[str], forbidden: frozenset[str]) -> None:
        """Count one outcome against what was planted."""
        answers = {candidate["ticker"] for candidate in outcome["candidates"]}
        self.answers += len(answers)
        self.right += len(answers & expected)
        self.planted += len(expected)
        self.traps += len(answers & forbidden)
        if outcome["status"] != "ok":
            self.ended.append(f"{outcome['status']}/{outcome['reason']}: {outcome['message']}"[:120])


def rows(quick: bool) -> Iterator[Row]:
    """Yield precision and recall by scanner, one market if quick."""
    found: dict[str, Found] = defaultdict(Found)
    untold: set[str] = set()
    for seed in _SEEDS[: 1 if quick else None]:
        untold |= observe(Market(seed), found)
    for name, counts in found.items():
        missed = f"{counts.traps} near misses among them; " if counts.traps else ""
        note = missed + "; ".join(dict.fromkeys(counts.ended))
        yield _row(f"precision/{name}", counts.precision, f"of {counts.answers} candidates", note)
        yield _row(f"recall/{name}", counts.recall, f"of {counts.planted} planted", note)
    yield Row("scanner_truth/untold", len(untold), "scanners", 0.0, note=", ".join(sorted(untold)))


def _row(name: str, value: float, unit: str, note: str) -> Row:
    return Row(f"scanner_truth/{name}", value, unit, 1.0, "higher", note=note)


def observe(market: Market, found: dict[str, Found]) -> set[str]:
    """Scan one market, count by scanner, and return the scanners without a planted case."""
    with SandboxServer(market) as sandbox:
        graph = DiscoveryGraph(_everything(sandbox.config(), market), ScannerRegistry.built_in())
        report = graph.scanner_node({"trade_date": market.as_of.isoformat()})["scan_report"]
    untold = set()
    for outcome in report["outcomes"]:
        name = outcome["scanner"]
        if (planted := market.truth.get(name)) is None:
            untold.add(name)
        else:
            found[name].add(outcome, frozenset(planted.expected), frozenset(planted.forbidden))
    return untold


def _everything(config: Mapping[str, Any], market: Market) -> dict[str, Any]:
    """Return the configuration with every scanner enabled, no limit on candidates and no pacing."""
    discovery = dict(config["discovery"])
    own = discovery.get("scanners", {})
    on = {"enabled": True, "limit": None}
    scanners = {one.name: {**own.get(one.name, {}), **on} for one in ScannerRegistry.built_in()}
    scanners["options_flow"]["tickers"] = _watched(market.truth["options_flow"])
    vendors = {name: {**given, "rates": []} for name, given in discovery["vendors"].items()}
    execution = {"max_workers": 8, "timeout_seconds": _TIMEOUT_SECONDS}
    return {
        "discovery": {
            **discovery,
            "scanners": scanners,
            "vendors": vendors,
            "scanner_execution": {**discovery.get("scanner_execution", {}), **execution},
        }
    }


def _watched(planted: Planted) -> list[str]:
    """Return the watchlist: every positive case, then near misses."""
    return [*sorted(planted.expected), *sorted(planted.forbidden)][:_MOST_WATCHED]


def main() -> None:
    """Print the figures as a table."""
    for row in rows(quick=False):
        print(f"{row.name:45} {row.value:6.3f}  {row.unit:18} {row.note}")


if __name__ == "__main__":
    main()
