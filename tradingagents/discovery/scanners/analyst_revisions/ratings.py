"""The two months of analyst ratings to compare on a day. Pure functions.

They must be consecutive months, and neither may be later than the day: it was not known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tradingagents.discovery.vendors.finnhub.records import RatingMonth

__all__ = ["LATER", "OLD", "newest_two"]

OLD = "no ratings for this month or the last"
LATER = "ratings for later months only"
_TOO_FEW = "fewer than two months of ratings"
_GAP = "previous month missing"


def newest_two(months: Sequence[RatingMonth], today: date) -> tuple[RatingMonth, RatingMonth] | str:
    """Return the newest month known on ``today`` and the one before it, or the reason why that is impossible.

    ``months`` are sorted newest first; a month without analysts is ignored.
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
