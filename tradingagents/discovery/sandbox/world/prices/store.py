"""The market's daily bars in a store, as an update would have left them there.

Spelled and adjusted as the store has them. The newest sessions of those that play ``bars/unfetched`` are
missing, as after an update that did not get through.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from tradingagents.discovery.bars.store.schema import frame_of
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.execution.once import Once
from tradingagents.discovery.sandbox.world.market import Market, shared_market

__all__ = ["BarsFolder", "write_bars"]

_UNFETCHED_SESSIONS = 3


def write_bars(market: Market, store: OhlcvStore) -> None:
    """Put the bars of everything that trades into a store."""
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


class BarsFolder:
    """A temporary folder with the market's bars, filled when it is first asked for. Thread-safe."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._filled = Once(self._fill)

    def path(self) -> Path:
        """Return the folder, a store of daily bars."""
        return self._filled()

    def remove(self) -> None:
        """Remove it, if there is one."""
        if self._folder is not None:
            self._folder.cleanup()

    def _fill(self) -> Path:
        self._folder = tempfile.TemporaryDirectory(prefix="tradingagents-sandbox-")
        path = Path(self._folder.name) / "ohlcv"
        write_bars(self._market, OhlcvStore(path))
        return path
