"""The newest business days of EDGAR, asked for at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import FetchError, NoDataError, StaleDataError
from tradingagents.discovery.scanning.base import BaseScanner

__all__ = ["business_days", "weekdays_before"]

Listed = TypeVar("Listed")

_STALE = timedelta(days=5)  # the longest the SEC stays closed is four days
_NEW_YORK, _CLOSES = ZoneInfo("America/New_York"), time(22)  # EDGAR accepts Form 4 until then


def _under_way() -> date | None:
    """Return the day of which EDGAR still accepts filings, by the clock of the deadline."""
    now = current_deadline().clock.now().astimezone(_NEW_YORK)
    return now.date() if now.time() < _CLOSES else None


def weekdays_before(day: date, count: int) -> list[date]:
    """Return the ``count`` weekdays before a day, the newest first."""
    days = (day - timedelta(days=back) for back in range(1, 2 * count + 5))
    return list(islice((one for one in days if one.isoweekday() <= 5), count))


def business_days(
    scanner: BaseScanner, until: date, count: int, listed_on: Callable[[date], Listed]
) -> dict[date, Listed]:
    """Return what was filed on each of ``count`` business days that end at ``until``; at least one.

    A day that is still under way comes in addition: in the morning there is hardly anything of it, and most
    of the day before was filed since people last looked. Business days are guessed to be weekdays and asked
    for at once; each that turns out to be none is made up for by one more. A day that could not be had is
    left out and told. Raises ``StaleDataError`` or ``NoDataError`` when EDGAR lists nothing in the five days
    to ``until``, and what kept all from being had.
    """
    missing, under_way = count, _under_way()
    listed: dict[date, Listed] = {}
    failure: FetchError | None = None
    days = (until - timedelta(days=back) for back in range(_STALE.days + 2 + 2 * missing))
    weekdays = [day for day in days if day.isoweekday() <= 5]
    while missing > 0 and (batch := weekdays[: missing + (under_way in weekdays[:missing])]):
        weekdays = weekdays[len(batch) :]
        answers = scanner.map(listed_on, batch)
        for day in batch:
            try:
                listed[day] = next(answers)
            except NoDataError:
                continue
            except FetchError as error:
                scanner.trouble(verdict_of_error(error).reason, f"filings of {day}: {error}")
                failure = failure or error
            missing -= day != under_way
    if not listed:
        raise failure or NoDataError(f"sec: it lists no filings in the days to {until}")
    if failure is None and until - max(listed) > _STALE:
        raise StaleDataError(f"sec: the newest filings it lists before {until} are of {max(listed)}")
    return listed
