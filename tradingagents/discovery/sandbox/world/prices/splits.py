"""Share splits within the year of the synthetic market.

The market's bars are adjusted for splits. As-traded prices before a split are ``factor`` times as high.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.names import WORD_TICKERS
from tradingagents.discovery.sandbox.world.prices.paths import Bar

if TYPE_CHECKING:
    from tradingagents.discovery.sandbox.world.market import Market

__all__ = ["Split", "as_traded", "splits_of"]

_PLANNED = ((4.0, 60), (0.1, 40), (1.5, 20))  # new shares for an old one; sessions ago


@dataclass(frozen=True, slots=True)
class Split:
    """Each share became ``factor`` shares before the session ``day``; below 1 it is a reverse split."""

    day: date
    factor: float


def splits_of(market: Market) -> dict[str, Split]:
    """Return the split of each company that had one, by its directory symbol.

    None of them is in a scenario: those companies have longer symbols.
    """
    short = sorted(
        one.symbol
        for one in market.companies
        if len(one.symbol) <= 3 and one.symbol.isalpha() and one.symbol not in WORD_TICKERS
    )
    chosen = stream(market.seed, "splits").sample(short, len(_PLANNED))
    return {
        symbol: Split(market.sessions[-ago], factor)
        for symbol, (factor, ago) in zip(chosen, _PLANNED, strict=True)
    }


def as_traded(bars: tuple[Bar, ...], split: Split | None) -> tuple[Bar, ...]:
    """Return the bars with as-traded prices and volumes."""
    if split is None:
        return bars
    return tuple(_before(bar, split.factor) if bar.day < split.day else bar for bar in bars)


def _before(bar: Bar, factor: float) -> Bar:
    return replace(
        bar,
        open=bar.open * factor,
        high=bar.high * factor,
        low=bar.low * factor,
        close=bar.close * factor,
        volume=round(bar.volume / factor),
    )
