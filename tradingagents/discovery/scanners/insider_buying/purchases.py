"""The purchases that a set of Form 4 filings reports: each once, and only plausible ones. Pure functions.

Code ``P`` is a purchase in the open market or in a private transaction; the form does not distinguish them.
Source of the codes: SEC, Form 4, General Instruction 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tradingagents.discovery.vendors.sec.form4 import Owner, OwnershipFiling, Transaction
from tradingagents.discovery.vendors.sec.index import FilingRef

__all__ = [
    "MAX_DELAY_DAYS",
    "Purchase",
    "Statement",
    "by_issuer",
    "implausible",
    "is_share",
    "purchases_of",
]

MAX_VALUE_USD = 10_000_000_000
MAX_PRICE_RATIO = 100
MAX_DELAY_DAYS = 30
"""Longest time from a purchase to its first filing, in calendar days. The law allows about four."""
_MARKET_CODES = frozenset("PSF")  # priced by the market, unlike exercises and grants


@dataclass(frozen=True, slots=True)
class Statement:
    """A listed filing and its parsed contents."""

    ref: FilingRef
    filing: OwnershipFiling

    @property
    def owners(self) -> tuple[Owner, ...]:
        return self.filing.owners

    @property
    def owner_ciks(self) -> frozenset[int]:
        return frozenset(owner.cik for owner in self.filing.owners)

    @property
    def is_planned(self) -> bool:
        """Whether the trades were made under a 10b5-1 plan, and so decided long before."""
        return self.filing.plan_10b5_1 is True


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase row of a statement: ``shares`` bought at ``price`` US dollars each."""

    statement: Statement
    transaction: Transaction
    shares: float
    price: float

    @property
    def value_usd(self) -> float:
        return self.shares * self.price

    @property
    def is_free(self) -> bool:
        """Whether the buyer chose the time: in the market, and not under a 10b5-1 plan."""
        return not (self.statement.is_planned or self.transaction.placed)

    @property
    def days_late(self) -> int:
        """Calendar days from the trade to its filing; the law allows two business days.

        For an amendment, to the filing it amends, unless that day is before the trade or after its own.
        """
        day, filed = self.transaction.day, self.statement.ref.filed
        original = self.statement.filing.original_day
        first_filed = original if original is not None and day <= original <= filed else filed
        return (first_filed - day).days


def by_issuer(statements: Iterable[Statement]) -> list[list[Statement]]:
    """Group by issuer, in the order in which issuers first appear."""
    groups: dict[int, list[Statement]] = {}
    for statement in statements:
        groups.setdefault(statement.filing.issuer.cik, []).append(statement)
    return list(groups.values())


_TITLES = re.compile(
    r"\b(?:(common|ordinary|capital)|preferred|preference|warrants?|notes?|bonds?|debentures?|rights?|options?)\b",
    re.IGNORECASE,
)


def is_share(security: str) -> bool:
    """Whether a security title as filed names common shares, not preferred shares, a note or a warrant.

    The first keyword decides: common stock may come "with preferred stock purchase rights".
    """
    keyword = _TITLES.search(security)
    return keyword is None or keyword[1] is not None


def purchases_of(statements: Sequence[Statement]) -> Iterator[Purchase]:
    """Yield each purchase of one issuer's shares: acquired for a price above zero, and no equity swap.

    A group too large for one form files the same row twice: it counts once when the filings share an owner,
    or when the shares are held indirectly.
    """
    seen: dict[tuple[object, ...], list[Statement]] = {}
    for statement in statements:
        for row in statement.filing.transactions:
            if row.code != "P" or not row.acquired or row.equity_swap or not (row.shares and row.price):
                continue
            if not is_share(row.security):
                continue
            key = (row.security, row.day, row.shares, row.price, row.shares_following, row.direct)
            others = [other for other in seen.get(key, []) if other is not statement]
            seen.setdefault(key, []).append(statement)
            if any(not row.direct or other.owner_ciks & statement.owner_ciks for other in others):
                continue
            yield Purchase(statement, row, row.shares, row.price)


def implausible(purchase: Purchase, statements: Sequence[Statement]) -> str | None:
    """Return why a purchase is implausible, or None. ``statements`` are all of the same issuer.

    A typical error is the total in place of the price, so the price is compared with all other market
    prices in these filings.
    """
    if purchase.days_late < 0:
        return f"bought on {purchase.transaction.day}, but filed on {purchase.statement.ref.filed}"
    if purchase.value_usd > MAX_VALUE_USD:
        return f"{purchase.value_usd:,.0f} dollars in one purchase"
    others = list(_market_prices(statements, apart_from=purchase.transaction))
    if others and purchase.price > MAX_PRICE_RATIO * median(others):
        return f"a price of {purchase.price:,.2f} dollars, where others traded at {median(others):,.2f}"
    return None


def _market_prices(statements: Sequence[Statement], apart_from: Transaction) -> Iterator[float]:
    for statement in statements:
        for row in statement.filing.transactions:
            if row is not apart_from and row.price and row.code in _MARKET_CODES:
                yield row.price
