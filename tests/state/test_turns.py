"""Turns outlive the run, and a file that cannot be used costs the memory of them, not the run."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradingagents.discovery.state.turns import Turn, TurnLog

MONDAY = datetime(2026, 2, 2, 15, tzinfo=UTC)


def turn(file: Path | None, tickers: str, noted: str = "", day: int = 0, owner: str = "one") -> str:
    """Return the order of one-letter tickers on a day, and note some of them."""
    with closing(TurnLog(file, owner, keep_open=True)) as log:
        order = "".join(log.longest_ago(tickers))
        log.note(list(noted), MONDAY + timedelta(days=day))
    return order


def test_those_never_requested_come_first_then_those_requested_longest_ago(tmp_path: Path) -> None:
    file = tmp_path / "turns.sqlite"
    assert turn(file, "ABCDE", noted="AB", day=0) == "ABCDE"
    assert turn(file, "ABCDE", noted="CD", day=1) == "CDEAB"
    assert turn(file, "ABCDE", noted="EA", day=2) == "EABCD"
    assert turn(file, "ABCDE", day=3) == "BCDAE"


def test_each_owner_has_turns_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "turns.sqlite"
    turn(file, "AB", noted="A")
    assert turn(file, "AB", owner="other") == "AB"
    assert turn(file, "AB") == "BA"


def test_without_a_file_every_run_begins_anew() -> None:
    turn(None, "AB", noted="A")
    assert turn(None, "AB", day=1) == "AB"


@pytest.mark.parametrize("kind", ["a folder", "no database"])
def test_a_file_that_cannot_be_used_is_logged_once(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "turns.sqlite"
    if kind == "a folder":
        file.mkdir()
    else:
        file.write_text("this is not a database" * 100)
    with caplog.at_level(logging.WARNING):
        assert turn(file, "AB", noted="A") == "AB"
    assert [record.getMessage()[:37] for record in caplog.records] == [
        "one: which tickers were requested is "
    ]


def test_what_an_abandoned_thread_notes_after_the_end_is_dropped_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "turns.sqlite"
    log = TurnLog(file, "one", keep_open=True)
    log.close()
    log.note(["A"], MONDAY)
    assert log.longest_ago("AB") == ["A", "B"]
    log.close()
    assert turn(file, "AB") == "AB"
    assert caplog.records == []


def test_one_that_fails_comes_soon_again_but_not_a_third_time(tmp_path: Path) -> None:
    file = tmp_path / "turns.sqlite"
    turn(file, "ABC", noted="ABC")
    for day, expected in ((1, "BAC"), (2, "ACB"), (3, "BAC")):
        with closing(TurnLog(file, "one")) as log:
            log.note_failure("B", MONDAY + timedelta(days=day))
            assert "".join(log.longest_ago("ABC")) == expected


def test_one_that_failed_comes_after_those_never_requested(tmp_path: Path) -> None:
    file = tmp_path / "turns.sqlite"
    with closing(TurnLog(file, "one")) as log:
        log.note_failure("A", MONDAY)
    assert turn(file, "ABC") == "BCA"


def test_the_last_request_and_whether_it_was_answered_can_be_read(tmp_path: Path) -> None:
    file, tuesday = tmp_path / "turns.sqlite", MONDAY + timedelta(days=1)
    with closing(TurnLog(file, "one")) as log:
        log.note(["A", "B"], MONDAY)
        log.note(["B"], tuesday, answered=False)
        log.note([], tuesday)
    with closing(TurnLog(file, "one")) as log:
        assert log.read() == {"A": Turn(MONDAY, answered=True), "B": Turn(tuesday, answered=False)}
        assert log.longest_ago("BA") == ["A", "B"]


def test_a_file_of_the_former_layout_is_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "turns.sqlite"
    with closing(sqlite3.connect(file)) as former:
        former.execute(
            "CREATE TABLE asked (scanner TEXT, ticker TEXT, at REAL, PRIMARY KEY (scanner, ticker))"
        )
    assert turn(file, "AB", noted="A") == "AB"
    assert turn(file, "AB") == "BA"
    assert caplog.records == []


_PROCESS = """
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tradingagents.discovery.state.turns import TurnLog

now = datetime(2026, 2, 2, tzinfo=UTC)
with closing(TurnLog(Path(sys.argv[1]), "one", keep_open=True)) as log:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(60):
        log.longest_ago(["A", "B"])
        log.note([f"{sys.argv[2]}{number}"], now)
        log.note_failure(f"{sys.argv[2]}X{number}", now)
"""


def test_runs_at_once_in_several_processes_lose_nothing_of_each_others_turns(tmp_path: Path) -> None:
    file = tmp_path / "turns.sqlite"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, str(file), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in "PQR"
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    assert [run.communicate(timeout=60)[1] for run in runs] == ["", "", ""]
    with closing(TurnLog(file, "one")) as log:
        noted = [f"{name}{number}" for name in "PQR" for number in range(60)]
        failed = [f"{name}X{number}" for name in "PQR" for number in range(60)]
        assert log.longest_ago([*noted, "NEW", *failed]) == ["NEW", *failed, *noted]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5))
def test_every_ticker_is_requested_before_any_is_requested_twice(
    tmp_path_factory: pytest.TempPathFactory, length: int, at_once: int
) -> None:
    file = tmp_path_factory.mktemp("turns", numbered=True) / "turns.sqlite"
    tickers = "ABCDEFGHIJKL"[:length]
    requested: list[str] = []
    for day in range(-(-length // at_once)):
        picked = turn(file, tickers, day=day)[:at_once]
        turn(file, tickers, noted=picked, day=day)
        requested += picked
    assert set(requested) == set(tickers)
    assert len(requested[:length]) == len(set(requested[:length]))
