"""NYSE sessions: the newest day that can have a bar, and the sessions between two days.

Holidays, early closes and unplanned closures (a president's funeral, a storm) come from exchange_calendars.
Importing it loads pandas and takes about half a second, so that happens on first use, once a process.
"""

from __future__ import annotations

import threading
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime

from tradingagents.discovery.model.errors import ConfigError, NoDataError

__all__ = ["SessionCalendar", "nyse"]

_FIRST_DAY = "1990-01-02"


class SessionCalendar:
    """Sessions in ascending order, each with the instant of its close. Immutable, thread-safe."""

    def __init__(self, sessions: Sequence[date], closes: Sequence[datetime]) -> None:
        """Take sessions and their closes (aware), equally long and ascending."""
        if len(sessions) != len(closes) or not sessions:
            raise ConfigError(
                f"a calendar needs a close for every session: {len(sessions)} and {len(closes)}"
            )
        self._sessions = tuple(sessions)
        self._closes = tuple(closes)

    @property
    def first(self) -> date:
        """The oldest session."""
        return self._sessions[0]

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on this day."""
        return self._sessions[self._at_or_before(day)] == day

    def latest_session(self, trade_date: date, now: datetime | None = None) -> date:
        """Return the newest session on or before ``trade_date``.

        With ``now`` (aware), a session that has not closed by then does not count: its bar is not
        final. Raises :class:`NoDataError` for a day the calendar does not reach.
        """
        at = self._at_or_before(trade_date)
        if now is not None:
            at = min(at, bisect_right(self._closes, now) - 1)
            if at < 0:
                raise NoDataError(f"no session had closed by {now:%Y-%m-%d %H:%M}")
        return self._sessions[at]

    def sessions_between(self, start: date, end: date) -> tuple[date, ...]:
        """Return the sessions from ``start`` to ``end``, both included; empty when ``end`` is earlier."""
        if end < start:
            return ()
        self._require(start)
        self._require(end)
        return self._sessions[bisect_left(self._sessions, start) : bisect_right(self._sessions, end)]

    def back(self, session: date, count: int) -> date:
        """Return the session ``count`` sessions before the newest one on or before ``session``."""
        at = self._at_or_before(session) - count
        if at < 0:
            raise NoDataError(f"the calendar does not reach {count} sessions before {session}")
        return self._sessions[at]

    def _at_or_before(self, day: date) -> int:
        self._require(day)
        return bisect_right(self._sessions, day) - 1

    def _require(self, day: date) -> None:
        # Beyond its last session every day would look like a holiday.
        if not self._sessions[0] <= day <= self._sessions[-1]:
            raise NoDataError(
                f"the session calendar covers {self._sessions[0]} to {self._sessions[-1]}, not {day}"
            )


_lock = threading.Lock()  # guards _built, and prevents two threads from building at once
_built: list[SessionCalendar] = []


def nyse() -> SessionCalendar:
    """Return the calendar of the New York Stock Exchange, 1990 to a year from today. Thread-safe."""
    with _lock:
        if not _built:
            _built.append(_build())
        return _built[0]


def _build() -> SessionCalendar:
    # A deprecation between exchange_calendars and pandas does not concern the user of a scan.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars  # noqa: PLC0415 - half a second and all of pandas

        calendar = exchange_calendars.get_calendar("XNYS", start=_FIRST_DAY)
        sessions = [stamp.date() for stamp in calendar.sessions]
        closes = [stamp.to_pydatetime().astimezone(UTC) for stamp in calendar.closes]
    return SessionCalendar(sessions, closes)
