"""A scanner's entry in the scan report: how it ended, what it found, and its counts. Plain data."""

from __future__ import annotations

from typing import Any

from tradingagents.discovery.execution.outcome import Outcome, Status
from tradingagents.discovery.model.candidate import strongest
from tradingagents.discovery.model.redact import redact
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.recorder import LocalRecorder

__all__ = ["outcome_report"]


def outcome_report(
    scanner: type[AnyScanner], outcome: Outcome, recorder: LocalRecorder, limit: int | None
) -> dict[str, Any]:
    """Return a scanner's entry under ``outcomes``.

    ``candidates`` are its ``limit`` strongest; ``cut`` names the tickers that the limit removed. Candidates
    of a scanner that did not finish are marked with ``partial_sources``. Durations are in seconds.
    """
    kept, cut = strongest(outcome.items, limit)
    finished = outcome.verdict.status in {Status.OK, Status.EMPTY, Status.DEGRADED}
    for candidate in kept:
        candidate["pipeline"] = scanner.pipeline
        if not finished:
            candidate["partial_sources"] = [scanner.name]
    return {
        "scanner": scanner.name,
        "pipeline": scanner.pipeline,
        "status": outcome.verdict.status.value,
        "reason": outcome.verdict.reason.value,
        "message": redact(outcome.verdict.message),
        "candidates": kept,
        "rejected": list(recorder.rejected),
        "cut": sorted({item["ticker"] for item in outcome.items} - {one["ticker"] for one in kept}),
        "queued_seconds": round(outcome.queued_seconds, 4),
        "duration_seconds": round(outcome.duration_seconds, 4),
        "coverage": recorder.coverage(),
        "funnel": {
            **recorder.funnel,
            "yielded": len(outcome.items) + len(recorder.rejected),
            "rejected": len(recorder.rejected),
            "cut by limit": cut,
            "kept": len(kept),
        },
        "requests": {vendor: dict(counts) for vendor, counts in recorder.requests.items()},
    }
