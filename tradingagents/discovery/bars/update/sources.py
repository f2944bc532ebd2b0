"""Where daily bars come from: one small protocol, and the vendors behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

import polars as pl

from tradingagents.discovery.bars.store.schema import SCHEMA
from tradingagents.discovery.bars.update.split_adjustment import adjust_for_splits, price_jumps
from tradingagents.discovery.model.errors import Auth, NoDataError
from tradingagents.discovery.settings.vendors import RateSettings
from tradingagents.discovery.vendors.records import DailyBar

if TYPE_CHECKING:
    from tradingagents.discovery.vendors.alpha_vantage.client import AlphaVantage
    from tradingagents.discovery.vendors.yahoo import Yahoo

__all__ = ["AlphaVantageBars", "BarSource", "Fetched", "YahooBars", "useful_workers"]

_SLOW_ANSWER_SECONDS = 5.0
_MAX_WORKERS = 8
_COMPACT_SESSIONS = 100


@dataclass(frozen=True)
class Fetched:
    """Bars in the columns of the store. ``limited`` is why some requested days are missing, empty if none
    is."""

    frame: pl.DataFrame
    limited: str = ""


class BarSource(Protocol):
    """A vendor of daily bars. Thread-safe.

    ``name`` is the vendor's in the configuration; ``workers`` how many threads its quota can keep busy.
    """

    @property
    def name(self) -> str: ...

    @property
    def workers(self) -> int: ...

    def fetch(self, ticker: str, first: date, last: date) -> Fetched:
        """Return the bars of a canonical ticker from ``first`` to ``last``, both included.

        All are adjusted for splits up to today. Raises :class:`NoDataError` for a ticker without any, and
        the errors of a vendor's session.
        """


def useful_workers(rates: Sequence[RateSettings]) -> int:
    """Return how many threads the lowest rate limit can keep busy, 1 to 8; more would only wait."""
    rate = min((one.requests / one.seconds for one in rates), default=math.inf)
    return max(1, min(_MAX_WORKERS, math.ceil(min(rate * _SLOW_ANSWER_SECONDS, _MAX_WORKERS))))


class YahooBars:
    """Yahoo, whose bars are already adjusted for splits."""

    name = "yahoo"

    def __init__(self, client: Yahoo, *, spell: Callable[[str], str], workers: int = 1) -> None:
        """``spell`` turns a canonical ticker into the vendor's spelling."""
        self._client, self._spell, self._workers = client, spell, workers

    @property
    def workers(self) -> int:
        return self._workers

    def fetch(self, ticker: str, first: date, last: date) -> Fetched:
        return Fetched(_frame(ticker, self._client.daily_bars(self._spell(ticker), first, last)))


class AlphaVantageBars:
    """Alpha Vantage, whose prices are not adjusted.

    Splits are removed here: where prices jump, a second request gets the vendor's list of splits; without it
    the ticker fails instead of being stored half adjusted. The free plan has a hundred sessions, which the
    first refused request for more shows.
    """

    name = "alpha_vantage"

    def __init__(self, client: AlphaVantage, *, spell: Callable[[str], str], workers: int = 1) -> None:
        """``spell`` turns a canonical ticker into the vendor's spelling."""
        self._client, self._spell, self._workers = client, spell, workers
        self._refused_full = False  # set once, by the first refused thread

    @property
    def workers(self) -> int:
        return self._workers

    def fetch(self, ticker: str, first: date, last: date) -> Fetched:
        spelled = self._spell(ticker)
        bars, limited = self._bars(spelled, first, last)
        wanted = [bar for bar in bars if first <= bar.day <= last]
        if not wanted:
            raise NoDataError(f"{self.name}: no bars of {ticker} in these days")
        if price_jumps(wanted):
            wanted = adjust_for_splits(wanted, self._client.splits(spelled))
        return Fetched(_frame(ticker, wanted), limited)

    def _bars(self, spelled: str, first: date, last: date) -> tuple[list[DailyBar], str]:
        # Seven days have at most five sessions: a shorter range fits into the compact answer.
        if last - first < timedelta(days=_COMPACT_SESSIONS * 7 // 5) or self._refused_full:
            return self._compact(spelled, first)
        try:
            return self._client.daily_bars(spelled, full=True), ""
        except Auth:
            # Either the plan or the key is refused: the compact answer, which every plan has, shows which.
            answer = self._compact(spelled, first)
            self._refused_full = True
            return answer

    def _compact(self, spelled: str, first: date) -> tuple[list[DailyBar], str]:
        bars = self._client.daily_bars(spelled)
        cut = len(bars) >= _COMPACT_SESSIONS and bars[0].day > first
        return bars, f"this plan of {self.name} has {_COMPACT_SESSIONS} sessions" if cut else ""


def _frame(ticker: str, bars: Iterable[DailyBar]) -> pl.DataFrame:
    rows = [(bar.day, ticker, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")
