"""How a candidate stands among those of its own scanner, and how many scanners agree on it. Pure.

A score is its scanner's own measure, so scores of two scanners never meet. What can be compared is how
far up in its own list each stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["confluence_of", "standings"]

_Candidate = Mapping[str, Any]


def standings(candidates: Sequence[_Candidate], report: Mapping[str, Any] | None) -> list[float | None]:
    """Return each candidate's percentile: the share of its scanner's scores that its own equals or beats.

    1.0 is the strongest. The list compared with is all that the leading ``source`` put forward in the
    scan, by the scan's ``report``, so that neither the merge nor the filter changes anybody's standing;
    without a report it is ``candidates``. None for a candidate without a score.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    for candidate in [*_put_forward(report)] or candidates:
        if candidate.get("score") is not None:
            scores[candidate["source"]].append(float(candidate["score"]))
    ordered = {source: sorted(values) for source, values in scores.items()}
    return [_percentile(candidate.get("score"), ordered.get(candidate["source"])) for candidate in candidates]


def _percentile(score: float | None, ordered: list[float] | None) -> float | None:
    if score is None or not ordered:
        return None
    return round(bisect_right(ordered, score) / len(ordered), 6)


def confluence_of(candidates: Sequence[_Candidate], report: Mapping[str, Any] | None) -> list[dict[str, int]]:
    """Return for each candidate how many distinct ``scanners`` and ``pipelines`` put its ticker forward.

    Shown for people to weigh, and part of no order: nothing measured shows that it means more.
    """
    scanners: dict[str, set[str]] = defaultdict(set)
    pipelines: dict[str, set[str]] = defaultdict(set)
    for outcome in (report or {}).get("outcomes", ()):
        for candidate in outcome["candidates"]:
            scanners[candidate["ticker"]].add(outcome["scanner"])
            pipelines[candidate["ticker"]].add(outcome["pipeline"])
    return [
        {
            "scanners": len(scanners[one["ticker"]] or set(one.get("all_sources") or [one["source"]])),
            "pipelines": len(pipelines[one["ticker"]] or {one.get("pipeline")}),
        }
        for one in candidates
    ]


def _put_forward(report: Mapping[str, Any] | None) -> list[_Candidate]:
    return [one for outcome in (report or {}).get("outcomes", ()) for one in outcome["candidates"]]
