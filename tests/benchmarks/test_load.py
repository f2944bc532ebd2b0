"""Makespans, and the properties of the drawn latencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.harness.load import (
    FIRST_DESIGN_SHAPE,
    heavy_tail,
    heavy_tail_draws,
    list_schedule,
    lower_bound,
)
from benchmarks.harness.timing import cyclic_garbage, interleaved, paired_ratio

LATENCIES = st.lists(st.floats(0.001, 100.0), min_size=1, max_size=30)
WORKERS = st.integers(1, 10)


@pytest.mark.parametrize(
    ("seconds", "workers", "bound"),
    [([3.0, 1.0, 1.0], 2, 3.0), ([1.0, 1.0, 1.0, 1.0], 2, 2.0), ([5.0], 8, 5.0), ([2.0, 2.0, 2.0], 2, 3.0)],
)
def test_the_lower_bound_is_the_longest_or_the_share(
    seconds: list[float], workers: int, bound: float
) -> None:
    assert lower_bound(seconds, workers) == bound


def test_the_first_designs_shape_sums_to_55_seconds_with_42_the_longest_at_a_twentieth() -> None:
    assert sum(FIRST_DESIGN_SHAPE) * 20 == pytest.approx(55.0)
    assert lower_bound(FIRST_DESIGN_SHAPE, 8) * 20 == pytest.approx(42.0)


def test_a_list_schedule_uses_the_first_free_worker() -> None:
    assert list_schedule([1.0, 1.0, 2.0], 2) == 3.0
    assert list_schedule([2.0, 1.0, 1.0], 2) == 2.0


@given(LATENCIES, WORKERS)
def test_no_list_schedule_beats_the_bound_and_none_is_twice_as_long(
    seconds: list[float], workers: int
) -> None:
    makespan, bound = list_schedule(seconds, workers), lower_bound(seconds, workers)
    assert bound * (1 - 1e-9) <= makespan <= bound * 2


def test_a_draw_is_the_same_every_time_and_scaled_to_its_share() -> None:
    assert heavy_tail(7) == heavy_tail(7) != heavy_tail(8)
    assert len(heavy_tail(7)) == 24
    assert sum(heavy_tail(7, workers=8, share=0.6)) == pytest.approx(4.8)


def test_draws_are_ranked_by_the_cost_of_the_given_order_and_the_last_is_hard_for_longest_first() -> None:
    *ranked, hard = heavy_tail_draws((0.1, 0.5, 0.99), draws=200)
    costs = [list_schedule(draw, 8) / lower_bound(draw, 8) for draw in ranked]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]
    assert list_schedule(sorted(hard, reverse=True), 8) > lower_bound(hard, 8)


@pytest.mark.slow
def test_each_call_is_first_in_turn() -> None:
    calls: list[str] = []
    ways = {name: lambda name=name: calls.append(name) for name in "abc"}
    seconds = interleaved(ways, 3)
    assert calls == [*"abc", *"bca", *"cab"]
    assert {name: len(values) for name, values in seconds.items()} == {"a": 3, "b": 3, "c": 3}


def test_a_ratio_pairs_measurements_of_one_repetition() -> None:
    assert paired_ratio([2.0, 40.0, 3.0], [1.0, 10.0, 1.0]) == 3.0


def test_garbage_counts_unreachable_cycles() -> None:
    def leaves_cycles() -> None:
        for _ in range(5):
            ring: list[object] = []
            ring.append(ring)

    assert cyclic_garbage(lambda: [[] for _ in range(5)]) == 0
    assert cyclic_garbage(leaves_cycles) == 5
