"""Which open-market purchases a set of Form 4 filings reports: each once, and only believable ones.

Pure functions. Code ``P`` means a purchase in the open market or from somebody in private; the form does
not tell which. Source of the codes: SEC, Form 4, General Instruction 8.
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
"""From a purchase to its first filing, in calendar days. The law allows about four; older is no news."""
_MARKET_CODES = frozenset("PSF")  # priced by the market; exercises and grants carry prices of their own


@dataclass(frozen=True, slots=True)
class Statement:
    """A filing and what it says."""

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
        """Whether the trades were made under a 10b5-1 plan, so that they were decided long before."""
        return self.filing.plan_10b5_1 is True


@dataclass(frozen=True, slots=True)
class Purchase:
    """One row of a statement: so many shares bought at a price in dollars."""

    statement: Statement
    transaction: Transaction
    shares: float
    price: float

    @property
    def value_usd(self) -> float:
        return self.shares * self.price

    @property
    def is_free(self) -> bool:
        """Whether the buyer chose the moment: in the market, and under no plan made before."""
        return not (self.statement.is_planned or self.transaction.placed)

    @property
    def days_late(self) -> int:
        """Calendar days from the trade to its filing; the law allows two business days.

        Of an amendment, to the filing that it amends, unless that day is before the trade or after its own.
        """
        day, filed = self.transaction.day, self.statement.ref.filed
        original = self.statement.filing.original_day
        told = original if original is not None and day <= original <= filed else filed
        return (told - day).days


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
    """Whether a title as filed is that of a share, and not of a preferred one, a note or a warrant.

    The first telling word decides: common stock may come "with preferred stock purchase rights".
    """
    told = _TITLES.search(security)
    return told is None or told[1] is not None


def purchases_of(statements: Sequence[Statement]) -> Iterator[Purchase]:
    """Yield each purchase of one issuer's shares: acquired, for a price above zero, and no equity swap.

    The same row in two filings counts once where the filers share an owner or both hold through others:
    groups too large for one form file it twice.
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
    """Return why a purchase cannot be believed, or None. ``statements`` are all of the same issuer.

    A typical slip is the total written as the price, so the price is held against every other one
    that the market made in these filings.
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
