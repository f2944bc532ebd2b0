"""Removing crossposts, copies, and further posts of one author. Pure functions.

A crosspost names its original; a copy has the same author and the same words. The same words by two authors
are two posts.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

from tradingagents.discovery.vendors.reddit.client import Post

__all__ = ["one_per_author", "without_copies"]

_WORD = re.compile(r"\w+")


def without_copies(posts: Iterable[Post]) -> list[Post]:
    """Return one post of each set of crossposts and copies, in the order given.

    It is the original when that is among the posts, else the copy with the most upvotes.
    """
    posts = list(posts)
    kept: dict[Hashable, Post] = {}
    for post in sorted(posts, key=lambda one: (bool(one.original), -one.score, one.id)):
        kept.setdefault(post.original or post.id, post)
    by_words: dict[Hashable, Post] = {}
    for post in kept.values():
        by_words.setdefault(_copy_key(post), post)
    ids = {post.id for post in by_words.values()}
    return [post for post in posts if post.id in ids]


def one_per_author(posts: Iterable[Post]) -> list[Post]:
    """Return each author's most upvoted post, in the order given. Posts without an author are all kept."""
    posts = list(posts)
    kept: dict[Hashable, Post] = {}
    for post in sorted(posts, key=lambda one: (-one.score, one.id)):
        kept.setdefault(post.id if post.writer is None else post.writer, post)
    ids = {post.id for post in kept.values()}
    return [post for post in posts if post.id in ids]


def _copy_key(post: Post) -> Hashable:
    words = tuple(_WORD.findall(f"{post.title} {post.body}".lower()))
    return post.id if post.writer is None or not words else (post.writer, words)
