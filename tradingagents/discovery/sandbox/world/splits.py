"""Which companies of the synthetic market split their shares within its year.

The market's bars are on the scale of its last day, as a vendor that adjusts for splits has them. A vendor
that tells prices as they were traded has those before a split ``factor`` times as high.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tradingagents.discovery.sandbox.world.names import WORD_TICKERS
from tradingagents.discovery.sandbox.world.prices import Bar
from tradingagents.discovery.sandbox.world.seeds import stream

if TYPE_CHECKING:
    from tradingagents.discovery.sandbox.world.market import Market

__all__ = ["Split", "as_traded", "splits_of"]

_PLANNED = ((4.0, 60), (0.1, 40), (1.5, 20))  # new shares for an old one, and how many sessions ago


@dataclass(frozen=True, slots=True)
class Split:
    """Each share became ``factor`` shares before the session ``day``; below 1 it is a reverse split."""

    day: date
    factor: float


def splits_of(market: Market) -> dict[str, Split]:
    """Return the split of each company that had one, by its directory symbol.

    None of them plays a part: their symbols are shorter than those that are cast.
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
    """Return the bars as they were told on their own day."""
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
