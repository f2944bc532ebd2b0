"""Logs and writes of a scanner that times out.

The state contains three logs. Four scanners run on 4 workers under a timeout of 0.3 s: three write two
logs each and touch a nested list; ``late`` writes one log, sleeps past its timeout (until 0.8 s), then
writes three more, touches the nested list and sets a key. Counted after ``late`` has ended, in the
logs of the result and the caller's state. ``kept_of_cut`` is the log that ``late`` wrote in time. The peers
that wait for ``late`` have no deadline, so all its writes are visible.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.harness.load import small_state
from benchmarks.harness.row import Row
from benchmarks.peers import NAMES, Result, Scanner, State, peer

_TIMEOUT_SECONDS = 0.3
_LATE_SECONDS = 0.8
_GOOD = ("alpha", "beta", "gamma")


def rows(quick: bool) -> Iterator[Row]:
    """Yield the rows of each peer, from one run whether quick or not."""
    seen = {name: observe(name) for name in NAMES}
    for what, unit, goal in (
        ("logs_duplicated", "logs", 0.0),
        ("logs_lost", "of 9 logs", 0.0),
        ("late_writes_seen", "of 4 writes", 0.0),
        ("nested_changes_leaked", "of 4 changes", 0.0),
    ):
        for name, counts in seen.items():
            yield Row(f"truth/{what}/{name}", getattr(counts, what), unit, goal if name == "ours" else None)
    for name, counts in seen.items():
        promised = 1.0 if name == "ours" else None
        yield Row(f"truth/kept_of_cut/{name}", counts.kept_of_cut, "of 1 log", promised, "higher")


@dataclass(frozen=True)
class Counts:
    """The counts of one run."""

    logs_duplicated: int
    logs_lost: int
    kept_of_cut: int
    late_writes_seen: int
    nested_changes_leaked: int


@dataclass
class _Late:
    """The scanner that wakes after its timeout."""

    wake: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, state: State) -> list[Any]:
        try:
            state["tool_logs"].append({"by": "late", "number": 0})
            self.wake.wait()
            state["candidate_metadata"][0]["touched_by"].append("late")
            state["late_key"] = "late"
            state["tool_logs"].extend({"by": "late", "number": number} for number in (1, 2, 3))
            return []
        finally:
            self.ended.set()


def observe(name: str) -> Counts:
    """Run one peer, let the late scanner end, and count."""
    state = small_state()
    state["tool_logs"] = [{"by": "before", "number": number} for number in range(3)]
    late, run = _Late(), peer(name)  # imported before the alarm is set: LangGraph alone takes over a second
    scanners = [Scanner("late", late), *(Scanner(who, _writer(who)) for who in _GOOD)]
    alarm = threading.Timer(_LATE_SECONDS, late.wake.set)
    alarm.start()
    result = run(scanners, state, 4, _TIMEOUT_SECONDS)
    late.ended.wait()
    alarm.join()
    return count(result, state)


def _writer(who: str) -> Any:
    def scan(state: State) -> list[Any]:
        state["tool_logs"].append({"by": who, "number": 0})
        state["tool_logs"].append({"by": who, "number": 1})
        state["candidate_metadata"][0]["touched_by"].append(who)
        return [{"ticker": "ABC"}]

    return scan


def count(result: Result, state: State) -> Counts:
    """Count in the result's logs and in the caller's state."""
    logs = list(result.logs)
    seen = Counter((entry["by"], entry["number"]) for entry in logs)
    expected = {("before", number) for number in range(3)} | {(who, n) for who in _GOOD for n in (0, 1)}
    late = {key for key in seen if key[0] == "late" and key[1]}
    touched = state["candidate_metadata"][0]["touched_by"]
    return Counts(
        logs_duplicated=len(logs) - len(seen),
        logs_lost=len(expected - set(seen)),
        kept_of_cut=int(("late", 0) in seen),
        late_writes_seen=len(late) + ("late_key" in state),
        nested_changes_leaked=len(touched),
    )
