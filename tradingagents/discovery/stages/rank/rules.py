"""The built-in ranker: the order of the candidates, by rules that can be repeated by hand. Pure.

1. Priority; a candidate with ``deprioritised`` counts as one lower.
2. The percentile among the candidates of its leading scanner (see :func:`percentiles`); None comes last.
3. The pipeline's priority; a pipeline without settings comes last.
4. The given order, which is the registry's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradingagents.discovery.model.candidate import Priority
from tradingagents.discovery.settings.sections import PipelineSettings
from tradingagents.discovery.stages.filter.rules import DEPRIORITISED
from tradingagents.discovery.stages.rank.percentile import confluence_of, percentiles

__all__ = ["rank_candidates"]

_LAST = 1_000_000
_Key = tuple[int, bool, float, int]


def rank_candidates(
    candidates: Sequence[Mapping[str, Any]],
    pipelines: Mapping[str, PipelineSettings],
    report: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return all candidates, best first, each with ``rank`` from 1, ``percentile`` and ``confluence``.

    ``report`` is the scan's; see :func:`percentiles` and :func:`confluence_of`. Stable.
    """
    ranked = [
        {**candidate, "percentile": percentile, "confluence": confluence}
        for candidate, percentile, confluence in zip(
            candidates, percentiles(candidates, report), confluence_of(candidates, report), strict=True
        )
    ]
    ranked.sort(key=lambda candidate: _key(candidate, pipelines))
    return [{**candidate, "rank": rank} for rank, candidate in enumerate(ranked, start=1)]


def _key(candidate: Mapping[str, Any], pipelines: Mapping[str, PipelineSettings]) -> _Key:
    lowered, percentile = DEPRIORITISED in candidate, candidate["percentile"]
    pipeline = pipelines.get(candidate.get("pipeline") or "")
    return (
        Priority(candidate["priority"]).rank + lowered,
        percentile is None,
        -(percentile or 0.0),
        _LAST if pipeline is None else pipeline.priority,
    )
