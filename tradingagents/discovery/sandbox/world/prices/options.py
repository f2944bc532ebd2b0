"""Option chains of one session, and the unusual contracts that a scanner should find.

The volume of a usual contract is at most six tenths of its open interest. The scenarios are assigned to
companies whose earnings report is weeks away, which are in no other scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios

__all__ = ["Contract", "assign", "option_chain", "options_truth"]

_WEEKS = (2, 6, 15)
_STEPS = range(-3, 4)  # strikes, in tenths of the price from it
_UNUSUAL_USD = 400_000
_CHEAP, _FAR, _DEEP = 0.05, 2, 0.5
_EXPECTED = {"calls": 2, "puts": 1, "both": 1}
_FORBIDDEN = {
    "small": "a high multiple of a tiny volume",
    "cheap": "many contracts, tiny premium",
    "dates": "expires on the day, or after three months",
    "usual": "volume close to open interest, and one contract adjusted for a split",
    "no_bid": "no bid at that mark",
    "deep": "so deep in the money that it replaces the share",
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract at the end of a session. Prices in US dollars a share."""

    expiration: date
    strike: float
    kind: str  # call or put
    mark: float
    bid: float
    ask: float
    volume: int
    open_interest: int
    delta: float
    adjusted: bool = False  # for a split: a contract is not for a hundred shares

    @property
    def premium(self) -> float:
        """The session's volume at the mark, in US dollars."""
        return self.volume * self.mark * 100


def assign(scenarios: Scenarios) -> dict[str, tuple[str, ...]]:
    """Return the companies of each option scenario: ten in all, the most that a watchlist may have."""
    rest = list(scenarios["earnings/later"])
    assigned = {}
    for scenario, count in (_EXPECTED | dict.fromkeys(_FORBIDDEN, 1)).items():
        assigned[scenario], rest = tuple(rest[:count]), rest[count:]
    return assigned


def option_chain(
    seed: int, symbol: str, close: float, day: date, scenario: str | None = None
) -> tuple[Contract, ...]:
    """Return the contracts of ``symbol`` by expiration and strike; ``scenario`` adds its unusual ones."""
    chain = list(_background(seed, symbol, close, day))
    if scenario is not None:
        chain += _planted(scenario, close, day)
    return tuple(sorted(chain, key=lambda one: (one.expiration, one.strike, one.kind)))


def _background(seed: int, symbol: str, close: float, day: date) -> Iterator[Contract]:
    draw = stream(seed, "options", symbol, day)
    for weeks in _WEEKS:
        for step in _STEPS:
            strike = round(close * (1 + step / 10), 2)
            for kind in ("call", "put"):
                held = draw.randint(50, 8_000)
                made = _contract(_expiration(day, weeks), strike, kind, close, draw.uniform(0.02, 0.05))
                yield replace(made, volume=int(held * draw.uniform(0.01, 0.6)), open_interest=held)


def _expiration(day: date, weeks: int) -> date:
    """Return the Friday ``weeks`` weeks ahead."""
    return day + timedelta(days=7 * weeks + (4 - day.weekday()) % 7)


def _contract(expiration: date, strike: float, kind: str, close: float, time_value: float) -> Contract:
    above = (close - strike) / close
    inside = max(above if kind == "call" else -above, 0.0)
    mark = max(round(close * (inside + time_value), 2), 0.03)
    delta = min(max(0.5 + 1.2 * above, 0.02), 0.98)
    return Contract(
        expiration, strike, kind, mark, round(mark * 0.97, 2), round(mark * 1.03, 2), 0, 0,
        round(delta if kind == "call" else delta - 1, 5),
    )  # fmt: skip


def _planted(scenario: str, close: float, day: date) -> list[Contract]:
    """Return the unusual contracts of a scenario, between the strikes of the usual ones."""
    near = _expiration(day, _WEEKS[0])
    call = _traded(_contract(near, round(close * 1.04, 2), "call", close, 0.03))
    put = _traded(_contract(near, round(close * 0.96, 2), "put", close, 0.03))
    deep = _traded(_contract(near, round(close * _DEEP, 2), "call", close, 0.001))
    contracts = {
        "calls": [call, _traded(_contract(near, round(close * 1.14, 2), "call", close, 0.02))],
        "puts": [put],
        "both": [call, put],
        "small": [replace(call, volume=90, open_interest=4)],
        "cheap": [replace(call, mark=_CHEAP, bid=0.04, ask=0.06, volume=3_000, open_interest=200)],
        "dates": [
            replace(call, expiration=day),
            replace(call, expiration=_expiration(day, _WEEKS[_FAR])),
        ],
        "usual": [replace(call, open_interest=int(call.volume / 1.4)), replace(put, adjusted=True)],
        "no_bid": [replace(call, bid=0.0)],
        "deep": [deep],
    }
    return contracts[scenario]


def _traded(contract: Contract) -> Contract:
    volume = max(int(_UNUSUAL_USD / (contract.mark * 100)) + 1, 1_500)
    return replace(contract, volume=volume, open_interest=volume // 6)


def options_truth(scenarios: Scenarios, chains: Mapping[str, Sequence[Contract]]) -> Planted:
    """Return the companies with unusual options; ``chains`` are those of :func:`assign`, by symbol.

    The measure is the share of the planted contracts in the premium of the whole chain, in percent.
    """
    assigned = assign(scenarios)
    expected = frozenset(symbol for scenario in _EXPECTED for symbol in assigned[scenario])
    why = {symbol: reason for scenario, reason in _FORBIDDEN.items() for symbol in assigned[scenario]}
    measure = {}
    for symbol in expected:
        unusual = [one.premium for one in chains[symbol] if one.volume > one.open_interest]
        measure[symbol] = 100 * sum(unusual) / sum(one.premium for one in chains[symbol])
    watchlist = [symbol for symbols in assigned.values() for symbol in symbols]
    return Planted(expected, frozenset(why), why, measure, {"tickers": watchlist})
