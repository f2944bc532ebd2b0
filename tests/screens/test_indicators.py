"""Indicators against the published formulas worked row by row, and against TA-Lib."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bars.frames import bars, together, walk
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.screens.indicators import momentum, trend, volatility, volume
from tradingagents.discovery.screens.indicators.smoothing import wilder_memory

OPEN, HIGH, LOW, CLOSE, VOLUME = (pl.col(c) for c in ("open", "high", "low", "close", "volume"))
Column = Sequence[float | None]


def nan_to_null(values: Column) -> list[float | None]:
    return [None if value is None or math.isnan(value) else value for value in values]


def windows(values: Column, period: int, of: Callable[[Sequence[float]], float]) -> list[float | None]:
    """A function of each full window; null before the first, and where the window has a null."""
    found: list[float | None] = []
    for at in range(len(values)):
        window = values[max(0, at - period + 1) : at + 1]
        full = len(window) == period and all(value is not None for value in window)
        found.append(of([float(value) for value in window if value is not None]) if full else None)
    return found


def smoothed(values: Column, period: int, alpha: float) -> list[float | None]:
    """Mean of the first ``period`` values, then each new one weighed in; nulls are passed over."""
    found: list[float | None] = []
    seen: list[float] = []
    average = math.nan
    for value in values:
        if value is None:
            found.append(None)
            continue
        seen.append(value)
        if len(seen) == period:
            average = math.fsum(seen) / period
        elif len(seen) > period:
            average = average * (1 - alpha) + value * alpha
        found.append(average if len(seen) >= period else None)
    return found


def changes(values: Column) -> list[float | None]:
    return [None, *(after - before for before, after in itertools.pairwise(values))]


def rsi(values: Column, period: int) -> list[float | None]:
    moves = changes(values)
    gains = smoothed([None if m is None else max(m, 0.0) for m in moves], period, 1 / period)
    losses = smoothed([None if m is None else max(-m, 0.0) for m in moves], period, 1 / period)
    pairs = zip(gains, losses, strict=True)
    return [None if g is None or lo is None or g + lo == 0 else 100 * g / (g + lo) for g, lo in pairs]


def ranges(frame: pl.DataFrame) -> list[float | None]:
    rows = frame.select("high", "low", "close").rows()
    pairs = itertools.pairwise(rows)
    return [None, *(max(h - lo, abs(h - before), abs(lo - before)) for (_, _, before), (h, lo, _) in pairs)]


def on_balance(closes: Column, volumes: Column) -> list[float | None]:
    total, found = volumes[0], [volumes[0]]
    for move, shares in zip(changes(closes)[1:], volumes[1:], strict=True):
        total += shares * ((move > 0) - (move < 0))
        found.append(total)
    return found


def deviation(window: Sequence[float]) -> float:
    middle = math.fsum(window) / len(window)
    spread = math.sqrt(math.fsum((value - middle) ** 2 for value in window) / len(window))
    return 4 * spread / middle


def mean(window: Sequence[float]) -> float:
    return math.fsum(window) / len(window)


CASES: dict[str, tuple[pl.Expr, Callable[[pl.DataFrame], Column]]] = {
    "sma": (trend.sma(CLOSE, 20), lambda f: windows(f["close"].to_list(), 20, mean)),
    "ema": (trend.ema(CLOSE, 20), lambda f: smoothed(f["close"].to_list(), 20, 2 / 21)),
    "high": (trend.rolling_high(HIGH, 20), lambda f: windows(f["high"].to_list(), 20, max)),
    "low": (trend.rolling_low(LOW, 20), lambda f: windows(f["low"].to_list(), 20, min)),
    "roc": (momentum.roc(CLOSE, 10), lambda f: windows(f["close"].to_list(), 11, lambda w: w[-1] / w[0] - 1)),
    "rsi": (momentum.rsi(CLOSE, 14), lambda f: rsi(f["close"].to_list(), 14)),
    "rsi_2": (momentum.rsi(CLOSE, 2), lambda f: rsi(f["close"].to_list(), 2)),
    "rsi_plain": (
        momentum.rsi_plain(CLOSE, 5),
        lambda f: windows(
            changes(f["close"].to_list()),
            5,
            lambda w: 100 * sum(max(m, 0) for m in w) / sum(abs(m) for m in w),
        ),
    ),
    "true_range": (volatility.true_range(HIGH, LOW, CLOSE), ranges),
    "atr": (volatility.atr(HIGH, LOW, CLOSE, 14), lambda f: smoothed(ranges(f), 14, 1 / 14)),
    "atr_plain": (volatility.atr_plain(HIGH, LOW, CLOSE, 14), lambda f: windows(ranges(f), 14, mean)),
    "bollinger": (volatility.bollinger_width(CLOSE), lambda f: windows(f["close"].to_list(), 20, deviation)),
    "obv": (volume.obv(CLOSE, VOLUME), lambda f: on_balance(f["close"].to_list(), f["volume"].to_list())),
    "relative_volume": (
        volume.relative_volume(VOLUME, 20),
        lambda f: windows(f["volume"].to_list(), 21, lambda w: w[-1] / mean(w[:-1])),
    ),
}


def assert_same(got: Column, expected: Column, name: str) -> None:
    mine, theirs = nan_to_null(got), nan_to_null(expected)
    assert [value is None for value in mine] == [value is None for value in theirs], name
    assert [v for v in mine if v is not None] == pytest.approx(
        [v for v in theirs if v is not None], rel=1e-9
    ), name


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("length", [1, 2, 13, 14, 15, 20, 21, 22, 120])
def test_an_indicator_is_its_formula_and_null_until_warm(name: str, length: int) -> None:
    """Histories shorter than the warm-up give nulls and no error."""
    frame = walk("ABC", length, seed=4)
    expression, reference = CASES[name]
    assert_same(frame.select(expression.alias("x"))["x"].to_list(), reference(frame), name)


@pytest.mark.parametrize("name", CASES)
def test_an_indicator_laid_over_tickers_does_not_run_from_one_into_the_next(name: str) -> None:
    """Interleaved tickers of different lengths give what each gives alone."""
    frame = together([walk("A", 80, seed=1), walk("B", 40, seed=2), walk("C", 3, seed=3)])
    expression, reference = CASES[name]
    over = frame.with_columns(expression.over("ticker").alias("x"))
    for ticker in ("A", "B", "C"):
        alone = frame.filter(pl.col("ticker") == ticker)
        assert_same(over.filter(pl.col("ticker") == ticker)["x"].to_list(), reference(alone), name)


def test_an_index_of_a_price_that_never_moved_is_no_number() -> None:
    """Neither side has any strength; to call it 0 or 100 would invent a signal."""
    flat = bars("A", [5.0] * 30)
    for expression in (momentum.rsi(CLOSE, 14), momentum.rsi_plain(CLOSE, 14)):
        assert nan_to_null(flat.select(expression.alias("x"))["x"].to_list()) == [None] * 30


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(1, 1000)), min_size=1, max_size=60), st.integers(1, 10))
def test_a_smoothed_average_passes_over_missing_values(values: list[float | None], period: int) -> None:
    """Before, at and after its seed."""
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    got = frame.select(trend.ema(pl.col("x"), period))["x"].to_list()
    assert_same(got, smoothed(values, period, 2 / (period + 1)), "ema")


def test_a_nan_spreads_and_is_never_taken_for_a_price() -> None:
    """A window over it has no value; a smoothed average none from there on."""
    closes = walk("A", 60, seed=1)["close"].to_list()
    closes[30] = math.nan
    frame = pl.DataFrame({"close": closes})
    sma = nan_to_null(frame.select(trend.sma(CLOSE, 5))["close"].to_list())
    assert [at for at, value in enumerate(sma) if value is None] == [0, 1, 2, 3, 30, 31, 32, 33, 34]
    for smooth in (trend.ema(CLOSE, 5), momentum.rsi(CLOSE, 5)):
        found = nan_to_null(frame.select(smooth.alias("x"))["x"].to_list())
        assert all(value is not None for value in found[5:30])
        assert found[30:] == [None] * 30


def test_wilders_average_forgets_what_its_memory_says() -> None:
    """Bars before it change the RSI by less than fourteen digits."""
    closes = walk("A", 400, seed=9)["close"]
    for period in (2, 5, 10):
        tail = closes.tail(wilder_memory(period) + 1)
        whole = pl.DataFrame({"close": closes}).select(momentum.rsi(CLOSE, period).alias("x"))["x"]
        for formula in (momentum.rsi(CLOSE, period), momentum.rsi_unseeded(CLOSE.diff(), period)):
            part = pl.DataFrame({"close": tail}).select(formula.alias("x"))["x"]
            assert part[-1] == pytest.approx(whole[-1], rel=1e-12)


def test_an_rsi_of_two_needs_no_seed() -> None:
    """Its first average is the mean of two moves either way."""
    frame = walk("A", 50, seed=3)
    formulas = (momentum.rsi(CLOSE, 2), momentum.rsi_unseeded(CLOSE.diff(), 2))
    seeded, unseeded = (frame.select(formula.alias("x"))["x"] for formula in formulas)
    assert unseeded[2:].to_list() == pytest.approx(seeded[2:].to_list(), rel=1e-12)


def ta_lib(frame: pl.DataFrame) -> dict[str, Column]:
    """What TA-Lib makes of the same bars, by the names in ``CASES``."""
    talib = pytest.importorskip("talib", reason="TA-Lib has no wheel for this machine")
    h, lo, c, v = (frame[name].to_numpy() for name in ("high", "low", "close", "volume"))
    upper, middle, lower = talib.BBANDS(c, 20, 2, 2)
    found = {
        "sma": talib.SMA(c, 20),
        "ema": talib.EMA(c, 20),
        "high": talib.MAX(h, 20),
        "low": talib.MIN(lo, 20),
        "roc": talib.ROC(c, 10) / 100,
        "rsi": talib.RSI(c, 14),
        "rsi_2": talib.RSI(c, 2),
        "true_range": talib.TRANGE(h, lo, c),
        "atr": talib.ATR(h, lo, c, 14),
        "bollinger": (upper - lower) / middle,
        "obv": talib.OBV(c, v),
        "relative_volume": v / np.append(np.nan, talib.SMA(v, 20)[:-1]),
    }
    return {name: values.tolist() for name, values in found.items()}


def assert_as_ta_lib(frame: pl.DataFrame, what: object) -> None:
    for name, expected in ta_lib(frame).items():
        got = frame.select(CASES[name][0].alias("x"))["x"].to_list()
        assert_same(got, expected, f"{name} of {what}")


@pytest.mark.parametrize("length", [2, 3, 13, 14, 15, 19, 20, 21, 22, 60, 300])
def test_made_prices_give_what_ta_lib_gives(length: int) -> None:
    """Where a value begins, too: histories shorter than a warm-up have none in either."""
    for seed in range(5):
        assert_as_ta_lib(walk("A", length, seed=seed), seed)


def test_up_to_a_nan_both_agree_and_on_it_neither_has_a_value() -> None:
    """But for TA-Lib's RSI, which makes 0 of it, and so would call a missing price oversold."""
    frame = walk("A", 60, seed=1)
    broken = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 30).then(math.nan).otherwise(pl.col(c)).alias(c)
        for c in ("high", "low", "close")
    )
    theirs = {name: nan_to_null(values) for name, values in ta_lib(broken).items()}
    for name in ("sma", "ema", "rsi", "rsi_2", "atr", "bollinger", "roc"):
        got = nan_to_null(broken.select(CASES[name][0].alias("x"))["x"].to_list())
        assert_same(got[:30], theirs[name][:30], name)
        assert got[30] is None, name
        assert theirs[name][30] == (0.0 if name.startswith("rsi") else None), name


@needs_shared
def test_recorded_prices_give_what_ta_lib_gives() -> None:
    """A large company, a late listing of 83 days, and one with a great jump; warm-up included."""
    assert SHARED is not None
    path = SHARED / "real-data" / "ohlcv" / "sp500_daily_2021-02_2026-02.parquet"
    frame = (
        pl.read_parquet(path)
        .filter(pl.col("ticker").is_in(["AAPL", "Q", "HOOD"]))
        .cast({"volume": pl.Float64})
    )
    for key, part in frame.group_by("ticker"):
        assert_as_ta_lib(part, key[0])
