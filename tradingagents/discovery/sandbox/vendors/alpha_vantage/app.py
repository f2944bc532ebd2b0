"""Alpha Vantage's ``/query``: one path, one function per request, HTTP 200 for every error.

Source: alphavantage.co/documentation and the vendor's own client. Numbers are strings, except the overall
sentiment of an article. Any non-empty key counts as a free one, so premium functions are refused.
"""

from __future__ import annotations

from collections.abc import Callable

from tradingagents.discovery.sandbox.http.wire import Request, Response, Vendor
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


class AlphaVantage(Vendor):
    """The functions of a free key."""

    name = "alpha_vantage"

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
        parameters = tuple(sorted((name, value) for name, value in request.query.items() if name != "apikey"))
        return self._cache.get(parameters, lambda: build(self._market, request))

    def refuse(self, request: Request, reason: str) -> Response:
        function = request.query.get("function", "").upper()
        if function in CSV_ONLY:
            return exploded_csv(function)
        return error(reason, key=request.query.get("apikey", ""))
