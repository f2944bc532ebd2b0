"""The reducer of the tool logs."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tradingagents.discovery.graph.state import merge_by_id

entries = st.lists(
    st.one_of(
        st.fixed_dictionaries({"id": st.integers(0, 5), "n": st.integers(0, 3)}),
        st.fixed_dictionaries({"n": st.integers(0, 3)}),
    ),
    max_size=8,
)


def has_unique_ids(entries: list[dict[str, Any]]) -> bool:
    ids = [entry["id"] for entry in entries if "id" in entry]
    return len(ids) == len(set(ids))


@given(entries.filter(has_unique_ids), entries.filter(has_unique_ids))
def test_a_node_may_return_what_is_new_or_the_whole_list(old: list[Any], new: list[Any]) -> None:
    merged = merge_by_id(old, new)
    assert merge_by_id(merged, merged) == merged
    assert merge_by_id(old, merged) == merged
    for entry in new:
        assert entry in merged


@given(entries.filter(has_unique_ids))
def test_equal_entries_without_an_id_stay_as_often_as_they_were_there(logs: list[Any]) -> None:
    assert merge_by_id(None, logs) == logs
    assert merge_by_id(logs, None) == logs


def test_a_later_entry_of_the_same_id_takes_the_place_of_the_earlier() -> None:
    assert merge_by_id([{"id": "a", "n": 1}, {"id": "b"}], [{"id": "a", "n": 2}]) == [
        {"id": "a", "n": 2},
        {"id": "b"},
    ]


def test_entries_that_are_no_dicts_are_kept() -> None:
    assert merge_by_id(["text"], ["text", 3]) == ["text", 3]
