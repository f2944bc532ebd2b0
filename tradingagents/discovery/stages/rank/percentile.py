"""A candidate's percentile among those of its own scanner, and its number of scanners. Pure.

A score is its scanner's own measure, so scores of different scanners cannot be compared; percentiles within
each scanner's list can.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["confluence_of", "percentiles"]

_Candidate = Mapping[str, Any]
_Key = tuple[Any, ...]


def percentiles(candidates: Sequence[_Candidate], report: Mapping[str, Any] | None) -> list[float | None]:
    """Return each candidate's percentile, the share of its scanner's scores below its own, ties counted half.

    Between 0 and 1, the strongest highest. The mean over a scanner's candidates is always 0.5: the only
    candidate of a scanner, or one of equal scores, is in the middle. The scores are those of all candidates
    of the leading scanner in the scan's ``report``, so that merge and filter do not change a percentile;
    without a report, those of the same ``source`` among ``candidates``. None for a candidate without a score.
    """
    scores_of: dict[_Key, list[float]] = {}
    for found in _lists(report) or _by_source(candidates):
        scores = sorted(float(one["score"]) for one in found if one.get("score") is not None)
        for candidate in found:
            scores_of.setdefault(_key(candidate), scores)
            scores_of.setdefault((candidate["source"],), scores)  # for one changed by a host's node
    return [
        _percentile(one.get("score"), scores_of.get(_key(one)) or scores_of.get((one["source"],)))
        for one in candidates
    ]


def _key(candidate: _Candidate) -> _Key:
    """Return the key of a leading candidate in its scanner's list; its source may be any label."""
    return candidate["source"], candidate["ticker"], candidate.get("score")


def _percentile(score: float | None, ordered: list[float] | None) -> float | None:
    if score is None or not ordered:
        return None
    return round((bisect_left(ordered, score) + bisect_right(ordered, score)) / (2 * len(ordered)), 6)


def confluence_of(candidates: Sequence[_Candidate], report: Mapping[str, Any] | None) -> list[dict[str, int]]:
    """Return for each candidate the number of distinct ``scanners`` and ``pipelines`` that found its ticker.

    For information only, it does not affect the order: no measurement shows that more is better.
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
