"""Alpha Vantage's ``/query``: one path, one function a request, every error an HTTP 200.

Source: alphavantage.co/documentation and the vendor's own client. Numbers are text, except the overall
mood of an article. Any key that is not empty is taken for a free one, so premium functions are refused.
"""

from __future__ import annotations

from collections.abc import Callable

from tradingagents.discovery.sandbox.http.wire import Memo, Request, Response, Usage
from tradingagents.discovery.sandbox.vendors.alpha_vantage import events as alpha_vantage_events
from tradingagents.discovery.sandbox.vendors.alpha_vantage import options as alpha_vantage_options
from tradingagents.discovery.sandbox.vendors.alpha_vantage import prices as alpha_vantage_prices
from tradingagents.discovery.sandbox.vendors.alpha_vantage.errors import CSV_ONLY, error, exploded_csv
from tradingagents.discovery.sandbox.world.market import Market

__all__ = ["AlphaVantage"]

_PREMIUM = {"TIME_SERIES_DAILY_ADJUSTED", "REALTIME_BULK_QUOTES", "REALTIME_OPTIONS", "TIME_SERIES_INTRADAY"}
_FUNCTIONS: dict[str, Callable[[Market, Request], Response]] = {
    "TOP_GAINERS_LOSERS": alpha_vantage_prices.top_gainers_losers,
    "TIME_SERIES_DAILY": alpha_vantage_prices.time_series_daily,
    "SPLITS": alpha_vantage_prices.splits,
    "GLOBAL_QUOTE": alpha_vantage_prices.global_quote,
    "OVERVIEW": alpha_vantage_prices.overview,
    "HISTORICAL_OPTIONS": alpha_vantage_options.historical_options,
    "NEWS_SENTIMENT": alpha_vantage_events.news_sentiment,
    "EARNINGS_CALENDAR": alpha_vantage_events.earnings_calendar,
    "LISTING_STATUS": alpha_vantage_events.listing_status,
}


class AlphaVantage:
    """The functions of a free key."""

    name = "alpha_vantage"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._memo = Memo()

    def endpoint(self, request: Request) -> str:
        function = request.query.get("function", "").upper()
        return function.lower() if function in _FUNCTIONS or function in _PREMIUM else "unknown"

    def answer(self, request: Request) -> Response:
        function = request.query.get("function", "").upper()
        if not request.query.get("apikey"):
            return error("key")
        if function in _PREMIUM:
            return error("premium")
        build = _FUNCTIONS.get(function)
        if build is None:
            return error("function", function=function)
        asked = tuple(sorted((name, value) for name, value in request.query.items() if name != "apikey"))
        return self._memo.get(asked, lambda: build(self._market, request))

    def refuse(self, request: Request, reason: str) -> Response:
        function = request.query.get("function", "").upper()
        if function in CSV_ONLY:
            return exploded_csv(function)
        return error(reason, key=request.query.get("apikey", ""))

    def quota_headers(self, usage: Usage) -> tuple[tuple[str, str], ...]:
        return ()
