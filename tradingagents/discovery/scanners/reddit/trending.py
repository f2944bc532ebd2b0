"""``reddit_trending``: tickers named in several separate posts (hot and rising listings).

A mention is a cashtag, or a listed symbol in a context that only fits a security. Each post counts once
per ticker, and so does each author. Attention is not quality: priority is at most medium.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Priority
from tradingagents.discovery.scanners.reddit.copies import one_per_author
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
    """``scanners.reddit_trending``."""

    limit: int | None = Field(10, ge=1)
    subreddits: list[Community] = Field(["wallstreetbets", "stocks", "investing", "options"], min_length=1)
    posts_per_subreddit: int = Field(100, ge=1, le=1_000)
    max_age_days: int = Field(3, ge=1, le=365)
    min_mentions: int = Field(
        3, ge=1, description="Fewest separate posts that name a ticker, counting one of each author."
    )


class RedditTrending(RedditScanner[RedditTrendingSettings]):
    """Finds tickers named in ``min_mentions`` posts or more.

    The score is the sum of ``1 + log10(1 + upvotes)`` over the posts: ten times the upvotes weigh as much as
    one more post.
    """

    name, strategy = "reddit_trending", "social_attention"
    evidence_kinds = ("reddit_mention",)
    listings = (HOT, RISING)

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol."""
        posts, listed = self.read(state)
        named: dict[str, list[tuple[Post, str]]] = defaultdict(list)
        for post in posts:
            for mention in find_tickers(f"{post.title}\n\n{post.body}", listed):
                named[mention.ticker].append((post, mention.how))
        self.count("tickers named", len(named))
        for ticker in sorted(named):
            kept = {post.id for post in one_per_author(post for post, _ in named[ticker])}
            counted = [(post, how) for post, how in named[ticker] if post.id in kept]
            if len(counted) >= self.settings.min_mentions:
                yield self._candidate(ticker, counted)
            elif len(named[ticker]) >= self.settings.min_mentions:
                self.count("below min_mentions, counting one post per author")
            else:
                self.count("below min_mentions")

    def _candidate(self, ticker: str, named: Sequence[tuple[Post, str]]) -> Candidate:
        ranked = sorted(named, key=lambda one: (-one[0].score, one[0].id))
        subreddits = sorted({post.subreddit for post, _ in named})
        upvotes = sum(max(post.score, 0) for post, _ in named)
        often = len(named) >= _MEDIUM_FACTOR * self.settings.min_mentions
        return self.candidate(
            ticker,
            (
                f"named in {len(named)} posts with {upvotes:,} upvotes in "
                f"{', '.join(f'r/{name}' for name in subreddits)}"
            ),
            priority=Priority.MEDIUM if often else Priority.LOW,
            score=round(sum(1 + math.log10(1 + max(post.score, 0)) for post, _ in named), 6),
            evidence=tuple(
                evidence_of(post, "reddit_mention", matched=how) for post, how in ranked[:_MAX_EVIDENCE]
            ),
        )
