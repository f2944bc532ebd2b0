"""What goes into a peer and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Result", "Scanner", "State", "scan_copy"]

State = dict[str, Any]


@dataclass(frozen=True)
class Scanner:
    """A name and a callable that takes a state, logs into its ``tool_logs``, and returns candidates.

    ``expected_seconds`` is what an earlier run took; a peer that has no use for it ignores it.
    """

    name: str
    scan: Callable[[State], list[Any]]
    expected_seconds: float | None = None


@dataclass(frozen=True)
class Result:
    """Candidates by scanner, who ran out of time, who failed, and every log, the given ones first.

    ``seconds`` is what each scanner took, where the peer says so.
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
