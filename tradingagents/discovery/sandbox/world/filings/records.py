"""Filings as plain records, before they are rendered. Most are ownership filings (forms 3, 4 and 5).

Source of the terms: sec.gov, "EDGAR Ownership XML Technical Specification". Times of acceptance are
aware, in New York's offset of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

__all__ = ["Filing", "Owner", "Trade"]


@dataclass(frozen=True, slots=True)
class Owner:
    """A reporting owner: a person or fund, and its relationship to the issuer."""

    cik: int
    name: str
    title: str = ""  # of an officer
    director: bool = False
    ten_percent: bool = False


@dataclass(frozen=True, slots=True)
class Trade:
    """One row of a table. ``price`` in dollars; None when only a footnote states it."""

    code: str
    shares: float
    price: float | None
    acquired: bool = True
    derivative: bool = False
    swap: bool = False
    footnote: str = ""
    day: date | None = None  # the filing's own where it is None
    security: str = "Common Stock"

    @property
    def bought_usd(self) -> float:
        """Dollars spent on common shares in the open market; 0.0 for every other kind of row."""
        open_market = self.code == "P" and self.acquired and not self.derivative and not self.swap
        open_market = open_market and "Preferred" not in self.security
        return self.shares * self.price if open_market and self.price else 0.0


@dataclass(frozen=True, slots=True)
class Filing:
    """One submission. Forms other than 3, 4 and 5 have no owners, trades or symbol, and 8-Ks have items."""

    accession: str  # with dashes
    form: str
    accepted: datetime
    issuer: str
    issuer_cik: int
    symbol: str = ""  # as the filer typed it
    owners: tuple[Owner, ...] = ()
    trades: tuple[Trade, ...] = ()
    plan: str | None = None  # the text of the 10b5-1 box; None when the box is missing
    original: date | None = None  # of an amendment
    schema: str = "X0508"
    document: str = "form4.xml"
    listed_twice: bool = False  # its rows are in the daily index twice
    items: tuple[str, ...] = ()  # of a Form 8-K
    co_registrants: tuple[tuple[int, str], ...] = ()  # filers besides the issuer: CIK and name

    @property
    def filed(self) -> date:
        return self.accepted.date()

    @property
    def ownership(self) -> bool:
        """Whether it is one of the forms on insiders' holdings, amendments included."""
        return self.form.removesuffix("/A") in {"3", "4", "5"}

    @property
    def filers(self) -> tuple[tuple[int, str], ...]:
        """The CIK and name of every filer it is listed under: owners first, the issuer last."""
        owners = ((owner.cik, owner.name) for owner in self.owners)
        return (*owners, *self.co_registrants, (self.issuer_cik, self.issuer))

    @property
    def folder(self) -> str:
        """The name of its folder: the accession number without dashes."""
        return self.accession.replace("-", "")
