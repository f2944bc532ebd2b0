"""Times calls in turn, so that other load on the machine affects all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

__all__ = ["cyclic_garbage", "interleaved", "paired_ratio", "timed"]

T = TypeVar("T")


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds a call took, and its result."""
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def interleaved(ways: Mapping[str, Callable[[], object]], repetitions: int) -> dict[str, list[float]]:
    """Time every way once in each repetition, a different one first each time.

    Garbage is collected before each call, so that no call pays for the garbage of another.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    order = list(ways)
    for repetition in range(repetitions):
        turn = repetition % len(order)
        for name in order[turn:] + order[:turn]:
            gc.collect()
            seconds[name].append(timed(ways[name])[0])
    return seconds


def paired_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the median of the ratios of measurements taken in the same repetition."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def cyclic_garbage(call: Callable[[], object]) -> int:
    """Return the number of unreachable objects of a call that only the garbage collector can free."""
    gc.collect()
    gc.disable()
    try:
        call()
        return gc.collect()
    finally:
        gc.enable()
