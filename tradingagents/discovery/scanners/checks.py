"""A check that several scanners share: the session of an answer."""

from __future__ import annotations

from datetime import date

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.model.errors import StaleDataError

__all__ = ["check_session"]


def check_session(updated: date, trade_date: date, what: str) -> None:
    """Raise ``StaleDataError`` unless ``updated`` is the newest session that ``trade_date`` can know.

    That is the trade date's own session or, because that may not be over, the one before it, by the NYSE
    calendar; a later one would be look-ahead. ``what`` names the data in the message. Raises
    ``NoDataError`` for a trade date outside the calendar.
    """
    if updated > trade_date:
        raise StaleDataError(f"{what} of {updated}, after the trade date {trade_date}")
    calendar = nyse()
    newest = calendar.latest_session(trade_date)
    oldest = calendar.back(newest, 1) if newest == trade_date else newest
    if updated < oldest:
        raise StaleDataError(f"{what} of {updated}, too old for the trade date {trade_date}")
