"""Which contracts of an option chain traded unusually much, and what they add up to. Pure functions.

A contract that a split, a merger or a special dividend has adjusted stands for something else than a hundred
shares, and neither its strike nor its premium compares with the others': it counts nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from tradingagents.discovery.vendors.alpha_vantage.options import OptionChain, OptionContract

__all__ = ["Activity", "Bounds", "find_activity"]


# OCC's symbols: a root, the date of expiry, C or P, the strike. A digit at the root's end says "adjusted".
_ADJUSTED = re.compile(r"[A-Z]+[0-9][0-9]{6}[CP][0-9]{8}")


class Bounds(Protocol):
    """What makes a contract unusual; ``options_flow`` explains each in its settings."""

    min_volume: int
    min_volume_over_open_interest: float
    min_premium_usd: float
    min_days_to_expiry: int
    max_days_to_expiry: int
    max_delta: float


@dataclass(frozen=True, slots=True)
class Activity:
    """The unusual contracts of one chain, the largest premium first, beside all that traded in it."""

    chain: OptionChain
    unusual: tuple[OptionContract, ...]
    premium_usd: float  # of the unusual ones
    call_premium_usd: float  # of the calls among these
    chain_premium_usd: float  # of every contract in the chain that is not adjusted

    @property
    def share(self) -> float:
        """The unusual contracts' part of the chain's premium, above 0 and up to 1."""
        return self.premium_usd / self.chain_premium_usd

    @property
    def call_share(self) -> float:
        """The calls' part of the unusual premium, from 0 to 1."""
        return self.call_premium_usd / self.premium_usd


def find_activity(chain: OptionChain, bounds: Bounds) -> tuple[Activity | None, dict[str, int]]:
    """Return the chain's unusual activity, None where there is none, and how many contracts failed where."""
    standard = [contract for contract in chain.contracts if not _ADJUSTED.fullmatch(contract.id)]
    adjusted = len(chain.contracts) - len(standard)
    left_out: dict[str, int] = {"adjusted by a split or merger": adjusted} if adjusted else {}
    unusual = []
    for contract in standard:
        if (reason := _usual(contract, chain.day, bounds)) is None:
            unusual.append(contract)
        else:
            left_out[reason] = left_out.get(reason, 0) + 1
    if not unusual:
        return None, left_out
    unusual.sort(key=lambda one: (-one.premium_usd, one.id))
    calls = [one for one in unusual if one.kind == "call"]
    made = Activity(chain, tuple(unusual), _premium(unusual), _premium(calls), _premium(standard))
    return made, left_out


def _usual(contract: OptionContract, day: date, bounds: Bounds) -> str | None:
    """Return why a contract is nothing unusual, None when it is. The commonest reasons come first."""
    days = (contract.expiration - day).days
    # A contract nobody held counts as held once: any trade in it is a new position.
    needed = bounds.min_volume_over_open_interest * max(contract.open_interest, 1)
    checks = {
        "below min_volume": contract.volume < bounds.min_volume,
        "below min_volume_over_open_interest": contract.volume < needed,
        "outside the days to expiry": not bounds.min_days_to_expiry <= days <= bounds.max_days_to_expiry,
        "without a bid, or quotes crossed": not 0 < contract.bid <= contract.ask,
        "below min_premium_usd": contract.premium_usd < bounds.min_premium_usd or not contract.premium_usd,
        "above max_delta": contract.delta is not None and abs(contract.delta) > bounds.max_delta,
    }
    return next((reason for reason, holds in checks.items() if holds), None)


def _premium(contracts: Sequence[OptionContract]) -> float:
    return sum(contract.premium_usd for contract in contracts)
