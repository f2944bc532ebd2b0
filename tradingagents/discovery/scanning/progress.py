"""Report the progress of a scan: log lines for people, events for programs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from pydantic import JsonValue

from tradingagents.discovery.execution.outcome import Outcome, Reason, Status
from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.model.redact import redact
from tradingagents.discovery.model.report import ScanReport
from tradingagents.discovery.scanning.health import closing_line
from tradingagents.discovery.scanning.report import Settled
from tradingagents.discovery.settings.config import DiscoveryConfig

__all__ = ["Events", "ProgressReporter", "line_of"]

_log = logging.getLogger("tradingagents.discovery")


class Events(Protocol):
    """Receives plain events in the threads where they happen; must be quick and thread-safe.

    Each has ``event`` and ``scanner``. A ``candidate`` event has the candidate; ``scanner_finished`` has
    status, reason, message, number of candidates and seconds.
    """

    def __call__(self, event: dict[str, JsonValue]) -> None: ...


class ProgressReporter:
    """Observes a run: logs its start and each scanner's end, and publishes events. Thread-safe.

    ``settle`` returns what a scanner that has ended contributes.
    """

    def __init__(
        self,
        config: DiscoveryConfig,
        scanners: int,
        events: Events | None,
        settle: Callable[[Outcome], Settled],
    ) -> None:
        self._events, self._settle = events, settle
        execution = config.scanner_execution
        if config.data_source == "sandbox":
            _log.warning("SYNTHETIC DATA: every company, price, filing and post is generated (sandbox)")
        if execution.concurrent:
            workers = execution.max_workers
            _log.info("Running %d scanners concurrently (max %d workers)...", scanners, workers)
        else:
            _log.info("Running %d scanners sequentially...", scanners)

    def started(self, name: str) -> None:
        self._publish({"event": "scanner_started", "scanner": name})

    def emitted(self, name: str, item: Candidate) -> None:
        if self._events is not None:
            self._events({"event": "candidate", "scanner": name, "candidate": item.to_dict()})

    def finished(self, outcome: Outcome) -> None:
        settled = self._settle(outcome)
        fine = outcome.verdict.status in {Status.OK, Status.EMPTY}
        _log.log(
            logging.INFO if fine else logging.WARNING, "%s", line_of(outcome, len(settled.kept), settled.cut)
        )
        self._publish(
            {
                "event": "scanner_finished",
                "scanner": outcome.name,
                "status": outcome.verdict.status.value,
                "reason": outcome.verdict.reason.value,
                "message": redact(outcome.verdict.message),
                "candidates": len(settled.kept),
                "duration_seconds": round(outcome.duration_seconds, 4),
            }
        )

    def closed(self, report: ScanReport) -> None:
        """Log the line on the whole scan; as a warning when something was lost."""
        level = logging.INFO if report["health"] == "complete" else logging.WARNING
        _log.log(level, "%s", closing_line(report))

    def _publish(self, event: dict[str, JsonValue]) -> None:
        if self._events is not None:
            self._events(event)


def line_of(outcome: Outcome, kept: int, cut: int = 0) -> str:
    """Return the log line that reports how a scanner ended; messages are redacted."""
    verdict, name = outcome.verdict, outcome.name
    message = redact(verdict.message)
    found = f"{kept} candidates" + (f" ({cut} more cut by its limit)" if cut else "")
    partial = f", {found} kept" if kept else ""
    match verdict.status:
        case Status.OK:
            return f"✓ {name}: {found}"
        case Status.EMPTY:
            return f"∅ {name}: {message}"
        case Status.DEGRADED:
            return f"◐ {name}: {found}, degraded ({verdict.reason}: {message})"
        case Status.TIMED_OUT if verdict.reason is Reason.DEADLINE:
            return f"⏱️ {name}: {message}{partial}"
        case Status.SKIPPED:
            return f"– {name}: skipped ({message})"
        case _:
            return f"⚠️ {name}: {message}{partial}"
