"""Checks shared by scanners: which session's data a trade date may use."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.model.errors import StaleDataError
from tradingagents.discovery.scanners.checks import check_session


@pytest.mark.parametrize(
    ("updated", "trade_date"),
    [
        ("2026-02-05", "2026-02-05"),  # the day itself
        ("2026-02-04", "2026-02-05"),  # before its close
        ("2026-02-06", "2026-02-08"),  # Friday's on a Sunday
        ("2026-02-06", "2026-02-09"),  # Friday's on a Monday
        ("2026-02-13", "2026-02-17"),  # over Presidents' Day
        ("2026-04-02", "2026-04-06"),  # over Good Friday and Easter
        ("2025-11-26", "2025-11-28"),  # over Thanksgiving
        ("2025-12-31", "2026-01-02"),  # over New Year
    ],
)
def test_the_newest_session_known_on_the_trade_date_is_accepted(updated: str, trade_date: str) -> None:
    check_session(date.fromisoformat(updated), date.fromisoformat(trade_date), "movers")


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(-10, 20))
def test_an_accepted_session_is_never_later_than_the_trade_date_nor_over_four_days_old(
    day: date, ahead: int
) -> None:
    trade_date = date.fromordinal(day.toordinal() + ahead)
    try:
        check_session(day, trade_date, "movers")
    except StaleDataError:
        assert ahead < 0 or ahead > 1
    else:
        assert 0 <= ahead <= 4
        assert len(nyse().sessions_between(day, trade_date)) <= 2
