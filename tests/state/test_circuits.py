"""The one circuit of vendors and scanners: its states, its table, and files of another layout."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fake_clock import FakeClock
from tradingagents.discovery.state.circuits import CIRCUIT_SCHEMA, Circuit, CircuitRules, Circuits
from tradingagents.discovery.state.table import Table

RULES = CircuitRules(open_after=2, reopen_after_seconds=60.0)


def circuits(clock: FakeClock, file: Path | None = None, rules: CircuitRules = RULES) -> Circuits:
    return Circuits(Table(file, CIRCUIT_SCHEMA), rules, clock)


def test_failures_in_a_row_open_it_and_a_failed_probe_keeps_it_open() -> None:
    circuit = Circuit().failed(0.0, RULES, probe=False)
    assert circuit.state(0.0) == "closed"
    circuit = circuit.failed(10.0, RULES, probe=False)
    assert [circuit.state(now) for now in (10.0, 69.9, 70.0)] == ["open", "open", "half-open"]
    assert (
        circuit.failed(20.0, RULES, probe=False).retry_at == 70.0
    )  # of a call that began while it was closed
    assert circuit.failed(70.0, RULES, probe=True).retry_at == 130.0
    assert circuit.shifted(5.0).retry_at == 75.0


def test_one_probe_at_a_time_across_objects_that_share_a_file(tmp_path: Path, clock: FakeClock) -> None:
    one, other = (circuits(clock, tmp_path / "c.sqlite") for _ in range(2))
    for _ in range(2):
        one.record({"a": False, "b": True})
    assert list(other.refused(["a", "b", "c"])) == ["a"]
    clock.advance(60.0)
    assert one.refused(["a"]) == {}
    assert list(other.refused(["a"])) == ["a"]
    one.record({"a": None})
    assert other.refused(["a"]) == {}
    other.record({"a": True})
    assert one.get("a") == Circuit()


def test_a_probe_whose_end_is_never_recorded_is_followed_by_another(clock: FakeClock) -> None:
    known = circuits(clock)
    for _ in range(2):
        known.record({"a": False})
    for _ in range(3):
        clock.advance(60.0)
        assert known.refused(["a"]) == {}


@pytest.mark.parametrize("ahead", [3_600.0, 10 * 365 * 86_400.0])
def test_no_probe_is_later_than_the_reopen_time_whatever_the_file_has(ahead: float, clock: FakeClock) -> None:
    """The clock may have been put back since, or the setting lowered."""
    known = circuits(clock)
    now = clock.now().timestamp()
    known.put("a", Circuit(2, now + ahead))
    assert known.get("a") == Circuit(2, now + 60.0)


def test_a_file_of_a_former_layout_is_begun_anew(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "c.sqlite"
    with closing(sqlite3.connect(file)) as former:
        former.execute("CREATE TABLE circuits (name TEXT PRIMARY KEY, opened_at REAL NOT NULL)")
        former.execute("CREATE TABLE scanners (name TEXT PRIMARY KEY, failures INTEGER, retry_at REAL)")
    for _ in range(2):
        circuits(clock, file).record({"a": False})
    assert list(circuits(clock, file).refused(["a"])) == ["a"]
    assert caplog.records == []
