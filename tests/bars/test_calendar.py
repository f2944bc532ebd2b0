"""Sessions of the New York Stock Exchange."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, date, datetime

import pytest

from tradingagents.discovery.bars.calendar import SessionCalendar, nyse
from tradingagents.discovery.model.errors import ConfigError, NoDataError

THANKSGIVING = date(2025, 11, 27)


def small() -> SessionCalendar:
    days = [date(2026, 2, day) for day in (2, 3, 4, 5, 6, 9)]
    return SessionCalendar(days, [datetime(day.year, day.month, day.day, 21, tzinfo=UTC) for day in days])


def test_the_latest_session_of_a_weekend_is_its_friday() -> None:
    """A session is its own latest session."""
    assert small().latest_session(date(2026, 2, 8)) == date(2026, 2, 6)
    assert small().latest_session(date(2026, 2, 5)) == date(2026, 2, 5)


def test_a_session_that_has_not_closed_does_not_count_when_the_time_is_given() -> None:
    """Its bar would not be final."""
    noon, evening = datetime(2026, 2, 5, 17, tzinfo=UTC), datetime(2026, 2, 5, 21, tzinfo=UTC)
    assert small().latest_session(date(2026, 2, 5), noon) == date(2026, 2, 4)
    assert small().latest_session(date(2026, 2, 5), evening) == date(2026, 2, 5)
    assert small().latest_session(date(2026, 2, 3), evening) == date(2026, 2, 3)
    with pytest.raises(NoDataError, match="no session had closed"):
        small().latest_session(date(2026, 2, 3), datetime(2026, 2, 1, tzinfo=UTC))


def test_sessions_between_two_days_include_both() -> None:
    """Empty for reversed days and for a weekend."""
    assert small().sessions_between(date(2026, 2, 5), date(2026, 2, 9)) == (
        date(2026, 2, 5),
        date(2026, 2, 6),
        date(2026, 2, 9),
    )
    assert small().sessions_between(date(2026, 2, 7), date(2026, 2, 8)) == ()
    assert small().sessions_between(date(2026, 2, 9), date(2026, 2, 5)) == ()


def test_going_back_counts_sessions_and_not_days() -> None:
    """From a weekend, it starts at the Friday."""
    assert small().back(date(2026, 2, 9), 1) == date(2026, 2, 6)
    assert small().back(date(2026, 2, 8), 1) == date(2026, 2, 5)
    with pytest.raises(NoDataError, match="does not reach 9 sessions"):
        small().back(date(2026, 2, 9), 9)


@pytest.mark.parametrize("day", [date(2026, 2, 1), date(2026, 2, 10)])
def test_a_day_the_calendar_does_not_reach_is_refused(day: date) -> None:
    """Otherwise it would look like a holiday."""
    with pytest.raises(NoDataError, match="covers 2026-02-02 to 2026-02-09"):
        small().latest_session(day)
    with pytest.raises(NoDataError, match="covers"):
        small().is_session(day)


def test_a_calendar_without_closes_is_refused() -> None:
    with pytest.raises(ConfigError, match="close for every session"):
        SessionCalendar([date(2026, 2, 2)], [])


@pytest.mark.parametrize(
    "holiday",
    [
        date(2001, 9, 12),  # unplanned
        date(2012, 10, 30),  # a storm
        date(2018, 12, 5),  # a president's funeral
        date(2025, 1, 9),  # another
        THANKSGIVING,
        date(2022, 6, 20),  # Juneteenth observed, a holiday since that year
    ],
)
def test_the_exchange_was_closed_on(holiday: date) -> None:
    assert not nyse().is_session(holiday)
    assert nyse().latest_session(holiday) < holiday


def test_an_early_close_is_known() -> None:
    """The day after Thanksgiving ends at 13:00 in New York, 18:00 UTC."""
    friday = date(2025, 11, 28)
    before, after = datetime(2025, 11, 28, 17, 59, tzinfo=UTC), datetime(2025, 11, 28, 18, 0, tzinfo=UTC)
    assert nyse().latest_session(friday, before) == date(2025, 11, 26)
    assert nyse().latest_session(friday, after) == friday


def test_a_year_has_its_250_sessions() -> None:
    assert len(nyse().sessions_between(date(2025, 1, 1), date(2025, 12, 31))) == 250


def test_concurrent_threads_get_one_calendar() -> None:
    """Built once a process."""
    seen: list[SessionCalendar] = []
    threads = [threading.Thread(target=lambda: seen.append(nyse()), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(seen) == 4
    assert len(set(map(id, seen))) == 1


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """Neither the package, nor symbols, nor the calendar import Polars, pandas or exchange_calendars."""
    code = (
        "import sys\n"
        "import tradingagents.discovery.bars\n"
        "import tradingagents.discovery.bars.calendar\n"
        "import tradingagents.discovery.symbols.universe\n"
        "heavy = {'polars', 'pandas', 'numpy', 'exchange_calendars'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
