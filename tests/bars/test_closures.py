"""The stored list of exchange closures is that of exchange_calendars."""

from __future__ import annotations

from datetime import date, timedelta

import exchange_calendars
import pytest

from tradingagents.discovery.bars.closures import listed_sessions
from tradingagents.discovery.model.errors import NoDataError

FIRST, LAST = date(2000, 1, 3), date(2030, 12, 31)


@pytest.mark.filterwarnings("ignore")  # of pandas, inside exchange_calendars
def test_the_sessions_are_those_of_the_exchange_calendar() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST.isoformat(), end=LAST.isoformat())
    assert listed_sessions(FIRST, LAST) == [session.date() for session in calendar.sessions]


def test_both_ends_are_included_and_a_holiday_is_not() -> None:
    assert listed_sessions(date(2026, 11, 25), date(2026, 11, 27)) == [date(2026, 11, 25), date(2026, 11, 27)]
    assert listed_sessions(date(2026, 11, 26), date(2026, 11, 26)) == []


def test_days_before_the_list_are_refused() -> None:
    with pytest.raises(NoDataError, match="2000"):
        listed_sessions(FIRST - timedelta(days=1), FIRST)
