"""Filter and ranker: rules a reader can repeat by hand, pure and stable."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tradingagents.discovery.candidate import Priority
from tradingagents.discovery.config import FilterSettings, PipelineSettings, RankerSettings
from tradingagents.discovery.stages.filter import filter_candidates
from tradingagents.discovery.stages.ranker import rank_candidates

PIPELINES = {"edge": PipelineSettings(priority=1), "news": PipelineSettings(priority=4)}


def candidate(ticker: str, priority: str = "medium", **more: Any) -> dict[str, Any]:
    return {"ticker": ticker, "source": "s", "priority": priority, "score": None, "pipeline": "edge", **more}


candidates = st.lists(
    st.builds(
        candidate,
        st.sampled_from(["A", "B", "C", "D", "BRK.B"]),
        st.sampled_from([priority.value for priority in Priority]),
        source=st.sampled_from(["one", "two"]),
        pipeline=st.sampled_from(["edge", "news", "unknown"]),
        score=st.none() | st.integers(-2, 3),
    ),
    max_size=8,
    unique_by=lambda c: c["ticker"],
)


# -- filter -----------------------------------------------------------------------------------------


def test_what_is_excluded_is_dropped_in_any_spelling_and_named() -> None:
    found = [candidate("BRK.B"), candidate("ABC"), candidate("DEF")]
    kept, dropped = filter_candidates(found, FilterSettings(exclude_tickers=["brk-b", "abc"]))
    assert [c["ticker"] for c in kept] == ["DEF"]
    assert dropped == [
        {"ticker": "BRK.B", "reason": "in filter.exclude_tickers"},
        {"ticker": "ABC", "reason": "in filter.exclude_tickers"},
    ]


def test_a_priority_below_the_least_is_dropped_with_both_in_the_reason() -> None:
    found = [candidate(p.value[0].upper(), p.value) for p in Priority]
    kept, dropped = filter_candidates(found, FilterSettings(min_priority="high"))
    assert [c["priority"] for c in kept] == ["critical", "high"]
    assert [d["ticker"] for d in dropped] == ["M", "L"]
    assert "low" in dropped[1]["reason"]
    assert "filter.min_priority high" in dropped[1]["reason"]


@given(
    candidates,
    st.sampled_from([p.value for p in Priority]),
    st.lists(st.sampled_from(["A", "B"]), max_size=2),
)
@settings(max_examples=50)
def test_every_candidate_is_kept_in_order_or_named_once(found: Any, least: Any, excluded: list[str]) -> None:
    before = copy.deepcopy(found)
    kept, dropped = filter_candidates(found, FilterSettings(min_priority=least, exclude_tickers=excluded))
    gone = {entry["ticker"] for entry in dropped}
    assert kept == [c for c in found if c["ticker"] not in gone]
    assert len(kept) + len(dropped) == len(found)
    assert found == before
    assert filter_candidates(kept, FilterSettings(min_priority=least, exclude_tickers=excluded)) == (kept, [])


# -- ranker -----------------------------------------------------------------------------------------


def order(found: list[dict[str, Any]], limit: int | None = None) -> list[str]:
    return [c["ticker"] for c in rank_candidates(found, RankerSettings(limit=limit), PIPELINES)]


def test_priority_decides_before_everything_else() -> None:
    assert order([candidate("L", "low", score=99), candidate("C", "critical", pipeline="news")]) == ["C", "L"]


def test_the_pipelines_priority_decides_next_and_an_unknown_pipeline_comes_last() -> None:
    found = [candidate("U", pipeline="unknown"), candidate("N", pipeline="news"), candidate("E")]
    assert order(found) == ["E", "N", "U"]
    assert order([*found, {**candidate("X"), "pipeline": None}])[-1] in {"U", "X"}


def test_scores_are_compared_within_a_source_only() -> None:
    """A score is its scanner's own measure: 1,000 of one is not more than 5 of another."""
    found = [
        candidate("A1", source="a", score=1),
        candidate("B1", source="b", score=1_000),
        candidate("A2", source="a", score=2),
        candidate("B2", source="b", score=2_000),
    ]
    assert order(found) == ["A2", "B2", "A1", "B1"]


def test_where_nothing_decides_the_order_of_the_registry_stands() -> None:
    found = [candidate(ticker, source=ticker) for ticker in ("C", "A", "B")]
    assert order(found) == ["C", "A", "B"]


def test_the_limit_cuts_the_last_and_ranks_count_from_one() -> None:
    found = [candidate("A", "low"), candidate("B", "high"), candidate("C", "medium")]
    ranked = rank_candidates(found, RankerSettings(limit=2), PIPELINES)
    assert [(c["ticker"], c["rank"]) for c in ranked] == [("B", 1), ("C", 2)]
    assert order(found, None) == ["B", "C", "A"]


@given(candidates)
@settings(max_examples=50)
def test_ranking_is_pure_and_complete_and_urgency_never_falls_back(found: Any) -> None:
    before = copy.deepcopy(found)
    ranked = rank_candidates(found, RankerSettings(limit=None), PIPELINES)
    assert found == before
    assert sorted(c["ticker"] for c in ranked) == sorted(c["ticker"] for c in found)
    urgencies = [Priority(c["priority"]).rank for c in ranked]
    assert urgencies == sorted(urgencies)
    assert [c["rank"] for c in ranked] == list(range(1, len(found) + 1))
