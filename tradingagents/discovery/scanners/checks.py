"""Checks that several scanners share: a ticker in their settings, and the session of an answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate, StaleDataError

__all__ = ["Ticker", "check_session"]


def _ticker(text: str) -> str:
    try:
        return normalise_ticker(text)
    except InvalidCandidate as error:
        raise ValueError(error.reason) from None


Ticker = Annotated[str, AfterValidator(_ticker)]
"""A ticker in the settings, normalised: ``brk-b`` becomes ``BRK.B``."""


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
