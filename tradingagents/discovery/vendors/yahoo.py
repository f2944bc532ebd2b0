"""Yahoo: daily bars through yfinance, the extra ``[yahoo]``. Unofficial, for personal use, off by default.

yfinance builds the request and parses the response; the project's session sends it, so that pacing, retries,
circuit, cache and deadline are those of every vendor. yfinance's own fetching is replaced: it keeps one
session and one cookie for the process, fetches the time zone of each ticker separately, and repeats a 404
with other cookies. The chart endpoint needs neither cookie nor crumb.
"""

from __future__ import annotations

import logging
import warnings
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tradingagents.discovery.model.errors import BadPayload, DiscoveryError, NoDataError, NotConfiguredError
from tradingagents.discovery.net.transport.browser import BrowserTransport
from tradingagents.discovery.vendors.records import UNREADABLE, DailyBar, error_text, number_or_none

if TYPE_CHECKING:
    from tradingagents.discovery.net.fetch_session import FetchSession

__all__ = ["VENDOR", "Yahoo", "transport"]

VENDOR = "yahoo"
WANTED = 'yfinance, installed by pip install "tradingagents-discovery[yahoo]"'

_LIBRARY_BASE = "https://query2.finance.yahoo.com"
_ZONE = "America/New_York"
_DIGITS = 7
# The transport sends a browser's headers; this one is for the classifier, which checks the User-Agent.
_HEADERS = {"User-Agent": "Mozilla/5.0"}
_UNREADABLE = (*UNREADABLE, IndexError)

logging.getLogger("yfinance").addHandler(logging.NullHandler())


def transport(max_body_bytes: int) -> BrowserTransport:
    """Return the transport for Yahoo. Raises :class:`NotConfiguredError` without the extra."""
    return BrowserTransport(max_body_bytes, wanted=WANTED)


class Yahoo:
    """A client of Yahoo's chart endpoint over a session that enforces the deadline. Thread-safe, as it is.

    Raises only the errors of :mod:`tradingagents.discovery.model.errors`; the constructor raises
    :class:`NotConfiguredError` without the extra.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        try:
            from yfinance.exceptions import YFRateLimitError
            from yfinance.scrapers.history import PriceHistory
        except ImportError:
            raise NotConfiguredError(WANTED) from None
        # yfinance warns about its own use of deprecated functions, which concerns its maintainers only.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"yfinance\.")
        self._session, self._base_url = session, base_url.rstrip("/")
        self._history, self._carrier = PriceHistory, YFRateLimitError

    def daily_bars(self, ticker: str, first: date, last: date) -> list[DailyBar]:
        """Return the sessions from ``first`` to ``last``, both included, oldest first.

        ``ticker`` is in Yahoo's spelling (``BRK-B``). Prices and volumes are adjusted for every split up to
        now, not for dividends. The bar of a session under way is included and not final. Raises
        :class:`NoDataError` for a ticker that Yahoo does not know or that has no bars in these days.
        """
        fetcher = _Fetcher(self, ticker)
        history = self._history(fetcher, ticker, _ZONE, session=self._session)
        try:
            frame = history.history(
                start=first.isoformat(),
                end=(last + timedelta(days=1)).isoformat(),
                interval="1d",
                auto_adjust=False,
                actions=False,
            )
            return [_bar(row) for row in frame.itertuples() if first <= row.Index.date() <= last]
        except self._carrier as error:
            raise error.__cause__ or error from None
        except _UNREADABLE as error:
            raise BadPayload(VENDOR, f"the chart of {ticker} cannot be read ({error_text(error)})") from None

    def fetch(self, ticker: str, url: str, params: dict[str, Any]) -> Any:
        """Send a request that yfinance built; return the response if it holds bars."""
        address = self._base_url + url.removeprefix(_LIBRARY_BASE)
        response = self._session.fetch(address, params=params, headers=_HEADERS)
        _require_bars(response, ticker)
        return response

    def carry(self, error: DiscoveryError) -> Exception:
        """Wrap an error in the only type that yfinance does not swallow."""
        wrapped: Exception = self._carrier()
        wrapped.__cause__ = error
        return wrapped


class _Fetcher:
    """Replaces the object through which yfinance fetches."""

    def __init__(self, client: Yahoo, ticker: str) -> None:
        self._client, self._ticker = client, ticker

    def get(self, url: str, params: dict[str, Any] | None = None, timeout: float | None = None) -> Any:
        try:
            return self._client.fetch(self._ticker, url, params or {})
        except DiscoveryError as error:
            raise self._client.carry(error) from error

    cache_get = get  # yfinance would cache past days forever; the session has a TTL


def _require_bars(response: Any, ticker: str) -> None:
    """Raise for a response that yfinance would log and return as an empty frame."""
    try:
        (result,) = response.json()["chart"]["result"]
        currency = result["meta"].get("currency")
        has_bars = bool(result.get("timestamp"))
    except (*_UNREADABLE, RecursionError) as error:
        raise BadPayload(VENDOR, f"the chart of {ticker} is malformed ({type(error).__name__})") from None
    if not has_bars:
        raise NoDataError(f"{VENDOR}: no bars of {ticker} in these days")
    if currency != "USD":
        raise NoDataError(f"{VENDOR}: {ticker} is quoted in {currency!s:.10}, not in US dollars")


def _bar(row: Any) -> DailyBar:
    return DailyBar(
        day=row.Index.date(),
        open=_price(row.Open),
        high=_price(row.High),
        low=_price(row.Low),
        close=_price(row.Close),
        volume=number_or_none(row.Volume),
    )


def _price(value: Any) -> float | None:
    """Return a price without single-precision noise, as Yahoo stores floats: 117.949997 is 117.95."""
    number = number_or_none(value)
    return None if number is None else float(f"{number:.{_DIGITS}g}")
