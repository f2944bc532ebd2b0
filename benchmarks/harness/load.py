"""Loads of several suites: latencies, their lower bound, and states of two sizes."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.peers.shape import Scanner, State

__all__ = [
    "FIRST_DESIGN_SHAPE",
    "big_state",
    "heavy_tail",
    "heavy_tail_draws",
    "list_schedule",
    "lower_bound",
    "sleepers",
    "small_state",
]

FIRST_DESIGN_SHAPE = tuple(seconds / 20 for seconds in (3.0, 2.0, 1.0, 42.0, 2.5, 1.5, 2.0, 1.0))
"""Eight scanners, 55 s in sequence and 42 s the longest, at a scale of 1/20."""


def lower_bound(seconds: Sequence[float], workers: int) -> float:
    """Return the least possible makespan: the longest duration, or the sum divided by the workers."""
    return max(*seconds, sum(seconds) / workers)


def list_schedule(seconds: Sequence[float], workers: int) -> float:
    """Return the makespan of list scheduling: in the given order, each goes to the first free worker."""
    free_at = [0.0] * workers
    for duration in seconds:
        first = free_at.index(min(free_at))
        free_at[first] += duration
    return max(free_at)


def heavy_tail(seed: int, *, count: int = 24, workers: int = 8, share: float = 0.6) -> list[float]:
    """Draw log-normal latencies (sigma 1.2), scaled so that their sum over the workers is ``share`` s."""
    draw = random.Random(seed)
    raw = [draw.lognormvariate(0.0, 1.2) for _ in range(count)]
    scale = share * workers / sum(raw)
    return [latency * scale for latency in raw]


def heavy_tail_draws(ranks: Sequence[float], *, workers: int = 8, draws: int = 2_000) -> list[list[float]]:
    """Return the draws at ``ranks`` (0 to 1) of the cost of the given order over the lower bound.

    The last one is at rank 0.99 of the cost of longest first: a draw that is hard for that order.
    """
    drawn = [heavy_tail(seed, workers=workers) for seed in range(draws)]

    def at_rank(rank: float, cost: Callable[[list[float]], float]) -> list[float]:
        return sorted(drawn, key=cost)[int(rank * (draws - 1))]

    def given_order(latencies: Sequence[float]) -> float:
        return list_schedule(latencies, workers) / lower_bound(latencies, workers)

    def longest_first(latencies: Sequence[float]) -> float:
        return given_order(sorted(latencies, reverse=True))

    return [*(at_rank(rank, given_order) for rank in ranks), at_rank(0.99, longest_first)]


def sleepers(seconds: Sequence[float]) -> list[Scanner]:
    """Return scanners that sleep for the given seconds, like a request, and find one candidate."""
    return [
        Scanner(f"scanner_{index:02d}", functools.partial(_wait, duration))
        for index, duration in enumerate(seconds)
    ]


def _wait(seconds: float, state: State) -> list[Any]:
    time.sleep(seconds)
    return [{"ticker": "ABC", "as_of": state["trade_date"]}]


def small_state() -> State:
    """Return a state before a scan."""
    return {
        "trade_date": "2026-02-05",
        "tickers": [],
        "candidate_metadata": [{"ticker": "AAA", "touched_by": []}],
        "tool_logs": [],
        "status": "",
    }


def big_state(candidates: int = 10_000, logs: int = 5_000) -> State:
    """Return a state after a long run: candidates with nested parts, and logs with outputs."""
    return {
        "trade_date": "2026-02-05",
        "tickers": [f"T{index}" for index in range(candidates)],
        "candidate_metadata": [_candidate(index) for index in range(candidates)],
        "tool_logs": [_entry(index) for index in range(logs)],
        "status": "scanned",
    }


def _candidate(index: int) -> dict[str, Any]:
    return {
        "ticker": f"T{index}",
        "source": f"scanner_{index % 8}",
        "all_sources": [f"scanner_{index % 8}", f"scanner_{index * 3 % 8}"],
        "context": f"insiders bought {index} shares at {index % 97} times the usual volume",
        "priority": ("high", "medium", "low")[index % 3],
        "score": index * 0.37,
        "metrics": {"price": index * 1.1, "volume": index * 1_000.0},
        "touched_by": [],
    }


def _entry(index: int) -> dict[str, Any]:
    return {
        "id": f"earlier:{index}",
        "tool": "insider_transactions",
        "parameters": {"ticker": f"T{index}", "lookback_days": 7},
        "output": f"{index}: " + "x" * 200,
        "error": "",
    }
