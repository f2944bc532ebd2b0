"""Alpha Vantage's functions for news, the earnings calendar and listings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tradingagents.discovery.sandbox.http.wire import CSV, Request, Response, json_response
from tradingagents.discovery.sandbox.vendors.alpha_vantage.errors import (
    CALENDAR_COLUMNS,
    LISTING_COLUMNS,
    error,
)
from tradingagents.discovery.sandbox.world.companies.directory import Kind
from tradingagents.discovery.sandbox.world.market import Market
from tradingagents.discovery.sandbox.world.text.news import Article

__all__ = ["earnings_calendar", "listing_status", "news_sentiment"]

_SENTIMENT = (
    "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; -0.15 < x < 0.15: Neutral; "
    "0.15 <= x < 0.35: Somewhat_Bullish; x >= 0.35: Bullish"
)
_RELEVANCE = "0 < x <= 1, with a higher score indicating higher relevance."
_DEFAULT_LIMIT, _MAX_LIMIT = 50, 1_000
_HORIZON_DAYS = {"3month": 92, "6month": 183, "12month": 366}
_TIMES = {"bmo": "pre-market", "amc": "post-market"}
_EXCHANGES = {"Q": "NASDAQ", "N": "NYSE", "A": "NYSE MKT", "P": "NYSE ARCA", "Z": "BATS", "V": "IEX"}
_TOPICS = frozenset((
    "blockchain", "earnings", "ipo", "mergers_and_acquisitions", "financial_markets", "economy_fiscal",
    "economy_monetary", "economy_macro", "energy_transportation", "finance", "life_sciences", "manufacturing",
    "real_estate", "retail_wholesale", "technology",
))  # fmt: skip


def news_sentiment(market: Market, request: Request) -> Response:
    """Return the articles that name all of ``tickers`` and one of ``topics``, within the times given.

    An unknown ticker, topic, sort or time is an "Invalid inputs" body; nothing found is an empty feed.
    """
    query = request.query
    try:
        first = _moment(query.get("time_from"), datetime.min.replace(tzinfo=UTC))
        last = _moment(query.get("time_to"), datetime.max.replace(tzinfo=UTC))
        limit = min(int(query.get("limit", _DEFAULT_LIMIT)), _MAX_LIMIT)
    except ValueError:
        return error("news_inputs")
    tickers, topics = _list(query.get("tickers")), _list(query.get("topics"))
    sort = query.get("sort", "LATEST").upper()
    if not _valid(market, tickers, topics) or sort not in {"LATEST", "EARLIEST", "RELEVANCE"}:
        return error("news_inputs")
    found = [
        article
        for article in market.articles
        if first <= article.published <= last and _matches(article, tickers, topics)
    ]
    if sort == "EARLIEST":
        found.reverse()
    elif sort == "RELEVANCE":
        found.sort(key=lambda article: _relevance(article, tickers), reverse=True)
    feed = [_entry(article) for article in found[:limit]]
    return json_response(
        {
            "items": str(len(feed)),
            "sentiment_score_definition": _SENTIMENT,
            "relevance_score_definition": _RELEVANCE,
            "feed": feed,
        }
    )


def _moment(text: str | None, default: datetime) -> datetime:
    if text is None:
        return default
    return datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=UTC)


def _list(text: str | None) -> frozenset[str]:
    return frozenset(filter(None, (text or "").split(",")))


def _valid(market: Market, tickers: frozenset[str], topics: frozenset[str]) -> bool:
    known = {one.symbol for one in market.companies} | {one.alpha_vantage for one in market.listings}
    named = {mood.ticker for article in market.articles for mood in article.moods}
    return tickers <= known | named and topics <= _TOPICS


def _matches(article: Article, tickers: frozenset[str], topics: frozenset[str]) -> bool:
    named = {mood.ticker for mood in article.moods}
    about = {_topic_key(topic) for topic, _ in article.topics}
    return tickers <= named and (not topics or not topics.isdisjoint(about))


def _topic_key(topic: str) -> str:
    return topic.lower().replace(" & ", "_").replace(" ", "_")


def _relevance(article: Article, tickers: frozenset[str]) -> float:
    return max(mood.relevance for mood in article.moods if not tickers or mood.ticker in tickers)


def _entry(article: Article) -> dict[str, object]:
    return {
        "title": article.title,
        "url": f"https://{article.domain}/articles/{article.number}",
        "time_published": f"{article.published:%Y%m%dT%H%M%S}",
        "authors": ["A. Fictional Writer"] if article.number % 4 else [],
        "summary": article.summary,
        "banner_image": None
        if article.number % 3
        else f"https://{article.domain}/images/{article.number}.png",
        "source": article.source,
        "category_within_source": "n/a",
        "source_domain": article.domain,
        "topics": [{"topic": topic, "relevance_score": f"{score:.6f}"} for topic, score in article.topics],
        "overall_sentiment_score": round(article.overall, 6),
        "overall_sentiment_label": _label(article.overall),
        "ticker_sentiment": [
            {
                "ticker": mood.ticker,
                "relevance_score": f"{mood.relevance:.6f}",
                "ticker_sentiment_score": f"{mood.score:.6f}",
                "ticker_sentiment_label": _label(mood.score),
            }
            for mood in article.moods
        ],
    }


def _label(score: float) -> str:
    if abs(score) < 0.15:
        return "Neutral"
    side = "Bullish" if score > 0 else "Bearish"
    return side if abs(score) >= 0.35 else f"Somewhat-{side}"


def earnings_calendar(market: Market, request: Request) -> Response:
    """Return the reports from the session on, as CSV, by symbol."""
    days = _HORIZON_DAYS.get(request.query.get("horizon", "3month"))
    if days is None:
        return error("call", function="EARNINGS_CALENDAR")
    last = market.as_of + timedelta(days=days)
    symbol = request.query.get("symbol", "").upper()
    rows = []
    for report in market.earnings:
        if market.as_of <= report.day <= last and symbol in {"", report.symbol}:
            listing = market.by_symbol.get(report.symbol)
            name = listing.issuer if listing else f"{report.symbol} (fictional)"
            estimate = "" if report.eps_estimate is None else f"{report.eps_estimate:.2f}"
            fiscal = f"{report.year}-{('03-31', '06-30', '09-30', '12-31')[report.quarter - 1]}"
            rows.append(
                (report.symbol, name, str(report.day), fiscal, estimate, "USD", _TIMES.get(report.hour, ""))
            )
    return _table(CALENDAR_COLUMNS, sorted(rows))


def listing_status(market: Market, request: Request) -> Response:
    """Return the listings as CSV; without test issues; no listing of this market was delisted."""
    if request.query.get("state", "active") == "delisted":
        return _table(LISTING_COLUMNS, ())
    rows = (
        (
            one.alpha_vantage,
            one.issuer,
            _EXCHANGES[one.exchange],
            "ETF" if one.kind is Kind.ETF else "Stock",
            str(one.listed_on),
            "null",
            "Active",
        )
        for one in market.listings
        if one.kind is not Kind.TEST
    )
    return _table(LISTING_COLUMNS, rows)


def _table(columns: str, rows: Iterable[tuple[str, ...]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns.split(","))
    writer.writerows(rows)
    return Response(200, text.getvalue().encode(), CSV)
