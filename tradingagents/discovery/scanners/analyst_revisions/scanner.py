"""``analyst_revisions``: companies whose mean analyst rating rose (Finnhub's recommendation trends).

The figures are monthly counts of opinions. A rise is a change of the consensus; it is no "upgrade" by
anybody, because an analyst who begins or ends coverage moves the mean as well, and nothing here says so.

A company costs one request, and a minute's quota is far below a market. So each run asks about at most
``max_tickers``: those of the settings or the state, else those that report soon (with half of the requests,
where the universe can use the rest), and with what is left those of ``universe``; in each case the ones asked
longest ago. The coverage says how much of the whole that was.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.model.candidate import Evidence, Priority, normalise_ticker
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DeadlineExceeded,
    FetchError,
    InvalidCandidate,
    NoDataError,
    Permanent,
    RateLimited,
    StaleDataError,
    Transient,
)
from tradingagents.discovery.scanners.analyst_revisions.ratings import LATER, OLD, newest_two
from tradingagents.discovery.scanners.earnings.reports import upcoming_reports
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.rotation import Rotation
from tradingagents.discovery.settings.settings import ScannerSettings
from tradingagents.discovery.vendors.finnhub.records import RatingMonth

__all__ = ["AnalystRevisions", "AnalystRevisionsSettings"]

_HIGH_FACTOR = 3  # times min_shift
_SHARE = 0.5  # of the requests, for those that report soon where there is a universe
_LAST_SECONDS = 0.5  # of the scanner's time, in which a request that ran out of it is no longer told apart


def _ticker(text: str) -> str:
    try:
        return normalise_ticker(text)
    except InvalidCandidate as error:
        raise ValueError(error.reason) from None


Ticker = Annotated[str, AfterValidator(_ticker)]


class AnalystRevisionsSettings(ScannerSettings):
    """``scanners.analyst_revisions``. ``min_shift`` is on the scale of 1 (strong sell) to 5 (strong buy)."""

    limit: int | None = Field(default=10, ge=1)
    tickers: list[Ticker] = Field(default_factory=list)
    universe: list[Ticker] = Field(default_factory=list)
    max_tickers: int = Field(default=40, ge=1, le=1_000)
    days_ahead: int = Field(default=7, ge=0, le=90)
    min_shift: float = Field(default=0.1, gt=0, le=4)
    min_analysts: int = Field(default=3, ge=1)


class AnalystRevisions(BaseScanner):
    """Puts forward rises of the mean rating by ``min_shift`` or more in a month; the rise is the score."""

    name, pipeline, strategy = "analyst_revisions", "events", "consensus_up"
    evidence_kinds = ("analyst_consensus",)
    Settings = AnalystRevisionsSettings

    _rotation: Rotation
    _lacking: Counter[str]
    _without: list[str]  # those of whom Finnhub has no ratings, from several threads

    @classmethod
    def calendar_days(cls, settings: Any) -> tuple[int, int]:
        """See :class:`BaseScanner`; with tickers of its own it reads no calendar."""
        return 0, 0 if settings.tickers else int(settings.days_ahead)

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield in the order of the lists: as given, or by date of the report, then as in ``universe``."""
        today = self.trade_date(state)
        named = self._named(state)
        first = named or self._reporting_soon(today)
        rest = [ticker for ticker in dict.fromkeys(self.settings.universe) if ticker not in set(first)]
        now = current_deadline().clock.now()
        with closing(Rotation(self.vendors.state_file("rotation"), self.name, now)) as self._rotation:
            turns = self._turns(first, rest, share=1.0 if named else _SHARE)
            picked = [ticker for ticker in [*first, *rest] if ticker in turns]
            self.step("tickers", len(first) + len(rest))
            self.step("left for later runs", len(first) + len(rest) - len(picked))
            compared, self._lacking, self._without = False, Counter(), []
            for ticker, months in self.gather(self._months, picked, of=len(first) + len(rest)):
                if (pair := self._comparable(months, today)) is None:
                    continue
                compared = True
                if candidate := self._judged(ticker, *pair):
                    yield candidate
            if not compared and picked:
                self._say_what_was_lacking(today, len(picked))

    def _reporting_soon(self, today: date) -> list[str]:
        """Return who reports soon; without a calendar nobody, where a universe is left to ask about."""
        try:
            return list(upcoming_reports(self, today, self.settings.days_ahead))
        except (FetchError, NoDataError) as error:
            if not self.settings.universe:
                raise
            self.trouble(verdict_of_error(error).reason, f"nobody is known to report soon: {error}")
            return []

    def _named(self, state: dict[str, Any]) -> list[str]:
        if self.settings.tickers:
            return list(dict.fromkeys(self.settings.tickers))
        given: dict[str, None] = {}
        for text in state.get("tickers") or ():
            try:
                given[normalise_ticker(text)] = None
            except InvalidCandidate:
                self.step("not a ticker")
        return list(given)

    def _turns(self, first: Sequence[str], rest: Sequence[str], share: float) -> set[str]:
        """Return whose turn it is; ``first`` gets its share, and what ``rest`` does not need."""
        most = self.settings.max_tickers
        room = max(math.ceil(most * share), most - len(rest))
        ahead = self._rotation.longest_ago(first)[:room]
        return {*ahead, *self._rotation.longest_ago(rest)[: most - len(ahead)]}

    def _months(self, ticker: str) -> list[RatingMonth]:
        vendor = self.vendors.finnhub
        try:
            months: list[RatingMonth] = self.ask(
                "finnhub.recommendation_trends",
                {"symbol": ticker},
                lambda: vendor.recommendation_trends(ticker),
                lambda months: f"{len(months)} months, the newest {months[0].period}",
            )
        except (NoDataError, BadPayload, Permanent) as error:
            self._rotation.note([ticker])  # asking sooner than the others would bring the same
            if isinstance(error, NoDataError):
                self._without.append(ticker)
                self.step("no ratings")
            raise
        except (Transient, Auth):  # Finnhub answers 403 for a company that a plan leaves out
            self._rotation.note_failure(ticker)
            raise
        except DeadlineExceeded as error:
            if current_deadline().remaining() < _LAST_SECONDS:
                raise
            raise RateLimited("finnhub", f"left for a later run: {error}") from None
        self._rotation.note([ticker])
        return months

    def _comparable(
        self, months: Sequence[RatingMonth], today: date
    ) -> tuple[RatingMonth, RatingMonth] | None:
        found = newest_two(months, today)
        if isinstance(found, tuple):
            return found
        self._lacking[found] += 1
        self.step(found)
        return None

    def _say_what_was_lacking(self, today: date, asked: int) -> None:
        """Raise where no answer was of the day, for then nothing was seen that could be judged."""
        if len(self._without) == asked:
            raise NoDataError(f"finnhub: no ratings of any of {asked} companies")
        if count := self._lacking[OLD]:
            raise StaleDataError(f"finnhub: {OLD} of {today}, of any of {count} companies")
        if count := self._lacking[LATER]:
            raise NoDataError(f"finnhub: {LATER} than {today}, of {count} companies")

    def _judged(self, ticker: str, newest: RatingMonth, before: RatingMonth) -> dict[str, Any] | None:
        if min(newest.analysts, before.analysts) < self.settings.min_analysts:
            self.step("fewer analysts than min_analysts")
            return None
        shift = round(newest.mean - before.mean, 9)  # so that 0.1 of 40 analysts is not a hair below 0.1
        if shift < self.settings.min_shift:
            self.step("unchanged or lower" if shift <= 0 else "below min_shift")
            return None
        urgent = shift >= _HIGH_FACTOR * self.settings.min_shift
        return {
            "ticker": ticker,
            "context": (
                f"analysts' mean rating rose by {shift:.2f} to {newest.mean:.2f} of 5 from {before.period} "
                f"({before.analysts} analysts) to {newest.period} ({newest.analysts}): the consensus shifted"
            ),
            "priority": Priority.HIGH if urgent else Priority.MEDIUM,
            "score": shift,
            "evidence": [self._evidence(ticker, month) for month in (newest, before)],
        }

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
