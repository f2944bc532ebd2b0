"""What makes a bar unusable, and that every dropped row is counted."""

from __future__ import annotations

import math

import polars as pl
import pytest

from tests.bars.frames import bars
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.bars.store.schema import SCHEMA, clean, is_usable
from tradingagents.discovery.model.errors import BadPayload

GOOD = bars("ABC", [10.0, 11.0, 12.0])


def spoiled(**values: object) -> pl.DataFrame:
    """Three good bars, the middle one changed."""
    middle = pl.int_range(pl.len()) == 1
    changed = {
        n: pl.when(middle).then(pl.lit(v, dtype=SCHEMA[n])).otherwise(n).alias(n) for n, v in values.items()
    }
    return GOOD.with_columns(**changed)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"date": None}, "no date"),
        ({"ticker": None}, "no ticker"),
        ({"ticker": " "}, "no ticker"),
        ({"close": None}, "price missing"),
        ({"open": math.nan}, "price missing"),
        ({"high": math.inf}, "price missing"),
        ({"low": 0.0}, "price not positive"),
        ({"close": -1.0}, "price not positive"),
        ({"high": 5.0, "low": 6.0}, "high below low"),
    ],
)
def test_an_unusable_row_is_dropped_and_counted_by_its_reason(values: dict[str, object], reason: str) -> None:
    cleaned = clean(spoiled(**values))
    assert cleaned.dropped == {reason: 1}
    assert cleaned.frame.height == 2


def test_of_two_bars_of_one_day_the_later_one_is_kept() -> None:
    """A correction comes after what it corrects."""
    doubled = pl.concat([GOOD, GOOD.tail(1).with_columns(close=pl.lit(11.9))])
    cleaned = clean(doubled)
    assert cleaned.dropped == {"duplicate": 1}
    assert cleaned.frame.get_column("close").to_list() == [10.0, 11.0, 11.9]


@pytest.mark.parametrize("volume", [None, math.nan, math.inf, -1.0])
def test_a_bar_without_volume_is_kept_and_noted(volume: float | None) -> None:
    """Its prices are usable; its volume is unknown, not zero."""
    cleaned = clean(spoiled(volume=volume))
    assert cleaned.dropped == {}
    assert cleaned.noted == {"volume missing": 1}
    assert cleaned.frame.get_column("volume").to_list() == [1e6, None, 1e6]


def test_a_close_outside_the_days_range_is_kept_and_noted() -> None:
    """Vendors round the four prices separately."""
    cleaned = clean(spoiled(close=99.0))
    assert cleaned.noted == {"open or close outside the day's range": 1}
    assert cleaned.frame.height == 3


def test_the_result_is_sorted_typed_and_without_other_columns() -> None:
    """For any order, types and other columns of the input."""
    rough = GOOD.reverse().cast({"close": pl.Float32}).with_columns(pl.lit("x").alias("note"))
    cleaned = clean(rough.select("note", "volume", "close", "low", "high", "open", "ticker", "date"))
    assert dict(cleaned.frame.schema) == {name: dtype() for name, dtype in SCHEMA.items()}
    assert cleaned.frame.get_column("date").is_sorted()


def test_a_frame_without_price_columns_is_refused() -> None:
    with pytest.raises(BadPayload, match="has no column close, volume"):
        clean(GOOD.drop("close", "volume"))
    with pytest.raises(BadPayload, match="cannot be read"):
        clean(GOOD.with_columns(pl.lit("high").alias("close")))


def test_screens_and_store_agree_on_usable_rows() -> None:
    """A screen of the raw frame ignores the rows that the store would drop."""
    rough = pl.concat(
        [spoiled(close=None), spoiled(low=0.0), spoiled(high=5.0, low=6.0), spoiled(high=math.nan)]
    )
    assert rough.filter(is_usable()).height == rough.height - 4


@needs_shared
def test_recorded_small_caps_lose_only_their_null_and_non_positive_days() -> None:
    """464,004 rows as the vendor gave them: 61 null days and 2 prices at or under zero."""
    assert SHARED is not None
    cleaned = clean(
        pl.read_parquet(SHARED / "real-data" / "ohlcv" / "us_small_mid_daily_2022_2024-03.parquet")
    )
    assert cleaned.dropped == {"price missing": 61, "price not positive": 2}
    assert cleaned.frame.height == 464_004 - 63
