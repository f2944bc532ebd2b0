"""Typed records of Alpha Vantage's HISTORICAL_OPTIONS: one underlying's contracts at the end of one session.

Source: the vendor's documentation, and rows quoted in public code. Sources disagree whether the free plan
includes it. Without it the vendor sends a notice, or invented rows under a message that marks them as an
illustration: both are refusals, never data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from tradingagents.discovery.model.errors import BadPayload, NoDataError
from tradingagents.discovery.vendors.alpha_vantage.records import VENDOR
from tradingagents.discovery.vendors.records import OnMalformed, parse_rows, report_malformed

__all__ = ["OptionChain", "OptionContract", "parse_chain"]

_SHARES_PER_CONTRACT = 100


@dataclass(frozen=True, slots=True)
class OptionContract:
    """One contract. Prices are US dollars a share; a contract covers 100 shares, adjusted ones aside.

    ``volume`` counts the contracts traded in the session, ``open_interest`` the open ones; neither shows
    whether contracts were bought or sold. ``mark`` is the midpoint of the last quotes. ``delta`` is None
    where the vendor has none.
    """

    id: str
    expiration: date
    strike: float
    kind: Literal["call", "put"]
    mark: float
    bid: float
    ask: float
    volume: int
    open_interest: int
    delta: float | None

    @property
    def premium_usd(self) -> float:
        """Value of the session's volume at the mark, in US dollars."""
        return self.volume * self.mark * _SHARES_PER_CONTRACT


@dataclass(frozen=True, slots=True)
class OptionChain:
    """Every contract of one underlying at the end of the session ``day``, in the vendor's order."""

    symbol: str
    day: date
    contracts: tuple[OptionContract, ...]


def parse_chain(payload: Any, symbol: str, on_malformed: OnMalformed | None = None) -> OptionChain:
    """Parse the chain of ``symbol``. Raises :class:`BadPayload`, ``NoDataError`` where it is empty.

    A row that is malformed or of another underlying is a ``BadPayload``; with ``on_malformed`` it is
    reported there and left out, unless no row is valid.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("data"), list):
        raise BadPayload(VENDOR, "the response has no list of contracts")
    if not payload["data"]:
        raise NoDataError(f"{VENDOR}: no contracts of {symbol}")
    if (message := payload.get("message")) != "success":
        raise BadPayload(VENDOR, f"contracts under the message {message!r:.60}")
    problems: list[str] = []
    rows = parse_rows(payload["data"], lambda row: _dated_contract(row, symbol), problems)
    report_malformed(VENDOR, problems, on_malformed if rows else None)
    days = {day for day, _ in rows}
    if len(days) != 1:
        raise BadPayload(VENDOR, f"contracts of {len(days)} sessions instead of one")
    return OptionChain(symbol, days.pop(), tuple(contract for _, contract in rows))


def _dated_contract(row: Any, symbol: str) -> tuple[date, OptionContract]:
    contract = _contract(row, symbol)
    return date.fromisoformat(row["date"]), contract


def _contract(row: Any, symbol: str) -> OptionContract:
    if _letters(row["symbol"]) != _letters(symbol):
        raise ValueError(f"symbol is {row['symbol']!r:.20}, not {symbol}")
    if (kind := row["type"]) not in {"call", "put"}:
        raise ValueError(f"type is {kind!r:.20}")
    if not isinstance(row["contractID"], str) or not row["contractID"]:
        raise ValueError("contractID is empty")
    return OptionContract(
        id=row["contractID"],
        expiration=date.fromisoformat(row["expiration"]),
        strike=_number(row["strike"]),
        kind=kind,
        mark=_number(row["mark"]),
        bid=_number(row["bid"]),
        ask=_number(row["ask"]),
        volume=_count(row["volume"]),
        open_interest=_count(row["open_interest"]),
        delta=_delta(row.get("delta")),
    )


def _letters(symbol: str) -> str:
    """Return a symbol's letters and digits, equal for ``BRK.B``, ``BRK-B`` and ``BRKB``."""
    return "".join(filter(str.isalnum, symbol.upper()))


def _number(value: Any) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{value!r:.40} is out of range")
    return number


def _count(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError(f"{value!r:.40} is not a count")
    return int(number)


def _delta(value: Any) -> float | None:
    try:
        delta = float(value)
    except (TypeError, ValueError):
        return None
    return delta if -1 <= delta <= 1 else None
