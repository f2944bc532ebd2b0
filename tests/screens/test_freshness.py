"""A frame that is too old or too empty is refused before any screen sees it."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from tests.bars.frames import AS_OF, bars, together, walk, weekdays
from tradingagents.discovery.model.errors import StaleDataError
from tradingagents.discovery.screens.freshness import Freshness, freshness

FULL = together(walk(f"T{i}", 30, seed=i) for i in range(10))


def test_a_full_frame_is_fresh() -> None:
    found = freshness(FULL.lazy(), AS_OF)
    assert found == Freshness(expected=AS_OF, newest=AS_OF, tickers=10, current=10)
    found.require()


def test_a_year_old_frame_is_stale() -> None:
    """However full it once was."""
    later = AS_OF + timedelta(days=365)
    with pytest.raises(StaleDataError, match="newest daily bars are of 2026-02-05, not of 2027-02-05"):
        freshness(FULL.lazy(), later).require()


def test_a_half_filled_frame_is_stale() -> None:
    """A download that stopped half-way would make half the market look quiet."""
    half = FULL.filter((pl.col("date") < AS_OF) | pl.col("ticker").is_in(["T0", "T1", "T2", "T3"]))
    found = freshness(half.lazy(), AS_OF)
    assert (found.current, found.tickers, found.share) == (4, 10, 0.4)
    with pytest.raises(StaleDataError, match="only 4 of 10 tickers"):
        found.require()
    found.require(min_share=0.4)


def test_an_empty_frame_is_stale() -> None:
    with pytest.raises(StaleDataError, match="no daily bars on or before 2026-02-05"):
        freshness(FULL.clear().lazy(), AS_OF).require()


def test_companies_delisted_long_ago_do_not_count_against_a_frame() -> None:
    """Unless they are asked for."""
    gone = together([FULL, *(bars(f"OLD{i}", [1.0] * 5, end=weekdays(90)[0]) for i in range(10))])
    assert freshness(gone.lazy(), AS_OF).share == 1.0
    asked = freshness(gone.lazy(), AS_OF, ["T0", "OLD1", "NOPE", "NOPE"])
    assert (asked.current, asked.tickers) == (1, 3)


def test_bars_after_the_expected_session_do_not_make_it_fresh() -> None:
    """A run for a past date looks at what was there by then."""
    holed = FULL.filter(pl.col("date") != weekdays(5)[0])
    assert freshness(holed.lazy(), weekdays(5)[0]).newest == weekdays(6)[0]
