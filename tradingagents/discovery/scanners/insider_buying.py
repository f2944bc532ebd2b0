"""``insider_buying``: companies whose officers, directors or large holders bought shares (SEC Form 4).

One index a business day says who filed; one request a filing says what. Only purchases count: code P,
shares acquired for a price, no derivative, no equity swap. How purchases are told apart stands in
``insider_purchases``, how they are ranked in ``insider_clusters``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from pydantic import Field

from tradingagents.discovery.candidate import Candidate
from tradingagents.discovery.config import ScannerSettings, Seconds
from tradingagents.discovery.scanners.base import BaseScanner
from tradingagents.discovery.scanners.edgar_days import business_days
from tradingagents.discovery.scanners.filing_groups import first_filings, linked_filings, read_groups
from tradingagents.discovery.scanners.insider_calls import FORMS, EdgarCalls
from tradingagents.discovery.scanners.insider_clusters import Cluster
from tradingagents.discovery.scanners.insider_purchases import (
    Purchase,
    Statement,
    by_issuer,
    drop_restated,
    implausible,
    purchases_of,
    restates_before,
)
from tradingagents.discovery.vendors.sec_index import group_filings

__all__ = ["InsiderBuying", "InsiderBuyingSettings"]


class InsiderBuyingSettings(ScannerSettings):
    """``scanners.insider_buying``."""

    limit: int | None = Field(20, ge=1)
    timeout_seconds: Seconds | None = 60
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
        calls, until = EdgarCalls(self), self.trade_date(state)
        listed = business_days(self, until, self.settings.lookback_days, partial(calls.rows_of, until))
        filings = group_filings((row for day in sorted(listed) for row in listed[day]), FORMS)
        self.step("filings listed", len(filings))
        groups = first_filings(linked_filings(filings), self.settings.max_filings)
        self.step("not read, over max_filings", len(filings) - sum(map(len, groups)))
        for answers in read_groups(self, groups, calls.read, of=len(filings)):
            statements = [Statement(ref, filing) for ref, filing in answers]
            self.step("filings read", len(statements))
            for own in by_issuer(statements):
                if (cluster := self._cluster(own, min(listed))) is not None:
                    yield from self._candidates(cluster, calls)

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
