"""Rows: keys, validation, and whether the goal is met."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import benchmarks
from benchmarks.harness.row import KEYS, Row


def test_a_row_has_the_five_keys_in_order_and_its_note_stays_out() -> None:
    row = Row("hang/returns/ours", 0.512345, "s", 0.6, note="three repetitions")
    assert row.to_dict() == {
        "name": "hang/returns/ours",
        "value": 0.5123,
        "unit": "s",
        "goal": 0.6,
        "better": "lower",
    }
    assert tuple(row.to_dict()) == KEYS


@pytest.mark.parametrize(
    ("value", "goal", "better", "met"),
    [
        (1.0, 1.0, "lower", True),
        (1.1, 1.0, "lower", False),
        (6.0, 6.0, "higher", True),
        (5.9, 6.0, "higher", False),
        (5.9, None, "higher", None),
    ],
)
def test_a_goal_is_an_upper_or_a_lower_bound(
    value: float, goal: float | None, better: str, met: bool | None
) -> None:
    assert Row("a", value, "s", goal, better).met is met  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "better", "message"),
    [
        ("a", 1.0, "faster", "neither 'lower' nor 'higher'"),
        ("a", math.nan, "lower", "not a finite number"),
        ("a", math.inf, "lower", "not a finite number"),
        ("A/b", 1.0, "lower", "not lower-case"),
        ("a b", 1.0, "lower", "not lower-case"),
    ],
)
def test_an_invalid_row_is_rejected(name: str, value: float, better: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Row(name, value, "s", None, better)  # type: ignore[arg-type]


def test_a_mapping_of_the_five_keys_is_taken_as_a_row() -> None:
    raw = {"name": "screens/one", "value": 2, "unit": "s", "goal": None, "better": "lower"}
    assert Row.parse(raw) == Row("screens/one", 2, "s")


def test_the_results_kept_in_the_repository_are_rows_of_five_keys_with_names_of_their_own() -> None:
    path = Path(benchmarks.__file__).with_name("results.json")
    if not path.exists():
        pytest.skip("benchmarks/results.json is not there: run `python -m benchmarks`")
    results = json.loads(path.read_text(encoding="utf-8"))
    assert all(tuple(raw) == KEYS for raw in results)
    names = [Row.parse(raw).name for raw in results]
    assert len(names) == len(set(names)) > 0
