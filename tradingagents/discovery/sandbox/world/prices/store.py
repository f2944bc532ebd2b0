"""Writes the market's daily bars into a store, as an update from a vendor would have.

Symbols and adjustment are those of the store. Companies of ``bars/unfetched`` lack their newest
sessions, as after a failed update.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from tradingagents.discovery.bars.store.schema import frame_of
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.sandbox.world.market import Market, shared_market

__all__ = ["write_bars"]

_UNFETCHED_SESSIONS = 3


def write_bars(market: Market, store: OhlcvStore) -> None:
    """Write the bars of every listing that trades into a store."""
    store.upsert(_frame(market.seed, market.as_of, market.size))


@lru_cache(maxsize=4)  # a test run starts many sandboxes over the same market
def _frame(seed: int, as_of: date, companies: int) -> Any:
    return frame_of(_rows(shared_market(seed, as_of, companies)))


def _rows(market: Market) -> Iterator[tuple[date, str, float, float, float, float, float]]:
    missing = frozenset(market.sessions[-_UNFETCHED_SESSIONS:])
    unfetched = frozenset(market.scenarios["bars/unfetched"])
    for symbol in market.plans:
        for bar in market.bars(symbol):
            if symbol not in unfetched or bar.day not in missing:
                yield bar.day, symbol, bar.open, bar.high, bar.low, bar.close, float(bar.volume)
