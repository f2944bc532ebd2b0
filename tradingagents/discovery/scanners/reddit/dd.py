"""``reddit_dd``: long, upvoted research posts ("due diligence") about one company.

A post counts as research when its flair or title marks it so. Its claims are not verified: the score measures
upvotes, comments and length.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Priority
from tradingagents.discovery.model.untrusted_text import quoted
from tradingagents.discovery.scanners.reddit.mentions import (
    DD_SEARCH,
    HOT,
    Community,
    RedditScanner,
    RedditSettings,
    evidence_of,
)
from tradingagents.discovery.tickers.find import find_tickers
from tradingagents.discovery.vendors.reddit.client import Post

__all__ = ["RedditDD", "RedditDDSettings", "is_research", "research_score", "subject"]

_FLAIR = re.compile(r"\bDD\b|\bdue diligence\b", re.IGNORECASE)
_TITLE = re.compile(
    r"[\[(][^\[\]()]{0,40}\bDD\b[^\[\]()]{0,40}[\])]|^\s*DD\b\s*[:|–—-]|\bdue[ -]diligence\b", re.IGNORECASE
)
_LEAD = 2  # the subject occurs at least twice as often as any other ticker
_MIN_OCCURRENCES = 3  # of a subject that the title does not name
_MAX_LENGTHS = 4.0  # times min_words; more length does not count
_MEDIUM_UPVOTES = 100


class RedditDDSettings(RedditSettings):
    """``scanners.reddit_dd``."""

    limit: int | None = Field(10, ge=1)
    subreddits: list[Community] = Field(
        ["wallstreetbets", "stocks", "investing", "SecurityAnalysis", "ValueInvesting"], min_length=1
    )
    posts_per_subreddit: int = Field(50, ge=1, le=1_000)
    min_score: int = Field(20, ge=0, description="Lowest score of a post: upvotes less downvotes.")
    min_words: int = Field(150, ge=1, description="Fewest words in the body of a post.")


@dataclass(frozen=True)
class _Research:
    """A research post with its length in words, how its ticker was recognised, and its score."""

    post: Post
    words: int
    how: str
    score: float


class RedditDD(RedditScanner[RedditDDSettings]):
    """Finds the subjects of research posts; the score is the sum of :func:`research_score` over the posts."""

    name, strategy = "reddit_dd", "social_research"
    evidence_kinds = ("reddit_research",)
    listings = (HOT, DD_SEARCH)

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol."""
        posts, listed = self.read(state)
        papers: dict[str, list[_Research]] = defaultdict(list)
        for post in posts:
            if not is_research(post):
                self.count("not research")
            elif self._qualifies(post, words := len(post.body.split())):
                if (found := subject(post, listed)) is None:
                    self.count("no single clear ticker")
                else:
                    ticker, how = found
                    score = research_score(post, words, self.settings.min_words)
                    papers[ticker].append(_Research(post, words, how, score))
        for ticker in sorted(papers):
            yield self._candidate(ticker, papers[ticker])

    def _qualifies(self, post: Post, words: int) -> bool:
        if words < self.settings.min_words:
            self.count("below min_words")
        elif post.score < self.settings.min_score:
            self.count("below min_score")
        else:
            return True
        return False

    def _candidate(self, ticker: str, papers: Sequence[_Research]) -> Candidate:
        ranked = sorted(papers, key=lambda paper: (-paper.score, paper.post.id))
        best = ranked[0]
        more = f" and {len(papers) - 1} more" if len(papers) > 1 else ""
        return self.candidate(
            ticker,
            (
                f"research of {best.words:,} words in r/{best.post.subreddit} ({best.post.score:,} upvotes, "
                f"{best.post.num_comments:,} comments){more}, headed {quoted(best.post.title, 120)}"
            ),
            priority=Priority.MEDIUM if best.post.score >= _MEDIUM_UPVOTES else Priority.LOW,
            score=round(sum(paper.score for paper in papers), 6),
            evidence=tuple(
                evidence_of(paper.post, "reddit_research", words=paper.words, matched=paper.how)
                for paper in ranked
            ),
        )


def is_research(post: Post) -> bool:
    """Whether the flair or the title marks a post as due diligence."""
    return bool(_FLAIR.search(post.flair) or _TITLE.search(post.title))


def research_score(post: Post, words: int, min_words: int) -> float:
    """Return ``log10(1 + upvotes) + log10(1 + comments) / 2 + min(words / min_words, 4) / 4``."""
    upvotes, comments = max(post.score, 0), max(post.num_comments, 0)
    length = min(words / min_words, _MAX_LENGTHS) / _MAX_LENGTHS
    return math.log10(1 + upvotes) + math.log10(1 + comments) / 2 + length


def subject(post: Post, listed: frozenset[str]) -> tuple[str, str] | None:
    """Return the one ticker a post is about and how it was recognised, None when that is unclear.

    It is the title's ticker when the title has exactly one; else the ticker that occurs three times or
    more, and twice as often as any other.
    """
    titled = find_tickers(post.title, listed)
    if len(titled) == 1:
        return titled[0].ticker, titled[0].how
    text = f"{post.title}\n\n{post.body}"
    mentions = {mention.ticker: mention.how for mention in find_tickers(text, listed)}
    counts = Counter({ticker: _occurrences(ticker, text) for ticker in mentions})
    (best, count), *others = [*counts.most_common(2), ("", 0)]
    if count >= _MIN_OCCURRENCES and count >= _LEAD * others[0][1]:
        return best, mentions[best]
    return None


def _occurrences(ticker: str, text: str) -> int:
    return len(re.findall(rf"(?<![A-Za-z0-9]){re.escape(ticker)}(?![A-Za-z0-9])", text))
