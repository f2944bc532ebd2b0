"""The algorithm of the first design, as in its document.

A pool in a ``with`` block; the shallow copy of the state that each scanner gets shares the caller's
``tool_logs``, which are then extended by themselves; ``future.result(timeout=...)`` is called on
futures that ``as_completed`` has returned as finished, so the timeout never fires.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from benchmarks.peers.shape import Result, Scanner, State

__all__ = ["run"]


def run(scanners: Sequence[Scanner], state: State, max_workers: int, timeout_seconds: float) -> Result:
    """Run the scanners; the logs of the result are the caller's own list, as in the first design."""
    found: dict[str, list[Any]] = {}
    failed: dict[str, str] = {}
    timed_out: list[str] = []

    def run_scanner(scanner: Scanner) -> tuple[list[Any], str]:
        try:
            scanner_state = state.copy()
            candidates = scanner.scan(scanner_state)
            state["tool_logs"].extend(scanner_state["tool_logs"])
        except Exception as error:
            return [], f"{type(error).__name__}: {error}"
        return candidates, ""

    with ThreadPoolExecutor(max_workers=max_workers) as executor:
        future_to_name = {executor.submit(run_scanner, scanner): scanner.name for scanner in scanners}
        for future in as_completed(future_to_name):
            name = future_to_name[future]
            try:
                candidates, error = future.result(timeout=timeout_seconds)
            except TimeoutError:
                timed_out.append(name)
                continue
            if error:
                failed[name] = error
            else:
                found[name] = candidates
    return Result(found, timed_out, failed, state["tool_logs"])
