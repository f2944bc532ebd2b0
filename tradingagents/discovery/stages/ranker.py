"""The ranker: the order in which candidates are handed on, by rules a reader can repeat by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradingagents.discovery.candidate import Priority
from tradingagents.discovery.config import PipelineSettings, RankerSettings

__all__ = ["rank_candidates"]

_LAST = 1_000_000


def rank_candidates(
    candidates: Sequence[Mapping[str, Any]],
    settings: RankerSettings,
    pipelines: Mapping[str, PipelineSettings],
) -> list[dict[str, Any]]:
    """Return the best ``limit`` candidates, each with its ``rank`` from 1. Pure and stable.

    Priority decides, then the pipeline's priority, then the place among the candidates of the same
    leading scanner (its own score, strongest first), then the order of arrival here, which is the
    registry's. How many scanners agree is shown in ``all_sources`` and not scored: nothing shows that it
    means more.
    """
    place = _places(candidates)
    order = sorted(
        range(len(candidates)),
        key=lambda i: (_urgency(candidates[i]), _pipeline_priority(candidates[i], pipelines), place[i], i),
    )
    chosen = order[: settings.limit]
    return [{**candidates[i], "rank": rank} for rank, i in enumerate(chosen, start=1)]


def _urgency(candidate: Mapping[str, Any]) -> int:
    return Priority(candidate["priority"]).rank


def _pipeline_priority(candidate: Mapping[str, Any], pipelines: Mapping[str, PipelineSettings]) -> int:
    pipeline = pipelines.get(candidate.get("pipeline", ""))
    return _LAST if pipeline is None else pipeline.priority


def _places(candidates: Sequence[Mapping[str, Any]]) -> list[int]:
    """Each candidate's place by score among those of the same source; scores of two sources never meet."""
    by_source: dict[str, list[int]] = {}
    for i, candidate in enumerate(candidates):
        by_source.setdefault(candidate["source"], []).append(i)
    places = [0] * len(candidates)
    for members in by_source.values():
        members.sort(key=lambda i: -(candidates[i].get("score") or 0.0))
        for place, i in enumerate(members):
            places[i] = place
    return places
