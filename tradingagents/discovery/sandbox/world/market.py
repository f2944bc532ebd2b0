"""The synthetic market: everything the vendors tell of, from one seed.

All companies, people and figures are invented. The same seed, day and size give the same market in
every process; building one costs little, because each family of data is made when first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from types import MappingProxyType

from tradingagents.discovery.sandbox.world import (
    charts,
    events,
    insiders,
    news,
    options,
    posts,
    prices,
    reports,
    short_interest,
    short_selling,
    short_volume,
    surprises,
    technical,
)
from tradingagents.discovery.sandbox.world import filing_builder as filing_desk
from tradingagents.discovery.sandbox.world.directory import Kind, Listing, build_directory
from tradingagents.discovery.sandbox.world.names import WORD_TICKERS
from tradingagents.discovery.sandbox.world.ownership import Filing
from tradingagents.discovery.sandbox.world.scenarios import Cast, Planted, cast_parts
from tradingagents.discovery.sandbox.world.sessions import is_session, sessions_ending

__all__ = ["DEFAULT_AS_OF", "Market", "shared_market"]

DEFAULT_AS_OF = date(2026, 2, 5)
_SPAN_DAYS = 440  # some three hundred sessions: a year, and what a screen of a year looks back on
_RECENT_SESSIONS = 21
_INSIDER_SESSIONS = 10


class Market:
    """One synthetic market on the evening of the session ``as_of``.

    ``ValueError`` when ``as_of`` is no session, or when ``companies`` are too few for the planted
    parts. Immutable once built; safe to share between threads, because a family of data that two
    threads build at once comes out the same.
    """

    def __init__(self, seed: int = 7, as_of: date = DEFAULT_AS_OF, companies: int = 340) -> None:
        if not is_session(as_of):
            raise ValueError(f"as_of must be a day on which the exchange trades, and {as_of} is none")
        self.seed = seed
        self.as_of = as_of
        self.size = companies
        self.sessions = sessions_ending(as_of, _SPAN_DAYS)
        listings = build_directory(seed, as_of, companies)
        self._plain = tuple(one.symbol for one in listings if _plain(one))
        self.cast: Cast = cast_parts(seed, self._plain)
        new = dict.fromkeys(self.cast["volume/new"], self.sessions[-5])
        new |= dict.fromkeys(self.cast["bars/young"], self.sessions[-technical.YOUNG_SESSIONS])
        self.listings: tuple[Listing, ...] = tuple(
            replace(one, listed_on=new[one.symbol]) if one.symbol in new else one for one in listings
        )
        self.by_symbol: Mapping[str, Listing] = MappingProxyType({one.symbol: one for one in self.listings})
        self._filings: dict[date, tuple[Filing, ...]] = {}

    def __reduce__(self) -> tuple[Callable[..., Market], tuple[int, date, int]]:
        """Cross a process boundary as the three numbers it is made from."""
        return shared_market, (self.seed, self.as_of, self.size)

    @property
    def now(self) -> datetime:
        """The moment it shows: 23:00 in New York on the session, when everything of the day is out."""
        return datetime.combine(self.as_of, time(23), filing_desk.NEW_YORK)

    @cached_property
    def companies(self) -> tuple[Listing, ...]:
        """The listings of common stock."""
        return tuple(one for one in self.listings if one.kind is Kind.COMMON)

    @cached_property
    def charts(self) -> Mapping[str, list[charts.Day]]:
        """The charts drawn for technical scanners by symbol, oldest session first."""
        return technical.charts(self.seed, self.listings, self.cast, len(self.sessions))

    @cached_property
    def plans(self) -> Mapping[str, prices.Plan]:
        """How each listing trades, by symbol; test issues do not."""
        plans = prices.plan_prices(self.seed, self.listings, self.cast)
        return plans | technical.chart_plans(self.charts, len(self.sessions))

    @cached_property
    def volumes(self) -> Mapping[str, list[int]]:
        """Shares traded per session by symbol, oldest first; as long as the listing is old."""
        drawn = self.charts
        return {
            symbol: [int(day.volume) for day in drawn[symbol]]
            if symbol in drawn
            else prices.daily_volumes(self.seed, symbol, plan, self.sessions)
            for symbol, plan in self.plans.items()
        }

    @cached_property
    def short_volumes(self) -> Mapping[str, list[short_volume.ShortVolume]]:
        """Off-exchange volume per session by symbol, oldest first; as long as the listing is old."""
        rows = {
            symbol: short_volume.off_exchange(self.seed, symbol, volumes)
            for symbol, volumes in self.volumes.items()
        }
        return short_selling.sell_short(self.seed, self._plain, rows)

    @cached_property
    def short_positions(self) -> short_interest.Positions:
        """What is sold short on each settlement date of the year."""
        return short_interest.Positions(self.seed, self.by_symbol, self._plain, self.volumes, self.sessions)

    @cached_property
    def earnings(self) -> tuple[events.Earnings, ...]:
        """Every report of the months around the session, by date and symbol."""
        rows = (
            *events.earnings_calendar(self.seed, self.as_of, self.cast),
            *surprises.surprise_reports(self.seed, self.as_of, self.cast),
        )
        return tuple(sorted(rows, key=lambda row: (row.day, row.symbol)))

    @cached_property
    def articles(self) -> tuple[news.Article, ...]:
        """The news of the last days, newest first."""
        return news.news_articles(self.seed, self.as_of, self.cast, [one.symbol for one in self.companies])

    @cached_property
    def posts(self) -> tuple[posts.Post, ...]:
        """The posts of the last days, newest first."""
        return posts.reddit_posts(self.seed, self.as_of, self.cast)

    @cached_property
    def truth(self) -> Mapping[str, Planted]:
        """What each built-in scanner has to answer, by the scanner's name."""
        recent = {symbol: rows[-_RECENT_SESSIONS:] for symbol, rows in self.short_volumes.items()}
        cast = self.cast
        return MappingProxyType(
            {
                "market_movers": prices.movers_truth(cast, self.plans, self.listings),
                "insider_buying": insiders.insider_truth(
                    cast,
                    self.by_symbol,
                    [one for day in self.sessions[-_INSIDER_SESSIONS:] for one in self.filings(day)],
                ),
                "material_events": reports.reports_truth(self.seed, self._plain, self.by_symbol),
                "earnings_calendar": events.earnings_truth(cast),
                "earnings_surprise": surprises.surprise_truth(cast, self.earnings),
                "analyst_revisions": events.ratings_truth(self.seed, self.as_of, cast),
                "options_flow": options.options_truth(
                    cast,
                    {
                        symbol: self.option_chain(symbol, self.as_of)
                        for symbols in options.players(cast).values()
                        for symbol in symbols
                    },
                ),
                "news_catalyst": news.news_truth(self.as_of, cast, self.articles),
                "reddit_trending": posts.trending_truth(cast, self.posts),
                "reddit_dd": posts.dd_truth(cast),
                "short_squeeze": self.short_positions.truth(),
                "short_volume": short_selling.short_volume_truth(self.seed, self._plain, self.short_volumes),
                "volume_accumulation": short_volume.volume_truth(cast, self.plans, recent),
                **technical.technical_truth(cast, self.plans, self.listings, self.charts),
            }
        )

    def bars(self, symbol: str) -> tuple[prices.Bar, ...]:
        """Return the daily bars, oldest first; ``KeyError`` for what does not trade."""
        if (drawn := self.charts.get(symbol)) is not None:
            days = self.sessions[-len(drawn) :]
            return tuple(
                prices.Bar(day, one.open, one.high, one.low, one.close, int(one.volume))
                for day, one in zip(days, drawn, strict=True)
            )
        return prices.daily_bars(self.seed, symbol, self.plans[symbol], self.sessions)

    def option_chain(self, symbol: str, day: date) -> tuple[options.Contract, ...]:
        """Return the option chain of a session, by expiration and strike; unusual on the newest alone."""
        close = next((bar.close for bar in self.bars(symbol) if bar.day == day), None)
        if close is None:
            return ()
        parts = {player: part for part, names in options.players(self.cast).items() for player in names}
        part = parts.get(symbol) if day == self.as_of else None
        return options.option_chain(self.seed, symbol, close, day, part)

    def filings(self, day: date) -> tuple[Filing, ...]:
        """Return what EDGAR accepted on ``day``, in that order."""
        filed = self._filings.get(day)
        if filed is None:
            filed = insiders.filings_of(self.seed, self.as_of, day, self.cast, self.by_symbol)
            told = reports.reports_of(self.seed, self.as_of, day, self._plain, self.by_symbol)
            filed = tuple(sorted((*filed, *told), key=lambda filing: filing.accepted))
            self._filings[day] = filed
        return filed

    def ratings(self, symbol: str) -> tuple[events.Rating, ...]:
        """Return the monthly ratings of a listed company, newest first; none for any other symbol."""
        listing = self.by_symbol.get(symbol)
        if listing is None or listing.kind is not Kind.COMMON:
            return ()
        return events.ratings(self.seed, symbol, self.as_of, self.cast)

    def past_quarters(self, symbol: str) -> list[events.Earnings]:
        """Return the last four reports of a listed company, newest first; none for any other symbol."""
        listing = self.by_symbol.get(symbol)
        if listing is None or listing.kind is not Kind.COMMON:
            return []
        return events.past_quarters(self.seed, symbol, self.as_of)


def shared_market(seed: int = 7, as_of: date = DEFAULT_AS_OF, companies: int = 340) -> Market:
    """Return the market that all who ask for the same numbers share: its data is built once a process."""
    return _shared(seed, as_of, companies)


_shared = lru_cache(maxsize=4)(Market)


def _plain(listing: Listing) -> bool:
    """Whether a company may be cast: its symbol is four letters, no word, and has no class."""
    return listing.kind is Kind.COMMON and len(listing.symbol) == 4 and listing.symbol not in WORD_TICKERS
