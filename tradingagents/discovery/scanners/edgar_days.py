"""The newest business days of EDGAR, asked for at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice
from typing import TypeVar

from tradingagents.discovery.errors import FetchError, NoDataError, StaleDataError
from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.scanners.base import BaseScanner

__all__ = ["business_days"]

Listed = TypeVar("Listed")

_STALE = timedelta(days=5)  # the longest the SEC stays closed is four days


def business_days(
    scanner: BaseScanner, until: date, count: int, listed_on: Callable[[date], Listed]
) -> dict[date, Listed]:
    """Return what was filed on each of ``count`` business days that end at ``until``; at least one.

    Business days are guessed to be weekdays and asked for at once; each that turns out to be none is made
    up for by one more. A day that could not be had is left out and told. Raises ``StaleDataError`` or
    ``NoDataError`` when EDGAR lists nothing in the five days to ``until``, and what kept all from being had.
    """
    missing = count
    listed: dict[date, Listed] = {}
    failure: FetchError | None = None
    days = (until - timedelta(days=back) for back in range(_STALE.days + 1 + 2 * missing))
    weekdays = (day for day in days if day.isoweekday() <= 5)
    while missing and (batch := list(islice(weekdays, missing))):
        answers = scanner.map(listed_on, batch)
        for day in batch:
            try:
                listed[day] = next(answers)
            except NoDataError:
                continue
            except FetchError as error:
                scanner.trouble(verdict_of_error(error).reason, f"filings of {day}: {error}")
                failure = failure or error
            missing -= 1
    if not listed:
        raise failure or NoDataError(f"sec: it lists no filings in the days to {until}")
    if failure is None and until - max(listed) > _STALE:
        raise StaleDataError(f"sec: the newest filings it lists before {until} are of {max(listed)}")
    return listed
