"""The newest business days of EDGAR, requested concurrently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import FetchError, NoDataError, StaleDataError
from tradingagents.discovery.scanning.base import AnyScanner

__all__ = ["business_days", "weekdays_before"]

Listed = TypeVar("Listed")

_STALE = timedelta(days=5)  # the SEC is never closed for more than four days in a row
_NEW_YORK, _CLOSES = ZoneInfo("America/New_York"), time(22)  # the daily deadline for Form 4


def weekdays_before(day: date, count: int) -> list[date]:
    """Return the ``count`` weekdays before a day, the newest first."""
    days = (day - timedelta(days=back) for back in range(1, 2 * count + 5))
    return list(islice((one for one in days if one.isoweekday() <= 5), count))


def business_days(
    scanner: AnyScanner, until: date, count: int, listed_on: Callable[[date], Listed]
) -> dict[date, Listed]:
    """Return ``listed_on(day)`` for the ``count`` newest business days up to ``until``; at least one.

    A day still open for filing is returned in addition to ``count``: in the morning it has few filings, and
    most of the previous day's came in the evening. All weekdays are requested at once; for each that
    turns out to be a holiday, one more is requested. A day whose request fails degrades the outcome and is
    left out. Raises ``NoDataError`` when EDGAR lists nothing, ``StaleDataError`` when the newest filings are
    more than five days old, and the first error when every request failed.
    """
    missing, open_day = count, _open_day()
    listed: dict[date, Listed] = {}
    failure: FetchError | None = None
    days = (until - timedelta(days=back) for back in range(_STALE.days + 2 + 2 * missing))
    weekdays = [day for day in days if day.isoweekday() <= 5]
    while missing > 0 and (batch := weekdays[: missing + (open_day in weekdays[:missing])]):
        weekdays = weekdays[len(batch) :]
        answers = scanner.map(listed_on, batch)
        for day in batch:
            try:
                listed[day] = next(answers)
            except NoDataError:
                continue
            except FetchError as error:
                scanner.degrade(verdict_of_error(error).reason, f"filings of {day}: {error}")
                failure = failure or error
            missing -= day != open_day
    if not listed:
        raise failure or NoDataError(f"sec: no filings listed in the days to {until}")
    if failure is None and until - max(listed) > _STALE:
        raise StaleDataError(f"sec: the newest filings before {until} are of {max(listed)}")
    return listed


def _open_day() -> date | None:
    """Return the day for which EDGAR still accepts filings, by the deadline's clock."""
    now = current_deadline().clock.now().astimezone(_NEW_YORK)
    return now.date() if now.time() < _CLOSES else None
