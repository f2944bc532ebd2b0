"""Which open-market purchases a set of Form 4 filings reports: each once, and only believable ones.

Pure functions. Code ``P`` means a purchase in the open market or from somebody in private; the form does
not tell which. Source of the codes: SEC, Form 4, General Instruction 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from tradingagents.discovery.vendors.form4 import Owner, OwnershipFiling, Transaction
from tradingagents.discovery.vendors.sec_index import FilingRef

__all__ = [
    "Purchase",
    "Statement",
    "by_issuer",
    "drop_restated",
    "implausible",
    "purchases_of",
    "restates_before",
]

MAX_VALUE_USD = 10_000_000_000
MAX_PRICE_RATIO = 100
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


def by_issuer(statements: Iterable[Statement]) -> list[list[Statement]]:
    """Group by issuer, in the order in which issuers first appear."""
    groups: dict[int, list[Statement]] = {}
    for statement in statements:
        groups.setdefault(statement.filing.issuer.cik, []).append(statement)
    return list(groups.values())


def drop_restated(statements: Iterable[Statement]) -> list[Statement]:
    """Leave out each statement of one issuer that a later amendment restates.

    An amendment repeats the filing it corrects, so the two must not be added up.
    """
    in_force: list[Statement] = []
    for statement in sorted(statements, key=_age):
        if statement.filing.is_amendment:
            in_force = [earlier for earlier in in_force if not _restates(statement, earlier)]
        in_force.append(statement)
    return in_force


def _age(statement: Statement) -> tuple[date, bool, str]:
    return statement.ref.filed, statement.filing.is_amendment, statement.ref.accession


def _restates(amendment: Statement, earlier: Statement) -> bool:
    if not amendment.owner_ciks & earlier.owner_ciks:
        return False
    if amendment.filing.period == earlier.filing.period:
        return True
    days, earlier_days = ({row.day for row in one.filing.transactions} for one in (amendment, earlier))
    told = {earlier.ref.filed, earlier.filing.original_day}
    return not days.isdisjoint(earlier_days) and amendment.filing.original_day in told


def restates_before(statement: Statement, first_day: date) -> bool:
    """Whether it amends a filing of before ``first_day``, whose purchases were news at that time."""
    original = statement.filing.original_day
    return statement.filing.is_amendment and original is not None and original < first_day


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
