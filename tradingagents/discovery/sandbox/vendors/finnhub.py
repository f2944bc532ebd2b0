"""Finnhub's REST API as a free key sees it.

Source: finnhub.io/docs/api and its OpenAPI description. Doubled slashes in paths are accepted, since
the vendor's own Python client sends them. The key comes as ``token=`` or in ``X-Finnhub-Token``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time

from tradingagents.discovery.sandbox.http.wire import HTML, Request, Response, Usage, Vendor, json_response
from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.earnings.calendar import Earnings
from tradingagents.discovery.sandbox.world.market import Market
from tradingagents.discovery.sandbox.world.text.news import Article

__all__ = ["Finnhub"]

_BASE = "/api/v1"
_JSON = "application/json; charset=utf-8"
_NO_KEY = "Please use an API key."
_NO_ACCESS = "You don't have access to this resource."
_LIMIT = "API limit reached. Please try again later. Remaining Limit: 0"
_MAX_INSIDER_ROWS = 100
_PREMIUM = frozenset((
    "/stock/candle", "/stock/upgrade-downgrade", "/stock/price-target", "/stock/social-sentiment",
    "/news-sentiment", "/stock/eps-estimate",
))  # fmt: skip


class Finnhub(Vendor):
    """The free endpoints; premium ones refuse with 403."""

    name = "finnhub"

    def endpoint(self, request: Request) -> str:
        path = _path(request)
        return re.sub(r"\W+", "_", path).strip("_") if path in _ENDPOINTS or path in _PREMIUM else "unknown"

    def answer(self, request: Request) -> Response:
        path = _path(request)
        if not (request.query.get("token") or request.headers.get("x-finnhub-token")):
            return _error(_NO_KEY, 401)
        if path in _PREMIUM:
            return _error(_NO_ACCESS, 403)
        build = _ENDPOINTS.get(path)
        if build is None:
            return Response(404, b"<html><body>404 page not found</body></html>", HTML)
        parameters = tuple(sorted((name, value) for name, value in request.query.items() if name != "token"))
        return self._cache.get((path, parameters), lambda: _checked(build, self._market, dict(parameters)))

    def refuse(self, request: Request, reason: str) -> Response:
        return _error(_LIMIT, 429)

    def quota_headers(self, usage: Usage) -> tuple[tuple[str, str], ...]:
        return (
            ("X-Ratelimit-Limit", str(usage.limit)),
            ("X-Ratelimit-Remaining", str(max(usage.limit - usage.used, 0))),
            ("X-Ratelimit-Reset", str(usage.reset_at)),
        )


def _path(request: Request) -> str:
    return re.sub(r"/+", "/", request.path).removeprefix(_BASE)


def _error(text: str, status: int) -> Response:
    return json_response({"error": text}, status, content_type=_JSON)


def _checked(
    build: Callable[[Market, dict[str, str]], object], market: Market, query: dict[str, str]
) -> Response:
    """Build an answer; a missing or unreadable parameter is a 422."""
    try:
        return json_response(build(market, query), content_type=_JSON)
    except KeyError as missing:
        return _error(f"Missing parameter {missing}.", 422)
    except ValueError as wrong:
        return _error(f"Wrong parameter: {wrong}.", 422)


def _company(market: Market, query: dict[str, str]) -> Listing | None:
    listing = market.by_symbol.get(query["symbol"].upper())
    return listing if listing is not None and listing.kind is Kind.COMMON else None


def _window(query: dict[str, str], first: date, last: date) -> tuple[date, date]:
    start, end = query.get("from"), query.get("to")
    return date.fromisoformat(start) if start else first, date.fromisoformat(end) if end else last


def calendar_earnings(market: Market, query: dict[str, str]) -> object:
    """The reports between ``from`` and ``to``, both included."""
    first, last = _window(query, market.as_of, date.max)
    symbol = query.get("symbol", "").upper()
    rows = [
        _earnings_row(report)
        for report in market.earnings
        if first <= report.day <= last and symbol in {"", report.symbol}
    ]
    return {"earningsCalendar": rows}


def _earnings_row(report: Earnings) -> dict[str, object]:
    return {
        "date": str(report.day),
        "epsActual": report.eps_actual,
        "epsEstimate": report.eps_estimate,
        "hour": report.hour,
        "quarter": report.quarter,
        "revenueActual": report.revenue_actual,
        "revenueEstimate": report.revenue_estimate,
        "symbol": report.symbol,
        "year": report.year,
    }


def recommendation(market: Market, query: dict[str, str]) -> object:
    """The monthly counts, newest first; an empty list for an unknown symbol or one without analysts."""
    symbol = query["symbol"].upper()
    return [
        {
            "buy": rating.buy,
            "hold": rating.hold,
            "period": str(rating.period),
            "sell": rating.sell,
            "strongBuy": rating.strong_buy,
            "strongSell": rating.strong_sell,
            "symbol": symbol,
        }
        for rating in market.ratings(symbol)
    ]


def quote(market: Market, query: dict[str, str]) -> object:
    """The last session; zeros and nulls for an unknown symbol."""
    listing = market.by_symbol.get(query["symbol"].upper())
    if listing is None or listing.kind is Kind.TEST:
        return {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
    before, last = market.bars(listing.symbol)[-2:]
    change = last.close - before.close
    close = datetime.combine(last.day, time(16), market.now.tzinfo)
    return {
        "c": last.close, "d": round(change, 4), "dp": round(100 * change / before.close, 4), "h": last.high,
        "l": last.low, "o": last.open, "pc": before.close, "t": int(close.timestamp()),
    }  # fmt: skip


def stock_earnings(market: Market, query: dict[str, str]) -> object:
    """The last four quarters, newest first."""
    rows = []
    for report in market.past_quarters(query["symbol"].upper()):
        actual, estimate = report.eps_actual or 0.0, report.eps_estimate
        surprise = None if estimate is None else round(actual - estimate, 4)
        percent = round(100 * surprise / abs(estimate), 4) if surprise is not None and estimate else None
        rows.append({
            "actual": actual, "estimate": estimate, "period": str(report.day.replace(day=1)),
            "quarter": report.quarter, "surprise": surprise, "surprisePercent": percent,
            "symbol": report.symbol, "year": report.year,
        })  # fmt: skip
    return rows


def profile(market: Market, query: dict[str, str]) -> object:
    """The company; ``{}`` when unknown. Values and shares in millions."""
    listing = _company(market, query)
    if listing is None:
        return {}
    draw = stream(market.seed, "profile", listing.symbol)
    shares = round(draw.uniform(8, 900), 2)
    nasdaq = listing.exchange == "Q"
    return {
        "country": "US", "currency": "USD", "estimateCurrency": "USD",
        "exchange": "NASDAQ NMS - GLOBAL MARKET" if nasdaq else "NEW YORK STOCK EXCHANGE, INC.",
        "finnhubIndustry": draw.choice(("Technology", "Biotechnology", "Banking", "Retail")),
        "floatingShare": round(shares * 0.8, 2), "ipo": str(listing.listed_on),
        "logo": f"https://static.example/{listing.symbol}.png",
        "marketCapitalization": round(shares * market.plans[listing.symbol].close, 4), "name": listing.issuer,
        "phone": "15550100", "shareOutstanding": shares, "ticker": listing.symbol, "weburl": "https://example.com/",
    }  # fmt: skip


def metric(market: Market, query: dict[str, str]) -> object:
    """The basic figures; an empty object of them when unknown. Volumes and market value in millions."""
    symbol = query["symbol"].upper()
    listing = _company(market, query)
    figures: dict[str, object] = {}
    if listing is not None:
        bars = market.bars(symbol)
        draw = stream(market.seed, "metric", symbol)
        highest, lowest = max(bars, key=lambda bar: bar.high), min(bars, key=lambda bar: bar.low)
        figures = {
            "10DayAverageTradingVolume": _millions([bar.volume for bar in bars[-10:]]),
            "3MonthAverageTradingVolume": _millions([bar.volume for bar in bars[-63:]]),
            "52WeekHigh": highest.high, "52WeekHighDate": str(highest.day),
            "52WeekLow": lowest.low, "52WeekLowDate": str(lowest.day),
            "52WeekPriceReturnDaily": round(100 * (bars[-1].close / bars[0].close - 1), 4),
            "beta": round(draw.uniform(0.4, 2), 5), "peTTM": round(draw.uniform(6, 50), 4),
            "psTTM": round(draw.uniform(0.4, 12), 4), "epsTTM": round(draw.uniform(-2, 6), 4),
            "dividendYieldIndicatedAnnual": None, "roeTTM": round(draw.uniform(-10, 40), 2),
            "marketCapitalization": round(draw.uniform(100, 90_000), 2),
        }  # fmt: skip
    return {"metric": figures, "metricType": "all", "series": {}, "symbol": symbol}


def _millions(volumes: list[int]) -> float:
    return round(sum(volumes) / len(volumes) / 1e6, 5)


def insider_transactions(market: Market, query: dict[str, str]) -> object:
    """The rows of recent Form 4 filings, newest first; an empty symbol means all companies."""
    symbol = query["symbol"].upper()
    first, last = _window(query, market.sessions[-10], market.as_of)
    rows: list[dict[str, object]] = []
    for day in reversed([one for one in market.sessions[-10:] if first <= one <= last]):
        for filing in market.filings(day):
            listed = next((one.symbol for one in market.companies if one.cik == filing.issuer_cik), None)
            if filing.form != "4" or listed is None or symbol not in {"", listed, filing.symbol}:
                continue
            rows += [
                {
                    "change": int(trade.shares) * (1 if trade.acquired else -1), "currency": "",
                    "filingDate": str(filing.filed), "id": filing.accession, "isDerivative": trade.derivative,
                    "name": filing.owners[0].name, "share": int(trade.shares * 4), "source": "sec",
                    "symbol": listed, "transactionCode": trade.code, "transactionDate": str(filing.filed),
                    "transactionPrice": trade.price or 0,
                }
                for trade in filing.trades
            ]  # fmt: skip
    return {"data": rows[:_MAX_INSIDER_ROWS], "symbol": symbol}


def company_news(market: Market, query: dict[str, str]) -> object:
    """The articles about a company between ``from`` and ``to``, newest first."""
    symbol = query["symbol"].upper()
    first, last = date.fromisoformat(query["from"]), date.fromisoformat(query["to"])
    return [
        _news_row(article, symbol)
        for article in market.articles
        if first <= article.published.astimezone(UTC).date() <= last
        and any(mood.ticker == symbol for mood in article.moods)
    ]


def _news_row(article: Article, symbol: str) -> dict[str, object]:
    return {
        "category": "company",
        "datetime": int(article.published.timestamp()),
        "headline": article.title,
        "id": 130_000_000 + article.number,
        "image": "",
        "related": symbol,
        "source": article.source,
        "summary": article.summary,
        "url": f"https://{article.domain}/articles/{article.number}",
    }


_ENDPOINTS: dict[str, Callable[[Market, dict[str, str]], object]] = {
    "/calendar/earnings": calendar_earnings,
    "/stock/recommendation": recommendation,
    "/quote": quote,
    "/stock/earnings": stock_earnings,
    "/stock/profile2": profile,
    "/stock/metric": metric,
    "/stock/insider-transactions": insider_transactions,
    "/company-news": company_news,
}
