"""Which symbols' off-exchange volume stands out from the sessions before. Pure functions.

Two measures: the volume as a multiple of its mean (:func:`find_jumps`), and the fraction sold short above the
usual fraction (:func:`find_short_excess`). Short volume is not short interest: most of it is market makers
selling what they have yet to buy, closed within the day. Usual levels differ widely between symbols, so each
symbol is compared with its own history.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["ShortExcess", "VolumeJump", "find_jumps", "find_short_excess"]

_MIN_PRESENT = 0.9  # of the earlier sessions; a recent listing has no reliable mean

# An optional class letter is allowed, except those of rights (R), units (U), when-issued (V), warrants (W).
_COMMON_STOCK = re.compile(r"[A-Z]{1,5}(?:\.[A-QSTX-Z])?")


@dataclass(frozen=True, slots=True)
class VolumeJump:
    """Off-exchange volume in shares: the newest session's, and the mean of ``sessions`` before it."""

    symbol: str
    volume: float
    mean: float
    sessions: int
    short_share: float  # of the newest volume, 0 to 1

    @property
    def ratio(self) -> float:
        return self.volume / self.mean


@dataclass(frozen=True, slots=True)
class ShortExcess:
    """The fraction of off-exchange volume sold short, 0 to 1: in the newest session, and before it.

    ``usual`` is over the volume of ``sessions`` earlier sessions taken together. ``volume`` is the newest
    session's, in shares.
    """

    symbol: str
    volume: float
    share: float
    usual: float
    sessions: int

    @property
    def excess(self) -> float:
        return self.share - self.usual


def find_jumps(
    newest: VolumeDay, before: Sequence[VolumeDay], min_ratio: float, min_volume: float
) -> tuple[list[VolumeJump], Counter[str]]:
    """Return the jumps by symbol, and the number of symbols left out for each reason.

    The mean is over the sessions in which a symbol was traded off exchange: at least nine in ten.
    """
    found: list[VolumeJump] = []
    left_out: Counter[str] = Counter()
    for symbol, volume in _liquid_stocks(newest, min_volume, left_out):
        files = _with_history(symbol, before)
        mean = math.fsum(file.total[symbol] for file in files) / len(files) if files else 0.0
        if not mean:
            left_out["too few sessions"] += 1
        elif volume < min_ratio * mean:
            left_out["below min_ratio"] += 1
        else:
            found.append(VolumeJump(symbol, volume, mean, len(files), newest.short[symbol] / volume))
    return found, left_out


def find_short_excess(
    newest: VolumeDay,
    before: Sequence[VolumeDay],
    *,
    min_volume: float,
    min_short_share: float,
    min_excess: float,
) -> tuple[list[ShortExcess], Counter[str]]:
    """Return the unusually short-sold symbols in order, and the number left out for each reason."""
    found: list[ShortExcess] = []
    left_out: Counter[str] = Counter()
    for symbol, volume in _liquid_stocks(newest, min_volume, left_out):
        if newest.short[symbol] < min_short_share * volume:
            left_out["below min_short_share"] += 1
            continue
        files = _with_history(symbol, before)
        traded = math.fsum(file.total[symbol] for file in files)
        if not traded:
            left_out["too few sessions"] += 1
            continue
        usual = math.fsum(file.short[symbol] for file in files) / traded
        one = ShortExcess(symbol, volume, newest.short[symbol] / volume, usual, len(files))
        if one.excess < min_excess:
            left_out["below min_excess"] += 1
        else:
            found.append(one)
    return found, left_out


def _liquid_stocks(
    newest: VolumeDay, min_volume: float, left_out: Counter[str]
) -> Iterator[tuple[str, float]]:
    """Yield each common stock of sufficient volume with that volume, by symbol; count the others."""
    for symbol, volume in sorted(newest.total.items()):
        if not _COMMON_STOCK.fullmatch(symbol):
            left_out["not common stock"] += 1
        elif volume < min_volume:
            left_out["below min_volume"] += 1
        else:
            yield symbol, volume


def _with_history(symbol: str, before: Sequence[VolumeDay]) -> list[VolumeDay]:
    """Return the earlier files that list the symbol, none when these are too few for a mean."""
    files = [file for file in before if symbol in file.total]
    return files if len(files) >= _MIN_PRESENT * len(before) else []
