"""One evaluation of every screen of a scan, over its universe, on the newest session that has bars."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.store.snapshot import Snapshot
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    BadPayload,
    ConfigError,
    DiscoveryError,
    NoDataError,
    NotConfiguredError,
    StaleDataError,
)
from tradingagents.discovery.screens.base import BarsQuery, Coverage, Screen, ScreenResult
from tradingagents.discovery.screens.catalogue import build
from tradingagents.discovery.screens.evaluate import evaluate
from tradingagents.discovery.screens.price_summary import PriceSummary, summarise_prices
from tradingagents.discovery.screens.universe import ScreenUniverse, screen_universe

if TYPE_CHECKING:
    from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["Screened", "Screening", "open_store", "run_screens"]

_EXTRA = 1.1  # sessions read for each that a screen needs: not every ticker traded on each of them
_EXTRA_SESSIONS = 5


@dataclass(frozen=True)
class Screened:
    """One screen's result and the data it was computed from.

    ``bars`` is the digest of the stored bars, ``problem`` why funds could not be left out (None: they were),
    ``prices`` are price and liquidity of every ticker that any screen picked.
    """

    result: ScreenResult
    min_share: float
    bars: str
    problem: DiscoveryError | None
    prices: Mapping[str, PriceSummary] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether too few tickers could be evaluated for a statement about the universe."""
        coverage = self.result.coverage
        return coverage.evaluated < self.min_share * coverage.universe


@dataclass(frozen=True)
class Screening:
    """What all screens found on ``as_of``. Immutable, shared by the scanners of a scan."""

    as_of: date
    snapshot: Snapshot
    universe: ScreenUniverse
    results: Mapping[str, ScreenResult]
    min_share: float
    prices: Mapping[str, PriceSummary] = field(default_factory=dict)

    def of(self, name: str) -> Screened:
        """Return one screen's result; raises ``NotConfiguredError``, ``NoDataError``, ``StaleDataError``."""
        result = self.results[name]
        present, current = _present(result.coverage), _current(result.coverage)
        if not present:
            raise self._without_bars(result.screen, result.coverage)
        if current / present < self.min_share:
            raise StaleDataError(f"only {current} of {present} tickers have a daily bar of {self.as_of}")
        problem = self.universe.problem if result.screen.only is None else None
        return Screened(result, self.min_share, self.snapshot.digest, problem, self.prices)

    def receipt(self) -> dict[str, Any]:
        """Return plain facts: the session, the universe, and the digest of the bars."""
        size = max(
            (one.coverage.universe for one in self.results.values() if one.screen.only is None), default=0
        )
        return {
            "as_of": self.as_of.isoformat(),
            "newest": self.snapshot.newest.isoformat(),
            "bars": self.snapshot.digest,
            "universe": self.universe.receipt(size, self.as_of),
            "screens": list(self.results),
        }

    def _without_bars(self, screen: Screen, coverage: Coverage) -> DiscoveryError:
        if screen.only is not None:
            names = ", ".join(sorted(screen.only | screen.beside))
            return NotConfiguredError(f"daily bars of {names} in {self.snapshot.root}")
        if self.universe.universe is None:
            return NoDataError(f"no listed common stock has daily bars in {self.snapshot.root}")
        return NoDataError(f"none of the {coverage.universe} tickers of {self.universe.name} has daily bars")


def open_store(root: Path) -> Snapshot:
    """Return the newest state of a store. Raises ``NotConfiguredError`` when it is empty."""
    try:
        return OhlcvStore(root).snapshot()
    except NoDataError as error:
        raise NotConfiguredError(f"daily bars in {root}") from error


def run_screens(
    snapshot: Snapshot,
    query: BarsQuery,
    screens: Mapping[str, Mapping[str, Any]],
    directory: Callable[[], SymbolDirectory],
) -> Screening:
    """Evaluate ``screens`` (name to thresholds) in one pass, on the newest session the settings allow.

    Raises ``StaleDataError`` when the newest bars are older than that, ``NotConfiguredError`` for an unusable
    universe, ``ConfigError`` for invalid thresholds, ``BadPayload`` when the files cannot be read, and with
    the universe ``listed`` any error of loading the symbol directory.
    """
    settings = query.settings
    built = [build(name, **thresholds) for name, thresholds in screens.items()]
    sessions = _sessions(snapshot, query)
    universe = _universe(query, sessions[0], directory, lambda: _tickers(snapshot, built, sessions[0]))
    as_of, results = sessions[0], _evaluate(snapshot, built, sessions[0], universe)
    for earlier in sessions[1:]:
        if _is_current(results, settings.min_share):
            break
        current_deadline().check()
        older = _evaluate(snapshot, built, earlier, universe)
        if _is_current(older, settings.min_share):
            as_of, results = earlier, older
    prices = _prices(snapshot, results, as_of)
    return Screening(as_of, snapshot, universe, results, settings.min_share, prices)


def _prices(
    snapshot: Snapshot, results: Mapping[str, ScreenResult], as_of: date
) -> Mapping[str, PriceSummary]:
    picked = sorted({hit.ticker for result in results.values() for hit in result.hits})
    return summarise_prices(snapshot, picked, as_of, nyse()).by_ticker if picked else {}


def _universe(
    query: BarsQuery,
    session: date,
    directory: Callable[[], SymbolDirectory],
    stored: Callable[[], Sequence[str]],
) -> ScreenUniverse:
    """Return the tickers to screen; an unusable universe is a setting to correct, not a crash."""
    try:
        return screen_universe(query.settings.universe, session, directory, stored)
    except ConfigError as error:
        raise NotConfiguredError(f"usable market.universe: {error}") from error


def _sessions(snapshot: Snapshot, query: BarsQuery) -> list[date]:
    """Return the acceptable sessions, newest first: those of which the snapshot can have bars."""
    calendar = nyse()
    latest = calendar.latest_session(query.trade_date, query.now)
    allowed = [calendar.back(latest, age) for age in range(query.settings.max_age_sessions + 1)]
    if not (possible := [session for session in allowed if session <= snapshot.newest]):
        raise StaleDataError(f"the newest daily bars are of {snapshot.newest}, not of {latest}")
    return possible


def _evaluate(
    snapshot: Snapshot, screens: Sequence[Screen], session: date, universe: ScreenUniverse
) -> dict[str, ScreenResult]:
    with _read_errors():
        bars = _bars(snapshot, screens, session)
        results = evaluate(bars, screens, session, universe.tickers, distinct=True)
    if universe.universe is not None:
        return dict(results)
    return {name: replace(one, coverage=_of_stored(one)) for name, one in results.items()}


def _bars(snapshot: Snapshot, screens: Sequence[Screen], session: date) -> pl.LazyFrame:
    needed = math.ceil(max(one.warm_up for one in screens) * _EXTRA) + _EXTRA_SESSIONS
    return snapshot.scan(nyse().back(session, needed), session)


def _tickers(snapshot: Snapshot, screens: Sequence[Screen], session: date) -> list[str]:
    with _read_errors():
        found = _bars(snapshot, screens, session).select(pl.col("ticker").unique().sort()).collect()
    return found.get_column("ticker").to_list()


@contextlib.contextmanager
def _read_errors() -> Iterator[None]:
    """Raise errors of reading the files as :class:`BadPayload`."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadPayload("ohlcv", f"daily bars cannot be read: {error}") from error


def _of_stored(result: ScreenResult) -> Coverage:
    """Exclude tickers without bars from the universe "stored": the user did not name them."""
    coverage = result.coverage
    if result.screen.only is not None:
        return coverage
    return replace(coverage, universe=_present(coverage), absent=0)


def _is_current(results: Mapping[str, ScreenResult], min_share: float) -> bool:
    """Whether enough of the universe has a bar of the session; of the funds where no screen uses others."""
    widest = max((one.coverage for one in results.values()), key=_present)
    return _current(widest) >= min_share * _present(widest) > 0


def _present(coverage: Coverage) -> int:
    return coverage.universe - coverage.absent


def _current(coverage: Coverage) -> int:
    return _present(coverage) - coverage.stale
