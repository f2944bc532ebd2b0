"""Which two months of analysts' ratings may be compared on a day. Pure functions.

A change over a month that is missing is not a month's, one month told twice is no change, and what was
written down later was not known on the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tradingagents.discovery.vendors.finnhub.records import RatingMonth

__all__ = ["LATER", "OLD", "newest_two"]

OLD = "no ratings of this month or the last"
LATER = "ratings of later months only"
_TOO_FEW = "fewer than two months of ratings"
_GAP = "the month before is missing"


def newest_two(months: Sequence[RatingMonth], today: date) -> tuple[RatingMonth, RatingMonth] | str:
    """Return the newest month that was known on ``today`` and the one right before it, or why there are none.

    ``months`` come newest first; one without analysts is none.
    """
    known = [month for month in months if month.period <= today and month.analysts]
    if not known:
        return LATER if any(month.period > today for month in months) else _TOO_FEW
    newest = known[0]
    if newest.period < _month_before(today):
        return OLD
    before = next((one for one in known if one.period.replace(day=1) == _month_before(newest.period)), None)
    if before is not None:
        return newest, before
    return _TOO_FEW if known[-1].period.replace(day=1) == newest.period.replace(day=1) else _GAP


def _month_before(day: date) -> date:
    """Return the first day of the month before that of ``day``."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
