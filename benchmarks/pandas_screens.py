"""The ten screens as usually written: one pandas frame per ticker, rolling windows, the last row.

Each function takes one ticker's bars, oldest first, and returns its score when the screen picks it. Bars are
cleaned and split into frames once; every screen loops over the tickers and computes its own indicators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd

__all__ = ["SCREENS", "run"]

Frames = Mapping[str, pd.DataFrame]
SECTORS = ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY")


def _volume_ratio(df: pd.DataFrame) -> float:
    return df["volume"].iloc[-1] / df["volume"].shift(1).rolling(20).mean().iloc[-1]


def _above_mean(df: pd.DataFrame, days: int) -> bool:
    return df["close"].iloc[-1] > df["close"].rolling(days).mean().iloc[-1]


def volume_accumulation(df: pd.DataFrame, frames: Frames) -> float | None:
    last, ratio = df.iloc[-1], _volume_ratio(df)
    change = df["close"].pct_change().iloc[-1]
    span = last["high"] - last["low"]
    location = (last["close"] - last["low"]) / span if span > 0 else 0.5
    usual = df["volume"].shift(1).rolling(20).mean().iloc[-1]
    fits = ratio >= 2 and abs(change) <= 0.05 and location >= 0.5 and usual >= 100_000
    return ratio if fits else None


def technical_breakout(df: pd.DataFrame, frames: Frames) -> float | None:
    top, ratio = df["high"].shift(1).rolling(20).max().iloc[-1], _volume_ratio(df)
    return ratio if df["close"].iloc[-1] > top and ratio >= 1.5 else None


def high_52w_breakout(df: pd.DataFrame, frames: Frames) -> float | None:
    before = df["high"].shift(1)
    top, recent = before.rolling(252).max().iloc[-1], before.rolling(5).max().iloc[-1]
    ratio = _volume_ratio(df)
    return ratio if df["close"].iloc[-1] > top > recent and ratio >= 1.5 else None


def minervini(df: pd.DataFrame, frames: Frames) -> float | None:
    close = df["close"]
    short, middle, long = (close.rolling(days).mean() for days in (50, 150, 200))
    price = close.iloc[-1]
    order = price > short.iloc[-1] > middle.iloc[-1] > long.iloc[-1] > long.iloc[-23]
    top, bottom = df["high"].rolling(252).max().iloc[-1], df["low"].rolling(252).min().iloc[-1]
    past = {63: 0.4, 126: 0.2, 189: 0.2, 252: 0.2}
    strength = sum(weight * close.pct_change(days).iloc[-1] for days, weight in past.items())
    fits = order and price / bottom - 1 >= 0.30 and 1 - price / top <= 0.25 and strength >= 0
    return strength if fits else None


def atr_compression(df: pd.DataFrame, frames: Frames) -> float | None:
    before = df["close"].shift(1)
    parts = [df["high"] - df["low"], (df["high"] - before).abs(), (df["low"] - before).abs()]
    true_range = pd.concat(parts, axis=1).max(axis=1)
    ratio = true_range.rolling(5).mean().iloc[-2] / true_range.rolling(20).mean().iloc[-2]
    top = df["high"].shift(1).rolling(10).max().iloc[-1]
    return 1 - ratio if ratio <= 0.75 and df["close"].iloc[-1] > top and _above_mean(df, 50) else None


def volume_dry_up(df: pd.DataFrame, frames: Frames) -> float | None:
    quiet = df["volume"].rolling(3).mean().iloc[-1]
    ratio = quiet / df["volume"].shift(3).rolling(50).mean().iloc[-1]
    price = df["close"].iloc[-1]
    width = (df["high"].rolling(5).max().iloc[-1] - df["low"].rolling(5).min().iloc[-1]) / price
    under = 1 - price / df["high"].rolling(50).max().iloc[-1]
    fits = ratio <= 0.55 and quiet > 0 and width <= 0.06 and under <= 0.10
    return 1 - ratio if fits and _above_mean(df, 50) else None


def rsi_oversold(df: pd.DataFrame, frames: Frames) -> float | None:
    move = df["close"].diff()
    gain = move.clip(lower=0).ewm(alpha=1 / 2, adjust=False).mean().iloc[-1]
    loss = (-move).clip(lower=0).ewm(alpha=1 / 2, adjust=False).mean().iloc[-1]
    rsi = 100 * gain / (gain + loss)
    return 100 - rsi if rsi < 10 and _above_mean(df, 200) else None


def gap_up(df: pd.DataFrame, frames: Frames) -> float | None:
    gap = df["open"].iloc[-1] / df["close"].iloc[-2] - 1
    held = df["close"].iloc[-1] >= df["open"].iloc[-1]
    fits = 0.03 <= gap <= 0.50 and held and _volume_ratio(df) >= 1.5
    return gap if fits and _above_mean(df, 200) else None


def obv_divergence(df: pd.DataFrame, frames: Frames) -> float | None:
    obv = (np.sign(df["close"].diff()) * df["volume"]).cumsum()
    days = (obv.iloc[-1] - obv.iloc[-21]) / df["volume"].rolling(20).mean().iloc[-1]
    change = df["close"].pct_change(20).iloc[-1]
    return days if days >= 5 and -0.10 <= change <= 0.02 else None


def sector_rotation(df: pd.DataFrame, frames: Frames) -> float | None:
    if df["ticker"].iloc[0] not in SECTORS:
        return None
    own, market = df["close"], frames["SPY"]["close"]
    excess = {days: own.pct_change(days).iloc[-1] - market.pct_change(days).iloc[-1] for days in (21, 63)}
    fits = excess[21] >= 0.02 and excess[21] > excess[63] * 21 / 63
    return excess[21] if fits and _above_mean(df, 50) else None


SCREENS: Mapping[Callable[[pd.DataFrame, Frames], float | None], int] = {
    volume_accumulation: 21,
    technical_breakout: 21,
    high_52w_breakout: 253,
    minervini: 253,
    atr_compression: 50,
    volume_dry_up: 53,
    rsi_oversold: 200,
    gap_up: 200,
    obv_divergence: 21,
    sector_rotation: 64,
}
"""Each screen and the bars it needs."""


def run(whole: pd.DataFrame, as_of: date) -> dict[str, list[str]]:
    """Return each screen's tickers, highest score first, from a frame already in memory."""
    prices = whole[["open", "high", "low", "close"]]
    usable = (prices > 0).all(axis=1) & (whole["high"] >= whole["low"]) & (whole["date"] <= as_of)
    frames = {str(ticker): part for ticker, part in whole[usable].sort_values("date").groupby("ticker")}
    found: dict[str, list[str]] = {}
    for screen, needed in SCREENS.items():
        picked = []
        for ticker, df in frames.items():
            if len(df) < needed or df["date"].iloc[-1] != as_of:
                continue
            score = screen(df, frames)
            if score is not None:
                picked.append((score, ticker))
        found[screen.__name__] = [
            ticker for _, ticker in sorted(picked, key=lambda pair: (-pair[0], pair[1]))
        ]
    return found
