"""The synthetic market: all data that the sandbox's vendors serve, generated from one seed.

All companies, people and figures are invented. The same seed, date and size give the same market in
every process. Each kind of data is generated on first use, so constructing a market is cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from types import MappingProxyType

from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing, build_directory
from tradingagents.discovery.sandbox.world.companies.names import WORD_TICKERS
from tradingagents.discovery.sandbox.world.earnings import calendar, ratings, surprises
from tradingagents.discovery.sandbox.world.filings import current_reports, insiders
from tradingagents.discovery.sandbox.world.filings.builder import NEW_YORK
from tradingagents.discovery.sandbox.world.filings.records import Filing
from tradingagents.discovery.sandbox.world.prices import options, paths
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios, assign_scenarios
from tradingagents.discovery.sandbox.world.sessions import is_session, sessions_ending
from tradingagents.discovery.sandbox.world.short_selling import off_exchange, short_interest, short_share
from tradingagents.discovery.sandbox.world.technical import screens
from tradingagents.discovery.sandbox.world.technical.charts import Day
from tradingagents.discovery.sandbox.world.text import news, posts

__all__ = ["DEFAULT_AS_OF", "Market", "shared_market"]

DEFAULT_AS_OF = date(2026, 2, 5)
_SPAN_DAYS = 440  # about three hundred sessions: a year, and the lookback of a one-year screen
_RECENT_SESSIONS = 21
_INSIDER_SESSIONS = 10


class Market:
    """One synthetic market on the evening of the session ``as_of``.

    ``ValueError`` when ``as_of`` is not a session, or when ``companies`` are too few for the
    scenarios. Immutable once built; safe to share between threads: data that two threads generate
    at the same time is equal.
    """

    def __init__(self, seed: int = 7, as_of: date = DEFAULT_AS_OF, companies: int = 340) -> None:
        if not is_session(as_of):
            raise ValueError(f"as_of must be a trading day of the exchange, and {as_of} is not")
        self.seed = seed
        self.as_of = as_of
        self.size = companies
        self.sessions = sessions_ending(as_of, _SPAN_DAYS)
        listings = build_directory(seed, as_of, companies)
        self._plain = tuple(one.symbol for one in listings if _is_plain(one))
        self.scenarios: Scenarios = assign_scenarios(seed, self._plain)
        new = dict.fromkeys(self.scenarios["volume/new"], self.sessions[-5])
        new |= dict.fromkeys(self.scenarios["bars/young"], self.sessions[-screens.YOUNG_SESSIONS])
        self.listings: tuple[Listing, ...] = tuple(
            replace(one, listed_on=new[one.symbol]) if one.symbol in new else one for one in listings
        )
        self.by_symbol: Mapping[str, Listing] = MappingProxyType({one.symbol: one for one in self.listings})
        self._filings: dict[date, tuple[Filing, ...]] = {}

    def __reduce__(self) -> tuple[Callable[..., Market], tuple[int, date, int]]:
        """Pickle as the three arguments of the constructor."""
        return shared_market, (self.seed, self.as_of, self.size)

    @property
    def cast(self) -> Scenarios:
        """The same as ``scenarios``, under its earlier name."""
        return self.scenarios

    @property
    def now(self) -> datetime:
        """The simulated time: 23:00 in New York on the session, after everything of the day was published."""
        return datetime.combine(self.as_of, time(23), NEW_YORK)

    @cached_property
    def companies(self) -> tuple[Listing, ...]:
        """The listings of common stock."""
        return tuple(one for one in self.listings if one.kind is Kind.COMMON)

    @cached_property
    def charts(self) -> Mapping[str, list[Day]]:
        """The charts drawn for technical scanners by symbol, oldest session first."""
        return screens.charts(self.seed, self.listings, self.scenarios, len(self.sessions))

    @cached_property
    def plans(self) -> Mapping[str, paths.Plan]:
        """How each listing trades, by symbol; test issues do not trade."""
        plans = paths.plan_prices(self.seed, self.listings, self.scenarios)
        return plans | screens.chart_plans(self.charts, len(self.sessions))

    @cached_property
    def volumes(self) -> Mapping[str, list[int]]:
        """Shares traded per session by symbol, oldest first; starts with the listing."""
        drawn = self.charts
        return {
            symbol: [int(day.volume) for day in drawn[symbol]]
            if symbol in drawn
            else paths.daily_volumes(self.seed, symbol, plan, self.sessions)
            for symbol, plan in self.plans.items()
        }

    @cached_property
    def short_volumes(self) -> Mapping[str, list[off_exchange.ShortVolume]]:
        """Off-exchange volume per session by symbol, oldest first; starts with the listing."""
        rows = {
            symbol: off_exchange.off_exchange(self.seed, symbol, volumes)
            for symbol, volumes in self.volumes.items()
        }
        return short_share.sell_short(self.seed, self._plain, rows)

    @cached_property
    def short_positions(self) -> short_interest.Positions:
        """The short interest on each settlement date of the year."""
        return short_interest.Positions(self.seed, self.by_symbol, self._plain, self.volumes, self.sessions)

    @cached_property
    def earnings(self) -> tuple[calendar.Earnings, ...]:
        """Every earnings report of the months around the session, by date and symbol."""
        rows = (
            *calendar.earnings_calendar(self.seed, self.as_of, self.scenarios),
            *surprises.surprise_reports(self.seed, self.as_of, self.scenarios),
        )
        return tuple(sorted(rows, key=lambda row: (row.day, row.symbol)))

    @cached_property
    def articles(self) -> tuple[news.Article, ...]:
        """The news of the last days, newest first."""
        symbols = [one.symbol for one in self.companies]
        return news.news_articles(self.seed, self.as_of, self.scenarios, symbols)

    @cached_property
    def posts(self) -> tuple[posts.Post, ...]:
        """The posts of the last days, newest first."""
        return posts.reddit_posts(self.seed, self.as_of, self.scenarios)

    @cached_property
    def truth(self) -> Mapping[str, Planted]:
        """The correct answer of each built-in scanner, by the scanner's name."""
        recent = {symbol: rows[-_RECENT_SESSIONS:] for symbol, rows in self.short_volumes.items()}
        filings = [one for day in self.sessions[-_INSIDER_SESSIONS:] for one in self.filings(day)]
        watchlist = [symbol for symbols in options.assign(self.scenarios).values() for symbol in symbols]
        chains = {symbol: self.option_chain(symbol, self.as_of) for symbol in watchlist}
        return MappingProxyType(
            {
                "market_movers": paths.movers_truth(self.scenarios, self.plans, self.listings),
                "insider_buying": insiders.insider_truth(self.scenarios, self.by_symbol, filings),
                "material_events": current_reports.reports_truth(self.seed, self._plain, self.by_symbol),
                "earnings_calendar": calendar.earnings_truth(self.scenarios),
                "earnings_surprise": surprises.surprise_truth(self.scenarios, self.earnings),
                "analyst_revisions": ratings.ratings_truth(self.seed, self.as_of, self.scenarios),
                "options_flow": options.options_truth(self.scenarios, chains),
                "news_catalyst": news.news_truth(self.as_of, self.scenarios, self.articles),
                "reddit_trending": posts.trending_truth(self.scenarios, self.posts),
                "reddit_dd": posts.dd_truth(self.scenarios),
                "short_squeeze": self.short_positions.truth(),
                "short_volume": short_share.short_volume_truth(self.seed, self._plain, self.short_volumes),
                "volume_accumulation": off_exchange.volume_truth(self.scenarios, self.plans, recent),
                **screens.technical_truth(self.scenarios, self.plans, self.listings, self.charts),
            }
        )

    def bars(self, symbol: str) -> tuple[paths.Bar, ...]:
        """Return the daily bars, oldest first; ``KeyError`` for a symbol that does not trade."""
        if (drawn := self.charts.get(symbol)) is not None:
            days = self.sessions[-len(drawn) :]
            return tuple(
                paths.Bar(day, one.open, one.high, one.low, one.close, int(one.volume))
                for day, one in zip(days, drawn, strict=True)
            )
        return paths.daily_bars(self.seed, symbol, self.plans[symbol], self.sessions)

    def option_chain(self, symbol: str, day: date) -> tuple[options.Contract, ...]:
        """Return the option chain of a session, by expiration and strike.

        Unusual contracts are in the chains of the newest session only.
        """
        close = next((bar.close for bar in self.bars(symbol) if bar.day == day), None)
        if close is None:
            return ()
        assigned = options.assign(self.scenarios)
        scenario = next((name for name, symbols in assigned.items() if symbol in symbols), None)
        return options.option_chain(self.seed, symbol, close, day, scenario if day == self.as_of else None)

    def filings(self, day: date) -> tuple[Filing, ...]:
        """Return the filings that EDGAR accepted on ``day``, in the order of acceptance."""
        filed = self._filings.get(day)
        if filed is None:
            statements = insiders.filings_of(self.seed, self.as_of, day, self.scenarios, self.by_symbol)
            reports = current_reports.reports_of(self.seed, self.as_of, day, self._plain, self.by_symbol)
            filed = tuple(sorted((*statements, *reports), key=lambda filing: filing.accepted))
            self._filings[day] = filed
        return filed

    def ratings(self, symbol: str) -> tuple[ratings.Rating, ...]:
        """Return the monthly ratings of a listed company, newest first; none for any other symbol."""
        if not self._is_company(symbol):
            return ()
        return ratings.ratings(self.seed, symbol, self.as_of, self.scenarios)

    def past_quarters(self, symbol: str) -> list[calendar.Earnings]:
        """Return the last four reports of a listed company, newest first; none for any other symbol."""
        if not self._is_company(symbol):
            return []
        return calendar.past_quarters(self.seed, symbol, self.as_of)

    def _is_company(self, symbol: str) -> bool:
        listing = self.by_symbol.get(symbol)
        return listing is not None and listing.kind is Kind.COMMON


def shared_market(seed: int = 7, as_of: date = DEFAULT_AS_OF, companies: int = 340) -> Market:
    """Return one market per process for each set of arguments, so that its data is generated once."""
    return _shared(seed, as_of, companies)


_shared = lru_cache(maxsize=4)(Market)


def _is_plain(listing: Listing) -> bool:
    """Whether a company may get a scenario: a symbol of four letters that is no word and has no class."""
    return listing.kind is Kind.COMMON and len(listing.symbol) == 4 and listing.symbol not in WORD_TICKERS
