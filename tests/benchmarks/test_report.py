"""The readable page contains every row, and first a summary of missed goals."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.harness.machine import machine
from benchmarks.harness.report import Conditions, render, write_json
from benchmarks.harness.row import Row
from benchmarks.harness.suite import Section

CONDITIONS = Conditions("2026-02-05", "2 cores", "langgraph 1", 61.4, (0.5, 1.5), quick=False)
MET = Row("copy/ours", 0.004, "ms", 1.0)
MISSED = Row("scan/faster", 5.5, "×", 6.0, "higher", note="busy machine")
PLAIN = Row("copy/deepcopy", 1234.5, "ms")
SECTIONS = [
    Section("copy", "About copies.", (MET, PLAIN)),
    Section("scan", "About scans.", (MISSED,)),
    Section("first_design", "About the sandbox.", skipped="the sandbox is missing"),
    Section("hang", "About hangs.", failed="killed at its limit of 240 s"),
]


def test_the_table_shows_figure_unit_goal_whether_met_and_note() -> None:
    page = render(SECTIONS, CONDITIONS)
    assert "| `copy/ours` | 0.004 | ms | at most 1 | yes |  |" in page
    assert "| `copy/deepcopy` | 1,234 | ms |  |  |  |" in page
    assert "| `scan/faster` | 5.5 | × | at least 6 | **no** | busy machine |" in page


def test_every_table_line_has_as_many_cells_as_its_head() -> None:
    lines = [line for line in render(SECTIONS, CONDITIONS).splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {7}
    assert len(lines) == 2 * 2 + 3


def test_the_summary_counts_goals_and_lists_missed_goals_and_failed_suites() -> None:
    page = render(SECTIONS, CONDITIONS)
    assert "1 of 2 goals met." in page
    assert "- missed: `scan/faster` is 5.5 ×, at least 6" in page
    assert "- suite `hang` failed: killed at its limit of 240 s" in page
    assert "Skipped: the sandbox is missing" in page


def test_a_quick_run_is_marked() -> None:
    quick = Conditions("2026-02-05", "2 cores", "langgraph 1", 61.4, (0.5, 1.5), quick=True)
    assert "A quick run" in render([], quick)
    assert "A quick run" not in render([], CONDITIONS)


def test_the_json_is_a_list_of_all_rows_in_order(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_json(path, SECTIONS)
    assert json.loads(path.read_text(encoding="utf-8")) == [row.to_dict() for row in (MET, PLAIN, MISSED)]


def test_the_machine_line_names_no_host() -> None:
    import platform

    assert platform.node() not in machine()
    assert "cores" in machine()
