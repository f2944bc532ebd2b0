"""What a scanner contributes to a scan: its candidates within its limit, and its entry in the report.

Both are made once, when the scanner has ended; see :func:`settle`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from tradingagents.discovery.execution.outcome import Outcome, Status
from tradingagents.discovery.model.candidate import Candidate, merge_candidates, strongest
from tradingagents.discovery.model.redact import redact
from tradingagents.discovery.model.report import FoundCandidate
from tradingagents.discovery.model.report import Outcome as OutcomeReport
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.recorder import LocalRecorder

__all__ = ["Settled", "merge", "percentiles", "settle"]


@dataclass(frozen=True)
class Settled:
    """A scanner that has ended: ``kept`` are its strongest candidates, ``found`` those before its limit."""

    scanner: type[AnyScanner]
    outcome: Outcome
    recorder: LocalRecorder
    found: tuple[Candidate, ...]
    kept: tuple[Candidate, ...]

    @property
    def cut(self) -> int:
        """The number of candidates that the limit removed."""
        return len(self.found) - len(self.kept)

    def to_merge(self) -> list[dict[str, JsonValue]]:
        """Return the candidates as plain data, with what only the scan knows of them."""
        name = self.scanner.name
        marks: dict[str, JsonValue] = {"pipeline": self.scanner.pipeline, "found_by": [name]}
        if self.outcome.verdict.status not in {Status.OK, Status.EMPTY, Status.DEGRADED}:
            marks["partial_sources"] = [name]
        places = percentiles([candidate.score for candidate in self.kept])
        return [
            {**candidate.to_dict(), **marks, "percentile": place}
            for candidate, place in zip(self.kept, places, strict=True)
        ]

    def report(self) -> OutcomeReport:
        """Return the scanner's entry under ``outcomes``."""
        outcome, recorder = self.outcome, self.recorder
        return {
            "scanner": self.scanner.name,
            "pipeline": self.scanner.pipeline,
            "status": outcome.verdict.status.value,
            "reason": outcome.verdict.reason.value,
            "message": redact(outcome.verdict.message),
            "candidates": [_entry(candidate) for candidate in self.kept],
            "rejected": list(recorder.rejected),
            "cut": sorted({one.ticker for one in self.found} - {one.ticker for one in self.kept}),
            "queued_seconds": round(outcome.queued_seconds, 4),
            "duration_seconds": round(outcome.duration_seconds, 4),
            "coverage": recorder.coverage(),
            "funnel": {
                **recorder.funnel,
                "yielded": len(self.found) + len(recorder.rejected),
                "rejected": len(recorder.rejected),
                "cut by limit": self.cut,
                "kept": len(self.kept),
            },
            "requests": {vendor: dict(counts) for vendor, counts in recorder.requests.items()},
        }


def settle(
    scanner: type[AnyScanner], outcome: Outcome, recorder: LocalRecorder, limit: int | None
) -> Settled:
    """Return what a scanner contributes, including candidates held back for the symbol directory.

    Call it once, after the scanner has ended.
    """
    found = (*outcome.items, *recorder.take_held(outcome.items))
    return Settled(scanner, outcome, recorder, found, tuple(strongest(found, limit)))


def _entry(candidate: Candidate) -> FoundCandidate:
    return {"ticker": candidate.ticker, "score": candidate.score, "priority": candidate.priority.value}


def percentiles(scores: Sequence[float | None]) -> list[float | None]:
    """Return for each score the share of scores below it, ties counted half; None for None.

    Between 0 and 1, the strongest highest, with a mean of 0.5. Scores are their scanner's own measure, so
    those of different scanners cannot be compared; their percentiles can.
    """
    ordered = sorted(score for score in scores if score is not None)
    return [None if score is None else _percentile(score, ordered) for score in scores]


def _percentile(score: float, ordered: Sequence[float]) -> float:
    return round((bisect_left(ordered, score) + bisect_right(ordered, score)) / (2 * len(ordered)), 6)


def merge(settled: Iterable[Settled]) -> list[dict[str, JsonValue]]:
    """Merge the candidates of all scanners by ticker, and add the ``confluence`` of each.

    That is the number of scanners and pipelines that found the ticker. For information only, it does not
    affect the order: no measurement shows that more is better.
    """
    ended = list(settled)
    found_by: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in ended:
        for candidate in one.kept:
            found_by[candidate.ticker].add((one.scanner.name, one.scanner.pipeline))
    merged = merge_candidates(one.to_merge() for one in ended)
    for ticker, plain in zip(found_by, merged, strict=True):  # both in order of first appearance
        names, pipelines = (set(several) for several in zip(*found_by[ticker], strict=True))
        plain["confluence"] = {"scanners": len(names), "pipelines": len(pipelines)}
    return merged
