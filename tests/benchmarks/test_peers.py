"""Every peer takes the same input and returns the same type of result."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from benchmarks.harness.load import small_state
from benchmarks.peers import NAMES, Result, Scanner, State, peer


def _finds(state: State) -> list[Any]:
    state["tool_logs"].append({"tool": "request", "date": state["trade_date"]})
    return [{"ticker": "ABC"}]


def _fails(state: State) -> list[Any]:
    raise ValueError("no such thing")


@pytest.mark.parametrize("name", NAMES)
def test_a_peer_gives_candidates_failures_and_logs(name: str) -> None:
    result = peer(name)([Scanner("good", _finds), Scanner("bad", _fails)], small_state(), 2, 20.0)
    assert isinstance(result, Result)
    assert result.found == {"good": [{"ticker": "ABC"}]}
    assert list(result.failed) == ["bad"]
    assert "no such thing" in result.failed["bad"]
    assert result.timed_out == []
    assert any(entry["tool"] == "request" and entry["date"] == "2026-02-05" for entry in result.logs)


@pytest.mark.parametrize("name", NAMES)
def test_a_peer_runs_more_scanners_than_workers(name: str) -> None:
    scanners = [Scanner(f"scanner_{index}", _finds) for index in range(9)]
    result = peer(name)(scanners, small_state(), 4, 20.0)
    assert sorted(result.found) == sorted(scanner.name for scanner in scanners)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sequential"])
def test_a_concurrent_peer_has_its_workers_overlap(name: str) -> None:
    meeting = threading.Barrier(3)

    def meets(state: State) -> list[Any]:
        meeting.wait(10.0)
        return []

    result = peer(name)([Scanner(f"scanner_{index}", meets) for index in range(3)], small_state(), 3, 20.0)
    assert len(result.found) == 3


def test_the_first_design_doubles_logs_and_ours_does_not() -> None:
    """The peer has the defect of the original algorithm: a list extended by itself."""
    scanners = [Scanner("one", _finds), Scanner("two", _finds)]
    assert len(peer("first_design")(scanners, small_state(), 1, 20.0).logs) > 2
    assert len(peer("ours")(scanners, small_state(), 1, 20.0).logs) == 2


def test_ours_returns_durations_and_starts_the_longest_first() -> None:
    started: list[str] = []
    meeting = threading.Barrier(2)  # the two that are started first hold both workers until they meet

    def noted(name: str, expected: float) -> Scanner:
        def scan(state: State) -> list[Any]:
            started.append(name)
            if name != "short":
                meeting.wait(10.0)
            return []

        return Scanner(name, scan, expected)

    scanners = [noted("short", 1.0), noted("long", 9.0), noted("mid", 5.0)]
    result = peer("ours")(scanners, small_state(), 2, 20.0)
    assert sorted(result.seconds) == ["long", "mid", "short"]
    assert started[-1] == "short"
