"""Input and output of a peer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Result", "Scanner", "State", "scan_copy"]

State = dict[str, Any]


@dataclass(frozen=True)
class Scanner:
    """A name and a callable that takes a state, logs into its ``tool_logs``, and returns candidates.

    ``expected_seconds`` is the duration of an earlier run; peers may ignore it.
    """

    name: str
    scan: Callable[[State], list[Any]]
    expected_seconds: float | None = None


@dataclass(frozen=True)
class Result:
    """Candidates by scanner, names of timed-out and failed scanners, and every log, the given ones first.

    ``seconds`` is the duration of each scanner, if the peer measures it.
    """

    found: dict[str, list[Any]]
    timed_out: list[str]
    failed: dict[str, str]
    logs: list[Any]
    seconds: dict[str, float] = field(default_factory=dict)


def scan_copy(scanner: Scanner, state: State) -> tuple[list[Any], list[Any], str]:
    """Run a scanner over a shallow copy with a fresh log; return candidates, logs and error."""
    own = dict(state)
    own["tool_logs"] = []
    try:
        return scanner.scan(own), own["tool_logs"], ""
    except Exception as error:
        return [], own["tool_logs"], f"{type(error).__name__}: {error}"
