"""Shares whose newest volume jumped above the mean of the sessions before. Pure functions."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["MIN_PRESENT", "Jump", "find_jumps", "is_share"]

MIN_PRESENT = 0.9
"""Of the sessions before; a share listed lately has no mean to speak of."""

_SHARE = re.compile(r"[A-Z]{1,5}(?:\.[A-QSTX-Z])?")  # with a class letter, but not .R, .U, .V or .W


def is_share(symbol: str) -> bool:
    """Whether a symbol can be a share's: not that of a unit, a warrant, a right or a preferred share."""
    return _SHARE.fullmatch(symbol) is not None


@dataclass(frozen=True, slots=True)
class Jump:
    """Off-exchange volume in shares: the newest session's, and the mean of ``sessions`` before it."""

    symbol: str
    volume: float
    mean: float
    sessions: int
    short_share: float  # of the newest volume, 0 to 1

    @property
    def ratio(self) -> float:
        return self.volume / self.mean


def find_jumps(
    newest: VolumeDay, before: Sequence[VolumeDay], min_ratio: float, min_volume: float
) -> tuple[list[Jump], Counter[str]]:
    """Return the jumps by symbol, and how many symbols were left out for which reason.

    The mean is over the sessions on which a share was traded off exchange; nine in ten must be there.
    """
    jumps: list[Jump] = []
    left_out: Counter[str] = Counter()
    for symbol, volume in sorted(newest.total.items()):
        if not is_share(symbol):
            left_out["units, warrants, rights, preferred and other symbols of no share"] += 1
            continue
        if volume < min_volume:
            left_out["below min_volume"] += 1
            continue
        earlier = [file.total[symbol] for file in before if symbol in file.total]
        mean = math.fsum(earlier) / len(earlier) if earlier else 0.0
        if not mean or len(earlier) < MIN_PRESENT * len(before):
            left_out["too few sessions"] += 1
        elif volume < min_ratio * mean:
            left_out["below min_ratio"] += 1
        else:
            jumps.append(Jump(symbol, volume, mean, len(earlier), newest.short[symbol] / volume))
    return jumps, left_out
