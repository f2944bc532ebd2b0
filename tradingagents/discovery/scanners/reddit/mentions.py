"""The base of the two Reddit scanners: reading posts of communities, and citing a post as evidence.

Only listings are read: one request per page of a listing, and one for the token. A listing shows the present:
for a trade date in the past later posts are left out, and when none remain the scan raises ``NoDataError``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import Evidence
from tradingagents.discovery.model.errors import NoDataError, StaleDataError
from tradingagents.discovery.model.untrusted_text import one_line
from tradingagents.discovery.scanners.reddit.copies import without_copies
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.needs import Directory, Need
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.reddit.client import Post, Reddit

__all__ = ["DD_SEARCH", "HOT", "RISING", "Community", "RedditScanner", "RedditSettings", "evidence_of"]

HOT, RISING, DD_SEARCH = "hot", "rising", "search"

_DD_QUERY = 'flair:DD OR title:DD OR title:"due diligence"'
_NEW_YORK = ZoneInfo("America/New_York")
_TITLE_CHARACTERS = 200
_STALE = timedelta(days=3)  # several communities together always have newer posts

Community = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{2,24}$")]


class RedditSettings(ScannerSettings):
    """Settings of both scanners."""

    subreddits: list[Community] = Field(min_length=1, description="Communities whose posts are read.")
    posts_per_subreddit: int = Field(
        ge=1,
        le=1_000,
        description="Most posts read from each of a community's two listings; one request returns 100.",
    )
    max_age_days: int = Field(
        7, ge=1, le=365, description="Greatest age of a post, in days before the end of the trade date."
    )


RedditSettingsT = TypeVar("RedditSettingsT", bound=RedditSettings)


@dataclass(frozen=True)
class _Listing:
    subreddit: str
    kind: str

    def __str__(self) -> str:
        return f"r/{self.subreddit} {self.kind}"


class RedditScanner(BaseScanner[RedditSettingsT]):
    """Base of the scanners that read posts; ``listings`` names the listings read of each community."""

    pipeline = "social"
    listings: ClassVar[tuple[str, ...]]

    @classmethod
    def unit(cls, settings: RedditSettingsT) -> str:
        """See :class:`BaseScanner`."""
        return "listings"

    @classmethod
    def needs(cls, settings: RedditSettingsT) -> Iterable[Need]:
        return [Directory()]

    def read(self, state: dict[str, Any]) -> tuple[list[Post], frozenset[str]]:
        """Return the relevant posts, newest first, and the symbols of listed shares and funds.

        A listing that cannot be read degrades the outcome; when none can, the first error is raised.
        """
        client = self.vendors.reddit()
        first: list[Callable[[], Any]] = [self._listed, lambda: self._authorize(client)]
        listed, _ = self.map(lambda call: call(), first)
        names = list(dict.fromkeys(self.settings.subreddits))
        listings = [_Listing(name, kind) for name in names for kind in self.listings]
        clients = {listing: client.sibling() for listing in listings}  # praw is not thread-safe
        found: dict[str, Post] = {}
        for _, (posts, problems) in self.gather(lambda one: self._fetch(clients[one], one), listings):
            for problem in problems:
                self.degrade(Reason.BAD_PAYLOAD, f"reddit: {problem}")
            for post in posts:
                found.setdefault(post.id, post)
        return self._relevant(found.values(), self.trade_date(state)), listed

    def _listed(self) -> frozenset[str]:
        return self.ask(
            "nasdaq.listed",
            {},
            lambda: self.market.directory().shares_and_funds,
            lambda symbols: f"{len(symbols)} shares and funds",
        )

    def _authorize(self, client: Reddit) -> None:
        self.ask("reddit.authorize", {}, client.authorize, lambda _: "one token for all listings")

    def _fetch(self, client: Reddit, listing: _Listing) -> tuple[list[Post], list[str]]:
        problems: list[str] = []
        name, limit, note = listing.subreddit, self.settings.posts_per_subreddit, problems.append
        calls: dict[str, Callable[[], list[Post]]] = {
            HOT: lambda: client.hot(name, limit, on_malformed=note),
            RISING: lambda: client.rising(name, limit, on_malformed=note),
            DD_SEARCH: lambda: client.search(name, _DD_QUERY, limit, on_malformed=note),
        }
        parameters = {"subreddit": name, "limit": limit}
        posts = self.ask(
            f"reddit.{listing.kind}", parameters, calls[listing.kind], lambda found: f"{len(found)} posts"
        )
        return posts, problems

    def _relevant(self, posts: Iterable[Post], day: date) -> list[Post]:
        """Leave out posts that are pinned, removed, old, copies, or written after the trade date."""
        ends = datetime.combine(day + timedelta(days=1), time(), _NEW_YORK)
        ranked = sorted(posts, key=lambda post: (post.created, post.id), reverse=True)
        in_time = [post for post in ranked if post.created < ends]
        self.count("posts", len(ranked))
        self.count("written after the trade date", len(ranked) - len(in_time))
        if not in_time:
            raise NoDataError(f"reddit: none of {len(ranked)} posts was written by the end of {day}")
        if (newest := in_time[0].created) < ends - _STALE:
            raise StaleDataError(f"reddit: the newest post is of {newest.date()}, the trade date is {day}")
        kept = list(self._kept(in_time, ends - timedelta(days=self.settings.max_age_days)))
        originals = without_copies(kept)
        self.count("crossposts and copies", len(kept) - len(originals))
        return originals

    def _kept(self, posts: Iterable[Post], since: datetime) -> Iterator[Post]:
        for post in posts:
            if post.created < since:
                self.count("older than max_age_days")
            elif post.stickied:
                self.count("pinned by moderators")
            elif post.removed:
                self.count("removed or deleted")
            else:
                yield post


def evidence_of(post: Post, kind: str, **values: Any) -> Evidence:
    """Return a post as evidence: link, time, title and figures, without author and body."""
    return Evidence(
        vendor="reddit",
        kind=kind,
        as_of=post.created.isoformat(),
        id=post.id,
        url=post.url,
        text=one_line(post.title, _TITLE_CHARACTERS),
        values={"subreddit": post.subreddit, "score": post.score, "comments": post.num_comments, **values},
    )
