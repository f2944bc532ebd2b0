"""``MarketData``: the daily bars, symbol directory and calendar days that the scanners of one scan share.

Nothing heavy is imported here: a scan without daily bars never loads Polars.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

from tradingagents.discovery.bars.store.manifest import has_bars
from tradingagents.discovery.execution.once import Once
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    ConfigError,
    DeadlineExceeded,
    DiscoveryError,
    NotConfiguredError,
)
from tradingagents.discovery.net.counters import report_stale
from tradingagents.discovery.screens.base import MAX_BARS, BarsQuery, Screen, ScreenThresholds
from tradingagents.discovery.symbols.shared_directory import SharedDirectory, shorter_deadline

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from tradingagents.discovery.bars.store.snapshot import Snapshot
    from tradingagents.discovery.screens.screening import Screened, Screening
    from tradingagents.discovery.screens.universe import ScreenUniverse
    from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["MarketData", "SharedMarket"]

_HOW_TO_FILL = (
    "store some with `python -m tradingagents.discovery.bars import FILE...` "
    "or `... update --source yahoo --universe listed`"
)
_CALENDAR_DAYS = 7  # back and ahead: scans with other scanners then find the answer in the cache


SESSIONS = 260
"""Sessions that :meth:`MarketData.bars` reads by default: a year, and some days."""

WAIT_SECONDS = 1.0
"""How long a scanner waits for the symbol directory beyond its other work where it can do without."""


class SharedMarket:
    """One state of the stored bars, one evaluation of all screens, one symbol directory. Thread-safe.

    Each part is loaded once, on first use; see :class:`~tradingagents.discovery.execution.once.Once`.
    ``screens`` are those that each scanner needs, by its name; the first caller evaluates all of them, and
    the others wait under their own deadlines. Polars releases the interpreter lock while it works.
    ``calendar_days`` are the days of the earnings calendar, back and ahead, that any scanner needs.
    """

    def __init__(
        self,
        query: BarsQuery,
        screens: Mapping[str, Sequence[Screen | ScreenThresholds]],
        directory: SharedDirectory,
        calendar_days: tuple[int, int] = (0, 0),
    ) -> None:
        self.query, self.directory, self.calendar_days = query, directory, calendar_days
        self._screens = {(name, place): one for name, own in screens.items() for place, one in enumerate(own)}
        self.snapshot, self.screening, self.universe = (
            Once(self._open),
            Once(self._screen),
            Once(self._universe),
        )
        self._lock = threading.Lock()  # guards the next line
        self._frames: dict[int, Once[pl.DataFrame]] = {}

    def of(self, scanner: str) -> MarketData:
        """Return what the scanner of this name reads."""
        return MarketData(self, scanner)

    def receipt(self) -> dict[str, Any] | None:
        """Return plain facts for the run's report; None where nothing was screened."""
        try:
            return self.screening().receipt() if self.screening.done else None
        except DiscoveryError:
            return None  # every scanner that used the screens has reported it

    def frame(self, sessions: int) -> pl.DataFrame:
        """Return the bars of every stored ticker; shared, so it must not be changed."""
        with self._lock:
            once = self._frames.setdefault(sessions, Once(lambda: self._read(sessions)))
        return once()

    def _open(self) -> Snapshot:
        root = self.query.store
        if root is None:
            raise NotConfiguredError("daily bars: neither market.store_dir nor state_dir is set")
        if not has_bars(root):
            raise NotConfiguredError(f"daily bars in {root}; {_HOW_TO_FILL}")
        with _packages():
            from tradingagents.discovery.screens.screening import open_store
        return open_store(root)

    def _screen(self) -> Screening:
        snapshot = self.snapshot()
        with _packages():  # the exchange calendar is imported on its first use
            from tradingagents.discovery.screens.screening import run_screens

            return run_screens(snapshot, self.query, self._screens, self.directory)

    def _universe(self) -> ScreenUniverse:
        snapshot = self.snapshot()
        with _packages():
            from tradingagents.discovery.screens.screening import acceptable_sessions, resolve

            session = acceptable_sessions(snapshot, self.query)[0]
            return resolve(self.query, session, self.directory, self._stored)

    def _stored(self) -> list[str]:
        return self.frame(SESSIONS).get_column("ticker").unique().to_list()

    def _read(self, sessions: int) -> pl.DataFrame:
        snapshot = self.snapshot()
        with _packages():
            from tradingagents.discovery.screens.frames import read_long
            from tradingagents.discovery.screens.screening import acceptable_sessions

            return read_long(snapshot, acceptable_sessions(snapshot, self.query)[0], sessions)


class MarketData:
    """``self.market`` of a scanner: the bars, the results of its screens, the directory, its calendar days.

    ::

        frame = self.market.bars(["AAA", "BBB"], sessions=60, frame="pandas")
        for hit in self.market.screened().result.hits:
            ...

    Thread-safe. Everything is shared with the other scanners of the scan and loaded once.
    """

    def __init__(self, shared: SharedMarket, scanner: str) -> None:
        self._shared, self._scanner = shared, scanner
        self._without: DiscoveryError | None = None

    @property
    def query(self) -> BarsQuery:
        """Which daily bars the scan reads, and as of when."""
        return self._shared.query

    def snapshot(self) -> Snapshot:
        """Return the state of the stored bars that this whole scan reads.

        Raises :class:`NotConfiguredError` when there are none, ``BadPayload`` when they cannot be read.
        """
        return self._shared.snapshot()

    def screened(self, name: str | None = None) -> Screened:
        """Return what the screen of this scanner's ``needs`` found; ``name`` selects one of several.

        Raises :class:`NotConfiguredError` without bars to evaluate, ``StaleDataError`` when too few tickers
        have a bar of the session, :class:`ConfigError` for a screen that cannot be evaluated or is not
        among the needs, and any error of reading the bars or the universe.
        """
        return self._shared.screening().of(self._scanner, name)

    @overload
    def bars(
        self,
        tickers: Collection[str] | None = None,
        sessions: int = SESSIONS,
        frame: Literal["polars"] = "polars",
    ) -> pl.DataFrame: ...

    @overload
    def bars(
        self,
        tickers: Collection[str] | None = None,
        sessions: int = SESSIONS,
        *,
        frame: Literal["pandas"],
    ) -> pd.DataFrame: ...

    def bars(
        self,
        tickers: Collection[str] | None = None,
        sessions: int = SESSIONS,
        frame: Literal["polars", "pandas"] = "polars",
    ) -> pl.DataFrame | pd.DataFrame:
        """Return the daily bars of ``tickers`` up to the scan's session as one long frame.

        A row is one ticker's trading on one exchange day, sorted by ticker and date:

        - ``ticker``: text, such as ``BRK.B``.
        - ``date``: the exchange day in New York, without a time or a zone. Polars ``Date``; pandas
          ``datetime64[ns]`` at midnight, naive.
        - ``open``, ``high``, ``low``, ``close``: US dollars, adjusted for splits and not for dividends
          (unless the import into the store was). Float64.
        - ``volume``: shares, adjusted for splits. Float64; null in Polars and NaN in pandas where unknown.

        ``tickers`` of None is the universe of ``market.universe``; without the symbol directory it has funds
        too, and the outcome is degraded. ``sessions`` counts the newest exchange
        days, 1 to 1,000, whether or not a ticker traded on each. Bars with unusable prices are left out, and
        a ticker without bars has no rows. The frame is the caller's own.

        The store is read once for each number of ``sessions`` in a scan, whatever the number of scanners: for
        10,000 tickers and a year about 150 MB. The rows are copied for each call, in pandas column by column.

        Raises :class:`NotConfiguredError` without stored bars, or without pandas for ``frame="pandas"``;
        ``StaleDataError`` when the newest bars are too old for the trade date, ``NoDataError`` for sessions
        before the exchange calendar, :class:`ConfigError` for wrong arguments.
        """
        if frame not in {"polars", "pandas"}:
            raise ConfigError(f"bars(frame={frame!r}): it must be 'polars' or 'pandas'")
        if sessions not in range(1, MAX_BARS + 1):
            raise ConfigError(f"bars(sessions={sessions!r}): it must be a whole number, 1 to {MAX_BARS:,}")
        if isinstance(tickers, str):
            raise ConfigError(f"bars({tickers!r}): tickers must be a list such as [{tickers!r}]")
        whole = self._shared.frame(sessions)
        from tradingagents.discovery.screens.frames import of_tickers, to_pandas

        chosen = of_tickers(whole, self._universe() if tickers is None else tickers)
        return chosen if frame == "polars" else to_pandas(chosen)

    def _universe(self) -> Collection[str] | None:
        """Return the tickers of the universe, None for all; degrade the outcome where it has funds."""
        universe = self._shared.universe()
        if (problem := universe.problem) is not None:
            report_stale(problem, f"cannot tell funds from common stock: {problem}")
        return universe.tickers

    def calendar_window(self, today: date) -> tuple[date, date]:
        """Return the first and last day of the earnings calendar to request.

        It is the same for every scanner of the scan, so that one request serves all: what any of them
        declares in its needs, and at least a week either way.
        """
        back, ahead = (max(days, _CALENDAR_DAYS) for days in self._shared.calendar_days)
        return today - timedelta(days=back), today + timedelta(days=ahead)

    # -- the symbol directory ------------------------------------------------------------------------

    def start_directory(self) -> None:
        """Begin to load the symbol directory, so that it is there when it is needed."""
        self._shared.directory.start()

    def directory(self) -> SymbolDirectory:
        """Return the symbol directory, loaded once a scan; waits until the scanner's deadline.

        Raises ``FetchError`` kinds and ``NoDataError``.
        """
        return self._shared.directory()

    @property
    def directory_settled(self) -> bool:
        """Whether the directory is there, or known to be unavailable: :meth:`directory_in_time` is quick."""
        return self._shared.directory.done or self._without is not None

    def directory_in_time(self) -> SymbolDirectory:
        """Return the symbol directory where a scanner can do without.

        All calls of a scanner together wait for :data:`WAIT_SECONDS`. Raises as :meth:`directory` does,
        and ``DeadlineExceeded`` when it was not there in time; later calls then raise the same.
        """
        if self._without is not None:
            raise self._without
        try:
            with shorter_deadline(WAIT_SECONDS):
                return self.directory()
        except DiscoveryError as error:
            current_deadline().check()
            self._without = (
                DeadlineExceeded("no answer in time") if isinstance(error, DeadlineExceeded) else error
            )
            raise self._without from error

    @property
    def without_directory(self) -> DiscoveryError | None:
        """Why :meth:`directory_in_time` could not return it; None when it did, or was not called."""
        return self._without


@contextlib.contextmanager
def _packages() -> Iterator[None]:
    """Raise a missing package of daily bars as ``NotConfiguredError``."""
    try:
        yield
    except ImportError as error:
        raise NotConfiguredError(f"Python package {error.name}, which daily bars need") from error
