"""Bars for tests: made by hand, or by a seeded walk."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import polars as pl

from tradingagents.discovery.bars.store.schema import SCHEMA

AS_OF = date(2026, 2, 5)


def weekdays(count: int, end: date = AS_OF) -> list[date]:
    """The last ``count`` weekdays up to ``end``, oldest first."""
    days: list[date] = []
    day = end
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def bars(
    ticker: str,
    closes: Sequence[float],
    *,
    volumes: Sequence[float | None] | float = 1_000_000.0,
    opens: Sequence[float] | None = None,
    spread: float = 0.01,
    end: date = AS_OF,
) -> pl.DataFrame:
    """One ticker's bars: each opens at the close before unless told, and spans ``spread`` beyond both."""
    opened = list(opens) if opens is not None else [closes[0], *closes[:-1]]
    shares = list(volumes) if isinstance(volumes, Sequence) else [volumes] * len(closes)
    return pl.DataFrame(
        {
            "date": weekdays(len(closes), end),
            "ticker": [ticker] * len(closes),
            "open": opened,
            "high": [max(o, c) * (1 + spread) for o, c in zip(opened, closes, strict=True)],
            "low": [min(o, c) * (1 - spread) for o, c in zip(opened, closes, strict=True)],
            "close": list(closes),
            "volume": shares,
        },
        schema=dict(SCHEMA),
        strict=False,
    )


def together(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(list(frames)).sort("date", "ticker")


def walk(ticker: str, count: int, seed: int, end: date = AS_OF) -> pl.DataFrame:
    """A random walk with trends, gaps and bursts of volume, enough of them for every screen to fire."""
    rng = random.Random(f"{ticker}/{seed}")  # a text seed is the same in every process
    drift, noise = rng.uniform(-0.001, 0.003), rng.uniform(0.004, 0.03)
    close, closes, opens, volumes = rng.uniform(5, 300), [], [], []
    usual = math.exp(rng.uniform(11, 16))
    for _ in range(count):
        news = rng.random() < 0.08
        opens.append(round(close * math.exp(rng.gauss(0, 3 * noise if news else noise / 3)), 4))
        close = round(opens[-1] * math.exp(rng.gauss(drift, noise)), 4)
        closes.append(close)
        volumes.append(float(int(usual * math.exp(rng.gauss(0, 0.5)) * (3 if news else 1))))
    return bars(ticker, closes, opens=opens, volumes=volumes, spread=noise / 4, end=end)
