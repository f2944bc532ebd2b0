"""The trade date of a run: within the days for which there can be data. Pure but for the clock."""

from __future__ import annotations

from datetime import date, timedelta

from tradingagents.discovery.bars.closures import listed_sessions
from tradingagents.discovery.model.clock import Clock, date_in_new_york, parse_trade_date
from tradingagents.discovery.model.errors import ConfigError

__all__ = ["checked_trade_date", "future_warning"]

_FIRST = date(1994, 1, 1)
"""EDGAR's first year; no source of any scanner begins earlier."""
_LONGEST_CLOSURE = timedelta(days=14)


def checked_trade_date(value: object, clock: Clock) -> date:
    """Return a state's trade date; see :func:`parse_trade_date`.

    Raises :class:`ConfigError` for a date before 1994, or after the next session of the New York exchanges.
    """
    day = parse_trade_date(value, clock)
    if day < _FIRST:
        raise ConfigError(
            f"trade_date: {day} is before {_FIRST}, the first day for which there can be filings"
        )
    if day > (last := _next_session(date_in_new_york(clock))):
        raise ConfigError(f"trade_date: {day} is in the future; the latest that can be scanned is {last}")
    return day


def future_warning(day: date, clock: Clock) -> str | None:
    """Return the warning for a trade date that has not begun in New York; None for any other."""
    return f"trade date {day} is in the future" if day > date_in_new_york(clock) else None


def _next_session(today: date) -> date:
    """Return the first session after ``today``, and ``today`` or a later day in any case."""
    return listed_sessions(today + timedelta(days=1), today + _LONGEST_CLOSURE)[0]
