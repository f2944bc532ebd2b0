"""Which short positions could be hard to buy back. Pure functions over one short interest file.

Days to cover are worked out here, position over mean daily volume: FINRA's own figure is never below one.
A position that grew is told from one whose shares were split, which FINRA flags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tradingagents.discovery.vendors.finra.short_interest import ShortPosition

__all__ = ["Squeeze", "Thresholds", "find_squeezes"]

_LETTERS = re.compile(r"[A-Z]{1,5}")  # preferred shares and most units have six or more


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a position must reach: see ``scanners.short_squeeze`` in the configuration."""

    min_days_to_cover: float
    min_growth: float
    min_growth_days_to_cover: float
    min_short_shares: float
    min_mean_volume: float


@dataclass(frozen=True, slots=True)
class Squeeze:
    """A position with its days to cover; ``growth`` is since the settlement before, None if unknown."""

    position: ShortPosition
    days_to_cover: float
    growth: float | None
    crowded: bool
    grew: bool


def find_squeezes(
    positions: Iterable[ShortPosition], least: Thresholds
) -> tuple[list[Squeeze], Counter[str]]:
    """Return the positions by symbol, and how many were left out for which reason."""
    found: list[Squeeze] = []
    left_out: Counter[str] = Counter()
    for position in sorted(positions, key=lambda one: one.symbol):
        if (reason := _unfit(position, least)) is not None:
            left_out[reason] += 1
            continue
        one = _squeeze(position, least)
        if one.crowded or one.grew:
            found.append(one)
        else:
            left_out["soon covered, and not much grown"] += 1
    return found, left_out


def _unfit(position: ShortPosition, least: Thresholds) -> str | None:
    if not position.listed:
        return "traded over the counter"
    if not _LETTERS.fullmatch(position.symbol):
        return "preferred shares, units and other symbols of no share"
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
