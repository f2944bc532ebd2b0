"""One evaluation of every screen of a scan, over its universe, on the newest session that has bars.

Screens are identified by :data:`ScreenKey`, the scanner that reads them, and not by their own names: two
scanners may read one screen with different thresholds. A screen that fails costs no other its result. One
with Python functions in its expressions is evaluated by its own scanner alone, in that scanner's time.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.store.snapshot import Snapshot
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.candidate import Evidence
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    BadPayload,
    ConfigError,
    DiscoveryError,
    NoDataError,
    NotConfiguredError,
    StaleDataError,
)
from tradingagents.discovery.screens.base import (
    BarsQuery,
    Coverage,
    Feature,
    Hit,
    Screen,
    ScreenKey,
    ScreenResult,
    ScreenThresholds,
)
from tradingagents.discovery.screens.checks import check_screen, has_python
from tradingagents.discovery.screens.evaluate import evaluate_each
from tradingagents.discovery.screens.price_summary import PriceSummary, summarise_prices
from tradingagents.discovery.screens.universe import ScreenUniverse, screen_universe

if TYPE_CHECKING:
    from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = [
    "Screened",
    "Screening",
    "acceptable_sessions",
    "open_store",
    "read_errors",
    "resolve",
    "run_screens",
]

_EXTRA = 1.1  # sessions read for each that a screen needs: not every ticker traded on each of them
_EXTRA_SESSIONS = 5
_DIGITS = 6


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
    def hits(self) -> tuple[Hit, ...]:
        """What the screen picked, the highest score first."""
        return self.result.hits

    def evidence(self, hit: Hit) -> Evidence:
        """Return a hit as evidence: its session, values and score, and the digest of the stored bars."""
        day, screen = hit.as_of.isoformat(), self.result.screen
        return Evidence(
            vendor="ohlcv",
            kind=f"screen_{screen.name}",
            as_of=day,
            id=f"ohlcv/{self.bars[:16]}/{hit.ticker}/{day}",
            values={
                "symbol": hit.ticker,
                **{name: round(value, _DIGITS) for name, value in hit.values.items()},
                "score": round(hit.score, _DIGITS),
                "bars_needed": screen.warm_up,
            },
        )

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
    screens: Mapping[ScreenKey, Screen | BaseException]
    results: Mapping[ScreenKey, ScreenResult | BaseException]
    min_share: float
    prices: Mapping[str, PriceSummary] = field(default_factory=dict)

    def of(self, scanner: str, name: str | None = None) -> Screened:
        """Return the result of a scanner's screen; ``name`` may be left out when it has only one.

        Raises the screen's own error, ``NotConfiguredError``, ``NoDataError``, ``StaleDataError``.
        """
        key = self._key(scanner, name)
        screen, prices = self.screens[key], self.prices
        if isinstance(screen, BaseException):
            raise screen
        result = self.results.get(key)
        if result is None:  # it has Python functions
            result = _evaluate(self.snapshot, {key: screen}, self.as_of, self.universe)[key]
            prices = _prices(self.snapshot, [result], self.as_of)
        if isinstance(result, BaseException):
            error = f"{type(result).__name__}: {result}"
            raise ConfigError(f"screen {screen.name!r} cannot be evaluated: {error}") from result
        present, current = _present(result.coverage), _current(result.coverage)
        if not present:
            raise self._without_bars(result.screen, result.coverage)
        if current / present < self.min_share:
            raise StaleDataError(f"only {current} of {present} tickers have a daily bar of {self.as_of}")
        problem = self.universe.problem if result.screen.only is None else None
        return Screened(result, self.min_share, self.snapshot.digest, problem, prices)

    def _key(self, scanner: str, name: str | None) -> ScreenKey:
        own = [key for key in self.screens if key[0] == scanner]
        named = [key for key in own if name is None or getattr(self.screens[key], "name", name) == name]
        if len(named) != 1:
            names = ", ".join(str(getattr(self.screens[key], "name", "a broken one")) for key in own)
            which = "one screen" if name is None else f"screen {name!r}"
            raise ConfigError(f"{scanner} reads {which}, but its needs declare {names or 'none'}")
        return named[0]

    def receipt(self) -> dict[str, Any]:
        """Return plain facts: the session, the universe, and the digest of the bars."""
        size = max(
            (one.coverage.universe for one in _whole(self.results) if one.screen.only is None), default=0
        )
        return {
            "as_of": self.as_of.isoformat(),
            "newest": self.snapshot.newest.isoformat(),
            "bars": self.snapshot.digest,
            "universe": self.universe.receipt(size, self.as_of),
            "screens": [one.screen.name for one in _whole(self.results)],
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
    screens: Mapping[ScreenKey, Screen | ScreenThresholds],
    directory: Callable[[], SymbolDirectory],
) -> Screening:
    """Evaluate ``screens`` in one pass, on the newest session the settings allow.

    An error of one screen is its result. Raises ``StaleDataError`` when the newest bars are older than that,
    ``NotConfiguredError`` for an unusable universe, ``BadPayload`` when the files cannot be read, and with
    the universe ``listed`` any error of loading the symbol directory.
    """
    settings = query.settings
    built = {key: _built(one) for key, one in screens.items()}
    shared = {key: one for key, one in built.items() if isinstance(one, Screen) and not has_python(one)}
    shared = shared or {("", 0): _NO_SCREEN}  # the session is chosen by a screen's coverage
    sessions = acceptable_sessions(snapshot, query)
    universe = resolve(query, sessions[0], directory, lambda: _tickers(snapshot, shared, sessions[0]))
    as_of, results = sessions[0], _evaluate(snapshot, shared, sessions[0], universe)
    for earlier in sessions[1:]:
        if _is_current(results, settings.min_share):
            break
        current_deadline().check()
        older = _evaluate(snapshot, shared, earlier, universe)
        if _is_current(older, settings.min_share):
            as_of, results = earlier, older
    results = {key: result for key, result in results.items() if key in built}
    prices = _prices(snapshot, results.values(), as_of)
    return Screening(as_of, snapshot, universe, built, results, settings.min_share, prices)


_NEWEST = Feature("close", pl.col("close").last(), 1)
_NO_SCREEN = Screen("none", (_NEWEST,), {"close": pl.col("close")}, pl.lit(value=False), pl.col("close"), "")


def _built(screen: Screen | ScreenThresholds) -> Screen | BaseException:
    try:
        made = screen.build_screen() if isinstance(screen, ScreenThresholds) else screen
        check_screen(made)
    except Exception as error:  # noqa: BLE001 - raised to the scanner whose screen it is
        return error
    return made


def _prices(
    snapshot: Snapshot, results: Iterable[ScreenResult | BaseException], as_of: date
) -> Mapping[str, PriceSummary]:
    found = (result for result in results if isinstance(result, ScreenResult))
    picked = sorted({hit.ticker for result in found for hit in result.hits})
    return summarise_prices(snapshot, picked, as_of, nyse()).by_ticker if picked else {}


def _whole(results: Mapping[ScreenKey, ScreenResult | BaseException]) -> list[ScreenResult]:
    return [result for result in results.values() if isinstance(result, ScreenResult)]


def resolve(
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


def acceptable_sessions(snapshot: Snapshot, query: BarsQuery) -> list[date]:
    """Return the acceptable sessions, newest first: those of which the snapshot can have bars."""
    calendar = nyse()
    latest = calendar.latest_session(query.trade_date, query.now)
    allowed = [calendar.back(latest, age) for age in range(query.settings.max_age_sessions + 1)]
    if not (possible := [session for session in allowed if session <= snapshot.newest]):
        raise StaleDataError(f"the newest daily bars are of {snapshot.newest}, not of {latest}")
    return possible


def _evaluate(
    snapshot: Snapshot, screens: Mapping[ScreenKey, Screen], session: date, universe: ScreenUniverse
) -> dict[ScreenKey, ScreenResult | BaseException]:
    with read_errors():
        bars = _bars(snapshot, screens.values(), session)
        each = evaluate_each(
            bars,
            list(screens.values()),
            session,
            universe.tickers,
            distinct=True,
            since=lambda screen: _first_day([screen], session),
        )
    results = dict(zip(screens, each, strict=True))
    if universe.universe is not None:
        return results
    return {
        key: replace(one, coverage=_of_stored(one)) if isinstance(one, ScreenResult) else one
        for key, one in results.items()
    }


def _bars(snapshot: Snapshot, screens: Iterable[Screen], session: date) -> pl.LazyFrame:
    return snapshot.scan(_first_day(screens, session), session)


def _first_day(screens: Iterable[Screen], session: date) -> date:
    """Return the first day to read for these screens."""
    needed = math.ceil(max(one.warm_up for one in screens) * _EXTRA) + _EXTRA_SESSIONS
    return nyse().back(session, needed)


def _tickers(snapshot: Snapshot, screens: Mapping[ScreenKey, Screen], session: date) -> list[str]:
    with read_errors():
        found = _bars(snapshot, screens.values(), session).select(pl.col("ticker").unique().sort()).collect()
    return found.get_column("ticker").to_list()


@contextlib.contextmanager
def read_errors() -> Iterator[None]:
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


def _is_current(results: Mapping[ScreenKey, ScreenResult | BaseException], min_share: float) -> bool:
    """Whether enough of the universe has a bar of the session; of the funds where no screen uses others."""
    whole = _whole(results)
    coverages = [one.coverage for one in whole if one.screen.only is None] or [one.coverage for one in whole]
    if not coverages:
        return True
    widest = max(coverages, key=_present)
    return _current(widest) >= min_share * _present(widest) > 0


def _present(coverage: Coverage) -> int:
    return coverage.universe - coverage.absent


def _current(coverage: Coverage) -> int:
    return _present(coverage) - coverage.stale
