"""The same properties from rows to hits: through cleaning, storing in any order, and one evaluation."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bars.frames import AS_OF
from tests.screens.compare import histories
from tests.screens.reference import NO_ANSWER, answer, known_on
from tests.screens.test_market_data import data
from tests.screens.test_properties import SHARES, awkward_frames, market
from tradingagents.discovery.bars.store.schema import clean
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import NoDataError, NotConfiguredError
from tradingagents.discovery.screens.base import Hit
from tradingagents.discovery.screens.catalogue import SCREENS

Found = Mapping[str, tuple[Hit, ...]]


def found(batches: Iterable[pl.DataFrame], tickers: Collection[str]) -> Found:
    """What each screen picks of ``tickers`` once the batches are stored one after another."""
    with tempfile.TemporaryDirectory() as folder:
        store = OhlcvStore(Path(folder) / "bars")
        for batch in batches:
            store.upsert(batch)
        scan = data(
            store.root, screens={name: {} for name in SCREENS}, universe=sorted(tickers), min_share=0.01
        )
        answers = {}
        for name in SCREENS:
            try:
                answers[name] = scan.screened(name).result.hits
            except (NoDataError, NotConfiguredError):  # no bar of the session, or no funds
                answers[name] = ()
        return answers


@cache
def whole() -> Found:
    return found([market()], SHARES)


@pytest.mark.slow
@pytest.mark.timeout(240)
@settings(max_examples=15, deadline=None)
@given(
    kept=st.sets(st.sampled_from(SHARES), min_size=1),
    batches=st.integers(1, 4),
    again=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_candidates_depend_on_a_tickers_own_bars_alone(
    kept: set[str], batches: int, again: bool, seed: int
) -> None:
    """Not on the order of rows, tickers or files, a file read twice, or other stored tickers."""
    rng = random.Random(seed)
    funds = ["XLK", "XLE", "XLF", "SPY"]
    there = sorted({*kept, *rng.sample(SHARES, 5), *funds})
    rows = market().filter(pl.col("ticker").is_in(there)).sample(fraction=1.0, shuffle=True, seed=seed)
    parts = [rows.gather_every(batches, at) for at in range(batches)]
    rng.shuffle(parts)
    got = found([*parts, *(parts[:1] if again else ())], kept)
    for name, hits in whole().items():
        mine = hits if name == "sector_rotation" else tuple(hit for hit in hits if hit.ticker in kept)
        assert got[name] == mine, name


@pytest.mark.slow
@pytest.mark.timeout(240)
@settings(max_examples=10, deadline=None)
@given(awkward_frames())
def test_awkward_rows_give_the_results_of_the_reference_and_never_raise(frame: pl.DataFrame) -> None:
    judged_as_by_hand(frame)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=100, deadline=None)
@given(awkward_frames())
def test_many_awkward_rows_are_stored_and_judged_as_by_hand_and_never_raise(frame: pl.DataFrame) -> None:
    judged_as_by_hand(frame)


def judged_as_by_hand(frame: pl.DataFrame) -> None:
    """Splits, zeros, gaps, NaN, weekends, one-row histories: the reference applied to the kept rows."""
    size = pl.col("open", "high", "low", "close").abs()
    absurd = size.is_finite() & (size > 0) & ~size.is_between(1e-6, 1e9)
    names = frame.get_column("ticker").unique().to_list()
    found([frame], names)
    tame = frame.filter(~pl.any_horizontal(absurd.fill_null(value=False)))
    got, known = found([tame], names), known_on(AS_OF, histories(clean(tame).frame))
    for name in set(SCREENS) - {"sector_rotation"}:
        expected = {ticker: answer(name, ticker, AS_OF, known) for ticker in known}
        picked = {ticker for ticker, one in expected.items() if one is not None and one not in NO_ANSWER}
        assert {hit.ticker for hit in got[name]} == picked, name


def test_every_screen_has_hits_in_these_tests() -> None:
    assert all(whole().values()), {name: len(hits) for name, hits in whole().items()}
