"""Alpha Vantage's movers and news, parsed from its JSON, in which nearly every number is a string.

Source: the vendor's documentation of TOP_GAINERS_LOSERS and NEWS_SENTIMENT, and recorded responses.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.vendors.records import OnMalformed, parse_rows, report_malformed

__all__ = ["VENDOR", "Article", "Mood", "Mover", "Movers", "parse_articles", "parse_movers"]

VENDOR = "alpha_vantage"

_NEW_YORK = ZoneInfo("America/New_York")
_ZONES = ("US/Eastern", "America/New_York")
_PRICE_ROUNDING = 0.0001  # US dollars
_TIME = re.compile(r"\d[T ]\d\d")
_SECTIONS = {"top_gainers": "gainers", "top_losers": "losers", "most_actively_traded": "most_active"}


@dataclass(frozen=True, slots=True)
class Mover:
    """One row of a list. ``change_percent`` is signed; ``volume`` counts shares of the session."""

    ticker: str
    price_usd: float
    change_usd: float
    change_percent: float
    volume: int


@dataclass(frozen=True, slots=True)
class Movers:
    """The three lists. ``last_updated`` is aware, in New York; ``absent`` names the missing lists."""

    last_updated: datetime
    gainers: tuple[Mover, ...]
    losers: tuple[Mover, ...]
    most_active: tuple[Mover, ...]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mood:
    """An article's relevance to a ticker (above 0, up to 1) and its sentiment about it (-1 to 1)."""

    ticker: str
    relevance: float
    sentiment: float


@dataclass(frozen=True, slots=True)
class Article:
    """One article. ``published`` is aware; the vendor documents no time zone, UTC is assumed.

    ``overall_sentiment`` is None where the vendor has none.
    """

    title: str
    url: str
    published: datetime
    source: str
    overall_sentiment: float | None
    moods: tuple[Mood, ...]


def parse_movers(payload: Any, on_malformed: OnMalformed | None = None) -> Movers:
    """Parse TOP_GAINERS_LOSERS. Raises :class:`BadPayload`.

    With ``on_malformed`` malformed rows are reported to it and left out, unless no row of any list is valid.
    """
    if not isinstance(payload, dict) or not any(isinstance(payload.get(key), list) for key in _SECTIONS):
        raise BadPayload(VENDOR, "the response has no list of movers")
    problems: list[str] = []
    lists = {
        name: tuple(
            parse_rows(payload[key], functools.partial(_mover, name), problems, f"{name}: row {{number}}")
        )
        for key, name in _SECTIONS.items()
        if isinstance(payload.get(key), list)
    }
    report_malformed(VENDOR, problems, on_malformed if any(lists.values()) else None)
    absent = tuple(name for name in _SECTIONS.values() if name not in lists)
    return Movers(
        _last_updated(payload.get("last_updated")), absent=absent, **dict.fromkeys(absent, ()), **lists
    )


def parse_articles(payload: Any, on_malformed: OnMalformed | None = None) -> list[Article]:
    """Parse NEWS_SENTIMENT in the vendor's order. Raises as :func:`parse_movers` does.

    A malformed ticker is left out; its article and the other tickers stay.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("feed"), list):
        raise BadPayload(VENDOR, "the response has no feed of articles")
    problems: list[str] = []
    articles = parse_rows(payload["feed"], lambda row: _article(row, problems), problems)
    has_tickers = any(article.moods for article in articles)
    report_malformed(VENDOR, problems, on_malformed if has_tickers else None)
    return articles


def _mover(section: str, row: Any) -> Mover:
    mover = Mover(
        ticker=_text(row["ticker"]),
        price_usd=_number(row["price"], at_least=0),
        change_usd=_number(row["change_amount"]),
        change_percent=_number(_without_percent_sign(row["change_percentage"])),
        volume=int(_number(row["volume"], at_least=0)),
    )
    _check_figures(mover)
    if (section == "gainers" and mover.change_percent < 0) or (
        section == "losers" and mover.change_percent > 0
    ):
        raise ValueError(f"{mover.ticker} changed by {mover.change_percent} %, but is among the {section}")
    return mover


def _check_figures(mover: Mover) -> None:
    """Raise ``ValueError`` where price, change and percentage contradict each other beyond rounding."""
    before = mover.price_usd - mover.change_usd
    if before <= 0:
        raise ValueError(f"{mover.ticker} at {mover.price_usd} cannot have changed by {mover.change_usd}")
    percent = 100 * mover.change_usd / before
    # Percentages have two decimals or more, prices and changes four.
    rounding = 0.01 + 100 * _PRICE_ROUNDING * (2 + abs(percent) / 100) / before
    if abs(percent - mover.change_percent) > rounding:
        stated = (
            f"states {mover.change_percent} %, but {mover.change_usd} from {before:.4f} is {percent:.2f} %"
        )
        raise ValueError(f"{mover.ticker} {stated}")


def _without_percent_sign(value: Any) -> Any:
    return value.strip().removesuffix("%") if isinstance(value, str) else value


def _article(row: Any, problems: list[str]) -> Article:
    overall, source = row.get("overall_sentiment_score"), row.get("source") or row.get("source_domain")
    moods = row.get("ticker_sentiment") or []
    return Article(
        title=_text(row["title"]),
        url=_web_address(row["url"]),
        published=_published(row["time_published"]),
        source=source if isinstance(source, str) else "",
        overall_sentiment=None if overall is None else _number(overall),
        moods=tuple(parse_rows(moods, _mood, problems, "an article's tickers: row {number}")),
    )


def _published(text: str) -> datetime:
    """Return the instant of an ISO 8601 time in basic or extended form; without an offset it is UTC.

    Raises ``ValueError`` for a date without a time, and for ``T12305``, which ``strptime`` reads as 12:30:05.
    """
    moment = datetime.fromisoformat(text.strip())
    if not _TIME.search(text):
        raise ValueError(f"{text[:40]!r} has no time of day")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mood(row: Any) -> Mood:
    return Mood(
        ticker=_text(row["ticker"]),
        relevance=_number(row["relevance_score"], at_least=0, at_most=1),
        sentiment=_number(row["ticker_sentiment_score"], at_least=-1, at_most=1),
    )


def _last_updated(text: Any) -> datetime:
    moment, _, zone = text.rpartition(" ") if isinstance(text, str) else ("", "", "")
    try:
        naive = datetime.strptime(moment, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the zone is set below
    except ValueError:
        raise BadPayload(VENDOR, f"last_updated is {text!r:.60}") from None
    if zone not in _ZONES:
        raise BadPayload(VENDOR, f"last_updated is in the zone {zone!r:.40}, not US/Eastern")
    return naive.replace(tzinfo=_NEW_YORK)


def _web_address(value: Any) -> str:
    """Return an http(s) URL: reports link to it, and a link with another scheme could run a script."""
    if not _text(value).startswith(("https://", "http://")):
        raise ValueError(f"{value!r:.40} is no web address")
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r:.40} instead of text")
    return value


def _number(value: Any, *, at_least: float = -math.inf, at_most: float = math.inf) -> float:
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    number = float(value)
    if not (math.isfinite(number) and at_least <= number <= at_most):
        raise ValueError(f"{value!r:.40} is out of range")
    return number
