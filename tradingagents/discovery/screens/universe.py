"""Which tickers a scan screens: the setting ``market.universe`` resolved for one day."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    ConfigError,
    DeadlineExceeded,
    DiscoveryError,
    FetchError,
    NoDataError,
)
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.security_type import COMMON_STOCK_TYPES
from tradingagents.discovery.symbols.shared_directory import shorter_deadline
from tradingagents.discovery.symbols.universe import Universe, resolve_universe

__all__ = ["ScreenUniverse", "screen_universe"]

WAIT_SECONDS = 5.0
"""How long screens of the universe ``stored`` wait for the symbol directory, which leaves out funds."""

_SAME_LISTINGS = timedelta(days=30)  # a directory this near to the session is taken for that day's
_SHOWN = 10


@dataclass(frozen=True)
class ScreenUniverse:
    """The tickers to screen.

    With ``universe`` None they are those that have bars and are in ``allowed``; None allows every one.
    ``listed_on`` is the day of the symbol directory that separated common stock from funds. ``problem`` is
    why the directory could not be loaded, where the screens run without it.
    """

    universe: Universe | None
    allowed: Collection[str] | None = None
    problem: DiscoveryError | None = None
    listed_on: date | None = None

    @property
    def tickers(self) -> Collection[str] | None:
        """The tickers whose bars are read; None: all."""
        return self.allowed if self.universe is None else self.universe.tickers

    @property
    def name(self) -> str:
        """The name shown to users."""
        return "stored" if self.universe is None else self.universe.name

    def receipt(self, size: int, as_of: date) -> dict[str, Any]:
        """Return plain facts; ``size`` and ``as_of`` are those of the screening.

        For the stored tickers ``listed_on`` is the day of the symbol directory by which funds and other
        securities were left out, None when they were not; the digest of the bars identifies the tickers.
        """
        if self.universe is not None:
            return dict(self.universe.receipt())
        listed_on = None if self.listed_on is None else self.listed_on.isoformat()
        return {"name": self.name, "as_of": as_of.isoformat(), "size": size, "listed_on": listed_on}


def screen_universe(
    setting: str | list[str],
    as_of: date,
    directory: Callable[[], SymbolDirectory],
    stored: Callable[[], Collection[str]],
) -> ScreenUniverse:
    """Return the tickers to screen on ``as_of``. ``stored`` returns the tickers with bars.

    For ``stored`` the symbol directory separates common stock from funds and other securities; where it
    cannot be loaded in time, all are screened. Any other setting is read by
    :func:`~tradingagents.discovery.symbols.universe.resolve_universe`, whose errors are raised; so is
    :class:`ConfigError` for a symbol that cannot be a ticker.
    """
    if setting == "stored":
        try:
            with shorter_deadline(WAIT_SECONDS):
                listed = directory()
        except (FetchError, NoDataError) as error:
            return ScreenUniverse(None, problem=error)
        except DeadlineExceeded:
            current_deadline().check()
            return ScreenUniverse(None, problem=DeadlineExceeded("no answer in time"))
        return ScreenUniverse(None, _common_stocks(listed, as_of, stored), listed_on=listed.as_of)
    universe = resolve_universe(setting, as_of, directory=directory, stored=stored)
    if universe.unknown:
        shown = ", ".join(repr(symbol) for symbol in universe.unknown[:_SHOWN])
        raise ConfigError(f"discovery.market.universe: not a ticker: {shown}")
    return ScreenUniverse(universe)


def _common_stocks(
    directory: SymbolDirectory, as_of: date, stored: Callable[[], Collection[str]]
) -> Collection[str]:
    if abs(directory.as_of - as_of) <= _SAME_LISTINGS:
        return directory.of_type(*COMMON_STOCK_TYPES)
    # Some stocks of a day long past are no longer listed; leaving them out would be survivorship bias.
    return [ticker for ticker in stored() if ticker not in directory or directory.is_common_stock(ticker)]
