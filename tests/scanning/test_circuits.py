"""A scanner that keeps failing is left out, tried again once, and can be forced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fake_clock import FakeClock
from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.execution.outcome import Reason, Status, Verdict
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.scanning.circuits import ScannerCircuits

FAILED = Verdict(Status.FAILED, Reason.VENDOR_DOWN, "down")
LATE = Verdict(Status.TIMED_OUT, Reason.DEADLINE, "timeout after 30s")
FINE = Verdict(Status.EMPTY)


def circuits(clock: FakeClock, file: Path | None = None) -> ScannerCircuits:
    return ScannerCircuits(file, open_after=3, reopen_after_seconds=3_600, clock=clock)


@pytest.fixture(params=["file", "memory"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "scanners.sqlite" if request.param == "file" else None


def test_three_failures_in_a_row_open_it_and_an_hour_later_one_run_may_try(
    file: Path | None, clock: FakeClock
) -> None:
    known = circuits(clock, file)
    for verdict in (FAILED, LATE, FAILED):
        assert known.refused(["a"]) == {}
        known.learn({"a": verdict})
    refusal = known.refused(["a", "b"])
    assert list(refusal) == ["a"]
    assert (refusal["a"].status, refusal["a"].reason) == (Status.SKIPPED, Reason.CIRCUIT_OPEN)
    assert "2026-02-05T15:30:00+00:00" in refusal["a"].message
    clock.advance(3_600)
    assert known.refused(["a"]) == {}
    assert list(known.refused(["a"])) == ["a"], "a second one tries beside the first"
    known.learn({"a": FAILED})
    assert list(known.refused(["a"])) == ["a"]
    clock.advance(3_600)
    assert known.refused(["a"]) == {}
    known.learn({"a": FINE})
    known.learn({"a": FAILED})
    assert known.refused(["a"]) == {}


@pytest.mark.parametrize("reason", [Reason.STALE_DATA, Reason.NO_DATA])
def test_a_trade_date_without_data_is_no_failure_of_the_scanner(
    reason: Reason, file: Path | None, clock: FakeClock
) -> None:
    """Three days of the past must not silence today's scan, nor bars that were missing those imported since."""
    known = circuits(clock, file)
    for _ in range(3):
        known.learn({"a": Verdict(Status.FAILED, reason)})
    assert known.refused(["a"]) == {}


def test_a_try_that_was_cancelled_leaves_it_to_the_next_run(file: Path | None, clock: FakeClock) -> None:
    known = circuits(clock, file)
    for _ in range(3):
        known.learn({"a": FAILED})
    clock.advance(3_600)
    assert known.refused(["a"]) == {}
    known.learn({"a": Verdict(Status.TIMED_OUT, Reason.CANCELLED)})
    assert known.refused(["a"]) == {}


def test_failures_are_remembered_for_the_next_process(tmp_path: Path, clock: FakeClock) -> None:
    for _ in range(3):
        circuits(clock, tmp_path / "scanners.sqlite").learn({"a": FAILED})
    assert list(circuits(clock, tmp_path / "scanners.sqlite").refused(["a"])) == ["a"]


def test_a_file_that_cannot_be_used_costs_the_memory_of_other_runs_only(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "scanners.sqlite").write_text("this is not a database, and longer than a header" * 9)
    known = circuits(clock, tmp_path / "scanners.sqlite")
    for _ in range(3):
        known.learn({"a": FAILED})
    assert list(known.refused(["a"])) == ["a"]
    assert "in memory only" in caplog.text


def graph_of(folder: Path, **execution: Any) -> tuple[DiscoveryGraph, list[str]]:
    runs: list[str] = []

    class Broken(BaseScanner):
        name, pipeline = "broken", "edge"

        def scan(self, state: dict[str, Any]) -> list[Any]:
            runs.append(self.name)
            raise RuntimeError("boom")

    config = {"discovery": {"state_dir": str(folder), "scanner_execution": execution}}
    return DiscoveryGraph(config, ScannerRegistry([Broken])), runs


def test_a_fourth_run_leaves_it_out_unless_it_is_forced(tmp_path: Path) -> None:
    for _ in range(3):
        graph_of(tmp_path)[0].run("2026-02-05")
    graph, runs = graph_of(tmp_path)
    (outcome,) = graph.run("2026-02-05")["scan_report"]["outcomes"]
    assert (outcome["status"], outcome["reason"], runs) == ("skipped", "circuit_open", [])
    assert "last 3 runs; to be tried again at" in outcome["message"]
    (outcome,) = graph.run("2026-02-05", force=True)["scan_report"]["outcomes"]
    assert (outcome["status"], runs) == ("failed", ["broken"])
    forced, runs = graph_of(tmp_path, force=True)
    forced.run("2026-02-05")
    assert runs == ["broken"]


def test_it_is_never_left_out_when_the_setting_is_0(tmp_path: Path) -> None:
    graph, runs = graph_of(tmp_path, open_after_failures=0)
    for _ in range(5):
        graph.run("2026-02-05")
    assert len(runs) == 5
