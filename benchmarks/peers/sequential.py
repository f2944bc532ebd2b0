"""One scanner after another, in the caller's thread, without any timeout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.shape import Result, Scanner, State, scan_copy

__all__ = ["run"]


def run(scanners: Sequence[Scanner], state: State, max_workers: int, timeout_seconds: float) -> Result:
    """Run every scanner to its end; ``max_workers`` and ``timeout_seconds`` have no effect."""
    found: dict[str, list[Any]] = {}
    failed: dict[str, str] = {}
    logs = list(state.get("tool_logs", ()))
    for scanner in scanners:
        candidates, written, error = scan_copy(scanner, state)
        logs.extend(written)
        if error:
            failed[scanner.name] = error
        else:
            found[scanner.name] = candidates
    return Result(found, [], failed, logs)
