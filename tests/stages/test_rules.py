"""Filter and ranker: rules a reader can repeat by hand, pure and stable."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradingagents.discovery.model.candidate import Priority
from tradingagents.discovery.scanning.report import percentiles
from tradingagents.discovery.settings.sections import FilterSettings, PipelineSettings
from tradingagents.discovery.stages.filter.rules import filter_candidates
from tradingagents.discovery.stages.rank.rules import rank_candidates

PIPELINES = {"edge": PipelineSettings(priority=1), "news": PipelineSettings(priority=4)}

DAY = date(2026, 2, 5)


def filtered(found: Sequence[Mapping[str, Any]], rules: FilterSettings, *words: str) -> Any:
    return filter_candidates(found, rules, *words, trade_date=DAY)


def candidate(ticker: str, priority: str = "medium", **more: Any) -> dict[str, Any]:
    return {"ticker": ticker, "source": "s", "priority": priority, "score": None, "pipeline": "edge", **more}


def traded(
    ticker: str,
    *,
    close: float | None = 10.0,
    dollars: float | None = 1e7,
    change: float | None = 0.0,
    **more: Any,
) -> dict[str, Any]:
    market = {
        "close_usd": close,
        "median_dollar_volume_usd": dollars,
        "change_5_sessions_percent": change,
        "market_cap_usd": more.pop("cap", None),
        "as_of": "2026-02-05",
    }
    return candidate(ticker, market=market, **more)


figures = st.none() | st.floats(0.01, 1e9)
markets = st.fixed_dictionaries(
    {
        "close_usd": figures,
        "median_dollar_volume_usd": figures,
        "market_cap_usd": figures,
        "change_5_sessions_percent": st.none() | st.floats(-99, 1_000),
    }
)
candidates = st.lists(
    st.builds(
        candidate,
        st.sampled_from(["A", "B", "C", "D", "BRK.B"]),
        st.sampled_from([priority.value for priority in Priority]),
        source=st.sampled_from(["one", "two"]),
        pipeline=st.sampled_from(["edge", "news", "unknown"]),
        score=st.none() | st.integers(-2, 3),
        market=markets,
        evidence=st.lists(
            st.fixed_dictionaries({"as_of": st.dates().map(date.isoformat) | st.text(max_size=12)}),
            max_size=2,
        ),
    ),
    max_size=8,
    unique_by=lambda c: c["ticker"],
)
rules = st.builds(
    FilterSettings,
    min_priority=st.sampled_from([p.value for p in Priority]),
    exclude_tickers=st.lists(st.sampled_from(["A", "B"]), max_size=2),
    directions=st.none() | st.just(["up", "none"]),
    min_price_usd=st.none() | st.floats(0.5, 100),
    min_dollar_volume_usd=st.none() | st.floats(1, 1e7),
    min_market_cap_usd=st.none() | st.floats(1, 1e9),
    recent_move_percent=st.none() | st.floats(1, 50),
    max_evidence_age_days=st.none() | st.integers(0, 10_000),
)


def step(steps: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [found] = [one for one in steps if one["name"] == name]
    return found


# -- filter -----------------------------------------------------------------------------------------


def test_what_is_excluded_is_dropped_in_any_spelling_and_named() -> None:
    found = [candidate("BRK.B"), candidate("ABC"), candidate("DEF")]
    kept, steps = filtered(found, FilterSettings(exclude_tickers=["brk-b", "abc"]))
    assert [c["ticker"] for c in kept] == ["DEF"]
    assert step(steps, "exclude_tickers")["dropped"] == [
        {"ticker": "BRK.B", "reason": "in filter.exclude_tickers"},
        {"ticker": "ABC", "reason": "in filter.exclude_tickers"},
    ]


def test_candidates_of_other_directions_are_dropped_with_the_reason() -> None:
    found = [candidate("UP", direction="up"), candidate("DOWN", direction="down"), candidate("DATE")]
    kept, steps = filtered(found, FilterSettings(directions=["up", "none"]))
    assert [one["ticker"] for one in kept] == ["UP", "DATE"]
    assert step(steps, "directions")["dropped"] == [
        {"ticker": "DOWN", "reason": "direction down is not in filter.directions: up, none"}
    ]
    kept, steps = filtered(found, FilterSettings())
    assert len(kept) == 3
    assert "directions" not in {one["name"] for one in steps}


def test_a_priority_below_the_least_is_dropped_with_both_in_the_reason() -> None:
    found = [candidate(p.value[0].upper(), p.value) for p in Priority]
    kept, steps = filtered(found, FilterSettings(min_priority="high"))
    dropped = step(steps, "min_priority")["dropped"]
    assert [c["priority"] for c in kept] == ["critical", "high"]
    assert [d["ticker"] for d in dropped] == ["M", "L"]
    assert "low" in dropped[1]["reason"]
    assert "filter.min_priority high" in dropped[1]["reason"]


@pytest.mark.parametrize(
    ("name", "low", "setting"),
    [
        ("price", {"close": 0.99}, {}),
        ("liquidity", {"dollars": 499_999.0}, {}),
        ("market cap", {"cap": 9e7}, {"min_market_cap_usd": 1e8}),
    ],
)
def test_what_is_known_to_miss_a_limit_is_dropped_with_the_figure(
    name: str, low: dict[str, Any], setting: dict[str, Any]
) -> None:
    fine = traded("FINE", close=1.0, dollars=500_000.0, cap=1e8)
    kept, steps = filtered([fine, traded("LOW", **low)], FilterSettings(**setting))
    assert [c["ticker"] for c in kept] == ["FINE"]
    [dropped] = step(steps, name)["dropped"]
    assert dropped["ticker"] == "LOW"
    assert f"{next(iter(low.values())):,.2f} is below filter.min_" in dropped["reason"]


def test_what_is_unknown_stays_and_is_counted() -> None:
    found = [traded("KNOWN"), traded("HALTED", close=None, dollars=None), candidate("BARE")]
    kept, steps = filtered(found, FilterSettings(), "no bar of 2026-02-05")
    assert kept == found
    assert step(steps, "liquidity") == {
        "name": "liquidity",
        "in": 3,
        "out": 3,
        "unknown": 2,
        "dropped": [],
        "note": "unknown for 2 of 3 (no bar of 2026-02-05)",
    }


def test_a_limit_that_is_switched_off_is_no_step() -> None:
    off = FilterSettings(min_price_usd=None, min_dollar_volume_usd=None, recent_move_percent=None)
    off = off.model_copy(update={"max_evidence_age_days": None})
    _, steps = filtered([traded("X", close=0.1, dollars=1.0, change=90)], off)
    assert [one["name"] for one in steps] == ["exclude_tickers", "min_priority"]


def test_old_evidence_drops_a_candidate_and_one_fresh_record_keeps_it() -> None:
    found = [
        candidate("OLD", evidence=[{"as_of": "2025-12-21"}, {"as_of": "2025-11-01T09:30:00-05:00"}]),
        candidate("EDGE", evidence=[{"as_of": "2025-12-22"}]),
        candidate("BOTH", evidence=[{"as_of": "2025-01-01"}, {"as_of": "2026-02-04T22:00:00+00:00"}]),
        candidate("AHEAD", evidence=[{"as_of": "2026-02-12"}]),
        candidate("UNDATED", evidence=[{"as_of": "last week"}]),
        candidate("NONE"),
    ]
    kept, steps = filtered(found, FilterSettings())
    assert [c["ticker"] for c in kept] == ["EDGE", "BOTH", "AHEAD", "UNDATED", "NONE"]
    fresh = step(steps, "freshness")
    assert fresh["dropped"] == [
        {
            "ticker": "OLD",
            "reason": "newest evidence is of 2025-12-21, 46 days old: more than filter.max_evidence_age_days 45",
        }
    ]
    assert (fresh["unknown"], fresh["note"]) == (2, "unknown for 2 of 6 (no evidence with a date)")


def test_a_recent_move_of_either_sign_is_marked_and_never_dropped() -> None:
    """Filtering by the size of the move once left nothing of a crash day."""
    crash = [traded(ticker, change=-30.0) for ticker in "ABC"]
    kept, steps = filtered([*crash, traded("UP", change=25.1), traded("CALM", change=25.0)], FilterSettings())
    assert [c["ticker"] for c in kept] == ["A", "B", "C", "UP", "CALM"]
    assert [c["ticker"] for c in kept if "deprioritised" in c] == ["A", "B", "C", "UP"]
    assert kept[0]["deprioritised"] == "moved -30.0 % in 5 sessions, more than 25 %"
    assert [one["ticker"] for one in step(steps, "recent move")["deprioritised"]] == ["A", "B", "C", "UP"]


def test_a_lowest_priority_that_moved_is_still_not_dropped() -> None:
    kept, _ = filtered([traded("L", priority="low", change=80.0)], FilterSettings(min_priority="low"))
    assert [c["ticker"] for c in kept] == ["L"]


def test_where_the_move_is_the_signal_it_is_no_reason_to_wait() -> None:
    """One that looks for sold-off shares would otherwise have all of its candidates set back."""
    found = [
        traded("LED", change=-40.0, source="rsi_oversold"),
        traded("AMONG", change=-40.0, all_sources=["s", "rsi_oversold"]),
        traded("OTHER", change=-40.0),
    ]
    labelled = traded("LABELLED", change=-40.0, source="dip", seen_by={"rsi_oversold": {"new": True}})
    kept, _ = filtered([*found, labelled], FilterSettings())
    assert ["deprioritised" in c for c in kept] == [False, False, True, False]


@given(candidates, rules)
@settings(max_examples=100, deadline=None)
def test_every_candidate_is_kept_in_order_or_named_once(found: Any, given_rules: FilterSettings) -> None:
    before = copy.deepcopy(found)
    kept, steps = filtered(found, given_rules)
    gone = [entry["ticker"] for one in steps for entry in one.get("dropped", ())]
    assert [c["ticker"] for c in kept] == [c["ticker"] for c in found if c["ticker"] not in gone]
    assert len(kept) + len(gone) == len(found)
    assert found == before
    entering = [len(found), *(one["out"] for one in steps)]
    assert [one["in"] for one in steps] == entering[:-1]
    assert entering[-1] == len(kept)
    again, _ = filtered(kept, given_rules)
    assert again == kept


@given(candidates, rules)
@settings(max_examples=50, deadline=None)
def test_a_candidate_is_judged_by_its_own_figures_only(found: Any, given_rules: FilterSettings) -> None:
    together, _ = filtered(found, given_rules)
    alone = [one for each in found for one in filtered([each], given_rules)[0]]
    assert together == alone


# -- standing ---------------------------------------------------------------------------------------


def test_a_percentile_is_the_share_of_the_own_scanners_scores_below_with_equal_ones_half() -> None:
    assert percentiles([1, 3, 3, 9]) == [0.125, 0.5, 0.5, 0.875]


def test_a_candidate_without_a_score_has_no_percentile() -> None:
    assert percentiles([None, 1]) == [None, 0.5]


def test_where_nothing_can_be_compared_a_candidate_stands_in_the_middle() -> None:
    """A scanner that gave 25 tickers the constant score of 75 would otherwise lead with all of them."""
    same = [candidate(f"S{i}", score=75) for i in range(5)]
    told_apart = [candidate(f"T{i}", source="t", score=i) for i in range(5)]
    alone = [candidate("ALONE", source="u", score=-1)]
    assert order([*same, *told_apart, *alone])[:2] == ["T4", "T3"]
    assert percentiles([-1]) == [0.5]
    assert percentiles([75] * 5) == [0.5] * 5


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=12))
def test_no_scanner_is_favoured_for_how_few_it_found_or_how_it_scores(scores: list[int]) -> None:
    made = percentiles(scores)
    assert sum(one or 0.0 for one in made) == pytest.approx(len(scores) / 2, abs=1e-4)
    by_strength = sorted(zip(scores, made, strict=True), key=lambda pair: pair[0])
    assert [one for _, one in by_strength] == sorted(one or 0.0 for one in made)


def test_the_percentile_of_the_scan_decides_and_a_filter_does_not_change_it() -> None:
    found = [candidate("A", score=1, percentile=0.9), candidate("B", score=2, percentile=0.1)]
    assert order(found) == ["A", "B"]
    assert [c["percentile"] for c in rank_candidates(found[:1], PIPELINES)] == [0.9]


def test_candidates_of_no_scan_are_compared_with_those_of_the_same_source() -> None:
    found = [candidate("A", score=1), candidate("B", score=2), candidate("C", source="t", score=99)]
    ranked = {c["ticker"]: c["percentile"] for c in rank_candidates(found, PIPELINES)}
    assert ranked == {"A": 0.25, "B": 0.75, "C": 0.5}


# -- ranker -----------------------------------------------------------------------------------------


def order(found: list[dict[str, Any]]) -> list[str]:
    return [c["ticker"] for c in rank_candidates(found, PIPELINES)]


def test_priority_decides_before_everything_else() -> None:
    assert order([candidate("L", "low", score=99), candidate("C", "critical", pipeline="news")]) == ["C", "L"]


def test_the_percentile_decides_next_and_scores_are_compared_within_a_source_only() -> None:
    """A score is its scanner's own measure: 1,000 of one is not more than 5 of another."""
    found = [
        candidate("A1", source="a", score=1),
        candidate("B1", source="b", score=1_000),
        candidate("A2", source="a", score=2),
        candidate("B2", source="b", score=2_000),
    ]
    assert order(found) == ["A2", "B2", "A1", "B1"]


def test_the_percentile_decides_before_the_pipeline() -> None:
    found = [
        candidate("E1", score=1),
        candidate("E2", score=2),
        candidate("N", source="n", score=1, pipeline="news"),
    ]
    assert order(found) == ["E2", "N", "E1"]


def test_who_has_no_score_comes_behind_those_of_the_same_priority_that_have_one() -> None:
    found = [candidate("N", source="n"), candidate("S", source="s", score=-5), candidate("H", "high")]
    assert order(found) == ["H", "S", "N"]


def test_the_pipelines_priority_decides_between_equals_and_an_unknown_pipeline_comes_last() -> None:
    found = [candidate("U", pipeline="unknown"), candidate("N", pipeline="news"), candidate("E")]
    assert order(found) == ["E", "N", "U"]
    assert order([*found, {**candidate("X"), "pipeline": None}])[-1] in {"U", "X"}


def test_where_nothing_decides_the_order_of_the_registry_stands() -> None:
    found = [candidate(ticker, source=ticker) for ticker in ("C", "A", "B")]
    assert order(found) == ["C", "A", "B"]


def test_one_that_moved_already_ranks_one_priority_lower() -> None:
    found = [
        candidate("H", "high", deprioritised="moved"),
        candidate("M", "medium", pipeline="unknown"),
        candidate("ML", "medium", deprioritised="moved"),
        candidate("L", "low"),
    ]
    assert order(found) == ["H", "M", "ML", "L"]


def test_how_many_scanners_agree_is_shown_and_not_scored() -> None:
    alone, agreed = candidate("ALONE"), candidate("AGREED", all_sources=["s", "t", "u"])
    assert order([alone, agreed]) == ["ALONE", "AGREED"]
    assert order([agreed, alone]) == ["AGREED", "ALONE"]


@given(candidates)
@settings(max_examples=100, deadline=None)
def test_ranking_is_pure_and_complete_and_urgency_never_falls_back(found: Any) -> None:
    before = copy.deepcopy(found)
    ranked = rank_candidates(found, PIPELINES)
    assert found == before
    assert sorted(c["ticker"] for c in ranked) == sorted(c["ticker"] for c in found)
    urgencies = [Priority(c["priority"]).rank for c in ranked]
    assert urgencies == sorted(urgencies)
    assert [c["rank"] for c in ranked] == list(range(1, len(found) + 1))
    said = {c["ticker"]: c for c in found}
    assert all(c[key] == value for c in ranked for key, value in said[c["ticker"]].items())


@given(candidates, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_what_the_rules_tell_apart_is_ordered_alike_whatever_order_it_came_in(
    found: Any, random: Any
) -> None:
    shuffled = random.sample(found, len(found))
    told_apart = lambda c: (c["priority"], c["percentile"], c["pipeline"])
    assert [told_apart(c) for c in rank_candidates(found, PIPELINES)] == [
        told_apart(c) for c in rank_candidates(shuffled, PIPELINES)
    ]
