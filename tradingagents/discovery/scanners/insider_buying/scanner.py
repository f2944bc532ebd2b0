"""``insider_buying``: companies whose officers, directors or large holders bought shares (SEC Form 4).

One index a business day says who filed; one request a filing says what. Only purchases count: code P, shares
acquired for a price, no derivative, no equity swap. How purchases are told apart stands in
``insider_purchases``, what amendments leave of them in ``insider_amendments``, how they are ranked in
``insider_clusters``.

A day has some thousand filings, and the SEC allows ten requests a second: the first scan of a day takes
minutes. Filings are kept, so that one cut short is gone on with by the next, and later scans ask for what is
new alone. Insiders of one company are counted together over ``cluster_days``; of the days before the newest
only filings of those companies are read that have a purchase on the newest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.scanners.edgar.days import business_days
from tradingagents.discovery.scanners.edgar.groups import first_filings, linked_filings, read_groups
from tradingagents.discovery.scanners.insider_buying.amendments import in_force, restates_before
from tradingagents.discovery.scanners.insider_buying.clusters import Cluster
from tradingagents.discovery.scanners.insider_buying.edgar import FORMS, EdgarCalls
from tradingagents.discovery.scanners.insider_buying.history import InsiderHistory
from tradingagents.discovery.scanners.insider_buying.purchases import (
    MAX_DELAY_DAYS,
    Purchase,
    Statement,
    by_issuer,
    implausible,
    purchases_of,
)
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.settings import ScannerSettings, Seconds
from tradingagents.discovery.vendors.sec.index import group_filings

__all__ = ["InsiderBuying", "InsiderBuyingSettings"]


class InsiderBuyingSettings(ScannerSettings):
    """``scanners.insider_buying``. Days are business days."""

    limit: int | None = Field(20, ge=1)
    timeout_seconds: Seconds | None = 180
    lookback_days: int = Field(1, ge=1, le=60)
    cluster_days: int = Field(10, ge=1, le=60)
    min_value_usd: float = Field(25_000, ge=0)
    max_filings: int | None = Field(None, ge=1)


class InsiderBuying(BaseScanner):
    """Puts forward each company with a purchase in the last ``lookback_days``, if its insiders together
    bought for ``min_value_usd`` in the last ``cluster_days``.
    """

    name, pipeline, strategy = "insider_buying", "edge", "insider_buying"
    evidence_kinds = ("form4_purchase",)
    listed_only = True
    Settings = InsiderBuyingSettings

    @classmethod
    def unit(cls, settings: Any) -> str:
        return "filings"

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield company by company, most filings first, so that a cut keeps those already read.

        Raises ``StaleDataError`` or ``NoDataError`` when EDGAR lists no filings in the five days to the
        trade date, and what EDGAR refuses with when it refuses everything.
        """
        calls, until = EdgarCalls(self), self.trade_date(state)
        listed = business_days(self, until, self.settings.lookback_days, partial(calls.rows_of, until))
        filings = group_filings((row for day in sorted(listed) for row in listed[day]), FORMS)
        self.step("filings listed", len(filings))
        groups = first_filings(linked_filings(filings), self.settings.max_filings)
        self.step("not read, over max_filings", len(filings) - sum(map(len, groups)))
        earlier_days = max(self.settings.cluster_days - self.settings.lookback_days, 0)
        history = InsiderHistory(self, calls, min(listed), earlier_days, of=len(filings))
        for answers in read_groups(self, groups, calls.read, of=len(filings)):
            self.step("filings read", len(answers))
            for own in by_issuer(Statement(ref, filing) for ref, filing in answers):
                if (cluster := self._cluster(own, history)) is not None:
                    yield from self._candidates(cluster, calls)

    def _cluster(self, new: list[Statement], history: InsiderHistory) -> Cluster | None:
        """Return what the filings of one issuer amount to; None without news, or below ``min_value_usd``."""
        told = [*new, *(history.before(new) if any(purchases_of(new)) else ())]
        standing = in_force(told)
        self.step("filings restated by an amendment", len(told) - len(standing))
        recent = [one for one in standing if not restates_before(one, history.first_day)]
        self.step("amendments of filings from before the window", len(standing) - len(recent))
        purchases = tuple(self._believed(recent))
        if not any(_is_news(one, history.first_new_day) for one in purchases):
            self.step("companies without a purchase")
            return None
        cluster = Cluster(purchases[-1].statement.filing.issuer, purchases)
        if cluster.value_usd < self.settings.min_value_usd:
            self.step("companies below min_value_usd")
            return None
        return cluster

    def _believed(self, statements: list[Statement]) -> Iterator[Purchase]:
        for purchase in purchases_of(statements):
            if purchase.days_late > MAX_DELAY_DAYS:
                self.step("purchases filed long after they were made")
            elif (doubt := implausible(purchase, statements)) is None:
                yield purchase
            else:
                self.step("purchases that cannot be believed")
                self._reject(purchase, doubt)

    def _reject(self, purchase: Purchase, doubt: str) -> None:
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


def _is_news(purchase: Purchase, first_new_day: date) -> bool:
    statement = purchase.statement
    return statement.ref.filed >= first_new_day and not restates_before(statement, first_new_day)
