"""Reddit: posts of a subreddit's listings, through praw, read-only, with the user's own OAuth client.

Source: https://www.reddit.com/dev/api, and praw 8. Reddit's terms restrict keeping users' content: a
:class:`Post` has no author name, and nothing here stores one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tradingagents.discovery.vendors.records import OnMalformed, parse_rows, report_malformed

if TYPE_CHECKING:
    import requests

__all__ = ["Post", "Reddit"]

_VENDOR = "reddit"
_SITE = "https://www.reddit.com"
_GONE = ("[removed]", "[deleted]")


@dataclass(frozen=True, slots=True)
class Post:
    """One post. ``score`` is upvotes minus downvotes, fuzzed by Reddit; ``created`` is aware, in UTC.

    ``removed`` marks a post deleted by its author or a moderator; ``flair`` is empty where there is none.
    ``original`` is the id of the crossposted post, else empty. ``writer`` is a number that is equal for
    posts of the same author, in this process only; None where the account is deleted.
    """

    id: str
    subreddit: str
    title: str
    body: str
    score: int
    num_comments: int
    created: datetime
    permalink: str
    flair: str
    stickied: bool
    removed: bool
    original: str = ""
    writer: int | None = None

    @property
    def url(self) -> str:
        return f"{_SITE}{self.permalink}"


class Reddit:
    """A client over a session that enforces the deadline; the constructor sends nothing.

    Not thread-safe, because praw is not: give each thread a :meth:`sibling`. Methods raise only the errors
    of :mod:`tradingagents.discovery.model.errors`: ``Permanent`` for a subreddit that is private, banned or
    missing, ``Auth`` for a rejected client. A malformed item is a ``BadPayload``; with ``on_malformed`` it is
    reported there and left out, unless no item is valid.
    """

    def __init__(
        self,
        session: requests.Session,
        *,
        base_url: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        user_agent: str,
    ) -> None:
        from tradingagents.discovery.vendors.reddit.praw_handle import Access

        self._open(session, Access(base_url, token_url, client_id, client_secret, user_agent))

    def _open(self, session: requests.Session, access: Any, token: str | None = None) -> None:
        from tradingagents.discovery.vendors.reddit.errors import translated
        from tradingagents.discovery.vendors.reddit.praw_handle import open_praw

        self._session, self._access = session, access
        with translated():
            self._praw, self._authorizer = open_praw(session, access, token)

    def authorize(self) -> None:
        """Fetch a token now, for this client and the siblings made afterwards: one POST for all."""
        from tradingagents.discovery.vendors.reddit.errors import translated

        with translated():
            self._authorizer.refresh()

    def sibling(self) -> Reddit:
        """Return a client for another thread, with this one's token if it has one."""
        sibling = object.__new__(type(self))
        sibling._open(self._session, self._access, self._authorizer.access_token)
        return sibling

    def hot(self, subreddit: str, limit: int, *, on_malformed: OnMalformed | None = None) -> list[Post]:
        """Return the hot posts, pinned ones included; a page has up to 100."""
        return self._posts(subreddit, lambda listed: listed.hot(limit=limit), on_malformed)

    def rising(self, subreddit: str, limit: int, *, on_malformed: OnMalformed | None = None) -> list[Post]:
        """Return the rising posts."""
        return self._posts(subreddit, lambda listed: listed.rising(limit=limit), on_malformed)

    def top_day(self, subreddit: str, limit: int, *, on_malformed: OnMalformed | None = None) -> list[Post]:
        """Return the posts of the last 24 hours with the most votes."""
        return self._posts(subreddit, lambda listed: listed.top(time_filter="day", limit=limit), on_malformed)

    def search(
        self, subreddit: str, query: str, limit: int, *, on_malformed: OnMalformed | None = None
    ) -> list[Post]:
        """Return the week's posts that match ``query`` in Lucene's syntax (``flair:DD``), newest first."""
        return self._posts(
            subreddit,
            lambda listed: listed.search(query, sort="new", time_filter="week", limit=limit),
            on_malformed,
        )

    def _posts(
        self,
        subreddit: str,
        listing: Callable[[Any], Iterable[Any]],
        on_malformed: OnMalformed | None,
    ) -> list[Post]:
        from tradingagents.discovery.vendors.reddit.errors import translated

        with translated():
            items = list(listing(self._praw.subreddit(subreddit)))
        return _posts_of(items, subreddit, on_malformed)


def _posts_of(items: Iterable[Any], subreddit: str, on_malformed: OnMalformed | None) -> list[Post]:
    problems: list[str] = []
    # vars, not getattr: praw sends a request for an attribute that it does not have.
    posts = parse_rows(
        items, lambda item: _post(vars(item), subreddit), problems, f"an item of r/{subreddit}"
    )
    report_malformed(_VENDOR, problems, on_malformed if posts else None)
    return posts


def _post(fields: dict[str, Any], subreddit: str) -> Post:
    body = _text(fields.get("selftext") or "")
    return Post(
        id=_text(fields["id"]),
        subreddit=subreddit,
        title=_text(fields["title"]),
        body=body,
        score=int(fields["score"]),
        num_comments=_count(fields["num_comments"]),
        created=datetime.fromtimestamp(fields["created_utc"], UTC),
        permalink=_text(fields["permalink"]),
        flair=_text(fields.get("link_flair_text") or ""),
        stickied=bool(fields.get("stickied")),
        removed=fields.get("removed_by_category") is not None or body.strip() in _GONE,
        original=_text(fields.get("crosspost_parent") or "").removeprefix("t3_"),
        writer=_writer(fields.get("author")),
    )


def _writer(author: Any) -> int | None:
    """Return a number in place of the name: the hash, which Python salts anew in each process."""
    name = author if isinstance(author, str) else getattr(author, "__dict__", {}).get("name")
    return hash(name) if isinstance(name, str) and name not in _GONE else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not text")
    return value


def _count(value: Any) -> int:
    if int(value) < 0:
        raise ValueError(f"{value!r:.40} is not a count")
    return int(value)
