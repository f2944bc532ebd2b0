"""Alpha Vantage: the day's movers, and news with the mood of each ticker in it.

Source: https://www.alphavantage.co/documentation/. One path for everything, and the key in the query
string, because the vendor takes it nowhere else: the session puts it there, on the wire only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tradingagents.discovery.errors import BadPayload, NoDataError, Permanent
from tradingagents.discovery.net.notes import check, note_of
from tradingagents.discovery.vendors.alpha_vantage_records import (
    VENDOR,
    Article,
    Movers,
    OnMalformed,
    parse_articles,
    parse_movers,
)

if TYPE_CHECKING:
    from tradingagents.discovery.net.fetch_session import FetchSession

__all__ = ["MAX_ARTICLES", "AlphaVantage"]

MAX_ARTICLES = 1_000
"""Most articles the vendor gives in one answer."""


class AlphaVantage:
    """Asks Alpha Vantage over a session that keeps the deadline. Thread-safe, as the session is.

    Every method raises the errors of :mod:`tradingagents.discovery.errors` and no others. A row that
    cannot be read is a ``BadPayload``; with ``on_malformed`` it is told and left out, unless no row can be.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self._base_url = session, base_url

    def top_movers(self, *, on_malformed: OnMalformed | None = None) -> Movers:
        """Return the top gainers, losers and most active tickers of the last session (20 each)."""
        return parse_movers(self._ask("TOP_GAINERS_LOSERS"), on_malformed)

    def news(
        self,
        time_from: datetime,
        time_to: datetime,
        *,
        tickers: Sequence[str] = (),
        topics: Sequence[str] = (),
        limit: int = MAX_ARTICLES,
        on_malformed: OnMalformed | None = None,
    ) -> list[Article]:
        """Return articles published between two aware times, newest first; none when there are none.

        The vendor takes whole minutes, so the first may begin up to a minute before ``time_from``.
        Several ``tickers`` mean articles that name all of them.
        """
        parameters = {"time_from": _minute(time_from), "time_to": _minute(time_to), "sort": "LATEST"}
        parameters |= {"tickers": ",".join(tickers)} if tickers else {}
        parameters |= {"topics": ",".join(topics)} if topics else {}
        try:
            payload = self._ask("NEWS_SENTIMENT", **parameters, limit=str(limit))
        except NoDataError:
            return []
        return parse_articles(payload, on_malformed)

    def address(self, function: str) -> str:
        """Return the address of a function without the key, to be named as a source."""
        return f"{self._base_url}?{urlencode({'function': function})}"

    def _ask(self, function: str, **parameters: str) -> Any:
        query = {"function": function, **parameters}
        response = self._session.get(self._base_url, params=query, allow_redirects=False)
        try:
            check(response)
        except NoDataError as error:
            if b'"Error Message"' in response.content:  # unlike "Information", it is about the call itself
                raise Permanent(VENDOR, "the call is refused", status=note_of(response).status) from error
            raise
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise BadPayload(VENDOR, "the answer is not JSON", status=response.status_code) from None


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M}"
