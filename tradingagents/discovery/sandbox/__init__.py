"""The vendors on loopback, over a synthetic market, with faults on demand.

Companies, prices, filings, articles and posts are invented and marked as such. Used by the command line's
sandbox mode, the verify script and the tests; no other module imports it. Its names are imported on first
use::

    with SandboxServer() as sandbox:
        graph = DiscoveryGraph(sandbox.config())  # vendor addresses and a store of daily bars
        expected = sandbox.market.truth["insider_buying"].expected

Endpoint names for ``latency_seconds`` ("sec/filing") and :class:`Fault`:

- alpha_vantage: the function in lower case (top_gainers_losers, news_sentiment, time_series_daily, ...)
- finnhub: calendar_earnings, stock_recommendation, quote, stock_earnings, stock_profile2, stock_metric,
  stock_insider_transactions, company_news, and the premium ones (stock_candle, stock_upgrade_downgrade, ...)
- reddit: token, hot, new, rising, top, search, comments, about, info
- sec: daily_index, index_folder, current, filing, filing_header, filing_index, filing_document,
  company_tickers, company_tickers_exchange, submissions
- finra: short_volume, short_interest; nasdaq: nasdaqlisted, otherlisted; yahoo: chart, cookie, crumb
- every vendor: unknown
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradingagents.discovery.sandbox.faults.rules import Fault
    from tradingagents.discovery.sandbox.http.process import SandboxProcess
    from tradingagents.discovery.sandbox.http.request_log import RequestRecord
    from tradingagents.discovery.sandbox.http.server import SandboxServer
    from tradingagents.discovery.sandbox.world.market import DEFAULT_AS_OF, Market, shared_market
    from tradingagents.discovery.sandbox.world.prices.store import write_bars
    from tradingagents.discovery.sandbox.world.scenarios import Planted

__all__ = [
    "DEFAULT_AS_OF",
    "Fault",
    "Market",
    "Planted",
    "RequestRecord",
    "SandboxProcess",
    "SandboxServer",
    "shared_market",
    "write_bars",
]

_MODULE_OF = {
    "DEFAULT_AS_OF": "world.market",
    "Fault": "faults.rules",
    "Market": "world.market",
    "Planted": "world.scenarios",
    "RequestRecord": "http.request_log",
    "SandboxProcess": "http.process",
    "SandboxServer": "http.server",
    "shared_market": "world.market",
    "write_bars": "world.prices.store",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value  # later uses do not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
