"""The simplest implementation: ``ThreadPoolExecutor.map`` over shallow copies.

The timeout of ``map`` counts for all scanners together, from the call; when it fires, the remaining results
are lost.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.peers.shape import Result, Scanner, State, scan_copy

__all__ = ["run"]


def run(scanners: Sequence[Scanner], state: State, max_workers: int, timeout_seconds: float) -> Result:
    """Map the scanners over a pool, whose ``with`` block waits for every thread."""
    found: dict[str, list[Any]] = {}
    failed: dict[str, str] = {}
    logs = list(state.get("tool_logs", ()))
    one = functools.partial(scan_copy, state=state)
    with ThreadPoolExecutor(max_workers) as pool:
        answers = pool.map(one, scanners, timeout=timeout_seconds)
        try:
            for scanner, (candidates, written, error) in zip(scanners, answers, strict=False):
                logs.extend(written)
                if error:
                    failed[scanner.name] = error
                else:
                    found[scanner.name] = candidates
        except TimeoutError:
            pass
    timed_out = [s.name for s in scanners if s.name not in found and s.name not in failed]
    return Result(found, timed_out, failed, logs)
