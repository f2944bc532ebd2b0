"""The ten screens a second time, in plain Python over lists of bars, as their descriptions read.

Written independently of the package's expressions, with only the thresholds' values in common, so that the two
can be compared. A rule takes one ticker's bars, oldest first, and returns its score when the screen picks it,
None when it does not, or one of the words in ``NO_ANSWER``.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

TOO_FEW, STALE, UNUSABLE = "too_few_bars", "stale", "unusable"
NO_ANSWER = (TOO_FEW, STALE, UNUSABLE)

SECTORS = ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY")


class Bar(NamedTuple):
    date: date
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None


Answer = float | str | None
Rule = Callable[[Sequence[Bar], Mapping[str, Sequence[Bar]]], Answer]


def usable(bar: Bar) -> bool:
    prices = (bar.open, bar.high, bar.low, bar.close)
    if any(price is None or not math.isfinite(price) or price <= 0 for price in prices):
        return False
    return bar.high >= bar.low


def known_on(as_of: date, books: Mapping[str, Sequence[Bar]]) -> dict[str, Sequence[Bar]]:
    """The usable bars, of every ticker that had any by that day."""
    ends = {
        ticker: bisect_right(history, as_of, key=lambda bar: bar.date) for ticker, history in books.items()
    }
    return {ticker: books[ticker][:end] for ticker, end in ends.items() if end}


def answer(name: str, ticker: str, as_of: date, known: Mapping[str, Sequence[Bar]]) -> Answer:
    """The screen's answer for a ticker on a day, from the bars known by then."""
    needed, rule = SCREENS[name]
    if known[ticker][-1].date != as_of:
        return STALE
    if len(known[ticker]) < needed:
        return TOO_FEW
    return rule(known[ticker], known)


def mean(values: Sequence[float | None]) -> float:
    if any(value is None for value in values):
        return math.nan
    return math.fsum(values) / len(values)


def ratio(numerator: float | None, denominator: float | None) -> float:
    if numerator is None or denominator is None or math.isnan(denominator) or denominator == 0:
        return math.nan
    return numerator / denominator


def volume_ratio(bars: Sequence[Bar]) -> float:
    return ratio(bars[-1].volume, mean([bar.volume for bar in bars[-21:-1]]))


def above_mean(bars: Sequence[Bar], days: int) -> bool:
    return bars[-1].close > mean([bar.close for bar in bars[-days:]]) * (1 + 1e-9)


def volume_accumulation(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    today, yesterday = bars[-1], bars[-2]
    much = volume_ratio(bars)
    if not math.isfinite(much):
        return UNUSABLE
    if much < 2 or abs(today.close / yesterday.close - 1) > 0.05:
        return None
    span = today.high - today.low
    location = (today.close - today.low) / span if span > 0 else 0.5
    enough = mean([bar.volume for bar in bars[-21:-1]]) >= 100_000
    return much if location >= 0.5 and enough else None


def technical_breakout(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    much = volume_ratio(bars)
    if not math.isfinite(much):
        return UNUSABLE
    top = max(bar.high for bar in bars[-21:-1])
    return much if bars[-1].close > top and much >= 1.5 else None


def high_52w_breakout(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    much = volume_ratio(bars)
    if not math.isfinite(much):
        return UNUSABLE
    top = max(bar.high for bar in bars[-253:-1])
    recent = max(bar.high for bar in bars[-6:-1])
    return much if bars[-1].close > top > recent and much >= 1.5 else None


def minervini(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    closes = [bar.close for bar in bars]
    close = closes[-1]
    chain = [close, mean(closes[-50:]), mean(closes[-150:]), mean(closes[-200:]), mean(closes[-222:-22])]
    rising = all(higher > lower * (1 + 1e-9) for higher, lower in itertools.pairwise(chain))
    top, bottom = max(bar.high for bar in bars[-252:]), min(bar.low for bar in bars[-252:])
    weights = {63: 0.4, 126: 0.2, 189: 0.2, 252: 0.2}
    strength = sum(weight * (close / closes[-1 - days] - 1) for days, weight in weights.items())
    fits = rising and close / bottom - 1 >= 0.30 and 1 - close / top <= 0.25 and strength >= 0
    return strength if fits else None


def true_ranges(bars: Sequence[Bar]) -> list[float]:
    pairs = itertools.pairwise(bars)
    return [
        max(bar.high - bar.low, abs(bar.high - before.close), abs(bar.low - before.close))
        for before, bar in pairs
    ]


def atr_compression(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    ranges = true_ranges(bars[-22:-1])
    tight = ratio(mean(ranges[-5:]), mean(ranges[-20:]))
    if not math.isfinite(tight):
        return UNUSABLE
    out = bars[-1].close > max(bar.high for bar in bars[-11:-1])
    return 1 - tight if tight <= 0.75 and out and above_mean(bars, 50) else None


def volume_dry_up(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    quiet = mean([bar.volume for bar in bars[-3:]])
    dry = ratio(quiet, mean([bar.volume for bar in bars[-53:-3]]))
    if not math.isfinite(dry):
        return UNUSABLE
    close = bars[-1].close
    width = (max(bar.high for bar in bars[-5:]) - min(bar.low for bar in bars[-5:])) / close
    under = 1 - close / max(bar.high for bar in bars[-50:])
    fits = dry <= 0.55 and quiet > 0 and width <= 0.06 and under <= 0.10
    return 1 - dry if fits and above_mean(bars, 50) else None


def wilder_rsi(closes: Sequence[float], period: int) -> float:
    moves = [after - before for before, after in itertools.pairwise(closes)]
    gain = math.fsum(max(move, 0.0) for move in moves[:period]) / period
    loss = math.fsum(max(-move, 0.0) for move in moves[:period]) / period
    for move in moves[period:]:
        gain = (gain * (period - 1) + max(move, 0.0)) / period
        loss = (loss * (period - 1) + max(-move, 0.0)) / period
    return ratio(100 * gain, gain + loss)


def rsi_oversold(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    # Sixty-four moves: of an older one 2**-64 is left, which counts only where the price stands still since.
    rsi = wilder_rsi([bar.close for bar in bars[-65:]], 2)
    if not math.isfinite(rsi):
        return UNUSABLE
    return 100 - rsi if rsi < 10 and above_mean(bars, 200) else None


def gap_up(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    today, yesterday = bars[-1], bars[-2]
    much = volume_ratio(bars)
    if not math.isfinite(much):
        return UNUSABLE
    gap = today.open / yesterday.close - 1
    fits = 0.03 <= gap <= 0.50 and today.close >= today.open and much >= 1.5
    return gap if fits and above_mean(bars, 200) else None


def obv_divergence(bars: Sequence[Bar], _: Mapping[str, Sequence[Bar]]) -> Answer:
    flow = 0.0
    for before, bar in zip(bars[-21:], bars[-20:], strict=False):
        if bar.volume is None:
            return UNUSABLE
        flow += bar.volume * ((bar.close > before.close) - (bar.close < before.close))
    days = ratio(flow, mean([bar.volume for bar in bars[-20:]]))
    if not math.isfinite(days):
        return UNUSABLE
    change = bars[-1].close / bars[-21].close - 1
    return days if days >= 5 and -0.10 <= change <= 0.02 else None


def sector_rotation(bars: Sequence[Bar], histories: Mapping[str, Sequence[Bar]]) -> Answer:
    today = bars[-1].date
    market = histories.get("SPY", ())
    if len(market) < 64 or market[-1].date != today:
        return UNUSABLE
    excess = {}
    for days in (21, 63):
        if bars[-1 - days].date != market[-1 - days].date:
            return UNUSABLE
        own, other = (line[-1].close / line[-1 - days].close - 1 for line in (bars, market))
        excess[days] = own - other
    fits = excess[21] >= 0.02 and excess[21] > excess[63] * 21 / 63
    return excess[21] if fits and above_mean(bars, 50) else None


SCREENS: Mapping[str, tuple[int, Rule]] = {
    "volume_accumulation": (21, volume_accumulation),
    "technical_breakout": (21, technical_breakout),
    "high_52w_breakout": (253, high_52w_breakout),
    "minervini": (253, minervini),
    "atr_compression": (50, atr_compression),
    "volume_dry_up": (53, volume_dry_up),
    "rsi_oversold": (200, rsi_oversold),
    "gap_up": (200, gap_up),
    "obv_divergence": (21, obv_divergence),
    "sector_rotation": (64, sector_rotation),
}
