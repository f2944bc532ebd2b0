"""Tickers found in hand-labelled posts, and in the sandbox's posts.

260 Reddit posts of 2020 to 2026, each with the symbols its author means. Precision counts an answer as right
when the author means the symbol or names its company; recall counts the symbols that were written. ``all`` is
every post, ``random`` the first 88, a random draw, ``picked`` the others, picked for variety and difficulty.
The rules were written with these posts in view, so the figures flatter them; new posts decide. ``as_is`` uses
the directory of 2025-08-11; most posts are older, and ``dated`` adds what FINRA reported as traded in early
2021; ``listed`` is the share of the symbols that a directory holds at all. ``rules`` is ours, ``tags_too``
the same with cashtags of nothing listed; ``plain`` is the usual rule: cashtags, and words in capitals that
are listed. The note has the 95 % Wilson interval, as if posts were independent. The speed is that of one
thread over all posts.
"""

from __future__ import annotations

import csv
import json
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

from benchmarks.harness.row import Row
from benchmarks.harness.suite import Skipped
from tradingagents.discovery.sandbox.world.market import Market
from tradingagents.discovery.tickers.find import find_tickers

__all__ = [
    "Labelled",
    "Score",
    "dated_symbols",
    "labelled_posts",
    "listed_symbols",
    "plain",
    "rows",
    "rules",
    "score",
    "tags_too",
]

PRECISION_GOAL = 0.95
RECALL_GOAL = 0.80
_RANDOM_DRAW = 88
_ROUNDS = 10
_CASHTAG = re.compile(r"(?<!\w)\$([A-Za-z]{1,5})\b")
_CAPITALS = re.compile(r"\b[A-Z]{1,5}\b")

Rule = Callable[[str, Collection[str]], set[str]]


@dataclass(frozen=True)
class Labelled:
    """A post with the symbols its author means, and those of the companies named without a symbol."""

    id: str
    text: str
    tickers: frozenset[str]
    by_name: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Score:
    """Answers given and right, symbols written and found."""

    answers: int
    right: int
    written: int
    found: int

    @property
    def precision(self) -> float:
        return self.right / self.answers

    @property
    def recall(self) -> float:
        return self.found / self.written


def rules(text: str, listed: Collection[str]) -> set[str]:
    """Find tickers as the scanners do."""
    return {mention.ticker for mention in find_tickers(text, listed)}


def tags_too(text: str, listed: Collection[str]) -> set[str]:
    """Find tickers as for old texts: cashtags of nothing listed count."""
    return {mention.ticker for mention in find_tickers(text, listed, unlisted_tags=True)}


def plain(text: str, listed: Collection[str]) -> set[str]:
    """Find cashtags, and words in capitals that are listed."""
    tags = {tag.upper() for tag in _CASHTAG.findall(text)}
    return {symbol for symbol in tags | set(_CAPITALS.findall(text)) if symbol in listed}


def score(posts: Iterable[Labelled], listed: Collection[str], rule: Rule = rules) -> Score:
    """Sum over posts; a symbol of a company named without its symbol is right, but not required."""
    answers = right = written = found = 0
    for post in posts:
        got = rule(post.text, listed)
        answers += len(got)
        right += len(got & (post.tickers | post.by_name))
        written += len(post.tickers)
        found += len(got & post.tickers)
    return Score(answers, right, written, found)


def labelled_posts(shared: Path) -> list[Labelled]:
    """Read the hand-labelled posts, in the order of their file."""
    lines = (shared / "real-data/reddit/ticker_labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Labelled(one["id"], one["text"], frozenset(one["tickers"]), frozenset(one["by_name"]))
        for one in map(json.loads, lines)
    ]


def listed_symbols(shared: Path) -> frozenset[str]:
    """Read the symbols of the Nasdaq Trader files, without test issues."""
    symbols = set()
    for name, column in (("nasdaqlisted", "Symbol"), ("otherlisted", "ACT Symbol")):
        path = shared / f"real-data/nasdaq/2025-08-11_{name}.txt"
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE):
                if line["Test Issue"] == "N":
                    symbols.add(line[column])
    return frozenset(symbols)


def dated_symbols(shared: Path) -> frozenset[str]:
    """Add to :func:`listed_symbols` what was traded on the days of FINRA's files of early 2021."""
    symbols = set(listed_symbols(shared))
    for path in (shared / "real-data/finra").glob("CNMSshvol*.txt"):
        with path.open(encoding="utf-8", newline="") as file:
            traded = (line["Symbol"] for line in csv.DictReader(file, delimiter="|"))
            symbols.update(symbol.replace("/", ".") for symbol in traded if symbol)
    return frozenset(symbols)


def rows(quick: bool) -> Iterator[Row]:
    """Yield precision and recall by sample, directory and rule; in about a second, quick or not."""
    del quick
    yield from _sandbox_rows()
    shared = Path(os.environ.get("TRADINGAGENTS_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    if not (shared / "real-data").is_dir():
        raise Skipped(
            "the labelled posts are missing (TRADINGAGENTS_SHARED must name the folder with real-data)"
        )
    posts = labelled_posts(shared)
    samples = {"all": posts, "random": posts[:_RANDOM_DRAW], "picked": posts[_RANDOM_DRAW:]}
    directories = {"as_is": listed_symbols(shared), "dated": dated_symbols(shared)}
    for sample, chosen in samples.items():
        for directory, listed in directories.items():
            yield _ceiling(f"{sample}/{directory}", chosen, listed)
            yield from _pair(f"{sample}/{directory}/rules", score(chosen, listed), promised=True)
            for name, rule in (("tags_too", tags_too), ("plain", plain)):
                yield from _pair(f"{sample}/{directory}/{name}", score(chosen, listed, rule), promised=False)
    for name, rule in (("rules", rules), ("plain", plain)):
        yield _speed(name, rule, posts, directories["as_is"])


def _ceiling(name: str, posts: Collection[Labelled], listed: Collection[str]) -> Row:
    written = [symbol for post in posts for symbol in post.tickers]
    share = sum(symbol in listed for symbol in written) / len(written)
    return Row(
        f"text_tickers/listed/{name}",
        share,
        f"of {len(written)} symbols",
        None,
        "higher",
        note="no recall can be higher",
    )


def _speed(name: str, rule: Rule, posts: Collection[Labelled], listed: Collection[str]) -> Row:
    began = time.perf_counter()
    for _ in range(_ROUNDS):
        for post in posts:
            rule(post.text, listed)
    seconds = time.perf_counter() - began
    letters = sum(len(post.text) for post in posts) / len(posts)
    rate = _ROUNDS * len(posts) / seconds
    return Row(
        f"text_tickers/speed/{name}",
        rate,
        "posts/s",
        None,
        "higher",
        note=f"{letters:.0f} letters on average",
    )


def _sandbox_rows() -> Iterator[Row]:
    market = Market()
    posts = [
        Labelled(post.key, f"{post.title}\n\n{post.text}", frozenset(post.means)) for post in market.posts
    ]
    for name, rule in (("rules", rules), ("plain", plain)):
        measured = score(posts, market.by_symbol.keys(), rule)
        yield from _pair(f"sandbox/as_is/{name}", measured, promised=rule is rules)


def _pair(name: str, measured: Score, *, promised: bool) -> Iterator[Row]:
    for what, value, part, whole, goal in (
        ("precision", measured.precision, measured.right, measured.answers, PRECISION_GOAL),
        ("recall", measured.recall, measured.found, measured.written, RECALL_GOAL),
    ):
        low, high = wilson(part, whole)
        yield Row(
            f"text_tickers/{what}/{name}",
            value,
            f"of {whole} {'answers' if what == 'precision' else 'symbols'}",
            goal if promised else None,
            "higher",
            note=f"95 %: {low:.3f} to {high:.3f}",
        )


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, after Wilson (1927)."""
    z = NormalDist().inv_cdf(0.975)
    share = part / whole
    middle = share + z * z / (2 * whole)
    spread = z * (share * (1 - share) / whole + z * z / (4 * whole * whole)) ** 0.5
    return (middle - spread) / (1 + z * z / whole), (middle + spread) / (1 + z * z / whole)


def main() -> None:
    """Print the figures as a table."""
    for row in rows(quick=False):
        goal = "" if row.goal is None else f"goal {row.goal:g}"
        print(f"{row.name:52} {row.value:6.3f}  {row.unit:16} {row.note:24} {goal}")


if __name__ == "__main__":
    main()
