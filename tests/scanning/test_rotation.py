"""Whose turn it is survives the run, and a file that cannot be used costs the memory, not the scan."""

from __future__ import annotations

import logging
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradingagents.discovery.scanning.rotation import Rotation

MONDAY = datetime(2026, 2, 2, 15, tzinfo=UTC)


def turn(file: Path | None, tickers: str, noted: str = "", day: int = 0, scanner: str = "one") -> str:
    """Return the order of one-letter tickers on a day, and note some of them."""
    with closing(Rotation(file, scanner, MONDAY + timedelta(days=day))) as rotation:
        order = "".join(rotation.longest_ago(tickers))
        rotation.note(list(noted))
    return order


def test_those_never_asked_come_first_then_those_asked_longest_ago(tmp_path: Path) -> None:
    file = tmp_path / "rotation.sqlite"
    assert turn(file, "ABCDE", noted="AB", day=0) == "ABCDE"
    assert turn(file, "ABCDE", noted="CD", day=1) == "CDEAB"
    assert turn(file, "ABCDE", noted="EA", day=2) == "EABCD"
    assert turn(file, "ABCDE", day=3) == "BCDAE"


def test_each_scanner_has_a_turn_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "rotation.sqlite"
    turn(file, "AB", noted="A")
    assert turn(file, "AB", scanner="other") == "AB"
    assert turn(file, "AB") == "BA"


def test_without_a_file_every_run_begins_anew() -> None:
    turn(None, "AB", noted="A")
    assert turn(None, "AB", day=1) == "AB"


@pytest.mark.parametrize("kind", ["a folder", "no database"])
def test_a_file_that_cannot_be_used_is_said_once(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "rotation.sqlite"
    if kind == "a folder":
        file.mkdir()
    else:
        file.write_text("this is no database" * 100)
    with caplog.at_level(logging.WARNING):
        assert turn(file, "AB", noted="A") == "AB"
    assert [record.message[:35] for record in caplog.records] == ["one: the rotation is not kept, the n"[:35]]


def test_what_an_abandoned_thread_notes_after_the_end_is_dropped_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "rotation.sqlite"
    rotation = Rotation(file, "one", MONDAY)
    rotation.close()
    rotation.note(["A"])
    assert rotation.longest_ago("AB") == ["A", "B"]
    rotation.close()
    assert turn(file, "AB") == "AB"
    assert caplog.records == []


def test_one_that_fails_comes_soon_again_but_not_a_third_time(tmp_path: Path) -> None:
    file = tmp_path / "rotation.sqlite"
    turn(file, "ABC", noted="ABC")
    for day, expected in ((1, "BAC"), (2, "ACB"), (3, "BAC")):
        with closing(Rotation(file, "one", MONDAY + timedelta(days=day))) as rotation:
            rotation.note_failure("B")
            assert "".join(rotation.longest_ago("ABC")) == expected


def test_one_that_failed_comes_after_those_never_asked(tmp_path: Path) -> None:
    file = tmp_path / "rotation.sqlite"
    with closing(Rotation(file, "one", MONDAY)) as rotation:
        rotation.note_failure("A")
    assert turn(file, "ABC") == "BCA"


_PROCESS = """
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tradingagents.discovery.scanning.rotation import Rotation

with closing(Rotation(Path(sys.argv[1]), "one", datetime(2026, 2, 2, tzinfo=UTC))) as rotation:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(60):
        rotation.longest_ago(["A", "B"])
        rotation.note([f"{sys.argv[2]}{number}"])
        rotation.note_failure(f"{sys.argv[2]}X{number}")
"""


def test_runs_at_once_in_several_processes_lose_nothing_of_each_others_turns(tmp_path: Path) -> None:
    file = tmp_path / "rotation.sqlite"
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
    with closing(Rotation(file, "one", MONDAY)) as rotation:
        noted = [f"{name}{number}" for name in "PQR" for number in range(60)]
        failed = [f"{name}X{number}" for name in "PQR" for number in range(60)]
        assert rotation.longest_ago([*noted, "NEW", *failed]) == ["NEW", *failed, *noted]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5))
def test_a_list_is_gone_through_before_anything_is_asked_twice(
    tmp_path_factory: pytest.TempPathFactory, length: int, at_once: int
) -> None:
    file = tmp_path_factory.mktemp("rotation", numbered=True) / "rotation.sqlite"
    tickers = "ABCDEFGHIJKL"[:length]
    asked: list[str] = []
    for day in range(-(-length // at_once)):
        picked = turn(file, tickers, day=day)[:at_once]
        turn(file, tickers, noted=picked, day=day)
        asked += picked
    assert set(asked) == set(tickers)
    assert len(asked[:length]) == len(set(asked[:length]))
