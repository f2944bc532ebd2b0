"""Properties for any bars: results depend neither on row order nor on other tickers, and nothing raises."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import timedelta
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bars.frames import AS_OF, together, walk
from tests.screens.compare import assert_equal_to_reference, histories
from tradingagents.discovery.bars.store.schema import SCHEMA
from tradingagents.discovery.screens.base import Hit
from tradingagents.discovery.screens.catalogue import all_screens
from tradingagents.discovery.screens.evaluate import evaluate

SCREENS = all_screens()

awkward = st.one_of(
    st.floats(min_value=0.0001, max_value=1e6),
    st.sampled_from([0.0, -1.0, math.nan, math.inf, None, 1e-300, 1e300, 100.0, 100.0]),
)
volume = st.one_of(st.integers(0, 10**10).map(float), st.sampled_from([0.0, math.nan, math.inf, None, -5.0]))
price = st.floats(1.0, 500.0).map(lambda value: round(value, 2))
sane = st.tuples(price, price, volume).map(lambda bar: (bar[0], max(bar[:2]), min(bar[:2]), bar[1], bar[2]))
bar = st.one_of(sane, sane, sane, sane, st.tuples(awkward, awkward, awkward, awkward, volume))


@st.composite
def awkward_frames(draw: st.DrawFn) -> pl.DataFrame:
    """A few tickers of any length, with gaps between days, splits, zeros, NaN and nulls in every column."""
    rows = []
    for name in draw(st.lists(st.sampled_from(["A", "B", "XLK", "SPY"]), unique=True, min_size=1)):
        length = draw(st.sampled_from([1, 2, 3, 20, 21, 22, 64, 65, 254]))
        pool = draw(st.lists(bar, min_size=1, max_size=6))
        holes = draw(st.sampled_from([1, 1, 2, 5]))
        split = draw(st.sampled_from([1.0, 10.0, 0.1]))
        for back in range(length):
            o, h, lo, c, v = pool[back % len(pool)]
            scale = split if back < length // 2 else 1.0
            prices = [p if p is None else p * scale for p in (o, h, lo, c)]
            rows.append((AS_OF - timedelta(days=back * holes), name, *prices, v))
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


def hits(frame: pl.DataFrame) -> Mapping[str, tuple[Hit, ...]]:
    return {name: result.hits for name, result in evaluate(frame.lazy(), SCREENS, AS_OF).items()}


# Walks chosen so that each screen picks two or more: a property of empty lists would prove nothing.
PICKED = (
    *("X0453", "X2084", "X1834", "X1289", "X0601", "X0742", "X0327"),
    *("X2227", "X0227", "X2389", "X0752", "X1754", "X0915", "X0210"),
)
SHARES = (*(f"W{at:02d}" for at in range(26)), *PICKED)


@cache
def market() -> pl.DataFrame:
    funds = [walk(fund, 300, seed=5) for fund in ("XLK", "XLE", "XLF", "SPY")]
    others = [walk(f"W{at:02d}", 280 + at, seed=11) for at in range(26)]
    return together([*others, *(walk(name, 300, seed=11) for name in PICKED), *funds])


@pytest.mark.slow
@pytest.mark.timeout(240)
@settings(max_examples=40, deadline=None)
@given(awkward_frames())
def test_awkward_bars_give_the_results_of_the_reference_and_never_raise(frame: pl.DataFrame) -> None:
    """Splits, zeros, gaps, NaN, nulls and one-row histories are evaluated or counted as in the reference."""
    hits(frame)
    size = pl.col("open", "high", "low", "close").abs()
    absurd = size.is_finite() & (size > 0) & ~size.is_between(1e-6, 1e9)  # their ratios overflow
    tame = frame.filter(~pl.any_horizontal(absurd.fill_null(value=False)))
    assert_equal_to_reference(tame, histories(tame), AS_OF)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    """To the last bit of every value."""
    assert hits(market().sample(fraction=1.0, shuffle=True, seed=seed)) == hits(market())


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_tickers_does_not_matter(seed: int) -> None:
    """Nor whether a ticker's bars are adjacent or spread over the frame."""
    parts = market().partition_by("ticker")
    random.Random(seed).shuffle(parts)
    assert hits(pl.concat(parts)) == hits(market())


@settings(max_examples=12, deadline=None)
@given(st.sets(st.sampled_from(SHARES), min_size=1), st.integers(0, 2**32))
def test_other_tickers_bars_do_not_matter(kept: set[str], seed: int) -> None:
    """The same results when the other tickers are absent, and when they are replaced."""
    names = sorted(kept)
    mine = market().filter(pl.col("ticker").is_in(names))
    others = pl.concat(walk(f"Z{i}", 100, seed=seed) for i in range(3))
    expected = {
        name: tuple(hit for hit in found if hit.ticker in names)
        for name, found in hits(market()).items()
        if name != "sector_rotation"  # it compares with the benchmark it names
    }
    for frame in (mine, pl.concat([others, mine])):
        got = {n: tuple(hit for hit in found if hit.ticker in names) for n, found in hits(frame).items()}
        got.pop("sector_rotation")
        assert got == expected


def test_every_screen_picks_from_the_market_of_these_tests() -> None:
    found = {name: len(picked) for name, picked in hits(market()).items()}
    assert min(found.values()) >= 1, found
    assert sum(found.values()) >= 30


@settings(max_examples=10, deadline=None)
@given(st.sets(st.sampled_from(SHARES), min_size=1))
def test_a_universe_equals_a_frame_of_only_its_tickers(kept: set[str]) -> None:
    """Naming the tickers and removing the others from the frame give the same results."""
    names = sorted(kept)
    named = evaluate(market().lazy(), SCREENS, AS_OF, names)
    funds = market().filter(pl.col("ticker").is_in(["XLK", "XLE", "XLF", "SPY"]))
    alone = pl.concat([market().filter(pl.col("ticker").is_in(names)), funds])
    others = evaluate(alone.lazy(), SCREENS, AS_OF)
    for name, result in named.items():
        assert result.hits == tuple(
            h for h in others[name].hits if h.ticker in names or name == "sector_rotation"
        )
