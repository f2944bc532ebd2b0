"""Finnhub: the earnings calendar and analysts' recommendation trends, through finnhub-python.

Source: https://finnhub.io/docs/api. The free plan allows 60 calls a minute; the ``X-Ratelimit`` headers of
each response state how many are left and when the minute ends.
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
    RatingMonth,
    calendar_rows,
    parse_events,
    parse_ratings,
)
from tradingagents.discovery.vendors.records import OnMalformed

if TYPE_CHECKING:
    from tradingagents.discovery.net.fetch_session import FetchSession

__all__ = ["Finnhub"]

_ROW_CAP = 1_500  # users report that the calendar is silently cut there; a quarter's busiest week has more


class Finnhub:
    """A client over a session that enforces the deadline. Thread-safe, as the session is.

    Methods raise only the errors of :mod:`tradingagents.discovery.model.errors`.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        from tradingagents.discovery.vendors.finnhub.session_client import SessionClient

        self._client = SessionClient(session, base_url)
        self._base_url = base_url.rstrip("/")

    def earnings_calendar(
        self, first: date, last: date, *, on_malformed: OnMalformed | None = None
    ) -> list[EarningsEvent]:
        """Return every report from ``first`` to ``last``, both included, by date and symbol.

        Halves the range and repeats when a response reaches the vendor's row limit. A malformed row is a
        ``BadPayload``; with ``on_malformed`` it is reported there and left out, unless no row is valid.
        """
        rows = calendar_rows(
            self._fetch(lambda client: client.earnings_calendar(_from=str(first), to=str(last), symbol=""))
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
        months = parse_ratings(self._fetch(lambda client: client.recommendation_trends(symbol)), symbol)
        if not months:
            raise NoDataError(f"{VENDOR}: no recommendations for {symbol}")
        return months

    def address(self, path: str, **parameters: str) -> str:
        """Return the URL of a call without the key, to be cited as a source."""
        return f"{self._base_url}/{path}?{urlencode(parameters)}"

    def _fetch(self, call: Callable[[Any], Any]) -> Any:
        from finnhub.exceptions import FinnhubRequestException

        try:
            return call(self._client)
        except (FinnhubRequestException, RecursionError):
            raise BadPayload(VENDOR, "the response is not the documented JSON") from None
