"""A split rescales a ticker's whole history; the store never has a mixture of both scales."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bars.bar_vendor import EVENING, SESSION, BarVendor, bars_of, make_store, run, sessions, stored
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.bars.update.split_adjustment import (
    adjust_for_splits,
    prepend_older_bars,
    price_jumps,
    rescaled_tickers,
)
from tradingagents.discovery.model.errors import NoDataError, QuotaSpent, Transient
from tradingagents.discovery.vendors.records import DailyBar, Split

DAYS = sessions(60)
YESTERDAY = EVENING - timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> OhlcvStore:
    return make_store(tmp_path)


def before_and_after(store: OhlcvStore, factor: float, **options: object) -> BarVendor:
    """Store a ticker, and one that never splits, up to yesterday; then let the vendor divide by ``factor``."""
    vendor = BarVendor({t: bars_of(t, DAYS) for t in ("CALM", "SPLIT")}, **options)  # type: ignore[arg-type]
    run(store, ["CALM", "SPLIT"], vendor, YESTERDAY)
    vendor.frames["SPLIT"] = bars_of("SPLIT", DAYS, factor=factor)
    vendor.requests.clear()
    return vendor


@pytest.mark.parametrize("factor", [4.0, 1.5, 1.1, 0.1])
def test_after_a_split_the_whole_history_is_fetched_again(store: OhlcvStore, factor: float) -> None:
    vendor = before_and_after(store, factor)
    report = run(store, ["CALM", "SPLIT"], vendor)
    assert set(report.updated) == {"CALM", "SPLIT"}
    assert report.rescaled == ("SPLIT",)
    assert vendor.tickers == ["CALM", "SPLIT", "SPLIT"]
    assert vendor.requests[-1][1] <= DAYS[0]
    assert stored(store, "SPLIT").equals(bars_of("SPLIT", DAYS, factor=factor))
    assert stored(store, "CALM").equals(bars_of("CALM", DAYS))


@pytest.mark.parametrize(
    "error", [Transient("vendor", "HTTP 503"), QuotaSpent("vendor", "the quota is spent")]
)
def test_the_old_history_stays_until_the_new_one_is_complete(store: OhlcvStore, error: Exception) -> None:
    """Newest bars on the new scale after older ones on the old would look like a crash."""
    vendor = before_and_after(store, 4.0)
    seen = []

    def refuse_the_second(ticker: str) -> None:
        seen.append(ticker)
        if seen.count("SPLIT") == 2:
            raise error

    vendor._before = refuse_the_second
    report = run(store, ["CALM", "SPLIT"], vendor)
    assert report.updated == ("CALM",)
    assert "SPLIT" in {*report.failed, *report.remaining}
    assert stored(store, "SPLIT").equals(bars_of("SPLIT", DAYS[:-1]))
    report = run(store, ["CALM", "SPLIT"], vendor, EVENING + timedelta(hours=1))
    assert report.rescaled == ("SPLIT",)
    assert stored(store, "SPLIT").equals(bars_of("SPLIT", DAYS, factor=4.0))


def test_older_bars_are_rescaled_to_a_vendor_with_a_short_history(store: OhlcvStore) -> None:
    vendor = before_and_after(store, 4.0)
    vendor._limited_to = 20
    report = run(store, ["CALM", "SPLIT"], vendor)
    assert report.notes == ("this plan has a part",)
    found, wanted = stored(store, "SPLIT"), bars_of("SPLIT", DAYS, factor=4.0)
    assert found["date"].equals(wanted["date"])
    for column in ("open", "high", "low", "close", "volume"):
        assert (found[column] / wanted[column] - 1).abs().max() < 1e-9


def test_without_a_common_factor_older_bars_are_dropped(store: OhlcvStore) -> None:
    store.upsert(bars_of("AAA", DAYS[:40]))
    fetched = bars_of("AAA", DAYS[30:], close=37.0, rise=3.0)
    assert prepend_older_bars(store, "AAA", fetched).equals(fetched)


def test_a_price_move_is_not_a_split(store: OhlcvStore) -> None:
    vendor = before_and_after(store, 1.0)
    vendor.frames["SPLIT"] = bars_of("SPLIT", DAYS).with_columns(
        pl.when(pl.col("date") == SESSION).then(pl.col(c) * 3).otherwise(pl.col(c)).alias(c)
        for c in ("open", "high", "low", "close")
    )
    report = run(store, ["CALM", "SPLIT"], vendor)
    assert report.rescaled == ()
    assert vendor.tickers == ["CALM", "SPLIT"]


def test_a_ticker_without_older_bars_is_not_rescaled(store: OhlcvStore) -> None:
    assert rescaled_tickers(store, bars_of("AAA", DAYS)) == ()
    store.upsert(bars_of("AAA", DAYS).tail(3))
    assert rescaled_tickers(store, bars_of("AAA", DAYS, factor=4.0)) == ()
    store.upsert(bars_of("AAA", DAYS))
    assert rescaled_tickers(store, bars_of("AAA", DAYS, factor=4.0).tail(3)) == ("AAA",)


def test_the_store_never_shows_two_scales_while_an_update_runs(store: OhlcvStore) -> None:
    seen: list[float] = []

    def look(ticker: str) -> None:
        try:
            closes = stored(store, "SPLIT")["close"]
        except NoDataError:
            return
        steps = (closes / closes.shift(1)).drop_nulls()
        seen.append(float(steps.min() or 1))

    vendor = before_and_after(store, 4.0)
    vendor._before = look
    run(store, ["CALM", "SPLIT"], vendor, batch_tickers=1)
    assert len(seen) == 3
    assert min(seen) > 0.9


# Unadjusted prices, adjusted for splits.


def bar(day: date, price: float, volume: float = 1_000.0) -> DailyBar:
    return DailyBar(day, price, price * 1.02, price * 0.98, price * 1.01, volume)


def traded(prices: list[float]) -> list[DailyBar]:
    return [bar(day, price) for day, price in zip(DAYS, prices, strict=False)]


def test_prices_before_a_split_are_divided_and_volumes_multiplied() -> None:
    bars = adjust_for_splits(traded([400.0, 404.0, 101.0, 102.0]), [Split(DAYS[2], 4.0)])
    assert [one.open for one in bars] == [100.0, 101.0, 101.0, 102.0]
    assert [one.volume for one in bars] == [4_000.0, 4_000.0, 1_000.0, 1_000.0]


def test_two_splits_are_both_removed() -> None:
    bars = adjust_for_splits(traded([800.0, 400.0, 40.0, 41.0]), [Split(DAYS[1], 2.0), Split(DAYS[2], 10.0)])
    assert [one.open for one in bars] == pytest.approx([40.0, 40.0, 40.0, 41.0])


def test_a_reverse_split_raises_what_was_before() -> None:
    bars = adjust_for_splits(traded([1.0, 10.2]), [Split(DAYS[1], 0.1)])
    assert bars[0].open == pytest.approx(10.0)
    assert bars[0].volume == pytest.approx(100.0)


def test_a_split_on_a_day_without_trading_counts_from_the_next_session() -> None:
    saturday = date(2026, 1, 31)
    bars = [bar(date(2026, 1, 30), 90.0), bar(date(2026, 2, 2), 30.0)]
    assert adjust_for_splits(bars, [Split(saturday, 3.0)])[0].open == pytest.approx(30.0)


def test_a_split_that_the_prices_do_not_show_is_ignored() -> None:
    """The series is already adjusted, or the split is in the future."""
    bars = traded([100.0, 101.0, 102.0])
    assert adjust_for_splits(bars, [Split(DAYS[1], 4.0), Split(date(2027, 1, 4), 2.0)]) == bars


def test_a_jump_is_a_split_of_five_for_four_or_more() -> None:
    assert price_jumps(traded([100.0, 66.7])) == (DAYS[1],)
    assert price_jumps(traded([100.0, 80.0])) == (DAYS[1],)
    assert price_jumps(traded([1.0, 10.0])) == (DAYS[1],)
    assert price_jumps(traded([100.0, 91.0, 99.0])) == ()
    assert price_jumps([DailyBar(DAYS[0], None, None, None, None, None), bar(DAYS[1], 5.0)]) == ()


@given(
    prices=st.lists(st.floats(5, 500), min_size=3, max_size=30),
    at=st.integers(1, 29),
    factor=st.sampled_from([2.0, 3.0, 4.0, 10.0, 0.1, 0.05]),
)
def test_removing_a_split_restores_the_series(prices: list[float], at: int, factor: float) -> None:
    smooth = [prices[0] * (1 + 0.01 * (price % 3)) for price in prices]
    at = min(at, len(smooth) - 1)
    raw = [price * (factor if number < at else 1.0) for number, price in enumerate(smooth)]
    bars = adjust_for_splits(traded(raw), [Split(DAYS[at], factor)])
    assert [one.open for one in bars] == pytest.approx(smooth)
    assert price_jumps(bars) == ()
