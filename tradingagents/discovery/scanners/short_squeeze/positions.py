"""Short positions that would take long to buy back, or grew fast. Pure functions over one FINRA file.

Days to cover is the position divided by the mean daily volume, computed here because FINRA's own figure is
never below one. Growth is unknown for a position whose stock was split, which FINRA flags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tradingagents.discovery.vendors.finra.short_interest import ShortPosition

__all__ = ["Squeeze", "Thresholds", "find_squeezes"]

_COMMON_STOCK = re.compile(r"[A-Z]{1,5}")  # symbols of preferred shares and most units are longer


class Thresholds(Protocol):
    """The thresholds of :class:`.scanner.ShortSqueezeSettings`."""

    @property
    def min_days_to_cover(self) -> float: ...
    @property
    def min_growth(self) -> float: ...
    @property
    def min_growth_days_to_cover(self) -> float: ...
    @property
    def min_short_shares(self) -> float: ...
    @property
    def min_mean_volume(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Squeeze:
    """A qualifying position. ``growth`` is since the previous settlement, as a fraction; None if unknown.

    ``crowded``: reaches ``min_days_to_cover``. ``grew``: reaches both growth thresholds.
    """

    position: ShortPosition
    days_to_cover: float
    growth: float | None
    crowded: bool
    grew: bool


def find_squeezes(
    positions: Iterable[ShortPosition], least: Thresholds
) -> tuple[list[Squeeze], Counter[str]]:
    """Return the qualifying positions by symbol, and the number left out for each reason."""
    found: list[Squeeze] = []
    left_out: Counter[str] = Counter()
    for position in sorted(positions, key=lambda one: one.symbol):
        if (reason := _rejection(position, least)) is not None:
            left_out[reason] += 1
            continue
        one = _squeeze(position, least)
        if one.crowded or one.grew:
            found.append(one)
        else:
            left_out["below the days-to-cover and growth thresholds"] += 1
    return found, left_out


def _rejection(position: ShortPosition, least: Thresholds) -> str | None:
    if not position.listed:
        return "traded over the counter"
    if not _COMMON_STOCK.fullmatch(position.symbol):
        return "not common stock"
    if position.current < least.min_short_shares:
        return "below min_short_shares"
    return "below min_mean_volume" if position.average_volume < least.min_mean_volume else None


def _squeeze(position: ShortPosition, least: Thresholds) -> Squeeze:
    days = position.current / position.average_volume
    comparable = position.previous > 0 and not position.split
    growth = position.current / position.previous - 1 if comparable else None
    return Squeeze(
        position=position,
        days_to_cover=days,
        growth=growth,
        crowded=days >= least.min_days_to_cover,
        grew=growth is not None and growth >= least.min_growth and days >= least.min_growth_days_to_cover,
    )
