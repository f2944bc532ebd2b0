"""Candidates: what is refused and by which field, the laws of merging, and what a limit keeps."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from tests.stable_repr import stable_repr
from tradingagents.discovery.model.candidate import (
    Candidate,
    Direction,
    Evidence,
    Priority,
    merge_candidates,
    normalise_ticker,
    strongest,
)
from tradingagents.discovery.model.errors import InvalidCandidate

RECORD = {"vendor": "sec", "as_of": "2026-02-05", "id": "0001-26-000001", "values": {"shares": 100}}


def parse(**parts: Any) -> Candidate:
    return Candidate.parse({"ticker": "ABC", **parts}, source="tester", strategy="gap")


# -- tickers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "ticker"),
    [
        ("abc", "ABC"),
        (" F ", "F"),
        ("BRK.B", "BRK.B"),
        ("brk-b", "BRK.B"),
        ("BRK/B", "BRK.B"),
        ("ABC.WS", "ABC.WS"),
        ("ABC$D", "ABC$D"),
        ("GOOGL", "GOOGL"),
    ],
)
def test_a_ticker_has_one_spelling(written: str, ticker: str) -> None:
    assert normalise_ticker(written) == ticker
    assert normalise_ticker(ticker) == ticker


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "$ABC",
        "A B",
        "123",
        "TOOLONGNAME",
        "ABC.",
        ".B",
        "BRK.B.C",
        "ABC\nDEF",
        "АВС",
        None,
        5,
        b"ABC",
        ["ABC"],
    ],
    ids=stable_repr,
)
def test_what_is_no_us_ticker_is_refused(written: Any) -> None:
    with pytest.raises(InvalidCandidate) as caught:
        normalise_ticker(written)
    assert caught.value.field == "ticker"


@pytest.mark.parametrize("written", ["ß", "ıbm", "ﬁsv", "ſpy", "µ"])
def test_letters_that_only_look_english_in_upper_case_are_no_ticker(written: str) -> None:
    """Upper-casing turns these into SS, IBM, FISV, SPY: another company's ticker."""
    with pytest.raises(InvalidCandidate):
        normalise_ticker(written)


@given(st.text(max_size=12))
def test_every_text_is_a_ticker_or_refused_and_normalising_twice_changes_nothing(text: str) -> None:
    try:
        ticker = normalise_ticker(text)
    except InvalidCandidate:
        return
    assert ticker.isascii()
    assert normalise_ticker(ticker) == ticker


# -- one candidate ----------------------------------------------------------------------------------


def test_the_least_a_scanner_may_yield_is_a_ticker() -> None:
    assert parse().to_dict() == {
        "ticker": "ABC",
        "source": "tester",
        "context": "",
        "priority": "medium",
        "strategy": "gap",
        "direction": "none",
        "score": None,
        "evidence": [],
    }


def test_values_of_the_scanner_override_the_defaults_and_extras_are_kept() -> None:
    made = parse(
        source="other",
        strategy="own",
        context="up",
        priority="HIGH",
        score=Decimal("1.5"),
        evidence=[RECORD],
        gap_percent=4,
        seen=date(2026, 2, 5),
    ).to_dict()
    assert made["source"] == "other"
    assert made["strategy"] == "own"
    assert made["priority"] == "high"
    assert made["score"] == 1.5
    assert made["evidence"] == [RECORD]
    assert (made["gap_percent"], made["seen"]) == (4, "2026-02-05")


def test_a_parsed_candidate_and_any_mapping_are_taken_as_well_as_a_dict() -> None:
    first = parse(score=2, evidence=[RECORD], extra_key=[1])
    assert Candidate.parse(first, source="x", strategy="y") == first
    assert Candidate.parse(MappingProxyType({"ticker": "abc"}), source="x", strategy="y").ticker == "ABC"


@pytest.mark.parametrize("raw", [None, "ABC", 5, ["ABC"], ("ABC", "high")], ids=stable_repr)
def test_what_is_no_mapping_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidCandidate) as caught:
        Candidate.parse(raw, source="tester", strategy="gap")
    assert caught.value.field == "candidate"


def evidence(**changes: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in {**RECORD, **changes}.items() if value is not None}]


REFUSED = [
    ("ticker", {"ticker": None}),
    ("ticker", {"ticker": "not one"}),
    ("source", {"source": 5}),
    ("context", {"context": ["up"]}),
    ("strategy", {"strategy": {"a": 1}}),
    ("priority", {"priority": "urgent"}),
    ("priority", {"priority": 1}),
    ("priority", {"priority": ["high"]}),
    ("direction", {"direction": "sideways"}),
    ("direction", {"direction": 1}),
    ("score", {"score": math.nan}),
    ("score", {"score": math.inf}),
    ("score", {"score": "12"}),
    ("score", {"score": True}),
    ("score", {"score": [1.0]}),
    ("score", {"score": 10**400}),
    ("evidence", {"evidence": "a filing"}),
    ("evidence", {"evidence": RECORD}),
    ("evidence", {"evidence": 5}),
    ("evidence", {"evidence": ["a filing"]}),
    ("evidence", {"evidence": evidence(vendor=None)}),
    ("evidence", {"evidence": evidence(vendor="")}),
    ("evidence", {"evidence": evidence(as_of=None)}),
    ("evidence", {"evidence": evidence(as_of=date(2026, 2, 5))}),
    ("evidence", {"evidence": evidence(id=None)}),
    ("evidence", {"evidence": evidence(values=None)}),
    ("evidence", {"evidence": evidence(values={})}),
    ("evidence", {"evidence": evidence(values={"ratio": math.nan})}),
    ("evidence", {"evidence": evidence(values={"raw": b"x"})}),
    ("evidence", {"evidence": evidence(values=[1, 2])}),
    ("evidence", {"evidence": evidence(url=5)}),
    ("evidence", {"evidence": evidence(text=5)}),
    ("evidence", {"evidence": evidence(unknown=1)}),
    ("evidence", {"evidence": [{**RECORD, "zzz": 1, 5: 2}]}),
    ("evidence", {"evidence": [Evidence("sec", "2026-02-05", id="1", values={"ratio": math.nan})]}),
    ("odd", {"odd": math.nan}),
    ("odd", {"odd": object()}),
    ("odd", {"odd": {"deep": [b"x"]}}),
]


@pytest.mark.parametrize(
    ("field", "parts"), REFUSED, ids=[f"{field} {stable_repr(parts)}"[:60] for field, parts in REFUSED]
)
def test_every_refusal_is_an_invalid_candidate_that_names_the_field(
    field: str, parts: dict[str, Any]
) -> None:
    """Whatever is wrong with one candidate must cost that candidate only, never the scanner."""
    with pytest.raises(InvalidCandidate) as caught:
        parse(**parts).to_dict()
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def test_a_direction_is_text_or_an_enum_and_a_wrong_one_is_refused_with_the_valid_ones() -> None:
    assert parse(direction="UP").direction is Direction.UP
    assert parse(direction=Direction.DOWN).to_dict()["direction"] == "down"
    with pytest.raises(InvalidCandidate, match="'sideways' is not one of up, down, none"):
        parse(direction="sideways")


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ("evidence", {"evidence": (Evidence("sec", "2026-02-05", id="1", values={"ratio": math.nan}),)}),
        ("score", {"score": math.nan}),
        ("odd", {"extra": {"odd": math.nan}}),
    ],
    ids=["evidence", "score", "extra"],
)
def test_a_candidate_object_with_a_value_that_is_not_plain_is_refused(
    field: str, parts: dict[str, Any]
) -> None:
    made = dataclasses.replace(parse(), **parts)
    with pytest.raises(InvalidCandidate) as caught:
        Candidate.parse(made, source="tester", strategy="gap")
    assert caught.value.field == field


def test_values_of_an_array_library_are_taken_or_refused_but_never_crash() -> None:
    numpy = pytest.importorskip("numpy")
    made = parse(score=numpy.float32(1.5), flag=numpy.bool_(True), context=numpy.str_("up")).to_dict()
    assert (made["score"], made["flag"], made["context"]) == (1.5, True, "up")
    assert {type(made["score"]), type(made["flag"]), type(made["context"])} == {float, bool, str}
    for field in ("score", "odd"):
        with pytest.raises(InvalidCandidate) as caught:
            parse(**{field: numpy.array([1.0, 2.0])})
        assert caught.value.field == field


def test_parsing_changes_nothing_and_shares_nothing() -> None:
    raw = {"ticker": "ABC", "evidence": [copy.deepcopy(RECORD)], "levels": [1, [2]]}
    before = copy.deepcopy(raw)
    made = Candidate.parse(raw, source="tester", strategy="gap").to_dict()
    made["levels"][1].append(3)
    made["evidence"][0]["values"]["shares"] = 0
    assert raw == before


# -- merging ----------------------------------------------------------------------------------------

TICKERS = ["AAA", "BBB", "CCC"]
few = settings(max_examples=40, deadline=None)


def found(source: str) -> st.SearchStrategy[dict[str, Any]]:
    def made(
        ticker: str, context: str, priority: str, direction: str, score: float | None, ids: str, note: int
    ) -> Any:
        raw = {
            "ticker": ticker,
            "context": context,
            "priority": priority,
            "direction": direction,
            "score": score,
            "evidence": [{**RECORD, "id": record} for record in ids],
            **({"note": note} if note else {}),
        }
        return Candidate.parse(raw, source=source, strategy=f"{source} strategy").to_dict()

    return st.builds(
        made,
        st.sampled_from(TICKERS),
        st.sampled_from(["", "up", "down"]),
        st.sampled_from(list(Priority)),
        st.sampled_from(list(Direction)),
        st.sampled_from([None, 0, 1, 2]),
        st.sampled_from(["", "x", "xy", "yx", "xx"]),
        st.integers(0, 2),
    )


def groups() -> st.SearchStrategy[Any]:
    return st.tuples(*(st.lists(found(name), max_size=4) for name in ("first", "second", "third")))


@few
@given(groups())
def test_merging_gives_each_ticker_once_in_order_of_first_appearance(given_groups: Any) -> None:
    flat = [candidate["ticker"] for group in given_groups for candidate in group]
    assert [merged["ticker"] for merged in merge_candidates(given_groups)] == list(dict.fromkeys(flat))


@few
@given(groups())
def test_the_first_of_the_highest_priority_leads(given_groups: Any) -> None:
    for merged in merge_candidates(given_groups):
        same = [c for group in given_groups for c in group if c["ticker"] == merged["ticker"]]
        leader = min(same, key=lambda c: Priority(c["priority"]).rank)  # min keeps the first of equals
        for name in ("source", "context", "strategy", "priority", "direction", "score"):
            assert merged[name] == leader[name]


@few
@given(groups())
def test_sources_contexts_and_evidence_are_all_kept_once_in_registry_order(given_groups: Any) -> None:
    for merged in merge_candidates(given_groups):
        same = [c for group in given_groups for c in group if c["ticker"] == merged["ticker"]]
        assert merged["all_sources"] == list(dict.fromkeys(c["source"] for c in same))
        assert merged["all_contexts"] == list(dict.fromkeys(c["context"] for c in same if c["context"]))
        assert merged["all_directions"] == list(dict.fromkeys(c["direction"] for c in same))
        expected: list[Any] = []
        for record in (record for c in same for record in c["evidence"]):
            if record not in expected:
                expected.append(record)
        assert merged["evidence"] == expected


@few
@given(groups())
def test_merging_changes_no_input_and_shares_nothing_with_it(given_groups: Any) -> None:
    before = copy.deepcopy(given_groups)
    for merged in merge_candidates(given_groups):
        merged["all_sources"].append("x")
        for record in merged["evidence"]:
            record["values"]["shares"] = -1
    assert given_groups == before


@few
@given(groups())
def test_merging_what_is_merged_changes_nothing(given_groups: Any) -> None:
    once = merge_candidates(given_groups)
    assert merge_candidates([once]) == once


@few
@given(groups())
def test_who_leads_and_what_is_kept_is_the_same_when_merged_step_by_step(given_groups: Any) -> None:
    first, *others = given_groups
    by_steps = merge_candidates([merge_candidates([first]), *others])
    at_once = merge_candidates(given_groups)
    for name in ("ticker", "source", "priority", "score", "all_sources", "all_contexts", "evidence"):
        assert [merged[name] for merged in by_steps] == [merged[name] for merged in at_once]


@few
@given(groups())
def test_what_is_merged_is_taken_by_json_and_by_a_checkpointer(given_groups: Any) -> None:
    merged = merge_candidates(given_groups)
    assert json.loads(json.dumps(merged, allow_nan=False)) == merged
    serde = JsonPlusSerializer()
    kind, data = serde.dumps_typed(merged)
    assert kind == "msgpack"
    assert serde.loads_typed((kind, data)) == merged


@pytest.mark.parametrize(
    "name", ["all_sources", "all_contexts", "all_directions", "found_by", "confluence", "partial_sources"]
)
@pytest.mark.parametrize("value", ["text", 5, None, {"a": 1}, ["someone else"]], ids=stable_repr)
def test_a_scanner_that_uses_a_name_of_the_merge_does_not_break_it(name: str, value: Any) -> None:
    """The merge runs outside the error boundary: what breaks it takes every scanner's finds along."""
    try:
        odd = parse(context="own words", **{name: value}).to_dict()
    except InvalidCandidate:
        return
    other = Candidate.parse({"ticker": "ABC"}, source="other", strategy="").to_dict()
    for order in ([[odd]], [[odd], [other]], [[other], [odd]]):
        (merged,) = merge_candidates(order)
        assert "tester" in merged["all_sources"]
        assert "own words" in merged["all_contexts"]
        assert {type(merged["all_sources"]), type(merged["all_contexts"])} == {list}


# -- what a limit keeps -----------------------------------------------------------------------------


@few
@given(st.lists(found("only"), max_size=8), st.integers(1, 4), st.randoms(use_true_random=False))
def test_signal_and_never_arrival_decides_what_a_limit_keeps(one_order: Any, limit: int, chance: Any) -> None:
    one_order = [Candidate.parse(one, source="only", strategy="") for one in one_order]
    another = list(one_order)
    chance.shuffle(another)
    kept, kept_too = strongest(one_order, limit), strongest(another, limit)
    assert {c.ticker for c in kept} == {c.ticker for c in kept_too}
    assert sorted(map(repr, kept)) == sorted(map(repr, kept_too))


def test_scored_candidates_come_back_strongest_first_whatever_their_arrival() -> None:
    made = [parse(ticker=ticker, score=score) for ticker, score in (("A", 1), ("B", None), ("C", 3))]
    made += [parse(ticker="D", score=3, priority="high"), parse(ticker="E", score=-1)]
    for order in (made, made[::-1]):
        assert [c.ticker for c in strongest(order, 4)] == ["D", "C", "A", "E"]


def test_a_limit_counts_tickers_and_keeps_all_that_was_found_for_one() -> None:
    made = [parse(ticker=t, score=s, context=str(s)) for t, s in (("A", 9), ("B", 8), ("A", 1), ("C", 7))]
    assert [(c.ticker, c.score) for c in strongest(made, 2)] == [("A", 9), ("B", 8), ("A", 1)]


def test_no_limit_cuts_nothing_and_without_scores_the_order_stays() -> None:
    made = [parse(ticker=ticker) for ticker in ("B", "A")]
    assert strongest(made, None) == made
