"""What an update has to ask: which tickers lack the newest finished session, since when, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tradingagents.discovery.bars.calendar import SessionCalendar
from tradingagents.discovery.state.turns import Asked

__all__ = ["Ask", "Plan", "Stored", "newest_final_session", "plan"]

SETTLED_AFTER = timedelta(hours=1)
"""A session's bar counts as final so long after the close: late prints and the closing auction are in."""

_LATE = timedelta(hours=12)  # a vendor that lacks a session so long after its end will hardly get it today
_OVERLAP_SESSIONS = 5  # asked for again, to see whether the vendor has put them on another scale
_OVERLAP_AT_MOST = timedelta(days=4 * _OVERLAP_SESSIONS)  # in days: the longest closing took two weeks
_NEW_YORK = ZoneInfo("America/New_York")
_NEVER = Asked(datetime.min.replace(tzinfo=UTC), answered=False)


@dataclass(frozen=True)
class Stored:
    """The first and the last day a ticker has a bar of."""

    first: date
    last: date


@dataclass(frozen=True)
class Ask:
    """One ticker's bars from ``first`` to ``last``, both included. ``whole``: they replace all it has."""

    ticker: str
    first: date
    last: date
    whole: bool = False


@dataclass(frozen=True)
class Plan:
    """What is asked, in this order; the tickers that have the session; those that were asked in vain."""

    asks: tuple[Ask, ...]
    current: tuple[str, ...]
    in_vain: tuple[str, ...]


def newest_final_session(calendar: SessionCalendar, now: datetime) -> date:
    """Return the newest session whose bar is final at ``now`` (aware)."""
    settled = now - SETTLED_AFTER
    return calendar.latest_session(settled.astimezone(_NEW_YORK).date(), settled)


def plan(
    tickers: Iterable[str],
    stored: Mapping[str, Stored],
    asked: Mapping[str, Asked],
    calendar: SessionCalendar,
    expected: date,
    history_start: date,
) -> Plan:
    """Decide whom to ask for the sessions up to ``expected``.

    Whoever was asked longest ago comes first, and before it those never asked, so that a quota that ends
    half-way goes round the whole universe. A ticker that has no bar of the session although the vendor
    answered late enough to have it (halted, delisted) is left alone until the next one.
    """
    asks, current, in_vain = [], [], []
    for ticker in dict.fromkeys(tickers):
        bars = stored.get(ticker)
        if bars is not None and bars.last >= expected:
            current.append(ticker)
        elif _was_answered(asked.get(ticker, _NEVER), calendar, expected):
            in_vain.append(ticker)
        else:
            asks.append(Ask(ticker, _first(bars, calendar, history_start), expected))
    asks.sort(key=lambda ask: (asked.get(ask.ticker, _NEVER).at, _last(stored, ask.ticker), ask.ticker))
    return Plan(tuple(asks), tuple(current), tuple(in_vain))


def _was_answered(asked: Asked, calendar: SessionCalendar, expected: date) -> bool:
    return asked.answered and newest_final_session(calendar, asked.at - _LATE) >= expected


def _first(bars: Stored | None, calendar: SessionCalendar, history_start: date) -> date:
    if bars is None:
        return history_start
    if bars.last - _OVERLAP_AT_MOST < calendar.first:  # delisted long ago, stored from somebody's file
        return bars.last - _OVERLAP_AT_MOST
    return calendar.back(bars.last, _OVERLAP_SESSIONS)


def _last(stored: Mapping[str, Stored], ticker: str) -> date:
    return stored[ticker].last if ticker in stored else date.min
