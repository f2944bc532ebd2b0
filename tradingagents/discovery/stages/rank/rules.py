"""The built-in ranker: the order of the candidates, by rules that can be repeated by hand. Pure.

1. Priority; a candidate with ``deprioritised`` counts as one lower.
2. The percentile among the candidates of its leading scanner, which the scan adds; None comes last.
3. The pipeline's priority; a pipeline without settings comes last.
4. The given order, which is the registry's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from tradingagents.discovery.model.candidate import Priority
from tradingagents.discovery.model.report import FilteredCandidate, RankedCandidate
from tradingagents.discovery.scanning.report import percentiles
from tradingagents.discovery.settings.sections import PipelineSettings
from tradingagents.discovery.stages.filter.rules import DEPRIORITISED

__all__ = ["rank_candidates"]

_LAST = 1_000_000
_Key = tuple[int, bool, float, int]


def rank_candidates(
    candidates: Sequence[FilteredCandidate], pipelines: Mapping[str, PipelineSettings]
) -> list[RankedCandidate]:
    """Return all candidates, best first, each with ``rank`` from 1. Stable.

    Candidates that come from no scan, and so have no ``percentile``, are compared with those of the same
    source.
    """
    ranked = _with_percentiles(candidates)
    ranked.sort(key=lambda candidate: _key(candidate, pipelines))
    return [
        cast("RankedCandidate", {**candidate, "rank": rank}) for rank, candidate in enumerate(ranked, start=1)
    ]


def _with_percentiles(candidates: Sequence[FilteredCandidate]) -> list[FilteredCandidate]:
    made = [candidate.copy() for candidate in candidates]
    of_source: dict[str, list[FilteredCandidate]] = defaultdict(list)
    for candidate in made:
        if "percentile" not in candidate:
            of_source[candidate["source"]].append(candidate)
    for same in of_source.values():
        scores = [candidate.get("score") for candidate in same]
        for candidate, percentile in zip(same, percentiles(scores), strict=True):
            candidate["percentile"] = percentile
    return made


def _key(candidate: FilteredCandidate, pipelines: Mapping[str, PipelineSettings]) -> _Key:
    lowered, percentile = DEPRIORITISED in candidate, candidate["percentile"]
    pipeline = pipelines.get(candidate.get("pipeline") or "")
    return (
        Priority(candidate["priority"]).rank + lowered,
        percentile is None,
        -(percentile or 0.0),
        _LAST if pipeline is None else pipeline.priority,
    )
