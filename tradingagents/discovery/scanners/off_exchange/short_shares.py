"""Shares of which far more was sold short than is usual for them. Pure functions.

Short volume is not short interest: most of it is market makers who sell what they have yet to buy, and is
closed within the day. What is usual differs much from share to share, so each is held against itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tradingagents.discovery.scanners.off_exchange.volume_jumps import MIN_PRESENT, is_share
from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["ShortShare", "find_short_shares"]


@dataclass(frozen=True, slots=True)
class ShortShare:
    """The part of off-exchange volume sold short, 0 to 1: the newest session's, and that of ``sessions``
    before it, all their volume taken together. ``volume`` is the newest session's, in shares."""

    symbol: str
    volume: float
    share: float
    usual: float
    sessions: int

    @property
    def excess(self) -> float:
        return self.share - self.usual


def find_short_shares(
    newest: VolumeDay,
    before: Sequence[VolumeDay],
    *,
    min_volume: float,
    min_short_share: float,
    min_excess: float,
) -> tuple[list[ShortShare], Counter[str]]:
    """Return the shares by symbol, and how many symbols were left out for which reason."""
    found: list[ShortShare] = []
    left_out: Counter[str] = Counter()
    for symbol, volume in sorted(newest.total.items()):
        if not is_share(symbol):
            left_out["units, warrants, rights, preferred and other symbols of no share"] += 1
        elif volume < min_volume:
            left_out["below min_volume"] += 1
        elif newest.short[symbol] < min_short_share * volume:
            left_out["below min_short_share"] += 1
        else:
            files = [file for file in before if symbol in file.total]
            traded = math.fsum(file.total[symbol] for file in files)
            if not traded or len(files) < MIN_PRESENT * len(before):
                left_out["too few sessions"] += 1
                continue
            usual = math.fsum(file.short[symbol] for file in files) / traded
            one = ShortShare(symbol, volume, newest.short[symbol] / volume, usual, len(files))
            if one.excess < min_excess:
                left_out["below min_excess"] += 1
            else:
                found.append(one)
    return found, left_out
