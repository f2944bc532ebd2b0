"""Which tickers a scan screens: what the setting ``market.universe`` stands for on a day."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tradingagents.discovery.model.errors import (
    ConfigError,
    DiscoveryError,
    FetchError,
    NoDataError,
)
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.security_type import COMMON_STOCK_KINDS
from tradingagents.discovery.symbols.universe import Universe

__all__ = ["Population", "population_of"]


_SAME_TIME = timedelta(days=30)
_SHOWN = 10


@dataclass(frozen=True)
class Population:
    """The tickers to screen.

    With ``universe`` None they are those that have bars and are in ``allowed``, None allowing every one.
    ``listed_on`` is the day of the symbol directory that told shares from funds, and ``problem`` what kept it
    from being had, where the answer can do without.
    """

    universe: Universe | None
    allowed: Collection[str] | None = None
    problem: DiscoveryError | None = None
    listed_on: date | None = None

    @property
    def tickers(self) -> Collection[str] | None:
        """What to ask of the bars; None for all."""
        return self.allowed if self.universe is None else self.universe.tickers

    @property
    def name(self) -> str:
        """For people and receipts."""
        return "stored" if self.universe is None else self.universe.name

    def receipt(self, size: int, as_of: date) -> dict[str, Any]:
        """Return plain facts; ``size`` and ``as_of`` are those of the screening.

        Of the stored tickers, ``listed_on`` says by which day's symbol directory funds and other papers were
        left out, None when they were not; the tickers themselves are told by the digest of the bars.
        """
        if self.universe is not None:
            return dict(self.universe.receipt())
        listed_on = None if self.listed_on is None else self.listed_on.isoformat()
        return {"name": self.name, "as_of": as_of.isoformat(), "size": size, "listed_on": listed_on}


def population_of(
    asked: str | list[str],
    as_of: date,
    directory: Callable[[], SymbolDirectory],
    stored: Callable[[], Collection[str]],
) -> Population:
    """Return whom to screen on ``as_of``. ``asked`` is the setting, ``stored`` tells the tickers with bars.

    The symbol directory is asked where it tells shares from funds and other papers; a list or a file of
    one's own is taken as it stands. Raises :class:`ConfigError` for a file that cannot be used, and for
    ``listed`` what kept the directory from being had.
    """
    if asked == "listed":
        return Population(Universe.listed(directory()))
    if asked == "stored":
        try:
            listed = directory()
            return Population(None, _shares(listed, as_of, stored), listed_on=listed.as_of)
        except (FetchError, NoDataError) as error:
            return Population(None, problem=error)
    if isinstance(asked, list):
        return Population(_sure(Universe.of("tickers", asked, as_of)))
    return Population(_sure(Universe.from_file(Path(asked).expanduser(), as_of)))


def _sure(universe: Universe) -> Universe:
    if universe.unknown:
        shown = ", ".join(repr(symbol) for symbol in universe.unknown[:_SHOWN])
        raise ConfigError(f"discovery.market.universe: not a ticker: {shown}")
    return universe


def _shares(
    directory: SymbolDirectory, as_of: date, stored: Callable[[], Collection[str]]
) -> Collection[str]:
    if abs(directory.as_of - as_of) <= _SAME_TIME:
        return directory.of_kind(*COMMON_STOCK_KINDS)
    # Some of the shares of a day long past are listed no more, and leaving them out would flatter that day.
    return [ticker for ticker in stored() if ticker not in directory or directory.is_common_stock(ticker)]
