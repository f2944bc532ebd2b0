"""``MarketData``: the daily bars, symbol directory and screen results that the scanners of one scan share.

Nothing heavy is imported here: a scan without daily bars never loads Polars.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tradingagents.discovery.execution.once import Once
from tradingagents.discovery.model.errors import ConfigError, DiscoveryError, NotConfiguredError
from tradingagents.discovery.screens.base import BarsQuery

if TYPE_CHECKING:
    from tradingagents.discovery.bars.store.snapshot import Snapshot
    from tradingagents.discovery.screens.screening import Screened, Screening
    from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["MarketData"]

_HOW_TO_FILL = (
    "store some with `python -m tradingagents.discovery.bars import FILE...` "
    "or `... update --source yahoo --universe listed`"
)


class MarketData:
    """One state of the stored bars, and one evaluation of all screens. Thread-safe.

    Each part is loaded once, on first use. The first caller evaluates every screen in ``screens`` (name to
    thresholds), and the others wait under their own deadlines; see
    :class:`~tradingagents.discovery.execution.once.Once`. Polars releases the interpreter lock while it
    works.
    """

    def __init__(
        self,
        query: BarsQuery,
        screens: Mapping[str, Mapping[str, Any]],
        directory: Callable[[], SymbolDirectory],
    ) -> None:
        self.query, self._screens = query, dict(screens)
        self._directory = directory  # fetched once by its client
        self._snapshot, self._screening = Once(self._open), Once(self._screen)

    def snapshot(self) -> Snapshot:
        """Return the state of the stored bars that this whole scan reads.

        Raises :class:`NotConfiguredError` when there are none, ``BadPayload`` when they cannot be read.
        """
        return self._snapshot()

    def screened(self, name: str) -> Screened:
        """Return what the screen called ``name`` found.

        Raises :class:`NotConfiguredError` without bars to evaluate, ``StaleDataError`` when too few tickers
        have a bar of the session, and any error of reading the bars or the universe.
        """
        if name not in self._screens:
            raise ConfigError(f"screen {name!r} is not among those of this scan: {', '.join(self._screens)}")
        return self._screening().of(name)

    def receipt(self) -> dict[str, Any] | None:
        """Return plain facts for the run's report; None where nothing was screened."""
        try:
            return self._screening().receipt() if self._screening.done else None
        except DiscoveryError:
            return None  # every scanner that used the screens has reported it

    def _open(self) -> Snapshot:
        root = self.query.store
        if root is None:
            raise NotConfiguredError("daily bars: neither market.store_dir nor state_dir is set")
        if not (root / "manifest.json").exists():
            raise NotConfiguredError(f"daily bars in {root}; {_HOW_TO_FILL}")
        try:
            from tradingagents.discovery.screens.screening import open_store
        except ImportError as error:
            raise _without(error) from error
        return open_store(root)

    def _screen(self) -> Screening:
        snapshot = self.snapshot()
        try:
            from tradingagents.discovery.screens.screening import run_screens

            return run_screens(snapshot, self.query, self._screens, self._directory)
        except ImportError as error:  # the exchange calendar is imported on its first use
            raise _without(error) from error


def _without(error: ImportError) -> NotConfiguredError:
    return NotConfiguredError(f"Python package {error.name}, which daily bars need")
