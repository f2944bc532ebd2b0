"""A Reddit whose listings a test writes, and the posts in them."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tradingagents.discovery.vendors.reddit.client import Post

LISTED = frozenset({"GME", "AMC", "BB", "NVDA", "PLTR", "IT", "ON", "DD", "ALL", "T"})
NOON = datetime(2026, 2, 5, 17, tzinfo=UTC)
Listings = dict[tuple[str, str], list[Post] | Exception]


def post(number: int | str, title: str, body: str = "", *, subreddit: str = "stocks", **changes: Any) -> Post:
    made = Post(
        id=f"p{number}",
        subreddit=subreddit,
        title=title,
        body=body,
        score=100,
        num_comments=9,
        created=NOON,
        permalink=f"/r/{subreddit}/comments/p{number}/",
        flair="",
        stickied=False,
        removed=False,
    )
    return replace(made, **changes)


class FakeReddit:
    """Gives the posts of ``(subreddit, kind)``; notes calls, and how many clients were made in all."""

    def __init__(self, listings: Listings, *, problems: tuple[str, ...] = ()) -> None:
        self.listings, self.problems = listings, problems
        self.requested: list[tuple[str, str, int]] = []
        self.authorized = 0
        self.siblings: list[FakeReddit] = []
        self.users: set[int] = set()
        self._root: FakeReddit = self

    def authorize(self) -> None:
        self.authorized += 1

    def sibling(self) -> FakeReddit:
        assert self.authorized == 1
        made = FakeReddit(self.listings, problems=self.problems)
        made._root = self
        self.siblings.append(made)
        return made

    def hot(self, subreddit: str, limit: int, *, on_malformed: Any) -> list[Post]:
        return self._give(subreddit, "hot", limit, on_malformed)

    def rising(self, subreddit: str, limit: int, *, on_malformed: Any) -> list[Post]:
        return self._give(subreddit, "rising", limit, on_malformed)

    def search(self, subreddit: str, query: str, limit: int, *, on_malformed: Any) -> list[Post]:
        assert "flair:DD" in query
        return self._give(subreddit, "search", limit, on_malformed)

    def _give(self, subreddit: str, kind: str, limit: int, on_malformed: Any) -> list[Post]:
        self._root.requested.append((subreddit, kind, limit))
        self.users.add(threading.get_ident())
        found = self.listings.get((subreddit, kind), [])
        if isinstance(found, Exception):
            raise found
        for problem in self.problems:
            on_malformed(problem)
        return found


def hub_of(reddit: FakeReddit, listed: Any = LISTED) -> SimpleNamespace:
    def directory() -> SimpleNamespace:
        if isinstance(listed, Exception):
            raise listed
        return SimpleNamespace(shares_and_funds=listed)

    return SimpleNamespace(reddit=lambda: reddit, nasdaq=SimpleNamespace(listed=directory))
