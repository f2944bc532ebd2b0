"""Posts of six communities, and the truth about what they talk about.

Every planted post was written on the session between 06:00 and 20:00 UTC and has a score that keeps
it on the first page of any listing. What a company is called in a post is the trap: with a cashtag,
bare but among figures and options, or as a word of English that happens to be a listed symbol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from tradingagents.discovery.sandbox.world import phrases
from tradingagents.discovery.sandbox.world.scenarios import Cast, Planted
from tradingagents.discovery.sandbox.world.seeds import stream

__all__ = ["COMMUNITIES", "Post", "dd_truth", "reddit_posts", "trending_truth"]

COMMUNITIES = {  # name: members, and posts that are about nothing
    "wallstreetbets": (18_000_000, 90),
    "stocks": (8_100_000, 25),
    "investing": (3_000_000, 20),
    "options": (1_300_000, 20),
    "SecurityAnalysis": (200_000, 15),
    "ValueInvesting": (400_000, 15),
}
_TRENDING = ("wallstreetbets", "stocks", "investing", "options")
_RESEARCH = ("wallstreetbets", "stocks", "investing", "SecurityAnalysis", "ValueInvesting")
_SHOUTED = ("HOLD", "HUGE", "BACK", "MOON", "ALL", "ON", "IT", "I")
_LOWER = ("hold", "huge", "back")
_WORDS = ("IT", "ALL", "ON", "DD", "I")
_ECHOES = ("posts/one_author", "posts/crossposted", "posts/old")
_UNLISTED = ("ER", "CEO", "BTC", "ZZTOP")


@dataclass(frozen=True, slots=True)
class Post:
    """One post. ``means`` are the listed symbols its author means; ``created`` is aware, in UTC."""

    key: str
    subreddit: str
    title: str
    text: str
    created: datetime
    score: int = 60
    comments: int = 12
    flair: str | None = None
    stickied: bool = False
    author: str | None = "fictional_user"  # None: the account is deleted
    removed_by: str | None = None
    means: tuple[str, ...] = ()
    original: str | None = None  # of a crosspost: the title of what it repeats; its key, when all have one


def reddit_posts(seed: int, as_of: date, cast: Cast) -> tuple[Post, ...]:
    """Return every post, newest first, each with an id of its own."""
    drafts = [
        *_mentions(cast),
        *_echoes(as_of, cast),
        *_words(),
        *_research(seed, cast),
        *_no_research(seed, cast),
        *_old_research(seed, as_of, cast),
        *_small_talk(seed, as_of),
    ]
    posts = []
    for number, draft in enumerate(drafts):
        draw = stream(seed, "post", number)
        key = "1" + "".join(draw.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=6))
        created = draft.created
        if created == _SOME_TIME:
            morning = datetime.combine(as_of, time(6, tzinfo=UTC))
            created = morning + timedelta(seconds=draw.randrange(14 * 3_600))
        author = f"{draft.author}_{number}" if draft.author == "fictional_user" else draft.author
        posts.append(replace(draft, key=key, created=created, author=author, comments=draw.randrange(2, 400)))
    keys = {post.title: post.key for post in posts if post.original is None}
    posts = [replace(post, original=post.original and keys[post.original]) for post in posts]
    return tuple(sorted(posts, key=lambda post: (post.created, post.key), reverse=True))


_SOME_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # stands for "some time on the session"


def _draft(
    subreddit: str, title: str, text: str = "", score: int = 60, *, means: tuple[str, ...] = ()
) -> Post:
    return Post("", subreddit, title, text, _SOME_TIME, score, means=means)


def _mentions(cast: Cast) -> Iterator[Post]:
    """Posts that mean a company: trending ones three times and more, decoys twice or in one post only."""
    for rank, ticker in enumerate(cast["posts/cashtag"]):
        for number in range(3 + rank):
            title = phrases.CASHTAG[number % len(phrases.CASHTAG)].format(ticker)
            yield _draft(_TRENDING[(rank + number) % 4], title, score=90 + number, means=(ticker,))
    for rank, ticker in enumerate(cast["posts/bare"]):
        for number in range(4 + rank):
            text = phrases.BARE[number % len(phrases.BARE)].format(ticker)
            yield _draft(_TRENDING[number % 4], phrases.TITLES[number % 4], text, 80 + rank, means=(ticker,))
    for number, title in enumerate(phrases.CASHTAG[:4]):
        yield _draft(_TRENDING[number % 4], title.format("KITE"), score=85, means=("KITE",))
    for ticker in cast["posts/two"]:
        for number in range(2):
            yield _draft(_TRENDING[number], phrases.CASHTAG[number].format(ticker), means=(ticker,))
    for ticker in cast["posts/one_repeats"]:
        title = " ".join([f"${ticker}"] * 10)
        yield _draft("wallstreetbets", title, f"{ticker} calls. " * 10, 95, means=(ticker,))


def _echoes(as_of: date, cast: Cast) -> Iterator[Post]:
    """Four posts of one author, one post in four communities, four posts of the week before."""
    (zealot,), (spread,), (past,) = cast["posts/one_author"], cast["posts/crossposted"], cast["posts/old"]
    week_ago = datetime.combine(as_of, time(12, tzinfo=UTC)) - timedelta(days=8)
    for number, place in enumerate(_TRENDING):
        one = _draft(place, phrases.CASHTAG[number].format(zealot), score=88, means=(zealot,))
        yield replace(one, author="fictional_user_zealot")
        title = phrases.CASHTAG[0].format(spread)
        yield replace(_draft(place, title, score=87, means=(spread,)), original=title if number else None)
        title = phrases.CASHTAG[number].format(past)
        yield replace(_draft(place, title, score=5_000, means=(past,)), created=week_ago)


def _old_research(seed: int, as_of: date, cast: Cast) -> Iterator[Post]:
    """A paper that a quiet community still shows on its first page, weeks later."""
    (ticker,) = cast["posts/dd_old"]
    written = datetime.combine(as_of, time(12, tzinfo=UTC)) - timedelta(days=20)
    yield replace(_paper(seed, ticker, "SecurityAnalysis", words=300, score=900), created=written)


def _words() -> Iterator[Post]:
    """Posts whose capitals are words, though most of them are listed symbols."""
    for number, title in enumerate(phrases.SHOUTS):
        yield _draft(_TRENDING[number % 4], title, score=120)
    for number, title in enumerate(phrases.ABBREVIATIONS):
        yield _draft(_TRENDING[number % 4], title, score=75)
    for number, title in enumerate(phrases.LOWER_CASE):
        yield _draft(_TRENDING[number % 4], title, score=70)
    for ticker in ("BTC", "ZZTOP"):
        for number, title in enumerate(phrases.CASHTAG[:4]):
            yield _draft(_TRENDING[number % 4], title.format(ticker), score=65)


def _research(seed: int, cast: Cast) -> Iterator[Post]:
    """Long posts that are research and liked."""
    for number, ticker in enumerate(cast["posts/dd"]):
        post = _paper(seed, ticker, _RESEARCH[number % 5], words=190 + 40 * number, score=45 + 130 * number)
        yield (
            replace(post, title=f"Why I think ${ticker} is mispriced"),
            replace(post, title=f"[DD] {ticker}: what the last filing says", flair=None),
            replace(post, title=f"My due diligence: {ticker} and its next two years", flair="Discussion"),
        )[number % 3]


def _no_research(seed: int, cast: Cast) -> Iterator[Post]:
    """Research that is short, unloved or gone, and long posts that are none."""
    for number, ticker in enumerate(cast["posts/dd_short"]):
        yield _paper(seed, ticker, _RESEARCH[number], words=40, score=300)
    for number, ticker in enumerate(cast["posts/dd_low"]):
        yield _paper(seed, ticker, _RESEARCH[number + 1], words=260, score=3 + number)
    (pinned,), (removed,) = cast["posts/dd_stickied"], cast["posts/dd_removed"]
    yield replace(_paper(seed, pinned, "stocks", words=260, score=800), stickied=True)
    gone = _paper(seed, removed, "wallstreetbets", words=260, score=400)
    yield replace(gone, text="[removed]", removed_by="moderator")
    (deleted,), (talked_of,) = cast["posts/dd_deleted"], cast["posts/dd_chat"]
    gone = _paper(seed, deleted, "investing", words=260, score=350)
    yield replace(gone, text="[deleted]", author=None, removed_by="deleted")
    chat = _paper(seed, talked_of, "ValueInvesting", words=220, score=150)
    yield replace(chat, flair="Discussion", title=f"Does anyone here still follow ${talked_of}?")
    aimless = _paper(seed, "", "wallstreetbets", words=220, score=500)
    yield replace(aimless, title="[DD] Why the CEO of a bank said IT spending is ON ice", means=())


def _paper(seed: int, ticker: str, subreddit: str, *, words: int, score: int) -> Post:
    draw = stream(seed, "paper", ticker, subreddit)
    text = [phrases.OPENING.format(f"${ticker}" if ticker else "the market")]
    count = len(text[0].split())
    while count < words:
        text.append(draw.choice(phrases.RESEARCH))
        count += len(text[-1].split())
    post = _draft(subreddit, f"[DD] ${ticker} in some detail", "\n\n".join(text), score, means=(ticker,))
    return replace(post, flair="DD")


def _small_talk(seed: int, as_of: date) -> Iterator[Post]:
    """Posts about nothing in particular, older and less liked than the planted ones; two are stickied."""
    for subreddit, (_members, count) in COMMUNITIES.items():
        for number in range(count):
            draw = stream(seed, "small talk", subreddit, number)
            day = datetime.combine(as_of, time(4, tzinfo=UTC)) - timedelta(minutes=20 + draw.randrange(7_000))
            title = draw.choice(phrases.SMALL_TALK)
            post = replace(
                _draft(subreddit, title, draw.choice(phrases.RESEARCH), draw.randrange(40)), created=day
            )
            yield replace(post, stickied=True, flair="Daily Discussion") if number < 2 else post


def trending_truth(cast: Cast, posts: tuple[Post, ...]) -> Planted:
    """Return the listed symbols meant by three posts or more."""
    echoes = {ticker for part in _ECHOES for ticker in cast[part]}
    counts = Counter(ticker for post in posts if post.subreddit in _TRENDING for ticker in post.means)
    counts = Counter({ticker: count for ticker, count in counts.items() if ticker not in echoes})
    measure = {ticker: float(count) for ticker, count in counts.items() if count >= 3}
    why = cast.why(
        {
            "posts/two": "two posts only",
            "posts/one_repeats": "one post that repeats it",
            "posts/one_author": "one author who writes of it everywhere",
            "posts/crossposted": "one post in four communities",
            "posts/old": "talked of a week ago",
        }
    )
    why |= dict.fromkeys(_UNLISTED, "not a listed symbol")
    why |= dict.fromkeys((*_WORDS, *_SHOUTED, *(word.upper() for word in _LOWER)), "a word, not the symbol")
    return Planted(frozenset(measure), frozenset(why), why, measure)


def dd_truth(cast: Cast) -> Planted:
    """Return the symbols that a long, liked piece of research is about."""
    why = cast.why(
        {
            "posts/dd_short": "a few lines only",
            "posts/dd_low": "hardly anyone liked it",
            "posts/dd_stickied": "pinned by the moderators",
            "posts/dd_removed": "removed by the moderators",
            "posts/dd_deleted": "deleted by its author",
            "posts/dd_chat": "a chat, not research",
            "posts/dd_old": "weeks old",
        }
    )
    why |= dict.fromkeys(("IT", "DD", "CEO", "ON"), "a word, not the symbol")
    return Planted(frozenset(cast["posts/dd"]), frozenset(why), why)
