"""Daily bars and volumes of a year, and the market movers that a scanner should find.

A price path is computed backwards from the last close, so that the change of the last session can be
planted; companies without a scenario change by at most 2.5 % on that day. Before that, prices decline slowly
below their own means while every second close is higher than the one before, so that no technical screen
fires. Volumes are uniform noise around the level of a company, too narrow to reach twice the mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios

__all__ = ["Bar", "Plan", "daily_bars", "daily_volumes", "movers_truth", "plan_prices"]

_MEAN_DAYS = 20
_QUIET = 0.03  # companies without a scenario change by less on the last session
_SLIDE, _SLIDE_SESSIONS = 0.09, 35  # how far above the last close a path starts, and its time constant
_NEW_LISTING_SESSIONS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One session of one security, in US dollars and shares."""

    day: date
    open: float
    high: float
    low: float
    close: float
    volume: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How one security trades: last close and change, usual volume and how that varies."""

    close: float
    change: float  # of the last session, 0.05 is 5 %
    volume: float  # shares on a usual session
    surge: float | None = None  # one session's volume over the mean of the 20 before it
    surge_back: int = 0  # how many sessions before the last that one is
    drift: float = 0.0  # growth of volume a session
    sessions: int | None = None  # sessions since listing, when that is less than the year


def plan_prices(seed: int, listings: tuple[Listing, ...], scenarios: Scenarios) -> dict[str, Plan]:
    """Return the plan of every listing that trades, by its directory symbol; test issues do not trade."""
    plans = {one.symbol: _background(seed, one) for one in listings if one.kind is not Kind.TEST}
    draw = stream(seed, "plans")
    for rank, symbol in enumerate(scenarios["movers/gainer"]):
        surge = draw.uniform(3, 7) if rank % 2 else None
        plans[symbol] = Plan(draw.uniform(4, 80), 0.62 - 0.06 * rank, draw.uniform(1e6, 9e6), surge)
    for rank, symbol in enumerate(scenarios["movers/loser"]):
        plans[symbol] = Plan(draw.uniform(4, 80), -0.55 + 0.055 * rank, draw.uniform(1e6, 9e6))
    for symbol in scenarios["movers/penny_up"] + scenarios["movers/penny_down"]:
        sign = 1 if symbol in scenarios["movers/penny_up"] else -1
        plans[symbol] = Plan(draw.uniform(0.08, 0.9), sign * draw.uniform(0.2, 0.6), draw.uniform(2e7, 9e7))
    for symbol in scenarios["movers/thin_up"] + scenarios["movers/thin_down"]:
        sign = 1 if symbol in scenarios["movers/thin_up"] else -1
        plans[symbol] = Plan(draw.uniform(3, 30), sign * draw.uniform(0.1, 0.5), draw.uniform(5_000, 40_000))
    for symbol in scenarios["movers/busy_flat"]:
        plans[symbol] = Plan(draw.uniform(20, 90), draw.uniform(-0.02, 0.02), draw.uniform(9e7, 1.5e8))
    plans |= _volume_plans(seed, scenarios, plans)
    plans |= _derivative_movers(seed, listings)
    return plans


def _background(seed: int, listing: Listing) -> Plan:
    draw = stream(seed, "plan", listing.symbol)
    if listing.kind in {Kind.WARRANT, Kind.RIGHT}:
        return Plan(draw.uniform(0.05, 0.9), draw.uniform(-0.02, 0.02), draw.uniform(2_000, 300_000))
    close = 25.0 if listing.kind in {Kind.PREFERRED, Kind.UNIT} else draw.lognormvariate(3.4, 0.8) + 5
    volume = min(max(draw.lognormvariate(14, 1.1), 60_000), 3e7)
    return Plan(close, draw.uniform(-0.025, 0.025), volume)


def _volume_plans(seed: int, scenarios: Scenarios, plans: dict[str, Plan]) -> dict[str, Plan]:
    draw = stream(seed, "volume plans")
    changed = {}
    for rank, symbol in enumerate(scenarios["volume/surge"]):
        old = plans[symbol]
        # A surge on a higher close would also be found by other scanners.
        change = old.change if old.change > _QUIET else -max(abs(old.change), 0.01)
        changed[symbol] = Plan(old.close, change, draw.uniform(8e5, 6e6), 2.45 + 0.6 * rank)
    for symbol in scenarios["volume/thin"]:
        changed[symbol] = Plan(12.5, -0.01, draw.uniform(1_500, 4_000), draw.uniform(6, 12))
    for symbol in scenarios["volume/slow_rise"]:
        changed[symbol] = Plan(31.0, 0.004, 4e6, drift=0.02)
    for symbol in scenarios["volume/new"]:
        changed[symbol] = Plan(18.0, 0.02, 9e5, draw.uniform(3, 6), sessions=_NEW_LISTING_SESSIONS)
    for symbol in scenarios["volume/busy_flat"]:
        changed[symbol] = Plan(44.0, -0.01, draw.uniform(5e7, 8e7))
    for symbol in scenarios["volume/yesterday"]:
        changed[symbol] = Plan(27.0, 0.01, 2e6, surge=5.0, surge_back=1)
    return changed


def _derivative_movers(seed: int, listings: tuple[Listing, ...]) -> dict[str, Plan]:
    """Plan six warrants that rise, and three warrants and two rights that fall, more than any share."""
    draw = stream(seed, "derivative movers")
    warrants = [one.symbol for one in listings if one.kind is Kind.WARRANT]
    rights = [one.symbol for one in listings if one.kind is Kind.RIGHT]
    nasdaq = [symbol for symbol in warrants if "." not in symbol]
    nyse = [symbol for symbol in warrants if "." in symbol]
    up = {symbol: Plan(draw.uniform(1.1, 3), draw.uniform(0.7, 1.6), 4e5) for symbol in nasdaq[:3] + nyse[:3]}
    down = [*nasdaq[3:5], *nyse[3:4], *rights[:2]]
    return up | {symbol: Plan(draw.uniform(1.1, 3), -draw.uniform(0.6, 0.8), 4e5) for symbol in down}


def daily_volumes(seed: int, symbol: str, plan: Plan, sessions: tuple[date, ...]) -> list[int]:
    """Return the shares traded in each of the last sessions, ending with the newest."""
    draw = stream(seed, "volume", symbol)
    count = min(plan.sessions or len(sessions), len(sessions))
    level = plan.volume / (1 + plan.drift) ** count
    volumes = []
    for _ in range(count):
        level *= 1 + plan.drift
        volumes.append(int(level * draw.uniform(0.82, 1.2)))
    if plan.surge is not None:
        at = len(volumes) - 1 - plan.surge_back
        before = volumes[max(at - _MEAN_DAYS, 0) : at]
        volumes[at] = int(plan.surge * sum(before) / len(before))
    return volumes


def daily_bars(seed: int, symbol: str, plan: Plan, sessions: tuple[date, ...]) -> tuple[Bar, ...]:
    """Return the bars of the year (or since the listing), oldest first."""
    volumes = daily_volumes(seed, symbol, plan, sessions)
    draw = stream(seed, "price", symbol)
    newest_first = []
    closes = _closes(plan, len(volumes) + 1, draw.uniform(0.003, 0.006))
    reach = draw.uniform(0.003, 0.008)
    for age, (day, volume) in enumerate(zip(reversed(sessions), reversed(volumes), strict=False)):
        close, before = closes[age], closes[age + 1]
        start = before * (1 + draw.uniform(-0.0015, 0.0015))
        high = max(start, close) * (1 + reach * draw.uniform(0.8, 1))
        low = min(start, close) * (1 - reach * draw.uniform(0.8, 1))
        newest_first.append(Bar(day, _cents(start), _cents(high), _cents(low), _cents(close), volume))
    return tuple(reversed(newest_first))


def _closes(plan: Plan, count: int, wobble: float) -> list[float]:
    """Return closes, newest first: the last two as planned, before them a declining line.

    Every second one is higher, and the session before the last always closed lower.
    """
    before = plan.close / (1 + plan.change)
    anchor = max(plan.close, before) if abs(plan.change) <= _QUIET else before
    slide = (1.004 + _SLIDE * (1 - math.exp(-age / _SLIDE_SESSIONS)) for age in range(count))
    closes = [anchor * level * (1 - wobble if age % 2 else 1 + wobble) for age, level in enumerate(slide)]
    closes[:2] = [plan.close, before]
    return closes


def _cents(price: float) -> float:
    return round(price, 2 if price >= 1 else 4)


def movers_truth(scenarios: Scenarios, plans: Mapping[str, Plan], listings: tuple[Listing, ...]) -> Planted:
    """Return the shares that moved, and decoys that are no shares, penny stocks, thinly traded or flat."""
    expected = frozenset(scenarios["movers/gainer"] + scenarios["movers/loser"])
    why = scenarios.reasons(
        {
            "movers/penny_up": "trades below one dollar",
            "movers/penny_down": "trades below one dollar",
            "movers/thin_up": "thinly traded",
            "movers/thin_down": "thinly traded",
            "movers/busy_flat": "high volume, price unchanged",
        }
    )
    for one in listings:
        if one.kind in {Kind.WARRANT, Kind.RIGHT, Kind.UNIT}:
            why |= dict.fromkeys({one.symbol, one.alpha_vantage, one.cqs}, f"a {one.kind}")
    measure = {symbol: 100 * plans[symbol].change for symbol in expected}
    return Planted(expected, frozenset(why), why, measure)
