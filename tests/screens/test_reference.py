"""Every screen gives the results of the row-by-row reference, on generated and on recorded prices."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache

import polars as pl
import pytest

from tests.bars.frames import AS_OF, bars, together, walk, weekdays
from tests.screens import reference
from tests.screens.compare import assert_equal_to_reference, histories
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.screens.catalogue import SCREENS, all_screens
from tradingagents.discovery.screens.evaluate import evaluate

RECORDED_TICKERS = 420
RECORDED_DAYS = 20


@cache
def made() -> pl.DataFrame:
    walks = [walk(f"W{i:02d}", 320, seed=7) for i in range(60)]
    funds = [walk(fund, 320, seed=3) for fund in (*reference.SECTORS[:8], "SPY")]
    odd = [
        walk("YOUNG", 174, seed=1),
        walk("NEW", 1, seed=1),
        walk("GONE", 320, seed=1, end=weekdays(9)[0]),
        bars("FLAT", [10.1] * 300, spread=0.0),
        bars("HALTED", [10.1] * 300, volumes=0.0),
        bars("SILENT", [10.0 + i / 100 for i in range(300)], volumes=[None] * 300),
    ]
    return together([*walks, *funds, *odd])


def test_generated_prices_give_the_results_of_the_reference_on_ten_days() -> None:
    """Same tickers, same order, same scores and the same counts of tickers not evaluated."""
    books = histories(made())
    hits = sum((assert_equal_to_reference(made(), books, day) for day in weekdays(10)), Counter())
    assert hits.total() > 100


def test_every_screen_has_hits_in_the_generated_prices() -> None:
    """A comparison of two empty lists would prove nothing."""
    fired: set[str] = set()
    for day in weekdays(60)[::3]:
        results = evaluate(made().lazy(), all_screens(), day)
        fired |= {name for name, result in results.items() if result.hits}
    assert fired == set(SCREENS)


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs_shared
def test_recorded_prices_give_the_results_of_the_reference_on_twenty_days() -> None:
    """On 420 real tickers, large and small, listed late and halted, and the sector funds."""
    assert SHARED is not None
    folder = SHARED / "real-data" / "ohlcv"
    names = (
        "sp500_daily_2021-02_2026-02",
        "us_small_mid_daily_2022_2024-03",
        "liquid_etf_index_daily_2020_2026-08",
    )
    frames = [pl.read_parquet(folder / f"{name}.parquet").cast({"volume": pl.Float64}) for name in names]
    days = frames[1].get_column("date").unique().sort().to_list()[-RECORDED_DAYS * 14 :: 14]
    large, small = (frame.get_column("ticker").unique().sort() for frame in frames[:2])
    chosen = [*large.to_list()[::2], *small.to_list()[::3], *reference.SECTORS, "SPY"]
    frame = pl.concat(frames).unique(["date", "ticker"], keep="first", maintain_order=True)
    span = pl.col("date").is_between(days[0] - timedelta(days=400), days[-1])
    frame = frame.filter(pl.col("ticker").is_in(chosen), span)
    books = histories(frame)
    assert len(books) >= RECORDED_TICKERS
    assert len(days) == RECORDED_DAYS
    hits = sum((assert_equal_to_reference(frame, books, day) for day in days), Counter())
    assert hits.total() > 1000
    assert set(hits) == set(SCREENS)  # no screen was empty on all days
    evaluated = sum(len(reference.known_on(day, books)) for day in days)
    assert evaluated >= 400 * RECORDED_DAYS


def test_the_reference_has_every_screen_and_its_warm_up() -> None:
    """Fails for a screen without a reference, or one with another warm-up."""
    assert {screen.name: screen.warm_up for screen in all_screens()} == {
        name: needed for name, (needed, _) in reference.SCREENS.items()
    }
    assert AS_OF in weekdays(1)
