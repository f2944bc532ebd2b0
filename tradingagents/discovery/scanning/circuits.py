"""Skip a scanner that keeps failing, and find out with one run whether it has recovered.

A process may run a single scan, so failures are counted across processes, in a file of the state folder, or
in memory without one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tradingagents.discovery.execution.outcome import Reason, Status, Verdict
from tradingagents.discovery.model.clock import Clock
from tradingagents.discovery.state.circuits import CIRCUIT_SCHEMA, Circuit, CircuitRules, Circuits
from tradingagents.discovery.state.table import Table

__all__ = ["ScannerCircuits"]

_NO_FAULT = frozenset({Reason.CANCELLED, Reason.NO_DATA, Reason.STALE_DATA, Reason.NOT_CONFIGURED})


class ScannerCircuits:
    """The circuits of the scanners. Thread-safe, and safe beside other processes.

    ``open_after`` failed or timed out runs in a row open one (0: never). ``reopen_after_seconds`` later one
    run may try; the others are refused until it has ended, or as long again when its end is never recorded.
    """

    def __init__(
        self, file: Path | None, *, open_after: int, reopen_after_seconds: float, clock: Clock
    ) -> None:
        table = Table(file, CIRCUIT_SCHEMA, consequence="failures of scanners are remembered in memory only")
        self._circuits = Circuits(table, CircuitRules(open_after, reopen_after_seconds), clock)

    def refused(self, names: Collection[str]) -> dict[str, Verdict]:
        """Return the verdict of each scanner that is left out now; the others run."""
        return {name: _refusal(circuit) for name, circuit in self._circuits.refused(names).items()}

    def learn(self, ended: Mapping[str, Verdict]) -> None:
        """Record how the runs ended that were not refused."""
        self._circuits.record({name: _is_good(verdict) for name, verdict in ended.items()})


def _is_good(verdict: Verdict) -> bool | None:
    """Return whether the scanner works, None where the run does not show it.

    A run that was skipped or cancelled does not, and neither does one whose vendor had nothing for the trade
    date: another date, or bars imported since, may find it well.
    """
    if verdict.status is Status.SKIPPED or verdict.reason in _NO_FAULT:
        return None
    return verdict.status not in {Status.FAILED, Status.TIMED_OUT}


def _refusal(circuit: Circuit) -> Verdict:
    at = datetime.fromtimestamp(circuit.retry_at or 0.0, UTC).isoformat(timespec="seconds")
    message = f"it failed in each of its last {circuit.failures} runs; to be tried again at {at}"
    return Verdict(Status.SKIPPED, Reason.CIRCUIT_OPEN, message)
