"""What an update fetches: which tickers lack the newest finished session, since when, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tradingagents.discovery.bars.calendar import SessionCalendar
from tradingagents.discovery.state.turns import Turn

__all__ = ["BarsRequest", "Plan", "StoredRange", "newest_final_session", "plan"]

SETTLED_AFTER = timedelta(hours=1)
"""How long after the close a session's bar is final: late prints and the closing auction are in."""

_LATE = timedelta(hours=12)  # a vendor that lacks a session this long after its end is not expected to get it
_OVERLAP_SESSIONS = 5  # fetched again, to detect that the vendor adjusted them for a split
_OVERLAP_AT_MOST = timedelta(days=4 * _OVERLAP_SESSIONS)  # in days: the longest closure took two weeks
_NEW_YORK = ZoneInfo("America/New_York")
_NEVER = Turn(datetime.min.replace(tzinfo=UTC), answered=False)


@dataclass(frozen=True)
class StoredRange:
    """The days of a ticker's first and last stored bar."""

    first: date
    last: date


@dataclass(frozen=True)
class BarsRequest:
    """One ticker's bars from ``first`` to ``last``, both included. ``whole``: they replace all that are
    stored."""

    ticker: str
    first: date
    last: date
    whole: bool = False


@dataclass(frozen=True)
class Plan:
    """What to fetch, in this order.

    ``current`` already have the session; of ``unavailable`` the vendor has already answered without it.
    """

    requests: tuple[BarsRequest, ...]
    current: tuple[str, ...]
    unavailable: tuple[str, ...]


def newest_final_session(calendar: SessionCalendar, now: datetime) -> date:
    """Return the newest session whose bar is final at ``now`` (aware)."""
    settled = now - SETTLED_AFTER
    return calendar.latest_session(settled.astimezone(_NEW_YORK).date(), settled)


def plan(
    tickers: Iterable[str],
    stored: Mapping[str, StoredRange],
    asked: Mapping[str, Turn],
    calendar: SessionCalendar,
    expected: date,
    history_start: date,
) -> Plan:
    """Decide what to fetch of the sessions up to ``expected``.

    ``asked`` is when each ticker was last requested. Tickers never requested come first, then those
    requested longest ago, so that a small quota covers the whole universe over several updates. A ticker
    without a bar of the session although the vendor answered late enough to have it (halted, delisted) is
    not requested again before the next session.
    """
    requests, current, unavailable = [], [], []
    for ticker in dict.fromkeys(tickers):
        bars = stored.get(ticker)
        if bars is not None and bars.last >= expected:
            current.append(ticker)
        elif _was_answered(asked.get(ticker, _NEVER), calendar, expected):
            unavailable.append(ticker)
        else:
            requests.append(BarsRequest(ticker, _first(bars, calendar, history_start), expected))
    requests.sort(key=lambda one: (asked.get(one.ticker, _NEVER).at, _last(stored, one.ticker), one.ticker))
    return Plan(tuple(requests), tuple(current), tuple(unavailable))


def _was_answered(asked: Turn, calendar: SessionCalendar, expected: date) -> bool:
    return asked.answered and newest_final_session(calendar, asked.at - _LATE) >= expected


def _first(bars: StoredRange | None, calendar: SessionCalendar, history_start: date) -> date:
    if bars is None:
        return history_start
    if bars.last - _OVERLAP_AT_MOST < calendar.first:  # delisted long ago, imported from a file
        return bars.last - _OVERLAP_AT_MOST
    return calendar.back(bars.last, _OVERLAP_SESSIONS)


def _last(stored: Mapping[str, StoredRange], ticker: str) -> date:
    return stored[ticker].last if ticker in stored else date.min
