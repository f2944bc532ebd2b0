"""``analyst_revisions``: companies whose mean analyst rating rose (Finnhub's recommendation trends).

The figures are monthly counts of ratings. A rise is a change of the consensus, not an "upgrade": an analyst
who starts or drops coverage moves the mean as well.

Each company costs one request, and the quota is far below the size of the market. So a run requests at most
``max_tickers`` companies: first the tickers of the settings or the watchlist, or else the companies that
report soon (up to half of the requests when the universe can use the rest), then those of ``universe``; in
each group the ones requested longest ago. The coverage reports the fraction of the whole.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from pydantic import Field

from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    DeadlineExceeded,
    FetchError,
    NoDataError,
    RateLimited,
    StaleDataError,
)
from tradingagents.discovery.scanners.analyst_revisions.ratings import LATER, OLD, newest_two
from tradingagents.discovery.scanners.earnings.reports import upcoming_reports
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.needs import Directory, EarningsCalendar, Need
from tradingagents.discovery.settings.sections import ScannerSettings, Ticker
from tradingagents.discovery.vendors.finnhub.records import RatingMonth

__all__ = ["AnalystRevisions", "AnalystRevisionsSettings"]

_HIGH_FACTOR = 3  # times min_shift
_SOON_SHARE = 0.5  # of the requests, for companies that report soon, when there is a universe
_LAST_SECONDS = 0.5  # with less time left than this, a request that timed out means the scanner's deadline


class AnalystRevisionsSettings(ScannerSettings):
    """``scanners.analyst_revisions``."""

    limit: int | None = Field(10, ge=1)
    tickers: list[Ticker] = Field(
        [], description="Tickers to compare. Empty: the watchlist, or else companies that report soon."
    )
    universe: list[Ticker] = Field(
        [],
        description="Further tickers, for the requests that are left; half of all requests are reserved for "
        "them where no tickers are named. Those requested longest ago come first, so that several runs cover "
        "all.",
    )
    max_tickers: int = Field(
        40,
        ge=1,
        le=1_000,
        description="Most tickers of a run, one request each. Finnhub's free plan allows 60 a minute.",
    )
    days_ahead: int = Field(
        7, ge=0, le=90, description="Latest report that is soon, in calendar days after the trade date."
    )
    min_shift: float = Field(
        0.1,
        gt=0,
        le=4,
        description="Smallest rise of the mean rating in a month, on a scale of 1 (strong sell) to 5 (strong "
        "buy).",
    )
    min_analysts: int = Field(
        3,
        ge=1,
        description="Fewest analysts in both months: with two, one who joins moves the mean a lot.",
    )


class AnalystRevisions(BaseScanner[AnalystRevisionsSettings]):
    """Finds companies whose mean rating rose by ``min_shift`` or more in a month; the rise is the score."""

    name, pipeline, strategy = "analyst_revisions", "events", "consensus_up"
    evidence_kinds = ("analyst_consensus",)

    _unusable: Counter[str]  # companies by the reason why their ratings cannot be compared
    _unrated: list[str]  # companies without ratings; appended to by several threads

    @classmethod
    def needs(cls, settings: AnalystRevisionsSettings) -> Iterable[Need]:
        """See :class:`BaseScanner`; with configured tickers it reads no calendar."""
        return [] if settings.tickers else [EarningsCalendar(days_ahead=settings.days_ahead), Directory()]

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in the order given, or by report date; then in the order of ``universe``."""
        today = self.trade_date(state)
        named = self._named(state)
        first = named or self._reporting_soon(today)
        rest = [ticker for ticker in dict.fromkeys(self.settings.universe) if ticker not in set(first)]
        turns = self._turns(first, rest, share=1.0 if named else _SOON_SHARE)
        picked = [ticker for ticker in [*first, *rest] if ticker in turns]
        self.count("tickers", len(first) + len(rest))
        self.count("left for later runs", len(first) + len(rest) - len(picked))
        compared, self._unusable, self._unrated = False, Counter(), []
        for ticker, months in self.gather(self._months, picked, of=len(first) + len(rest)):
            if (pair := self._comparable(months, today)) is None:
                continue
            compared = True
            if candidate := self._judge(ticker, *pair):
                yield candidate
        if not compared and picked:
            self._raise_if_nothing_usable(today, len(picked))

    def _reporting_soon(self, today: date) -> list[str]:
        """Return the companies that report soon; none when the calendar fails and a universe remains."""
        try:
            return list(upcoming_reports(self, today, self.settings.days_ahead))
        except (FetchError, NoDataError) as error:
            if not self.settings.universe:
                raise
            self.degrade(verdict_of_error(error).reason, f"earnings calendar unavailable: {error}")
            return []

    def _named(self, state: dict[str, Any]) -> list[str]:
        if self.settings.tickers:
            return list(dict.fromkeys(self.settings.tickers))
        return self.watchlist(state)

    def _turns(self, first: Sequence[str], rest: Sequence[str], share: float) -> set[str]:
        """Return the tickers to request; ``first`` gets its share, and what ``rest`` does not use."""
        most = self.settings.max_tickers
        room = max(math.ceil(most * share), most - len(rest))
        ahead = self.rotation.take(first, room)
        return {*ahead, *self.rotation.take(rest, most - len(ahead))}

    def _months(self, ticker: str) -> list[RatingMonth]:
        vendor = self.vendors.finnhub
        try:
            months: list[RatingMonth] = self.ask(
                "finnhub.recommendation_trends",
                {"symbol": ticker},
                lambda: vendor.recommendation_trends(ticker),
                lambda months: f"{len(months)} months, the newest {months[0].period}",
            )
        except NoDataError:
            self._unrated.append(ticker)
            self.count("no ratings")
            raise
        except DeadlineExceeded as error:
            if current_deadline().remaining() < _LAST_SECONDS:
                raise
            raise RateLimited("finnhub", f"left for a later run: {error}") from None
        return months

    def _comparable(
        self, months: Sequence[RatingMonth], today: date
    ) -> tuple[RatingMonth, RatingMonth] | None:
        found = newest_two(months, today)
        if isinstance(found, tuple):
            return found
        self._unusable[found] += 1
        self.count(found)
        return None

    def _raise_if_nothing_usable(self, today: date, requested: int) -> None:
        """Raise when all ratings were absent, outdated or of the future: no data is not "no rise"."""
        if len(self._unrated) == requested:
            raise NoDataError(f"finnhub: no ratings for any of {requested} companies")
        if count := self._unusable[OLD]:
            raise StaleDataError(f"finnhub: {OLD}, as of {today}, for {count} companies")
        if count := self._unusable[LATER]:
            raise NoDataError(f"finnhub: {LATER}, as of {today}, for {count} companies")

    def _judge(self, ticker: str, newest: RatingMonth, before: RatingMonth) -> Candidate | None:
        if min(newest.analysts, before.analysts) < self.settings.min_analysts:
            self.count("below min_analysts")
            return None
        shift = round(newest.mean - before.mean, 9)  # so that 0.1 is not 0.0999...
        if shift < self.settings.min_shift:
            self.count("rating unchanged or lower" if shift <= 0 else "below min_shift")
            return None
        urgent = shift >= _HIGH_FACTOR * self.settings.min_shift
        return self.candidate(
            ticker,
            (
                f"analysts' mean rating rose by {shift:.2f} to {newest.mean:.2f} of 5 from {before.period} "
                f"({before.analysts} analysts) to {newest.period} ({newest.analysts}): the consensus shifted"
            ),
            priority=Priority.HIGH if urgent else Priority.MEDIUM,
            # A rise of the mean rating precedes rises (Jegadeesh et al. 2004); only rises are put forward.
            direction=Direction.UP,
            score=shift,
            evidence=tuple(self._evidence(ticker, month) for month in (newest, before)),
        )

    def _evidence(self, ticker: str, month: RatingMonth) -> Evidence:
        return Evidence(
            vendor="finnhub",
            kind="analyst_consensus",
            as_of=month.period.isoformat(),
            id=f"stock/recommendation/{ticker}/{month.period}",
            url=self.vendors.finnhub.address("stock/recommendation", symbol=ticker),
            values={
                "symbol": ticker,
                "strong_buy": month.strong_buy,
                "buy": month.buy,
                "hold": month.hold,
                "sell": month.sell,
                "strong_sell": month.strong_sell,
                "mean": round(month.mean, 6),
            },
        )
