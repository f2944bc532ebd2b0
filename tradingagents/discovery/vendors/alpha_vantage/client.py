"""Alpha Vantage: the day's movers, news with sentiment by ticker, daily bars, splits and option chains.

Source: https://www.alphavantage.co/documentation/. All functions share one path. The key must be a query
parameter; the session adds it when it sends, so that it appears in no log or cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tradingagents.discovery.model.errors import BadPayload, NoDataError, Permanent
from tradingagents.discovery.net.notes import check, note_of
from tradingagents.discovery.vendors.alpha_vantage.bars import parse_daily_bars, parse_splits
from tradingagents.discovery.vendors.alpha_vantage.options import OptionChain, parse_chain
from tradingagents.discovery.vendors.alpha_vantage.records import (
    VENDOR,
    Article,
    Movers,
    parse_articles,
    parse_movers,
)
from tradingagents.discovery.vendors.records import DailyBar, OnMalformed, Split

if TYPE_CHECKING:
    from tradingagents.discovery.net.fetch_session import FetchSession

__all__ = ["MAX_ARTICLES", "AlphaVantage"]

MAX_ARTICLES = 1_000
"""Most articles in one response."""


class AlphaVantage:
    """A client over a session that enforces the deadline. Thread-safe, as the session is.

    Methods raise only the errors of :mod:`tradingagents.discovery.model.errors`. A malformed row is a
    ``BadPayload``; with ``on_malformed`` it is reported there and left out, unless no row is valid.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self._base_url = session, base_url

    def top_movers(self, *, on_malformed: OnMalformed | None = None) -> Movers:
        """Return the top gainers, losers and most active tickers of the last session (20 each)."""
        return parse_movers(self._fetch("TOP_GAINERS_LOSERS"), on_malformed)

    def news(
        self,
        time_from: datetime,
        time_to: datetime | None,
        *,
        tickers: Sequence[str] = (),
        topics: Sequence[str] = (),
        limit: int = MAX_ARTICLES,
        on_malformed: OnMalformed | None = None,
    ) -> list[Article]:
        """Return the articles published between two aware times, newest first.

        Without ``time_to`` up to now: the request stays the same from one minute to the next, so that a
        cached response a few minutes old can serve. The vendor takes whole minutes, so the first article may
        be up to a minute older than ``time_from``. Several ``tickers`` select articles that name all of them.
        """
        parameters = {"time_from": _minute(time_from), "sort": "LATEST"}
        parameters |= {"time_to": _minute(time_to)} if time_to is not None else {}
        parameters |= {"tickers": ",".join(tickers)} if tickers else {}
        parameters |= {"topics": ",".join(topics)} if topics else {}
        try:
            payload = self._fetch("NEWS_SENTIMENT", **parameters, limit=str(limit))
        except NoDataError:
            return []
        return parse_articles(payload, on_malformed)

    def option_chain(
        self, ticker: str, day: date | None = None, *, on_malformed: OnMalformed | None = None
    ) -> OptionChain:
        """Return every option on ``ticker`` at the end of the session ``day``, by default the newest.

        Raises ``NoDataError`` for a day without a session and for a ticker without options, ``Auth`` where
        the plan does not include it.
        """
        parameters = {"symbol": ticker.replace(".", "-")} | ({"date": day.isoformat()} if day else {})
        return parse_chain(self._fetch("HISTORICAL_OPTIONS", **parameters), ticker, on_malformed)

    def daily_bars(self, ticker: str, *, full: bool = False) -> list[DailyBar]:
        """Return the last hundred sessions of ``ticker`` (the vendor's spelling), oldest first, unadjusted.

        Prices before a split are not adjusted for it; see :meth:`splits`. ``full`` requests twenty years and
        more, which raises ``Auth`` on the free plan. A stale cached response is never used. Raises
        ``NoDataError`` for a ticker the vendor does not know.
        """
        size = "full" if full else "compact"
        payload = self._fetch_fresh("TIME_SERIES_DAILY", ticker, outputsize=size)
        return parse_daily_bars(payload, ticker)

    def splits(self, ticker: str) -> list[Split]:
        """Return every split of ``ticker`` (the vendor's spelling), oldest first."""
        return parse_splits(self._fetch_fresh("SPLITS", ticker), ticker)

    def address(self, function: str, **parameters: str) -> str:
        """Return the URL of a call without the key, to be cited as a source."""
        return f"{self._base_url}?{urlencode({'function': function, **parameters})}"

    def _fetch_fresh(self, function: str, ticker: str, **parameters: str) -> Any:
        """Request a function for a ticker; raise where a stale response would hide an outage."""
        try:
            return self._read({"function": function, "symbol": ticker, **parameters}, stale=False)
        except Permanent as error:
            if isinstance(error.__cause__, NoDataError):  # the call is valid: the symbol is unknown
                raise NoDataError(f"{VENDOR}: {ticker} is not known") from error
            raise

    def _fetch(self, function: str, **parameters: str) -> Any:
        return self._read({"function": function, **parameters})

    def _read(self, query: Mapping[str, str], *, stale: bool = True) -> Any:
        response = self._session.get(self._base_url, params=query, allow_redirects=False)
        note = note_of(response)
        if note.stale_because is not None and not stale:
            raise note.stale_because
        try:
            check(response)
        except NoDataError as error:
            if b'"Error Message"' in response.content:  # unlike "Information", it concerns the call itself
                raise Permanent(VENDOR, "the call is refused", status=note_of(response).status) from error
            raise
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise BadPayload(VENDOR, "the response is not JSON", status=response.status_code) from None


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M}"
