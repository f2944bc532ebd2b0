"""The unusually traded contracts of an option chain, and their totals. Pure functions.

Contracts adjusted by a split, merger or special dividend are excluded: they do not deliver a hundred shares,
so strike and premium are not comparable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from tradingagents.discovery.vendors.alpha_vantage.options import OptionChain, OptionContract

__all__ = ["Activity", "Bounds", "find_activity"]


# OCC symbols: root, expiry date, C or P, strike. A digit at the end of the root means adjusted.
_ADJUSTED = re.compile(r"[A-Z]+[0-9][0-9]{6}[CP][0-9]{8}")


class Bounds(Protocol):
    """The thresholds of :class:`.scanner.OptionsFlowSettings` that make a contract unusual."""

    @property
    def min_volume(self) -> int: ...
    @property
    def min_volume_over_open_interest(self) -> float: ...
    @property
    def min_premium_usd(self) -> float: ...
    @property
    def min_days_to_expiry(self) -> int: ...
    @property
    def max_days_to_expiry(self) -> int: ...
    @property
    def max_delta(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Activity:
    """The unusual contracts of one chain, the largest premium first, with premium totals in US dollars."""

    chain: OptionChain
    unusual: tuple[OptionContract, ...]
    premium_usd: float  # of the unusual ones
    call_premium_usd: float  # of the calls among these
    chain_premium_usd: float  # of all contracts that are not adjusted

    @property
    def share(self) -> float:
        """The unusual contracts' fraction of the chain's premium, above 0 and up to 1."""
        return self.premium_usd / self.chain_premium_usd

    @property
    def call_share(self) -> float:
        """The calls' fraction of the unusual premium, 0 to 1."""
        return self.call_premium_usd / self.premium_usd


def find_activity(chain: OptionChain, bounds: Bounds) -> tuple[Activity | None, dict[str, int]]:
    """Return the chain's unusual activity (None without any), and the contracts left out by reason."""
    standard = [contract for contract in chain.contracts if not _ADJUSTED.fullmatch(contract.id)]
    adjusted = len(chain.contracts) - len(standard)
    left_out: dict[str, int] = {"adjusted by a split or merger": adjusted} if adjusted else {}
    unusual = []
    for contract in standard:
        if (reason := _rejection(contract, chain.day, bounds)) is None:
            unusual.append(contract)
        else:
            left_out[reason] = left_out.get(reason, 0) + 1
    if not unusual:
        return None, left_out
    unusual.sort(key=lambda one: (-one.premium_usd, one.id))
    calls = [one for one in unusual if one.kind == "call"]
    made = Activity(chain, tuple(unusual), _premium(unusual), _premium(calls), _premium(standard))
    return made, left_out


def _rejection(contract: OptionContract, day: date, bounds: Bounds) -> str | None:
    """Return the first threshold that a contract misses, None when it is unusual."""
    days = (contract.expiration - day).days
    # An open interest of 0 counts as 1: any trade opens a position.
    needed = bounds.min_volume_over_open_interest * max(contract.open_interest, 1)
    checks = {
        "below min_volume": contract.volume < bounds.min_volume,
        "below min_volume_over_open_interest": contract.volume < needed,
        "outside the days-to-expiry range": not bounds.min_days_to_expiry
        <= days
        <= bounds.max_days_to_expiry,
        "no bid, or crossed quotes": not 0 < contract.bid <= contract.ask,
        "below min_premium_usd": contract.premium_usd < bounds.min_premium_usd or not contract.premium_usd,
        "above max_delta": contract.delta is not None and abs(contract.delta) > bounds.max_delta,
    }
    return next((reason for reason, holds in checks.items() if holds), None)


def _premium(contracts: Sequence[OptionContract]) -> float:
    return sum(contract.premium_usd for contract in contracts)
