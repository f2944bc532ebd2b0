"""``insider_buying``: companies whose officers, directors or large holders bought shares (SEC Form 4).

One index per business day lists the filings; each filing is one request. Only purchases count: code P,
shares acquired for a price, no derivative, no equity swap. :mod:`.purchases` extracts them,
:mod:`.amendments` applies corrections, :mod:`.clusters` scores the insiders of one company together.

A day has about a thousand filings, and the SEC allows ten requests per second: the first scan of a day
takes minutes. Filings are cached, so the next scan continues one that was cut, and later scans request new
filings only. Insiders of one company are counted together over ``cluster_days``. Of the days before the
newest ``lookback_days``, only the filings of companies with a new purchase are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Direction
from tradingagents.discovery.scanners.edgar.days import business_days
from tradingagents.discovery.scanners.edgar.groups import first_filings, linked_filings, read_groups
from tradingagents.discovery.scanners.insider_buying.amendments import effective_statements, restates_before
from tradingagents.discovery.scanners.insider_buying.clusters import Cluster
from tradingagents.discovery.scanners.insider_buying.filings import FORMS, EarlierFilings, Form4Filings
from tradingagents.discovery.scanners.insider_buying.purchases import (
    MAX_DELAY_DAYS,
    Purchase,
    Statement,
    by_issuer,
    implausible,
    purchases_of,
)
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.base import Seconds
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.sec.index import group_filings

__all__ = ["InsiderBuying", "InsiderBuyingSettings"]


class InsiderBuyingSettings(ScannerSettings):
    """``scanners.insider_buying``."""

    limit: int | None = Field(20, ge=1)
    timeout_seconds: Seconds | None = Field(
        180.0,
        description="Timeout, from the scanner's own start: a first scan of a day sends about a thousand "
        "requests, ten a second; their answers are cached. None: `scanner_execution.timeout_seconds`.",
    )
    lookback_days: int = Field(
        1,
        ge=1,
        le=60,
        description="Business days of filings that are searched for a new purchase. A day that is still open "
        "for filing is added.",
    )
    cluster_days: int = Field(
        10,
        ge=1,
        le=60,
        description="Business days over which the purchases of a company's insiders are counted together.",
    )
    min_value_usd: float = Field(
        25_000,
        ge=0,
        description="Smallest value of those purchases, all insiders together, in US dollars.",
    )
    max_filings: int | None = Field(
        None,
        ge=1,
        description="Most filings of the lookback days that a scan reads, companies with the most filings "
        "first. None: all.",
    )


class InsiderBuying(BaseScanner[InsiderBuyingSettings]):
    """Finds companies with an insider purchase in the last ``lookback_days``.

    The insiders of a company must have bought for ``min_value_usd`` in total in the last ``cluster_days``.
    """

    name, pipeline, strategy = "insider_buying", "edge", "insider_buying"
    evidence_kinds = ("form4_purchase",)
    listed_only = True

    @classmethod
    def unit(cls, settings: InsiderBuyingSettings) -> str:
        """See :class:`BaseScanner`."""
        return "filings"

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield company by company, most filings first; those already read survive a deadline.

        Raises as :func:`business_days` does, and the first error when no filing at all can be read.
        """
        source, until = Form4Filings(self), self.trade_date(state)
        listed = business_days(self, until, self.settings.lookback_days, partial(source.listed_on, until))
        filings = group_filings((row for day in sorted(listed) for row in listed[day]), FORMS)
        self.count("filings listed", len(filings))
        groups = first_filings(linked_filings(filings), self.settings.max_filings)
        self.count("not read, over max_filings", len(filings) - sum(map(len, groups)))
        earlier_days = max(self.settings.cluster_days - self.settings.lookback_days, 0)
        earlier = EarlierFilings(self, source, min(listed), earlier_days, of=len(filings))
        for answers in read_groups(self, groups, source.read, of=len(filings)):
            self.count("filings read", len(answers))
            for issuer_filings in by_issuer(Statement(ref, filing) for ref, filing in answers):
                if (cluster := self._cluster(issuer_filings, earlier)) is not None:
                    yield from self._candidates(cluster, source)

    def _cluster(self, new: list[Statement], earlier: EarlierFilings) -> Cluster | None:
        """Return the purchases of one issuer; None without a new one, or below ``min_value_usd``."""
        statements = [*new, *(earlier.before(new) if any(purchases_of(new)) else ())]
        effective = effective_statements(statements)
        self.count("filings restated by an amendment", len(statements) - len(effective))
        recent = [one for one in effective if not restates_before(one, earlier.first_day)]
        self.count("amendments to filings from before the window", len(effective) - len(recent))
        purchases = tuple(self._plausible(recent))
        if not any(_is_new(one, earlier.first_new_day) for one in purchases):
            self.count("companies without a purchase")
            return None
        cluster = Cluster(purchases[-1].statement.filing.issuer, purchases)
        if cluster.value_usd < self.settings.min_value_usd:
            self.count("companies below min_value_usd")
            return None
        return cluster

    def _plausible(self, statements: list[Statement]) -> Iterator[Purchase]:
        for purchase in purchases_of(statements):
            if purchase.days_late > MAX_DELAY_DAYS:
                self.count(f"purchases filed more than {MAX_DELAY_DAYS} days after the trade")
            elif (doubt := implausible(purchase, statements)) is None:
                yield purchase
            else:
                self.count("implausible purchases")
                self._reject(purchase, doubt)

    def _reject(self, purchase: Purchase, doubt: str) -> None:
        rejected = {
            "ticker": purchase.statement.filing.issuer.symbol,
            "accession": purchase.statement.ref.accession,
            "shares": purchase.shares,
            "price": purchase.price,
        }
        self.recorder.reject(rejected, f"implausible: {doubt}")

    def _candidates(self, cluster: Cluster, source: Form4Filings) -> Iterator[Candidate]:
        ticker = source.ticker(cluster.issuer)
        if ticker is None:
            self.count("companies without a listed symbol")
            return
        self.count("companies with purchases")
        yield self.candidate(
            ticker,
            cluster.context,
            priority=cluster.priority,
            # Purchases by insiders, above all several together, precede rises (Cohen et al. 2012).
            direction=Direction.UP,
            score=cluster.score,
            evidence=cluster.evidence(self.vendors.sec.filing_url),
        )


def _is_new(purchase: Purchase, first_new_day: date) -> bool:
    statement = purchase.statement
    return statement.ref.filed >= first_new_day and not restates_before(statement, first_new_day)
