"""Trading days of the synthetic exchange: those of the New York Stock Exchange.

Source of the holidays: nyse.com, "Holidays & Trading Hours"; 9 January 2025 was the national day of
mourning for President Carter. Days that close early count as full sessions. The real EDGAR
observes the federal holidays, which differ by two or three days a year; in the sandbox it follows the
exchange. The table is independent of ``bars.calendar``, so that tests compare two sources.
"""

from __future__ import annotations

from datetime import date, timedelta

__all__ = ["is_session", "sessions_ending", "step_sessions"]

_CLOSED = {
    2024: ("01-01", "01-15", "02-19", "03-29", "05-27", "06-19", "07-04", "09-02", "11-28", "12-25"),
    2025: ("01-01", "01-09", "01-20", "02-17", "04-18", "05-26", "06-19", "07-04", "09-01", "11-27", "12-25"),
    2026: ("01-01", "01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25"),
    2027: ("01-01", "01-18", "02-15", "03-26", "05-31", "06-18", "07-05", "09-06", "11-25", "12-24"),
}
_SATURDAY = 5


def is_session(day: date) -> bool:
    """Return whether the exchange trades on ``day``; ``ValueError`` for a year not in the table."""
    try:
        closed = _CLOSED[day.year]
    except KeyError:
        known = f"{min(_CLOSED)} to {max(_CLOSED)}"
        raise ValueError(f"the sandbox knows the exchange's holidays of {known}, not of {day.year}") from None
    return day.weekday() < _SATURDAY and day.strftime("%m-%d") not in closed


def step_sessions(day: date, count: int) -> date:
    """Return the session ``count`` sessions after ``day`` (before it, when negative)."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_session(day):
            day += step
    return day


def sessions_ending(last: date, days: int) -> tuple[date, ...]:
    """Return the sessions of the ``days`` calendar days that end with ``last``, oldest first."""
    span = (last - timedelta(days=back) for back in range(days - 1, -1, -1))
    return tuple(day for day in span if is_session(day))
