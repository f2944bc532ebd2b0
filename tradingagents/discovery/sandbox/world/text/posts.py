"""Posts of six subreddits, and the tickers that scanners should find in them.

Every planted post was written on the session between 06:00 and 20:00 UTC and has a score that keeps
it on the first page of any listing. Posts mention a company by a cashtag, by a bare symbol among figures and
options, or contain an English word that is also a listed symbol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios
from tradingagents.discovery.sandbox.world.text import phrases

__all__ = ["COMMUNITIES", "Post", "dd_truth", "reddit_posts", "trending_truth"]

COMMUNITIES = {  # name: members, and number of posts without a ticker
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
    original: str | None = None  # of a crosspost: the key of the original post (in drafts, its title)


def reddit_posts(seed: int, as_of: date, scenarios: Scenarios) -> tuple[Post, ...]:
    """Return every post, newest first, each with an id of its own."""
    drafts = [
        *_mentions(scenarios),
        *_echoes(as_of, scenarios),
        *_words(),
        *_research(seed, scenarios),
        *_no_research(seed, scenarios),
        *_old_research(seed, as_of, scenarios),
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


_SOME_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # in drafts: a random time of the session


def _draft(
    subreddit: str, title: str, text: str = "", score: int = 60, *, means: tuple[str, ...] = ()
) -> Post:
    return Post("", subreddit, title, text, _SOME_TIME, score, means=means)


def _mentions(scenarios: Scenarios) -> Iterator[Post]:
    """Yield posts about a company: at least three for trending ones, two or a single one for decoys."""
    for rank, ticker in enumerate(scenarios["posts/cashtag"]):
        for number in range(3 + rank):
            title = phrases.CASHTAG[number % len(phrases.CASHTAG)].format(ticker)
            yield _draft(_TRENDING[(rank + number) % 4], title, score=90 + number, means=(ticker,))
    for rank, ticker in enumerate(scenarios["posts/bare"]):
        for number in range(4 + rank):
            text = phrases.BARE[number % len(phrases.BARE)].format(ticker)
            yield _draft(_TRENDING[number % 4], phrases.TITLES[number % 4], text, 80 + rank, means=(ticker,))
    for number, title in enumerate(phrases.CASHTAG[:4]):
        yield _draft(_TRENDING[number % 4], title.format("KITE"), score=85, means=("KITE",))
    for ticker in scenarios["posts/two"]:
        for number in range(2):
            yield _draft(_TRENDING[number], phrases.CASHTAG[number].format(ticker), means=(ticker,))
    for ticker in scenarios["posts/one_repeats"]:
        title = " ".join([f"${ticker}"] * 10)
        yield _draft("wallstreetbets", title, f"{ticker} calls. " * 10, 95, means=(ticker,))


def _echoes(as_of: date, scenarios: Scenarios) -> Iterator[Post]:
    """Yield four posts of one author, one post in four subreddits, and four posts of the week before."""
    (repeated,), (crossposted,), (past,) = (
        scenarios["posts/one_author"],
        scenarios["posts/crossposted"],
        scenarios["posts/old"],
    )
    week_ago = datetime.combine(as_of, time(12, tzinfo=UTC)) - timedelta(days=8)
    for number, place in enumerate(_TRENDING):
        one = _draft(place, phrases.CASHTAG[number].format(repeated), score=88, means=(repeated,))
        yield replace(one, author="fictional_user_zealot")
        title = phrases.CASHTAG[0].format(crossposted)
        yield replace(
            _draft(place, title, score=87, means=(crossposted,)), original=title if number else None
        )
        title = phrases.CASHTAG[number].format(past)
        yield replace(_draft(place, title, score=5_000, means=(past,)), created=week_ago)


def _old_research(seed: int, as_of: date, scenarios: Scenarios) -> Iterator[Post]:
    """Yield a research post that is weeks old and still on the first page of a quiet subreddit."""
    (ticker,) = scenarios["posts/dd_old"]
    written = datetime.combine(as_of, time(12, tzinfo=UTC)) - timedelta(days=20)
    yield replace(_paper(seed, ticker, "SecurityAnalysis", words=300, score=900), created=written)


def _words() -> Iterator[Post]:
    """Yield posts whose words in capitals are not symbols, though most of them are listed."""
    for number, title in enumerate(phrases.SHOUTS):
        yield _draft(_TRENDING[number % 4], title, score=120)
    for number, title in enumerate(phrases.ABBREVIATIONS):
        yield _draft(_TRENDING[number % 4], title, score=75)
    for number, title in enumerate(phrases.LOWER_CASE):
        yield _draft(_TRENDING[number % 4], title, score=70)
    for ticker in ("BTC", "ZZTOP"):
        for number, title in enumerate(phrases.CASHTAG[:4]):
            yield _draft(_TRENDING[number % 4], title.format(ticker), score=65)


def _research(seed: int, scenarios: Scenarios) -> Iterator[Post]:
    """Yield long research posts with a high score."""
    for number, ticker in enumerate(scenarios["posts/dd"]):
        post = _paper(seed, ticker, _RESEARCH[number % 5], words=190 + 40 * number, score=45 + 130 * number)
        yield (
            replace(post, title=f"Why I think ${ticker} is mispriced"),
            replace(post, title=f"[DD] {ticker}: what the last filing says", flair=None),
            replace(post, title=f"My due diligence: {ticker} and its next two years", flair="Discussion"),
        )[number % 3]


def _no_research(seed: int, scenarios: Scenarios) -> Iterator[Post]:
    """Yield research that is short, has a low score or was removed, and long posts that are not research."""
    for number, ticker in enumerate(scenarios["posts/dd_short"]):
        yield _paper(seed, ticker, _RESEARCH[number], words=40, score=300)
    for number, ticker in enumerate(scenarios["posts/dd_low"]):
        yield _paper(seed, ticker, _RESEARCH[number + 1], words=260, score=3 + number)
    (pinned,), (removed,) = scenarios["posts/dd_stickied"], scenarios["posts/dd_removed"]
    yield replace(_paper(seed, pinned, "stocks", words=260, score=800), stickied=True)
    gone = _paper(seed, removed, "wallstreetbets", words=260, score=400)
    yield replace(gone, text="[removed]", removed_by="moderator")
    (deleted,), (discussed,) = scenarios["posts/dd_deleted"], scenarios["posts/dd_chat"]
    gone = _paper(seed, deleted, "investing", words=260, score=350)
    yield replace(gone, text="[deleted]", author=None, removed_by="deleted")
    chat = _paper(seed, discussed, "ValueInvesting", words=220, score=150)
    yield replace(chat, flair="Discussion", title=f"Does anyone here still follow ${discussed}?")
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
    """Yield posts without a ticker, older and with lower scores than the planted ones; two are stickied."""
    for subreddit, (_members, count) in COMMUNITIES.items():
        for number in range(count):
            draw = stream(seed, "small talk", subreddit, number)
            day = datetime.combine(as_of, time(4, tzinfo=UTC)) - timedelta(minutes=20 + draw.randrange(7_000))
            title = draw.choice(phrases.SMALL_TALK)
            post = replace(
                _draft(subreddit, title, draw.choice(phrases.RESEARCH), draw.randrange(40)), created=day
            )
            yield replace(post, stickied=True, flair="Daily Discussion") if number < 2 else post


def trending_truth(scenarios: Scenarios, posts: tuple[Post, ...]) -> Planted:
    """Return the listed symbols that at least three posts are about."""
    echoes = {ticker for name in _ECHOES for ticker in scenarios[name]}
    counts = Counter(ticker for post in posts if post.subreddit in _TRENDING for ticker in post.means)
    counts = Counter({ticker: count for ticker, count in counts.items() if ticker not in echoes})
    measure = {ticker: float(count) for ticker, count in counts.items() if count >= 3}
    why = scenarios.reasons(
        {
            "posts/two": "two posts only",
            "posts/one_repeats": "one post that repeats it",
            "posts/one_author": "one author in four subreddits",
            "posts/crossposted": "one post in four subreddits",
            "posts/old": "posts of a week ago",
        }
    )
    why |= dict.fromkeys(_UNLISTED, "not a listed symbol")
    why |= dict.fromkeys((*_WORDS, *_SHOUTED, *(word.upper() for word in _LOWER)), "a word, not the symbol")
    return Planted(frozenset(measure), frozenset(why), why, measure)


def dd_truth(scenarios: Scenarios) -> Planted:
    """Return the symbols that a long research post with a high score is about."""
    why = scenarios.reasons(
        {
            "posts/dd_short": "a few lines only",
            "posts/dd_low": "low score",
            "posts/dd_stickied": "pinned by the moderators",
            "posts/dd_removed": "removed by the moderators",
            "posts/dd_deleted": "deleted by its author",
            "posts/dd_chat": "a discussion, not research",
            "posts/dd_old": "weeks old",
        }
    )
    why |= dict.fromkeys(("IT", "DD", "CEO", "ON"), "a word, not the symbol")
    return Planted(frozenset(scenarios["posts/dd"]), frozenset(why), why)
