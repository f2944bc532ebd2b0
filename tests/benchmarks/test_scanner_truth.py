"""Precision and recall are counted correctly, and are 1 for every scanner."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import scanner_truth
from benchmarks.harness.suite import SUITES
from benchmarks.scanner_truth import Found


def outcome(*tickers: str, status: str = "ok") -> dict[str, Any]:
    return {
        "candidates": [{"ticker": ticker} for ticker in tickers],
        "status": status,
        "reason": "none",
        "message": "",
    }


def test_found_missed_and_wrong_tickers_are_counted() -> None:
    found = Found()
    found.add(outcome("A", "B", "X"), frozenset("ABC"), frozenset("XY"))
    found.add(outcome("D"), frozenset("D"), frozenset())
    assert (found.precision, found.recall, found.traps) == (3 / 4, 3 / 4, 1)
    assert found.ended == []


def test_precision_without_candidates_is_zero_if_a_ticker_was_planted() -> None:
    """A failed scanner must not have a perfect precision."""
    found = Found()
    found.add(outcome(status="failed"), frozenset("A"), frozenset())
    assert (found.precision, found.recall) == (0.0, 0.0)
    assert found.ended == ["failed/none: "]
    assert (Found().precision, Found().recall) == (1.0, 1.0)


@pytest.mark.slow
def test_every_scanner_finds_exactly_the_planted_tickers() -> None:
    rows = list(scanner_truth.rows(quick=True))
    assert [(row.name, row.value, row.note) for row in rows if not row.met] == []
    assert len(rows) >= 2 * 8 + 1
    assert "scanner_truth" in SUITES
