"""``reddit_trending``: shares that several separate posts are about (hot and rising listings).

A ticker needs a cashtag, or a listed symbol in a context that only fits a security; a post counts once
however often it repeats a symbol, and an author however often he writes. Attention is not quality: the
priority stays low.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Priority
from tradingagents.discovery.scanners.reddit.copies import one_voice_each
from tradingagents.discovery.scanners.reddit.mentions import (
    HOT,
    RISING,
    Community,
    RedditScanner,
    RedditSettings,
    evidence_of,
)
from tradingagents.discovery.tickers.find import find_tickers
from tradingagents.discovery.vendors.reddit.client import Post

__all__ = ["RedditTrending", "RedditTrendingSettings"]

_MAX_EVIDENCE = 10
_MEDIUM_FACTOR = 2  # times min_mentions


class RedditTrendingSettings(RedditSettings):
    """``scanners.reddit_trending``. ``min_mentions`` counts separate posts, of one author one."""

    limit: int | None = Field(default=10, ge=1)
    subreddits: list[Community] = Field(
        default=["wallstreetbets", "stocks", "investing", "options"], min_length=1
    )
    posts_per_subreddit: int = Field(default=100, ge=1, le=1_000)
    max_age_days: int = Field(default=3, ge=1, le=365)
    min_mentions: int = Field(default=3, ge=1)


class RedditTrending(RedditScanner):
    """Puts forward tickers that ``min_mentions`` posts name.

    The score adds up ``1 + log10(1 + upvotes)`` over the posts: each post counts, and ten times the
    upvotes count as one post more.
    """

    name, strategy = "reddit_trending", "social_attention"
    evidence_kinds = ("reddit_mention",)
    Settings = RedditTrendingSettings
    listings = (HOT, RISING)

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield in order of symbol."""
        posts, listed = self.read(state)
        named: dict[str, list[tuple[Post, str]]] = defaultdict(list)
        for post in posts:
            for mention in find_tickers(f"{post.title}\n\n{post.body}", listed):
                named[mention.ticker].append((post, mention.how))
        self.step("tickers named", len(named))
        for ticker in sorted(named):
            voices = {post.id for post in one_voice_each(post for post, _ in named[ticker])}
            heard = [(post, how) for post, how in named[ticker] if post.id in voices]
            if len(heard) >= self.settings.min_mentions:
                yield self._candidate(ticker, heard)
            elif len(named[ticker]) >= self.settings.min_mentions:
                self.step("below min_mentions but for further posts of one author")
            else:
                self.step("below min_mentions")

    def _candidate(self, ticker: str, named: Sequence[tuple[Post, str]]) -> dict[str, Any]:
        ranked = sorted(named, key=lambda one: (-one[0].score, one[0].id))
        places = sorted({post.subreddit for post, _ in named})
        upvotes = sum(max(post.score, 0) for post, _ in named)
        often = len(named) >= _MEDIUM_FACTOR * self.settings.min_mentions
        return {
            "ticker": ticker,
            "context": (
                f"named in {len(named)} posts with {upvotes:,} upvotes in "
                f"{', '.join(f'r/{place}' for place in places)}"
            ),
            "priority": Priority.MEDIUM if often else Priority.LOW,
            "score": round(sum(1 + math.log10(1 + max(post.score, 0)) for post, _ in named), 6),
            "evidence": [
                evidence_of(post, "reddit_mention", matched=how) for post, how in ranked[:_MAX_EVIDENCE]
            ],
        }
