"""``insider_buying``: companies whose officers, directors or large holders bought shares (SEC Form 4).

One index a business day says who filed; one request a filing says what. Only purchases count: code P,
shares acquired for a price, no derivative, no equity swap. How purchases are told apart stands in
``insider_purchases``, how they are ranked in ``insider_clusters``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any

from pydantic import Field

from tradingagents.discovery.candidate import Candidate
from tradingagents.discovery.config import ScannerSettings
from tradingagents.discovery.errors import FetchError, NoDataError, StaleDataError
from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.scanners.base import BaseScanner
from tradingagents.discovery.scanners.insider_calls import FORMS, EdgarCalls
from tradingagents.discovery.scanners.insider_clusters import Cluster
from tradingagents.discovery.scanners.insider_filings import linked_filings
from tradingagents.discovery.scanners.insider_purchases import (
    Purchase,
    Statement,
    by_issuer,
    drop_restated,
    implausible,
    purchases_of,
    restates_before,
)
from tradingagents.discovery.vendors.sec_index import FilingRef, IndexRow, group_filings

__all__ = ["InsiderBuying", "InsiderBuyingSettings"]

_STALE = timedelta(days=5)  # the longest the SEC stays closed is four days


class InsiderBuyingSettings(ScannerSettings):
    """``scanners.insider_buying``."""

    limit: int | None = Field(20, ge=1)
    lookback_days: int = Field(1, ge=1, le=60)
    min_value_usd: float = Field(25_000, ge=0)
    max_filings: int = Field(400, ge=1)


class InsiderBuying(BaseScanner):
    """Puts forward each company whose insiders together bought for ``min_value_usd`` in the window."""

    name, pipeline, strategy = "insider_buying", "edge", "insider_buying"
    evidence_kinds = ("form4_purchase",)
    Settings = InsiderBuyingSettings

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield company by company, so that a cut keeps those already read.

        Raises ``StaleDataError`` or ``NoDataError`` when EDGAR lists no filings in the five days to the
        trade date, and what EDGAR refuses with when it refuses everything.
        """
        calls = EdgarCalls(self)
        first_day, rows = self._window(calls, self.trade_date(state))
        filings = group_filings(rows, FORMS)
        self.step("filings listed", len(filings))
        for statements in self._read(calls, linked_filings(filings), len(filings)):
            self.step("filings read", len(statements))
            for own in by_issuer(statements):
                if (cluster := self._cluster(own, first_day)) is not None:
                    yield from self._candidates(cluster, calls)

    def _window(self, calls: EdgarCalls, until: date) -> tuple[date, list[IndexRow]]:
        """Return the first day and the rows of ``lookback_days`` business days that end at ``until``.

        Business days are guessed to be weekdays and asked for at once; each that turns out to be none is
        made up for by one more.
        """
        missing = self.settings.lookback_days
        listed: dict[date, list[IndexRow]] = {}
        failure: FetchError | None = None
        days = (until - timedelta(days=back) for back in range(_STALE.days + 1 + 2 * missing))
        weekdays = (day for day in days if day.isoweekday() <= 5)
        while missing and (batch := list(islice(weekdays, missing))):
            answers = self.map(partial(calls.rows_of, until), batch)
            for day in batch:
                try:
                    listed[day] = next(answers)
                except NoDataError:
                    continue
                except FetchError as error:
                    self.trouble(verdict_of_error(error).reason, f"filings of {day}: {error}")
                    failure = failure or error
                missing -= 1
        if not listed:
            raise failure or NoDataError(f"sec: it lists no filings in the days to {until}")
        if failure is None and until - max(listed) > _STALE:
            raise StaleDataError(f"sec: the newest filings it lists before {until} are of {max(listed)}")
        return min(listed), [row for day in sorted(listed) for row in listed[day]]

    def _read(
        self, calls: EdgarCalls, groups: list[list[FilingRef]], listed: int
    ) -> Iterator[list[Statement]]:
        """Read up to ``max_filings``, and yield each group as soon as the last of it was read."""
        chosen = [(one, rank) for rank, group in enumerate(groups) for one in group][
            : self.settings.max_filings
        ]
        self.step("not read, over max_filings", listed - len(chosen))
        rank_of = dict(chosen)
        last = {rank: one for one, rank in chosen}
        held: list[Statement] = []
        for ref, filing in self.gather(calls.read, rank_of, of=listed):
            if held and rank_of[held[-1].ref] != rank_of[ref]:  # the last of that group could not be had
                yield held
                held = []
            held.append(Statement(ref, filing))
            if last[rank_of[ref]] == ref:
                yield held
                held = []
        if held:
            yield held

    def _cluster(self, statements: list[Statement], first_day: date) -> Cluster | None:
        """Return what all filings of one issuer amount to; None below ``min_value_usd``."""
        in_force = drop_restated(statements)
        self.step("filings restated by an amendment", len(statements) - len(in_force))
        news = [one for one in in_force if not restates_before(one, first_day)]
        self.step("amendments of filings from before the window", len(in_force) - len(news))
        purchases = tuple(self._believed(news))
        if not purchases:
            self.step("companies without a purchase")
            return None
        cluster = Cluster(purchases[-1].statement.filing.issuer, purchases)
        if cluster.value_usd < self.settings.min_value_usd:
            self.step("companies below min_value_usd")
            return None
        return cluster

    def _believed(self, statements: list[Statement]) -> Iterator[Purchase]:
        for purchase in purchases_of(statements):
            if (doubt := implausible(purchase, statements)) is None:
                yield purchase
                continue
            self.step("purchases that cannot be believed")
            told = {
                "ticker": purchase.statement.filing.issuer.symbol,
                "accession": purchase.statement.ref.accession,
                "shares": purchase.shares,
                "price": purchase.price,
            }
            self.recorder.reject(told, f"implausible: {doubt}")

    def _candidates(self, cluster: Cluster, calls: EdgarCalls) -> Iterator[Candidate]:
        ticker = calls.ticker(cluster.issuer)
        if ticker is None:
            self.step("companies without a listed symbol")
            return
        self.step("companies with purchases")
        yield Candidate(
            ticker=ticker,
            source=self.name,
            context=cluster.context,
            priority=cluster.priority,
            strategy=self.strategy,
            score=cluster.score,
            evidence=tuple(cluster.evidence(self.vendors.sec.filing_url)),
        )
