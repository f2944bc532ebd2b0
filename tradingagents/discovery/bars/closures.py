"""Sessions of the New York Stock Exchange by a stored list of closures, without loading exchange_calendars.

For scanners that only need to know which days' files to request: a closure that is missing in the list
costs one request for a file that does not exist. Use :func:`~.calendar.nyse` for anything else.
"""

from __future__ import annotations

import functools
from datetime import date, timedelta
from importlib.resources import files

from tradingagents.discovery.model.errors import NoDataError

__all__ = ["listed_sessions"]

_FIRST = date(2000, 1, 3)


@functools.cache
def _closures() -> frozenset[date]:
    text = (files("tradingagents.discovery.bars") / "nyse_closures.txt").read_text(encoding="utf-8")
    return frozenset(date.fromisoformat(line) for line in text.splitlines() if not line.startswith("#"))


def listed_sessions(start: date, end: date) -> list[date]:
    """Return the sessions from ``start`` to ``end``, both included, oldest first.

    Raises :class:`NoDataError` for days before 2000.
    """
    if start < _FIRST:
        raise NoDataError(f"no exchange calendar before {_FIRST}, {start} was requested")
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return [day for day in days if day.weekday() < 5 and day not in _closures()]
