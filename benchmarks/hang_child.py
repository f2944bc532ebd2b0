"""Scanners that may never return, run by one peer: ``python -m benchmarks.hang_child PEER SHAPE``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.child import send_event
from benchmarks.harness.load import sleepers, small_state
from benchmarks.peers import Scanner, State, peer

__all__ = ["SHAPES", "Shape"]


@dataclass(frozen=True)
class Shape:
    """A load, the number of workers, and the timeout of each scanner."""

    scanners: Callable[[], list[Scanner]]
    workers: int
    timeout_seconds: float


def _hang(state: State) -> list[Any]:
    threading.Event().wait()
    return []


def _one_of_eight() -> list[Scanner]:
    scanners = sleepers([0.05] * 8)
    scanners[3] = Scanner("hung_0", _hang)
    return scanners


def _four_ahead() -> list[Scanner]:
    return [Scanner(f"hung_{index}", _hang) for index in range(4)] + sleepers([0.05] * 8)


SHAPES = {
    "one_of_eight": Shape(_one_of_eight, 8, 0.5),
    "four_ahead_of_eight": Shape(_four_ahead, 4, 0.5),
    "six_on_two": Shape(lambda: sleepers([0.4] * 6), 2, 0.6),
}


def main(name: str, shape: str) -> None:
    """Run a peer; send an event when it starts, and one with the kept scanners when it returns."""
    run, load = peer(name), SHAPES[shape]
    run(sleepers([0.0] * load.workers), small_state(), load.workers, 5.0)
    scanners = load.scanners()
    send_event("started")
    result = run(scanners, small_state(), load.workers, load.timeout_seconds)
    send_event("returned", kept=sorted(result.found), timed_out=sorted(result.timed_out))


if __name__ == "__main__":
    main(*sys.argv[1:])
