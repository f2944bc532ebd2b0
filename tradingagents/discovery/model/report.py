"""The shapes of what a run returns: the scan report, the stages' reports, and the candidates. Plain data.

``DiscoveryGraph.run()``, the nodes and the documentation share these types::

    final = DiscoveryGraph().run("2026-02-05")
    final["scan_report"]["outcomes"][0]["status"]      # ScanReport, Outcome
    final["final_ranking"][0]["ticker"]                # RankedCandidate

Durations are in seconds, instants ISO 8601. A candidate may have further keys: those its scanner added.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

__all__ = [
    "Coverage",
    "Dropped",
    "FilterReport",
    "FilterStep",
    "FilteredCandidate",
    "FoundCandidate",
    "MergedCandidate",
    "NovelCandidate",
    "Novelty",
    "Outcome",
    "Plain",
    "RankedCandidate",
    "RankerReport",
    "ScanReport",
]

Plain = dict[str, JsonValue]


class FoundCandidate(TypedDict):
    """One entry of ``outcomes[].candidates``: what a scanner found, without its evidence."""

    ticker: str
    score: float | None
    priority: str


class Coverage(TypedDict):
    """Items that were requested and answered, and the number that could have been requested."""

    asked: int
    answered: int
    of: int


class Outcome(TypedDict):
    """How one scanner ended.

    ``candidates`` are its strongest within its limit, ``cut`` the tickers that the limit removed,
    ``rejected`` the invalid candidates with the reason. ``funnel`` counts candidates by step, ``requests``
    the requests by vendor.
    """

    scanner: str
    pipeline: str
    status: str
    reason: str
    message: str
    candidates: list[FoundCandidate]
    rejected: list[Plain]
    cut: list[str]
    queued_seconds: float
    duration_seconds: float
    coverage: Coverage | None
    funnel: dict[str, int]
    requests: dict[str, dict[str, float]]


class ScanReport(TypedDict):
    """The receipt of a scan; ``outcomes`` are in registry order.

    ``stages`` has the number of candidates before and after the merge, the filter and the ranker;
    ``shared_requests`` are the requests of no single scanner.
    """

    run_id: str
    trade_date: str
    mode: str
    data_source: str
    started_at: str
    duration_seconds: float
    health: Literal["complete", "partial", "failed"]
    market: Plain | None
    shared_requests: dict[str, dict[str, float]]
    stages: list[Plain]
    outcomes: list[Outcome]


class Confluence(TypedDict):
    scanners: int
    pipelines: int


class MergedCandidate(TypedDict):
    """A ticker after the merge, in ``candidate_metadata`` of the scanner node.

    The candidate with the highest priority leads: ``source``, ``context``, ``priority``, ``strategy``,
    ``direction``, ``score``, ``pipeline`` and ``percentile`` are its. ``found_by`` are the names of all
    scanners that found the ticker, whatever they wrote as source. ``percentile`` is the place of the leading
    candidate's score among all that its scanner found, 0 to 1; ``confluence`` counts scanners and pipelines.
    ``partial_sources`` are scanners that did not finish.
    """

    ticker: str
    source: str
    context: str
    priority: str
    strategy: str
    direction: str
    score: float | None
    evidence: list[Plain]
    pipeline: str
    percentile: NotRequired[float | None]  # absent in a candidate of a host's own node
    found_by: list[str]
    all_sources: list[str]
    all_contexts: list[str]
    all_directions: list[str]
    confluence: Confluence
    partial_sources: NotRequired[list[str]]
    synthetic: NotRequired[bool]


class Novelty(TypedDict):
    """Whether a candidate is new, compared with earlier trade dates; see :func:`mark_candidates`."""

    new: bool | None
    first_seen: str
    last_seen: str | None
    seen_by: dict[str, Plain]


class NovelCandidate(MergedCandidate, Novelty):
    """A merged candidate, compared with earlier trade dates."""


class FilteredCandidate(NovelCandidate):
    """A merged candidate with the facts that the filter adds; ``market`` is of :func:`read_market`."""

    market: Plain
    deprioritised: NotRequired[str]


class RankedCandidate(FilteredCandidate):
    """A candidate of ``final_ranking``; ``rank`` counts from 1."""

    rank: int
    llm_reason: NotRequired[str]


class Dropped(TypedDict):
    """A candidate that a step of the filter dropped or marked."""

    ticker: str
    reason: str
    step: NotRequired[str]


# Functional syntax, because ``in`` is a keyword.
FilterStep = TypedDict(
    "FilterStep",
    {
        "name": str,
        "in": int,
        "out": int,
        "unknown": int,
        "dropped": NotRequired[list[Dropped]],
        "deprioritised": NotRequired[list[Dropped]],
        "note": NotRequired[str],
    },
)

FilterReport = TypedDict(
    "FilterReport",
    {
        "in": int,
        "out": int,
        "by": str,
        "steps": list[FilterStep],
        "dropped": list[Dropped],
        "refused": list[dict[str, str]],
        "market": Plain,
        "emptied": bool,
        "emptied_by": str | None,
        "fallback": str | None,
    },
)

RankerReport = TypedDict(
    "RankerReport",
    {
        "in": int,
        "out": int,
        "by": str,
        "limit": int | None,
        "cut": list[str],
        "left_out": list[str],
        "refused": list[dict[str, str]],
        "fallback": str | None,
        "requests": dict[str, dict[str, float]],
        "emptied": bool,
    },
)

FilterStep.__doc__ = "One step of the filter: candidates before and after it, and those it dropped or marked."
FilterReport.__doc__ = """What the filter did.

``by`` names the filter, ``emptied_by`` the step that dropped the last candidate, ``fallback`` why the
built-in rules replaced a custom filter.
"""
RankerReport.__doc__ = """What the ranker did.

``cut`` are the tickers that the limit cut, ``left_out`` those that a custom ranker did not return,
``fallback`` is why the built-in order replaced it. ``requests`` counts requests and tokens by model.
"""
