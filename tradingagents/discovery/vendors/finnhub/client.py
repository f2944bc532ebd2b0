"""Finnhub: the earnings calendar, and how analysts' recommendations move. Through finnhub-python.

Source: https://finnhub.io/docs/api. The free plan allows 60 calls a minute; every answer tells in its
``X-Ratelimit`` headers how many are left and when the minute ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tradingagents.discovery.model.errors import BadPayload, NoDataError
from tradingagents.discovery.vendors.finnhub.records import (
    VENDOR,
    EarningsEvent,
    OnMalformed,
    RatingMonth,
    calendar_rows,
    parse_events,
    parse_ratings,
)

if TYPE_CHECKING:
    from tradingagents.discovery.net.fetch_session import FetchSession

__all__ = ["Finnhub"]

_ROW_CAP = 1_500  # the calendar is said to end there without a word; a quarter's busiest week has more


class Finnhub:
    """Asks Finnhub over a session that keeps the deadline. Thread-safe, as the session is.

    Every method raises the errors of :mod:`tradingagents.discovery.model.errors` and no others.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        from tradingagents.discovery.vendors.finnhub.library import SessionClient

        self._client = SessionClient(session, base_url)
        self._base_url = base_url.rstrip("/")

    def earnings_calendar(
        self, first: date, last: date, *, on_malformed: OnMalformed | None = None
    ) -> list[EarningsEvent]:
        """Return every report from ``first`` to ``last``, both included, by date and symbol.

        Asks again in halves when an answer is as long as the vendor makes one. A row that cannot be
        read is a ``BadPayload``; with ``on_malformed`` it is told and left out, unless no row can be.
        """
        rows = calendar_rows(
            self._ask(lambda client: client.earnings_calendar(_from=str(first), to=str(last), symbol=""))
        )
        if len(rows) < _ROW_CAP or first >= last:
            return parse_events(rows, on_malformed)
        middle = first + timedelta(days=(last - first).days // 2)
        early = self.earnings_calendar(first, middle, on_malformed=on_malformed)
        return early + self.earnings_calendar(middle + timedelta(days=1), last, on_malformed=on_malformed)

    def recommendation_trends(self, symbol: str) -> list[RatingMonth]:
        """Return the monthly snapshots of one symbol, newest first (the free plan has four).

        Raises :class:`NoDataError` for a symbol that no analyst follows or that the vendor does not know.
        """
        months = parse_ratings(self._ask(lambda client: client.recommendation_trends(symbol)), symbol)
        if not months:
            raise NoDataError(f"{VENDOR}: no recommendations for {symbol}")
        return months

    def address(self, path: str, **parameters: str) -> str:
        """Return the address of a call without the key, to be named as a source."""
        return f"{self._base_url}/{path}?{urlencode(parameters)}"

    def _ask(self, call: Callable[[Any], Any]) -> Any:
        from finnhub.exceptions import FinnhubRequestException

        try:
            return call(self._client)
        except (FinnhubRequestException, RecursionError):
            raise BadPayload(VENDOR, "the answer is not the JSON it documents") from None
