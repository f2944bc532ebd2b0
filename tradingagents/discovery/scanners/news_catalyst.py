"""``news_catalyst``: tickers with bullish news (Alpha Vantage NEWS_SENTIMENT).

Sentiment and relevance are the vendor's figures for a ticker in an article. Headlines are not interpreted,
only quoted as untrusted text. Relevant bearish articles are subtracted from a ticker's score.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority, normalise_ticker
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import InvalidCandidate, NoDataError
from tradingagents.discovery.model.untrusted_text import one_line, quoted
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.alpha_vantage.client import MAX_ARTICLES
from tradingagents.discovery.vendors.alpha_vantage.records import Article, Mood

__all__ = ["NewsCatalyst", "NewsCatalystSettings"]

_NEW_YORK = ZoneInfo("America/New_York")
_MAX_EVIDENCE = 10
_WORD = re.compile(r"\w+")
_HIGH_ARTICLES = 3  # separate bullish articles for high priority


class NewsCatalystSettings(ScannerSettings):
    """``scanners.news_catalyst``."""

    limit: int | None = Field(10, ge=1)
    lookback_hours: float = Field(
        24, gt=0, le=720, description="Hours of articles, up to the end of the trade date or to now."
    )
    min_relevance: float = Field(
        0.5, ge=0, le=1, description="Lowest relevance of an article to the ticker, 0 to 1."
    )
    min_sentiment: float = Field(
        0.35,
        gt=0,
        le=1,
        description="Lowest sentiment of a bullish article, on a scale of -1 to 1; a bearish one has its "
        "negative or less. Alpha Vantage calls 0.35 and more bullish.",
    )


@dataclass(frozen=True)
class _Mention:
    """One article's sentiment about one ticker."""

    article: Article
    mood: Mood

    @property
    def weight(self) -> float:
        return self.mood.relevance * self.mood.sentiment


class NewsCatalyst(BaseScanner[NewsCatalystSettings]):
    """Finds tickers with bullish articles; the score is the sum of relevance times sentiment."""

    name, pipeline, strategy = "news_catalyst", "news", "bullish_news"
    evidence_kinds = ("news_sentiment",)
    listed_only = True

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol, from the ``lookback_hours`` to the end of the trade date, or to now."""
        now = current_deadline().clock.now()
        last = _end_of(self.trade_date(state), now)
        first = last - timedelta(hours=self.settings.lookback_hours)
        articles = self._articles(first, last, until_now=last == now)
        mentions = self._mentions(_distinct(articles))
        self.count("tickers named", len(mentions))
        self.record_coverage(asked=len(mentions), answered=len(mentions))
        for ticker in sorted(mentions):
            if candidate := self._judge(ticker, mentions[ticker]):
                yield candidate

    def _articles(self, first: datetime, last: datetime, *, until_now: bool) -> list[Article]:
        """Return the window's articles; degrade the outcome when the vendor's limit cut the oldest.

        A window ``until_now`` is requested from the start of its first day and without an end: the request
        stays the same all day, so that the cache can answer it, in an outage with an older answer.
        """
        problems: list[str] = []
        vendor = self.vendors.alpha_vantage
        since = datetime.combine(first.astimezone(UTC).date(), time(), UTC) if until_now else first
        until = None if until_now else last
        received: list[Article] = self.ask(
            "alpha_vantage.news",
            {"time_from": first.isoformat(), "time_to": last.isoformat()},
            lambda: vendor.news(since, until, on_malformed=problems.append),
            lambda articles: f"{len(articles)} articles",
        )
        for problem in problems:
            self.degrade(Reason.BAD_PAYLOAD, f"alpha_vantage: {problem}")
        if len(received) >= MAX_ARTICLES and (oldest := min(one.published for one in received)) > first:
            cut = f"only the newest {MAX_ARTICLES} articles, back to {oldest.isoformat()}"
            self.degrade(Reason.NO_DATA, f"alpha_vantage: {cut}")
        kept = [article for article in received if first <= article.published <= last]
        if not kept:
            # The vendor answers "Invalid inputs" both when it found nothing and to a malformed request.
            raise NoDataError(f"alpha_vantage: no articles from {first} to {last}")
        self.count("articles", len(kept))
        self.count("articles outside the window", len(received) - len(kept))
        return kept

    def _mentions(self, articles: Sequence[Article]) -> dict[str, list[_Mention]]:
        """Return the mentions by ticker."""
        mentions: dict[str, list[_Mention]] = defaultdict(list)
        others: set[str] = set()
        for article in articles:
            moods: dict[str, Mood] = {}  # a ticker listed twice in an article counts once
            for mood in sorted(article.moods, key=lambda one: (-one.relevance, one.sentiment)):
                try:
                    moods.setdefault(normalise_ticker(mood.ticker), mood)
                except InvalidCandidate:  # CRYPTO:BTC, FOREX:USD, preferred shares
                    others.add(mood.ticker)
            for ticker, mood in moods.items():
                mentions[ticker].append(_Mention(article, mood))
        self.count("not a stock ticker", len(others))
        return mentions

    def _judge(self, ticker: str, mentions: Sequence[_Mention]) -> Candidate | None:
        relevant = [one for one in mentions if one.mood.relevance >= self.settings.min_relevance]
        bullish = [one for one in relevant if one.mood.sentiment >= self.settings.min_sentiment]
        bearish = [one for one in relevant if one.mood.sentiment <= -self.settings.min_sentiment]
        score = sum(one.weight for one in bullish + bearish)
        checks = {
            "below min_relevance": not relevant,
            "below min_sentiment": not bullish,
            "outweighed by bearish articles": score <= 0,
        }
        failed = next((name for name, fails in checks.items() if fails), None)
        if failed is not None:
            self.count(failed)
            return None
        return self._candidate(ticker, bullish, bearish, round(score, 6))

    def _candidate(
        self, ticker: str, bullish: Sequence[_Mention], bearish: Sequence[_Mention], score: float
    ) -> Candidate:
        ranked = sorted(bullish, key=lambda one: (-one.weight, one.article.published, one.article.url))
        best = ranked[0]
        count = f"{len(bullish)} bullish article{'s' if len(bullish) > 1 else ''}"
        against = f", {len(bearish)} bearish" if bearish else ""
        return self.candidate(
            ticker,
            (
                f"{count}{against}; the strongest (sentiment {best.mood.sentiment:+.2f}, relevance "
                f"{best.mood.relevance:.2f}, {best.article.published:%Y-%m-%d %H:%M} UTC) is headed "
                f"{quoted(best.article.title, 160)} by {quoted(best.article.source or 'unnamed', 40)}"
            ),
            priority=Priority.HIGH if len(bullish) >= _HIGH_ARTICLES else Priority.MEDIUM,
            # The sign of the sentiment: only companies whose news is bullish on balance come here.
            direction=Direction.UP,
            score=score,
            evidence=tuple(_evidence(one) for one in [*ranked, *bearish][:_MAX_EVIDENCE]),
        )


def _end_of(day: date, now: datetime) -> datetime:
    """Return the end of a day in New York, ``now`` when that is earlier."""
    return min(now, datetime.combine(day + timedelta(days=1), time(), _NEW_YORK))


def _distinct(articles: Sequence[Article]) -> list[Article]:
    """Return one article per headline and per address, the first published.

    Agency texts appear on many sites: headlines are compared by their words, without the site's name at the
    end.
    """
    by_words: dict[tuple[str, ...], Article] = {}
    for article in sorted(articles, key=lambda one: (one.published, one.url)):
        by_words.setdefault(_words_of(article), article)
    by_address: dict[str, Article] = {}
    for article in by_words.values():
        by_address.setdefault(article.url, article)
    return list(by_address.values())


def _words_of(article: Article) -> tuple[str, ...]:
    words, source = (tuple(_WORD.findall(text.lower())) for text in (article.title, article.source))
    named = bool(source) and words[-len(source) :] == source
    return words[: -len(source)] if named and len(words) > len(source) else words or (article.title,)


def _evidence(one: _Mention) -> Evidence:
    return Evidence(
        vendor="alpha_vantage",
        kind="news_sentiment",
        as_of=one.article.published.isoformat(),
        url=one.article.url,
        text=one_line(one.article.title, 200),
        values={
            "ticker": one.mood.ticker,
            "relevance": one.mood.relevance,
            "sentiment": one.mood.sentiment,
            "source": one_line(one.article.source, 80),
        },
    )
