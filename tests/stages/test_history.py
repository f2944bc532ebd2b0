"""What is new since the last run: no lie without an earlier run, the same marks for the same day."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradingagents.discovery.stages.filter.history import Sightings
from tradingagents.discovery.stages.filter.novelty import Found, found_in, mark_candidates

ALL = frozenset({"a", "b"})


def found(complete: frozenset[str] = ALL, **tickers: set[str]) -> Found:
    return Found({name: frozenset(each) for name, each in tickers.items()}, complete)


@pytest.fixture(params=["file", "memory"])
def sightings(request: pytest.FixtureRequest, tmp_path: Path) -> Sightings:
    return Sightings(tmp_path / "state" / "sightings.sqlite" if request.param == "file" else None)


def scan(known: Sightings, day: str, what: Found) -> dict[str, dict[str, Any]]:
    """Run a day, and return the marks of each ticker."""
    tickers = sorted(set().union(*what.tickers.values()))
    earlier, problem = known.exchange(day, what)
    assert problem is None
    return {c["ticker"]: c for c in mark_candidates([{"ticker": t} for t in tickers], what, earlier, day)}


def test_the_first_run_calls_nothing_new(sightings: Sightings) -> None:
    """What was there before is unknown."""
    assert scan(sightings, "2026-02-04", found(a={"X"}))["X"] == {
        "ticker": "X",
        "new": None,
        "first_seen": "2026-02-04",
        "last_seen": None,
        "seen_by": {"a": {"new": None, "first_seen": "2026-02-04", "last_seen": None}},
    }


def test_the_next_days_are_compared_with_the_last_one(sightings: Sightings) -> None:
    scan(sightings, "2026-02-03", found(a={"OLD", "GONE"}))
    scan(sightings, "2026-02-04", found(a={"OLD"}))
    marks = scan(sightings, "2026-02-05", found(a={"OLD", "GONE", "NEW"}))
    found_ = {t: (m["new"], m["first_seen"], m["last_seen"]) for t, m in marks.items()}
    assert found_ == {
        "OLD": (False, "2026-02-03", "2026-02-04"),
        "GONE": (True, "2026-02-03", "2026-02-03"),
        "NEW": (True, "2026-02-05", None),
    }


def test_a_run_of_the_same_day_gives_the_same_marks(sightings: Sightings) -> None:
    scan(sightings, "2026-02-04", found(a={"OLD"}))
    first = scan(sightings, "2026-02-05", found(a={"OLD", "NEW"}))
    assert scan(sightings, "2026-02-05", found(a={"OLD", "NEW"})) == first


def test_a_run_for_the_past_knows_nothing_of_later_days(sightings: Sightings) -> None:
    scan(sightings, "2026-02-05", found(a={"X"}))
    assert scan(sightings, "2026-02-04", found(a={"X"}))["X"]["new"] is None


def test_each_scanner_is_compared_with_its_own_last_run(sightings: Sightings) -> None:
    scan(sightings, "2026-02-04", found(a={"X"}, b={"Y"}))
    marks = scan(sightings, "2026-02-05", found(a={"X", "Y"}, b={"Y", "Z"}))
    assert {name: mark["new"] for name, mark in marks["Y"]["seen_by"].items()} == {"a": True, "b": False}
    assert marks["Y"]["new"] is False
    assert marks["Z"]["new"] is True


def test_what_another_scanner_had_in_its_last_run_is_not_new(sightings: Sightings) -> None:
    scan(sightings, "2026-02-04", found(a=set(), b={"X"}))
    mark = scan(sightings, "2026-02-05", found(a={"X"}, b=set()))["X"]
    assert mark["seen_by"] == {"a": {"new": True, "first_seen": "2026-02-05", "last_seen": None}}
    assert (mark["new"], mark["first_seen"], mark["last_seen"]) == (False, "2026-02-04", "2026-02-04")


def test_what_a_scanner_had_that_is_gone_since_long_ago_does_not_make_it_old(sightings: Sightings) -> None:
    """A scanner that was switched off two years ago would keep its last tickers from ever being new."""
    scan(sightings, "2024-01-02", found(a=set(), b={"X"}))
    scan(sightings, "2026-02-04", found(frozenset({"a"}), a=set()))
    mark = scan(sightings, "2026-02-05", found(frozenset({"a"}), a={"X"}))["X"]
    assert mark["seen_by"] == {"a": {"new": True, "first_seen": "2026-02-05", "last_seen": None}}
    assert (mark["new"], mark["first_seen"], mark["last_seen"]) == (True, "2024-01-02", "2024-01-02")


def test_what_a_scanner_had_in_the_last_run_is_not_new_though_it_is_gone_now(sightings: Sightings) -> None:
    scan(sightings, "2026-02-04", found(a=set(), b={"X"}))
    assert scan(sightings, "2026-02-05", found(frozenset({"a"}), a={"X"}))["X"]["new"] is False


def test_absence_from_a_run_that_failed_proves_nothing(sightings: Sightings) -> None:
    """A scanner that was cut short yesterday may have missed what it finds today."""
    scan(sightings, "2026-02-03", found(a={"X"}))
    scan(sightings, "2026-02-04", found(frozenset(), a=set()))
    marks = scan(sightings, "2026-02-05", found(a={"X", "Y"}))
    assert marks["X"]["new"] is False
    assert marks["Y"]["new"] is True
    fresh = scan(sightings, "2026-02-05", found(c={"Z"}))
    assert fresh["Z"]["new"] is None


def test_what_a_cut_run_did_find_counts(sightings: Sightings) -> None:
    scan(sightings, "2026-02-03", found(a=set()))
    scan(sightings, "2026-02-04", found(frozenset(), a={"X"}))
    assert scan(sightings, "2026-02-05", found(a={"X"}))["X"]["new"] is False


def test_found_is_read_from_the_scans_report() -> None:
    def outcome(scanner: str, status: str, *tickers: str) -> dict[str, Any]:
        return {"scanner": scanner, "status": status, "candidates": [{"ticker": t} for t in tickers]}

    states = ["ok", "empty", "degraded", "timed_out", "failed", "skipped"]
    report = {
        "outcomes": [outcome(s, s, *(["X"] if s in {"ok", "degraded", "timed_out"} else [])) for s in states]
    }
    made = found_in(report)
    assert made.complete == {"ok", "empty"}
    assert {name for name, tickers in made.tickers.items() if tickers} == {"ok", "degraded", "timed_out"}
    assert found_in({}) == Found({}, frozenset())


def test_what_was_seen_outlives_the_process(tmp_path: Path) -> None:
    file = tmp_path / "sightings.sqlite"
    scan(Sightings(file), "2026-02-04", found(a={"X"}))
    assert scan(Sightings(file), "2026-02-05", found(a={"X"}))["X"]["new"] is False


@pytest.mark.parametrize(
    "spoil",
    [lambda file: file.write_bytes(b"no database at all" * 100), lambda file: file.mkdir()],
    ids=["corrupt", "a folder"],
)
def test_a_file_that_cannot_be_used_is_reported_and_memory_stands_in(
    spoil: Callable[[Path], Any], tmp_path: Path
) -> None:
    file = tmp_path / "sightings.sqlite"
    spoil(file)
    known = Sightings(file)
    _, problem = known.exchange("2026-02-04", found(a={"X"}))
    earlier, again = known.exchange("2026-02-05", found(a={"X"}))
    assert "sightings.sqlite" in (problem or "")
    assert again == problem
    assert earlier.sightings[0].last == "2026-02-04"


def test_a_file_that_another_process_holds_does_not_hold_up_the_run(tmp_path: Path) -> None:
    file = tmp_path / "sightings.sqlite"
    Sightings(file).exchange("2026-02-03", found(a={"X"}))
    holder = sqlite3.connect(file, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        _, problem = Sightings(file).exchange("2026-02-04", found(a={"X"}))
    finally:
        holder.close()
    assert "locked" in (problem or "")


def test_two_scans_at_once_lose_nothing(tmp_path: Path) -> None:
    file, errors = tmp_path / "sightings.sqlite", []
    start = threading.Barrier(4)

    def run(number: int) -> None:
        start.wait(10)
        _, problem = Sightings(file).exchange("2026-02-04", found(a={f"T{number}"}))
        errors.extend([problem] if problem else [])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    marks = scan(Sightings(file), "2026-02-05", found(a={f"T{n}" for n in range(5)}))
    assert errors == []
    assert {t for t, m in marks.items() if m["new"] is False} == {"T0", "T1", "T2", "T3"}


days = st.sampled_from([f"2026-02-0{n}" for n in range(1, 6)])
tickers = st.sets(st.sampled_from(["X", "Y", "Z"]))
scans = st.builds(found, st.sets(st.sampled_from(["a", "b"])).map(frozenset), a=tickers, b=tickers)


@given(st.lists(st.tuples(days, scans), max_size=6))
@settings(max_examples=40, deadline=None)
def test_file_and_memory_agree_and_the_order_in_which_days_were_run_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, Found]]
) -> None:
    everyone = found(a={"X", "Y", "Z"}, b={"X", "Y", "Z"})
    made = []
    for known in (Sightings(None), Sightings(tmp_path_factory.mktemp("s") / "s.sqlite")):
        for day, what in history:
            known.exchange(day, what)
        made.append(scan(known, "2026-02-09", everyone))
    backwards = Sightings(None)
    for day, what in reversed(history):
        backwards.exchange(day, what)
    assert made[0] == made[1] == scan(backwards, "2026-02-09", everyone)


@given(scans)
@settings(max_examples=20)
def test_marking_adds_marks_and_changes_nothing_else(what: Found) -> None:
    candidates = [{"ticker": t, "score": 1.0} for t in sorted(set().union(*what.tickers.values()))]
    earlier, _ = Sightings(None).exchange("2026-02-05", what)
    marked = mark_candidates(candidates, what, earlier, "2026-02-05")
    bare = [
        {k: v for k, v in c.items() if k not in {"new", "first_seen", "last_seen", "seen_by"}} for c in marked
    ]
    assert bare == candidates
