"""How a candidate stands among those of its own scanner, and how many scanners agree on it. Pure.

A score is its scanner's own measure, so scores of two scanners never meet. What can be compared is how
far up in its own list each stands.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["confluence_of", "standings"]

_Candidate = Mapping[str, Any]
_Claim = tuple[Any, ...]


def standings(candidates: Sequence[_Candidate], report: Mapping[str, Any] | None) -> list[float | None]:
    """Return each candidate's percentile: the share of its scanner's scores below its own, equal ones half.

    Between 0 and 1, the strongest highest. The mean over a scanner's candidates is 0.5 however few they are
    and whatever its scores: one that found a single ticker, or gives the same score to all, stands in the
    middle and not in front of everybody. The list compared with is all that the leading scanner put forward
    in the scan, by the scan's ``report``, so that neither the merge nor the filter changes anybody's
    standing; without a report it is those of the same ``source`` among ``candidates``. None for a candidate
    without a score.
    """
    scores_of: dict[_Claim, list[float]] = {}
    for found in _lists(report) or _by_source(candidates):
        scores = sorted(float(one["score"]) for one in found if one.get("score") is not None)
        for candidate in found:
            scores_of.setdefault(_claim(candidate), scores)
            scores_of.setdefault((candidate["source"],), scores)  # for one that a host's own node has changed
    return [
        _percentile(one.get("score"), scores_of.get(_claim(one)) or scores_of.get((one["source"],)))
        for one in candidates
    ]


def _claim(candidate: _Candidate) -> _Claim:
    """Return what tells a leading candidate in the list of its scanner; its source may be any label."""
    return candidate["source"], candidate["ticker"], candidate.get("score")


def _percentile(score: float | None, ordered: list[float] | None) -> float | None:
    if score is None or not ordered:
        return None
    return round((bisect_left(ordered, score) + bisect_right(ordered, score)) / (2 * len(ordered)), 6)


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


def _lists(report: Mapping[str, Any] | None) -> list[Sequence[_Candidate]]:
    return [outcome["candidates"] for outcome in (report or {}).get("outcomes", ()) if outcome["candidates"]]


def _by_source(candidates: Sequence[_Candidate]) -> list[Sequence[_Candidate]]:
    lists: dict[str, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        lists[candidate["source"]].append(candidate)
    return list(lists.values())
