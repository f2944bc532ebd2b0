"""One evaluation of every screen a scan asks for, over its universe, on the newest session that has bars."""

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
from tradingagents.discovery.screens.base import Coverage, Screen, ScreenResult
from tradingagents.discovery.screens.catalogue import build
from tradingagents.discovery.screens.evaluate import evaluate
from tradingagents.discovery.screens.facts import DailyFacts, facts_of
from tradingagents.discovery.screens.freshness import Freshness
from tradingagents.discovery.screens.population import Population, population_of
from tradingagents.discovery.screens.query import MarketOrder

if TYPE_CHECKING:
    from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["Screened", "Screening", "open_store", "screen"]

_SPARE = 1.1  # sessions read for each that a screen needs: not every ticker was traded on each of them
_SPARE_SESSIONS = 5


@dataclass(frozen=True)
class Screened:
    """One screen's answer and what it stands on. ``bars`` identifies the state of the stored bars.

    ``facts`` are price and liquidity of those that any screen picked.
    """

    result: ScreenResult
    min_share: float
    bars: str
    problem: DiscoveryError | None
    facts: Mapping[str, DailyFacts] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether too few tickers could be judged for an answer about the universe."""
        coverage = self.result.coverage
        return coverage.judged < self.min_share * coverage.universe


@dataclass(frozen=True)
class Screening:
    """What all screens found on ``as_of``. Immutable, shared by the scanners of a scan."""

    as_of: date
    snapshot: Snapshot
    population: Population
    results: Mapping[str, ScreenResult]
    min_share: float
    facts: Mapping[str, DailyFacts] = field(default_factory=dict)

    def of(self, name: str) -> Screened:
        """Return one screen's answer; raises ``NotConfiguredError``, ``NoDataError``, ``StaleDataError``."""
        result = self.results[name]
        present, current = _present(result.coverage), _current(result.coverage)
        if not present:
            raise self._nothing(result.screen, result.coverage)
        Freshness(self.as_of, self.as_of, present, current).require(self.min_share)
        problem = self.population.problem if result.screen.only is None else None
        return Screened(result, self.min_share, self.snapshot.digest, problem, self.facts)

    def receipt(self) -> dict[str, Any]:
        """Return plain facts: the session, the universe, and the digest of the bars."""
        size = max(
            (one.coverage.universe for one in self.results.values() if one.screen.only is None), default=0
        )
        return {
            "as_of": self.as_of.isoformat(),
            "newest": self.snapshot.newest.isoformat(),
            "bars": self.snapshot.digest,
            "universe": self.population.receipt(size, self.as_of),
            "screens": list(self.results),
        }

    def _nothing(self, screen: Screen, coverage: Coverage) -> DiscoveryError:
        if screen.only is not None:
            names = ", ".join(sorted(screen.only | screen.beside))
            return NotConfiguredError(f"daily bars of {names} in {self.snapshot.root}")
        if self.population.universe is None:
            return NoDataError(f"no listed common stock has daily bars in {self.snapshot.root}")
        return NoDataError(
            f"none of the {coverage.universe} tickers of {self.population.name} has daily bars"
        )


def open_store(root: Path) -> Snapshot:
    """Return the newest state of a store. Raises ``NotConfiguredError`` when it holds nothing."""
    try:
        return OhlcvStore(root).snapshot()
    except NoDataError as error:
        raise NotConfiguredError(f"daily bars in {root}") from error


def screen(
    snapshot: Snapshot,
    order: MarketOrder,
    screens: Mapping[str, Mapping[str, Any]],
    directory: Callable[[], SymbolDirectory],
) -> Screening:
    """Evaluate ``screens`` (name to thresholds) in one pass, on the newest session the settings allow.

    Raises ``StaleDataError`` when the newest bars are older than that, ``NotConfiguredError`` for a universe
    and ``ConfigError`` for thresholds that are none, ``BadPayload`` when the files cannot be read, and with
    the universe ``listed`` what kept the symbol directory from being had.
    """
    settings = order.settings
    built = [build(name, **thresholds) for name, thresholds in screens.items()]
    sessions = _sessions(snapshot, order)
    population = _population(order, sessions[0], directory, lambda: _tickers(snapshot, built, sessions[0]))
    as_of, results = sessions[0], _evaluate(snapshot, built, sessions[0], population)
    for earlier in sessions[1:]:
        if _is_current(results, settings.min_share):
            break
        current_deadline().check()
        older = _evaluate(snapshot, built, earlier, population)
        if _is_current(older, settings.min_share):
            as_of, results = earlier, older
    facts = _facts(snapshot, results, as_of)
    return Screening(as_of, snapshot, population, results, settings.min_share, facts)


def _facts(snapshot: Snapshot, results: Mapping[str, ScreenResult], as_of: date) -> Mapping[str, DailyFacts]:
    picked = sorted({hit.ticker for result in results.values() for hit in result.hits})
    return facts_of(snapshot, picked, as_of, nyse()).facts if picked else {}


def _population(
    order: MarketOrder,
    session: date,
    directory: Callable[[], SymbolDirectory],
    stored: Callable[[], Sequence[str]],
) -> Population:
    """Return whom to screen; a universe that cannot be used is a setting to be mended, and no crash."""
    try:
        return population_of(order.settings.universe, session, directory, stored)
    except ConfigError as error:
        raise NotConfiguredError(f"usable market.universe: {error}") from error


def _sessions(snapshot: Snapshot, order: MarketOrder) -> list[date]:
    """Return the sessions whose bars would do, newest first: those the snapshot can have bars of."""
    calendar = nyse()
    latest = calendar.latest_session(order.trade_date, order.now)
    allowed = [calendar.back(latest, age) for age in range(order.settings.max_age_sessions + 1)]
    if not (possible := [session for session in allowed if session <= snapshot.newest]):
        raise StaleDataError(f"the newest daily bars are of {snapshot.newest}, not of {latest}")
    return possible


def _evaluate(
    snapshot: Snapshot, screens: Sequence[Screen], session: date, population: Population
) -> dict[str, ScreenResult]:
    with _readable():
        bars = _bars(snapshot, screens, session)
        results = evaluate(bars, screens, session, population.tickers, distinct=True)
    if population.universe is not None:
        return dict(results)
    return {name: replace(one, coverage=_of_stored(one)) for name, one in results.items()}


def _bars(snapshot: Snapshot, screens: Sequence[Screen], session: date) -> pl.LazyFrame:
    needed = math.ceil(max(one.warm_up for one in screens) * _SPARE) + _SPARE_SESSIONS
    return snapshot.scan(nyse().back(session, needed), session)


def _tickers(snapshot: Snapshot, screens: Sequence[Screen], session: date) -> list[str]:
    with _readable():
        found = _bars(snapshot, screens, session).select(pl.col("ticker").unique().sort()).collect()
    return found.get_column("ticker").to_list()


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadPayload("ohlcv", f"daily bars cannot be read: {error}") from error


def _of_stored(result: ScreenResult) -> Coverage:
    """Take no account of tickers without bars: nobody asked for them by name."""
    coverage = result.coverage
    if result.screen.only is not None:
        return coverage
    return replace(coverage, universe=_present(coverage), absent=0)


def _is_current(results: Mapping[str, ScreenResult], min_share: float) -> bool:
    """Whether enough of the universe has a bar of the session; of the funds, where only they are asked."""
    widest = max((one.coverage for one in results.values()), key=_present)
    return _current(widest) >= min_share * _present(widest) > 0


def _present(coverage: Coverage) -> int:
    return coverage.universe - coverage.absent


def _current(coverage: Coverage) -> int:
    return _present(coverage) - coverage.stale
