"""Settlement and publication dates of short interest. Pure functions of the exchange calendar.

Firms report short positions as of two settlement dates a month: the 15th (or the last business day before
it) and the last business day. FINRA publishes on the seventh business day after.
Source: FINRA Rule 4560, and FINRA, "Short Interest Reporting Due Dates and Settlement Dates".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tradingagents.discovery.bars.calendar import SessionCalendar

__all__ = ["Settlement", "settlements"]

_PUBLISHED_AFTER = 7  # business days
_MID_MONTH = 15


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement date, and the day on whose evening its file is published."""

    day: date
    published: date


def settlements(until: date, count: int, calendar: SessionCalendar) -> list[Settlement]:
    """Return the ``count`` newest settlements published by ``until``, the newest first.

    Raises ``NoDataError`` for a day outside the calendar.
    """
    found: list[Settlement] = []
    for day in _settlement_days(until, calendar):
        later = calendar.sessions_between(day, min(day + timedelta(days=3 * _PUBLISHED_AFTER), until))
        if len(later) > _PUBLISHED_AFTER:
            found.append(Settlement(day, later[_PUBLISHED_AFTER]))
        if len(found) == count:
            break
    return found


def _settlement_days(until: date, calendar: SessionCalendar) -> Iterator[date]:
    """Yield the settlement dates whose nominal day is not after ``until``, the newest first, endlessly."""
    first = until.replace(day=1)
    while True:
        following = (first + timedelta(days=31)).replace(day=1)
        for nominal in (following - timedelta(days=1), first.replace(day=_MID_MONTH)):
            if nominal <= until:
                yield calendar.latest_session(nominal)
        first = (first - timedelta(days=1)).replace(day=1)
