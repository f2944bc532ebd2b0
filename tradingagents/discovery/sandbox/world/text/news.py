"""Articles with the sentiment of each ticker in them, and the catalysts that a scanner should find.

Articles that should be found were published between 12:00 and 20:00 UTC of the session, which is within any
definition of its last 24 hours: up to the close, to midnight UTC or to midnight in New York. Old ones were
published two days before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios

__all__ = ["Article", "Mood", "news_articles", "news_truth"]

_PLANTED = {  # scenario: relevance, sentiment, days before the session
    "bullish": ((0.62, 0.95), (0.38, 0.72), 0),
    "edge": ((0.5, 0.5), (0.35, 0.35), 0),
    "just_under": ((0.9, 0.9), (0.3499, 0.3499), 0),
    "passing": ((0.05, 0.3), (0.4, 0.7), 0),
    "neutral": ((0.7, 0.95), (-0.1, 0.12), 0),
    "bearish": ((0.7, 0.95), (-0.7, -0.4), 0),
    "old": ((0.7, 0.95), (0.4, 0.7), 2),
}
_FOREIGN = ("CRYPTO:BTC", "FOREX:USD")
_BACKGROUND = 60
_HEADLINES = {
    1: ("{} wins its largest order yet", "{} raises its outlook for the year", "Trial of {} meets its goal"),
    0: (
        "{} keeps to its plans",
        "{} names a new head of operations",
        "What to know of {} before the meeting",
    ),
    -1: ("{} cuts its outlook", "{} loses a customer", "Regulator asks {} for papers"),
}
_TOPICS = (
    "Earnings", "Technology", "Manufacturing", "Life Sciences", "Finance", "Retail & Wholesale",
    "Energy & Transportation",
)  # fmt: skip
_SOURCES = (
    ("Example Wire", "news.example"),
    ("Sample Tribune", "tribune.example"),
    ("Mock Journal", "mock.example"),
)


@dataclass(frozen=True, slots=True)
class Mood:
    """Relevance of an article to a ticker (0 to 1), and its sentiment (-1 to 1)."""

    ticker: str
    relevance: float
    score: float


@dataclass(frozen=True, slots=True)
class Article:
    """One article; ``published`` is aware, in UTC."""

    number: int
    title: str
    summary: str
    published: datetime
    moods: tuple[Mood, ...]
    topics: tuple[tuple[str, float], ...]
    source: str
    domain: str

    @property
    def overall(self) -> float:
        """The mean sentiment of its tickers, weighted by relevance."""
        weight = sum(mood.relevance for mood in self.moods)
        return sum(mood.score * mood.relevance for mood in self.moods) / weight


def news_articles(
    seed: int, as_of: date, scenarios: Scenarios, companies: Sequence[str]
) -> tuple[Article, ...]:
    """Return the articles of the last days, newest first."""
    articles = [*_planted(seed, as_of, scenarios), *_background(seed, as_of, companies)]
    return tuple(sorted(articles, key=lambda article: (article.published, article.number), reverse=True))


def _planted(seed: int, as_of: date, scenarios: Scenarios) -> Iterator[Article]:
    number = 0
    for scenario, (relevance, score, age) in _PLANTED.items():
        for ticker in scenarios[f"news/{scenario}"]:
            draw = stream(seed, "news", scenario, ticker)
            moods = [Mood(ticker, draw.uniform(*relevance), draw.uniform(*score))]
            if scenario == "bullish":
                moods.append(Mood(draw.choice(scenarios["news/passing"]), 0.08, 0.41))
            yield _article(seed, number, as_of - timedelta(days=age), moods)
            number += 1
    yield _article(seed, number, as_of, [Mood(ticker, 0.8, 0.6) for ticker in _FOREIGN])
    yield from _outweighed(seed, as_of, scenarios)


def _outweighed(seed: int, as_of: date, scenarios: Scenarios) -> Iterator[Article]:
    """Yield bullish articles outweighed by bearish ones; one is syndicated under four addresses."""
    (spread,) = scenarios["news/syndicated"]
    for rank, ticker in enumerate((spread, *scenarios["news/contested"])):
        number = 60 + 2 * rank
        good = _article(seed, number, as_of, [Mood(ticker, 0.8, 0.45)])
        yield good
        yield _article(seed, number + 1, as_of, [Mood(ticker, 0.9, -0.6)])
        if ticker == spread:
            for copy, (source, domain) in enumerate(_SOURCES):
                title = f"{good.title} - {source}" if copy else good.title.upper()
                yield replace(good, number=70 + copy, title=title, source=source, domain=domain)


def _background(seed: int, as_of: date, companies: Sequence[str]) -> Iterator[Article]:
    for number in range(100, 100 + _BACKGROUND):
        draw = stream(seed, "background news", number)
        tickers = draw.sample(list(companies), draw.randint(1, 3))
        moods = [Mood(ticker, draw.uniform(0.05, 0.9), draw.uniform(-0.3, 0.3)) for ticker in tickers]
        yield _article(seed, number, as_of - timedelta(days=number % 6), moods)


def _article(seed: int, number: int, day: date, moods: list[Mood]) -> Article:
    draw = stream(seed, "article", number)
    seconds = draw.randrange(8 * 3_600)
    published = datetime.combine(day, time(12, tzinfo=UTC)) + timedelta(seconds=seconds)
    score = moods[0].score
    tone = 1 if score >= 0.15 else -1 if score <= -0.15 else 0
    title = draw.choice(_HEADLINES[tone]).format(moods[0].ticker)
    topics = [(topic, round(draw.uniform(0.1, 1), 6)) for topic in draw.sample(_TOPICS, 2)]
    source, domain = draw.choice(_SOURCES)
    summary = f"{title}. All companies and figures in this article are fictional."
    return Article(number, title, summary, published, tuple(moods), tuple(topics), source, domain)


def news_truth(as_of: date, scenarios: Scenarios, articles: Sequence[Article]) -> Planted:
    """Return the tickers with a relevant bullish article of the day."""
    expected = frozenset(scenarios["news/bullish"] + scenarios["news/edge"])
    why = scenarios.reasons(
        {
            "news/passing": "mentioned in passing",
            "news/neutral": "neutral",
            "news/bearish": "bearish",
            "news/old": "two days old",
            "news/just_under": "just under bullish",
            "news/contested": "bearish articles outweigh the bullish",
            "news/syndicated": "one bullish text under four addresses, and a bearish one that outweighs it",
        }
    )
    why |= dict.fromkeys(_FOREIGN, "not a share")
    measure = {
        mood.ticker: mood.score
        for article in articles
        for mood in article.moods
        if mood.ticker in expected and mood.relevance >= 0.5 and article.published.date() == as_of
    }
    return Planted(expected, frozenset(why), why, measure)
