"""The compared implementations, each ``run(scanners, state, max_workers, timeout_seconds) -> Result``."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol, cast

from benchmarks.peers.shape import Result, Scanner, State

__all__ = ["NAMES", "Result", "Run", "Scanner", "State", "peer"]

NAMES = ("ours", "first_design", "thread_pool", "langgraph_send", "sequential")


class Run(Protocol):
    """The interface of every peer."""

    def __call__(
        self, scanners: Sequence[Scanner], state: State, max_workers: int, timeout_seconds: float
    ) -> Result: ...


def peer(name: str) -> Run:
    """Import one peer and return its ``run``; LangGraph alone takes over a second to import."""
    return cast("Run", importlib.import_module(f"benchmarks.peers.{name}").run)
