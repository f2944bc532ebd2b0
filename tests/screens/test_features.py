"""The features of the screens against TA-Lib, on generated and on recorded bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.bars.frames import bars, together, walk
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Feature

Column = np.ndarray[Any, Any]
Published = Callable[[Any, Mapping[str, Column]], Column]

CASES: Mapping[str, tuple[Feature, Published]] = {
    "mean": (features.mean("close", 20), lambda talib, f: talib.SMA(f["close"], 20)),
    "mean before the newest": (
        features.mean("volume", 20, 1),
        lambda talib, f: late(talib.SMA(f["volume"], 20)),
    ),
    "highest": (features.highest("high", 20), lambda talib, f: talib.MAX(f["high"], 20)),
    "highest before": (features.highest("high", 20, 1), lambda talib, f: late(talib.MAX(f["high"], 20))),
    "lowest": (features.lowest("low", 20), lambda talib, f: talib.MIN(f["low"], 20)),
    "range": (features.range_mean(5), lambda talib, f: sma(talib.TRANGE(f["high"], f["low"], f["close"]), 5)),
    "range before": (
        features.range_mean(5, 1),
        lambda talib, f: late(sma(talib.TRANGE(f["high"], f["low"], f["close"]), 5)),
    ),
    "ago": (features.ago("close", 10), lambda talib, f: f["close"] / (1 + talib.ROC(f["close"], 10) / 100)),
    "obv": (
        features.obv_change(20),
        lambda talib, f: talib.MOM(talib.OBV(f["close"], f["volume"]), 20),
    ),
    "rsi_2": (features.wilder_rsi(2), lambda talib, f: talib.RSI(f["close"], 2)),
    "rsi_5": (features.wilder_rsi(5), lambda talib, f: talib.RSI(f["close"], 5)),
}


def late(values: Column) -> Column:
    """The values of the bar before."""
    return np.append(np.nan, values[:-1])


def sma(values: Column, period: int) -> Column:
    """A mean over windows of numbers only; TA-Lib's own carries a leading NaN through the whole column."""
    return np.array([values[max(0, at - period + 1) : at + 1].mean() for at in range(len(values))])


def assert_as_ta_lib(frame: pl.DataFrame, name: str, what: object) -> None:
    talib = pytest.importorskip("talib", reason="TA-Lib has no wheel for this machine")
    feature, published = CASES[name]
    expected = published(talib, {column: frame[column].to_numpy() for column in frame.columns[2:]})
    assert frame.select(feature.expr).item() == pytest.approx(expected[-1], rel=1e-9), (name, what)


@pytest.mark.parametrize("name", CASES)
def test_a_feature_of_generated_bars_is_what_ta_lib_computes(name: str) -> None:
    """With just as many bars as it needs, one more, and many more."""
    needed = CASES[name][0].bars
    for length in (needed, needed + 1, needed + 200):
        for seed in range(5):
            assert_as_ta_lib(walk("A", length, seed=seed), name, (length, seed))


@pytest.mark.parametrize("name", CASES)
def test_a_feature_of_one_ticker_uses_no_bar_of_another(name: str) -> None:
    frame = together([walk("A", 400, seed=1), walk("B", 250, seed=2), walk("C", 180, seed=3)])
    feature = CASES[name][0]
    got = frame.group_by("ticker").agg(feature.expr.alias("x"))
    for ticker, value in got.iter_rows():
        alone = frame.filter(pl.col("ticker") == ticker)
        assert value == pytest.approx(alone.select(feature.expr).item(), rel=1e-12), ticker


def test_the_rsi_of_a_price_that_never_moved_is_not_a_number() -> None:
    """Neither side has any strength; 0 or 100 would be a false signal."""
    flat = bars("A", [5.0] * 100)
    assert np.isnan(flat.select(features.wilder_rsi(2).expr).item())


@needs_shared
@pytest.mark.parametrize("name", CASES)
def test_a_feature_of_recorded_bars_is_what_ta_lib_computes(name: str) -> None:
    """A large company, a late listing of 83 days, and one with a great jump."""
    assert SHARED is not None
    path = SHARED / "real-data" / "ohlcv" / "sp500_daily_2021-02_2026-02.parquet"
    wanted = pl.read_parquet(path).filter(pl.col("ticker").is_in(["AAPL", "Q", "HOOD"]))
    for key, part in wanted.cast({"volume": pl.Float64}).sort("date").group_by("ticker", maintain_order=True):
        if part.height >= CASES[name][0].bars:
            assert_as_ta_lib(
                part.select("date", "ticker", "open", "high", "low", "close", "volume"), name, key[0]
            )
