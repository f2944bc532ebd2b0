"""One text, one voice: crossposts and copies of a post count once, however many communities they stand in.

Who wants to be noticed posts the same everywhere. A crosspost names its original; a copy has its author and
its words. The same words of two authors are two posts. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

from tradingagents.discovery.vendors.reddit.client import Post

__all__ = ["one_voice_each", "without_copies"]

_WORD = re.compile(r"\w+")


def without_copies(posts: Iterable[Post]) -> list[Post]:
    """Return the posts without crossposts and copies of others, in the order given.

    The original stays where it is among them, else the copy with the most upvotes.
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


def one_voice_each(posts: Iterable[Post]) -> list[Post]:
    """Return each author's most upvoted post alone, in the order given.

    One whose author is gone stands for itself.
    """
    posts = list(posts)
    voices: dict[Hashable, Post] = {}
    for post in sorted(posts, key=lambda one: (-one.score, one.id)):
        voices.setdefault(post.id if post.writer is None else post.writer, post)
    ids = {post.id for post in voices.values()}
    return [post for post in posts if post.id in ids]


def _copy_key(post: Post) -> Hashable:
    words = tuple(_WORD.findall(f"{post.title} {post.body}".lower()))
    return post.id if post.writer is None or not words else (post.writer, words)
