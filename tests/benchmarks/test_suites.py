"""Suites run in a child, have a time limit, and count correctly."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import benchmarks.__main__ as command
from benchmarks import hang_child, imports, state_copy, truth
from benchmarks.harness import suite
from benchmarks.harness.child import run_child
from benchmarks.harness.row import KEYS, Row
from benchmarks.harness.suite import Section, Skipped, perform, run_suite
from benchmarks.peers import Result, State
from tradingagents.discovery.execution.isolation import isolate

SENDS = "from benchmarks.harness.child import send_event; send_event('ready', number=7)"


def test_a_child_sends_events_and_its_end() -> None:
    child = run_child(["-c", SENDS + "; raise SystemExit(3)"], limit_seconds=20.0)
    body, at = child.body_of("ready"), child.time_of("ready")
    assert body == {"event": "ready", "number": 7}
    assert at is not None
    assert at <= child.ended
    assert (child.killed, child.exit_code) == (False, 3)
    assert (child.body_of("never"), child.time_of("never")) == (None, None)


def test_a_child_that_hangs_is_killed_at_the_limit_that_counts_from_its_event() -> None:
    hangs = f"{SENDS}; import threading; threading.Event().wait()"
    child = run_child(["-c", hangs], limit_seconds=2.0, limit_from="ready")
    at = child.time_of("ready")
    assert child.killed
    assert at is not None
    assert child.ended - at >= 2.0


def _suite(monkeypatch: pytest.MonkeyPatch, rows: Any) -> list[dict[str, Any]]:
    """Put a suite called "made_up" in place and collect the events that its child would send."""
    module = ModuleType("benchmarks.made_up", "A suite.")
    module.rows = rows  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks.made_up", module)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(suite, "send_event", lambda event, **body: sent.append({"event": event, **body}))
    return sent


def test_a_suite_sends_rows_one_by_one_and_accepts_mappings(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(quick: bool) -> Iterator[Any]:
        yield Row("a", 1.0, "s")
        yield {"name": "b", "value": 2.0, "unit": "s", "goal": 3.0, "better": "lower"}

    sent = _suite(monkeypatch, rows)
    perform("made_up", quick=True)
    assert [body["event"] for body in sent] == ["about", "row", "row"]
    assert all(set(body["row"]) == {*KEYS, "note"} for body in sent[1:])


def test_a_suite_that_cannot_run_sends_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(quick: bool) -> Iterator[Any]:
        yield Row("a", 1.0, "s")
        raise Skipped("the sandbox is not there")

    sent = _suite(monkeypatch, rows)
    perform("made_up", quick=False)
    assert sent[-1] == {"event": "skipped", "reason": "the sandbox is not there"}


def test_a_missing_suite_is_skipped() -> None:
    assert run_suite("no_such_suite", quick=True) is None


def test_a_suite_runs_in_a_child_and_its_rows_come_back() -> None:
    """End to end, with the quickest suite."""
    section = run_suite("imports", quick=True)
    assert section is not None
    assert (section.failed, section.skipped) == ("", "")
    assert section.about
    assert {row.name: row.value for row in section.rows}["imports/loads/langgraph"] == 0
    assert all(tuple(row.to_dict()) == KEYS for row in section.rows)


def test_a_suite_that_fails_keeps_its_rows_and_makes_the_exit_code_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Section("imports", "About.", (Row("a", 1.0, "s"),), failed="ended with exit code 1: Oops")
    monkeypatch.setattr(command, "run_suite", lambda name, quick: broken)
    assert command.main(["--only", "imports"]) == 1
    assert "- suite `imports` failed: ended with exit code 1: Oops" in capsys.readouterr().out


def test_an_unknown_suite_is_refused_with_the_valid_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--only", "makespam"])
    assert "there is no suite 'makespam'; there are makespan" in capsys.readouterr().err


def test_leaks_are_counted_in_the_original() -> None:
    assert state_copy.count_leaks(lambda state: state) == 5
    assert state_copy.count_leaks(dict) == 4
    assert state_copy.count_leaks(copy.deepcopy) == 0
    assert state_copy.count_leaks(lambda state: isolate(state, lambda entry: None)) == 0


def test_duplicates_losses_and_late_writes_are_counted_apart() -> None:
    before = [{"by": "before", "number": number} for number in range(3)]
    good = [{"by": who, "number": number} for who in ("alpha", "beta", "gamma") for number in (0, 1)]
    late = [{"by": "late", "number": number} for number in range(4)]
    untouched: State = {"candidate_metadata": [{"touched_by": []}]}
    touched: State = {"candidate_metadata": [{"touched_by": ["late"]}], "late_key": "late"}
    clean = truth.count(Result({}, [], {}, [*before, *good, late[0]]), untouched)
    assert clean == truth.Counts(
        logs_duplicated=0, logs_lost=0, kept_of_cut=1, late_writes_seen=0, nested_changes_leaked=0
    )
    bad = truth.count(Result({}, [], {}, [*before, *before, *good[1:], *late]), touched)
    assert bad == truth.Counts(
        logs_duplicated=3, logs_lost=1, kept_of_cut=1, late_writes_seen=4, nested_changes_leaked=1
    )


def test_import_time_adds_up_the_packages_outermost_lines() -> None:
    lines = [
        "import time: self [us] | cumulative | imported package",
        "import time:       100 |        100 |   tradingagents.discovery._version",
        "import time:       200 |       1300 | tradingagents",
        "import time:       300 |      10000 |     pydantic",
        "import time:       300 |      20000 |   tradingagents.discovery.settings.config",
        "import time:       400 |      20400 | tradingagents.discovery",
        "import time:       900 |        900 | site",
    ]
    assert imports.import_milliseconds(lines) == pytest.approx(21.7)


def test_the_hang_shapes_are_those_of_the_documentation() -> None:
    shapes = {name: [s.name for s in shape.scanners()] for name, shape in hang_child.SHAPES.items()}
    assert sum(name.startswith("hung") for name in shapes["one_of_eight"]) == 1
    assert len(shapes["one_of_eight"]) == 8
    assert [name.startswith("hung") for name in shapes["four_ahead_of_eight"]] == [True] * 4 + [False] * 8
    assert hang_child.SHAPES["four_ahead_of_eight"].workers == 4
    assert len(shapes["six_on_two"]) == 6
    assert (hang_child.SHAPES["six_on_two"].workers, hang_child.SHAPES["six_on_two"].timeout_seconds) == (
        2,
        0.6,
    )
