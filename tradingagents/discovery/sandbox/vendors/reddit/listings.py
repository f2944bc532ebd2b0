"""The posts of a listing: selection, order and pages.

Source: Reddit's published ranking (hot: powers of ten of the score against days), and runs of praw 8.
Search knows words, "quoted phrases", ``OR``, ``flair:`` and ``subreddit:`` terms; no other
Lucene syntax.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tradingagents.discovery.sandbox.world.text.posts import Post

__all__ = ["matching", "ordered", "page", "within"]

_MAX_PAGE, _DEFAULT_PAGE = 100, 25
_HOT_SECONDS = 45_000
_PERIODS = {
    "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7),
    "month": timedelta(days=30), "year": timedelta(days=366),
}  # fmt: skip
_TERM = re.compile(r'(?:(flair|flair_name|flair_text|subreddit|title|selftext):)?("[^"]*"|\S+)')


def within(posts: Sequence[Post], period: str, order: str, now: datetime) -> list[Post]:
    """Return the posts of a period, for the orders that take one; ``all`` keeps every post."""
    if order in {"hot", "new", "rising"} or period not in _PERIODS:
        return list(posts)
    since = now - _PERIODS[period]
    return [post for post in posts if post.created >= since]


def ordered(posts: Sequence[Post], order: str) -> list[Post]:
    """Return the posts in an order; pinned posts stand first in ``hot``."""
    if order == "top":
        return sorted(posts, key=lambda post: (-post.score, post.key))
    if order == "comments":
        return sorted(posts, key=lambda post: (-post.comments, post.key))
    if order in {"hot", "relevance"}:
        return sorted(posts, key=lambda post: (order == "hot" and not post.stickied, -_hot(post), post.key))
    if order == "rising":
        posts = [post for post in posts if not post.stickied]
    return sorted(posts, key=lambda post: (post.created, post.key), reverse=True)


def _hot(post: Post) -> float:
    return math.log10(max(post.score, 1)) + post.created.timestamp() / _HOT_SECONDS


def page(posts: Sequence[Post], query: Mapping[str, str]) -> tuple[list[Post], str | None]:
    """Return one page and the name of its last post, None on the last page.

    ``limit`` above 100 means 100; an ``after`` that is not in the listing gives an empty page.
    """
    text = query.get("limit", "")
    limit = min(int(text), _MAX_PAGE) if text.isdecimal() else _DEFAULT_PAGE
    start = 0
    after = query.get("after")
    if after:
        names = [f"t3_{post.key}" for post in posts]
        start = names.index(after) + 1 if after in names else len(posts)
    chosen = list(posts[start : start + limit])
    more = start + limit < len(posts)
    return chosen, f"t3_{chosen[-1].key}" if more and chosen else None


def matching(posts: Sequence[Post], query: str) -> list[Post]:
    """Return the posts that match all terms of one of the query's alternatives."""
    alternatives = [_TERM.findall(part) for part in re.split(r"\bOR\b", query)]
    return [post for post in posts if any(terms and _all_match(post, terms) for terms in alternatives)]


def _all_match(post: Post, terms: list[tuple[str, str]]) -> bool:
    return all(text.strip('"()').lower() in _searched(post, kind) for kind, text in terms)


def _searched(post: Post, kind: str) -> str:
    if kind.startswith("flair"):
        text = post.flair or ""
    else:
        text = {"subreddit": post.subreddit, "title": post.title, "selftext": post.text}.get(
            kind, f"{post.title}\n{post.text}"
        )
    return text.lower()
