"""The listed securities, and how each vendor spells their symbols.

Spellings of one security, after the Nasdaq Trader symbol directory (ACT, CQS and NASDAQ columns), the
FINRA daily files and the other vendors' recordings::

    kind            directory   CQS      NASDAQ   FINRA    Alpha Vantage  SEC
    class share     QXB.B       QXB.B    QXB.B    QXB/B    QXB-B          QXB-B
    preferred       QXB$D       QXBpD    QXB-D    QXBpD    QXB-P-D        QXB-PD
    unit            QXB.U       QXB.U    QXB=     QXB/U    QXB=           QXB-UN
    warrant         QXB.W       QXB.WS   QXB+     QXB/WS   QXB+           QXB-WT
    right (Nasdaq)  QXEBR       the same everywhere, as are Nasdaq's QXEBW and QXEBU
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.names import (
    SHORT_TICKERS,
    WORD_TICKERS,
    company_name,
    plain_tickers,
)

__all__ = ["FIRST_CIK", "Kind", "Listing", "build_directory"]

FIRST_CIK = 9_900_001  # well above every number that EDGAR has assigned
_ETFS = 24
_CLASS_ROOTS = ("QXB", "XZD", "ZQK")
_NASDAQ_SPACS = 8
_NYSE_SPACS = 8
_TEST_ISSUES = (("ZQQZT", "Q"), ("ZQXZT", "Q"), ("ZQT", "N"), ("ZQIET", "V"))


class Kind(StrEnum):
    """The type of a listed security."""

    COMMON = "common"
    ETF = "etf"
    TEST = "test"
    WARRANT = "warrant"
    UNIT = "unit"
    RIGHT = "right"
    PREFERRED = "preferred"


_ENDINGS = {  # of the directory's symbol: CQS, NASDAQ, FINRA, Alpha Vantage, SEC
    ".W": (".WS", "+", "/WS", "+", "-WT"),
    ".U": (".U", "=", "/U", "=", "-UN"),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One security. ``symbol`` as in the directory; ``exchange`` Q is Nasdaq, the others are CQS letters."""

    symbol: str
    issuer: str
    kind: Kind
    exchange: str
    cik: int
    listed_on: date

    @property
    def security_name(self) -> str:
        """The issuer and the type of security, as in the directory."""
        kind = {
            Kind.COMMON: "Common Stock",
            Kind.ETF: "",
            Kind.TEST: "Test Stock",
            Kind.WARRANT: "Warrant",
            Kind.UNIT: "Units",
            Kind.RIGHT: "Rights",
            Kind.PREFERRED: "Depositary Shares, 6.25% Series Cumulative Preferred Stock",
        }[self.kind]
        if self.kind is Kind.COMMON and "." in self.symbol:
            kind = f"Class {self.symbol[-1]} Common Stock"
        joint = " - " if self.exchange == "Q" else " "
        return f"{self.issuer}{joint}{kind}".rstrip(" -")

    def _spell(self, column: int) -> str:
        symbol = self.symbol
        for ending, spellings in _ENDINGS.items():
            if symbol.endswith(ending):
                return symbol.removesuffix(ending) + spellings[column]
        if "$" in symbol:
            return symbol.replace("$", ("p", "-", "p", "-P-", "-P")[column])
        return symbol.replace(".", (".", ".", "/", "-", "-")[column])

    @property
    def cqs(self) -> str:
        return self._spell(0)

    @property
    def nasdaq(self) -> str:
        return self._spell(1)

    @property
    def finra(self) -> str:
        return self._spell(2)

    @property
    def alpha_vantage(self) -> str:
        return self._spell(3)

    @property
    def sec(self) -> str:
        return self._spell(4)


def build_directory(seed: int, as_of: date, companies: int) -> tuple[Listing, ...]:
    """Return every listed security, sorted by symbol; ``companies`` counts the issuers of common stock."""
    plain = plain_tickers(seed)
    roots = list(_roots(plain, companies))
    listings = [
        Listing(root, company_name(seed, number), Kind.COMMON, _exchange(seed, root), FIRST_CIK + number, day)
        for number, (root, day) in enumerate(_dated(seed, as_of, roots))
    ]
    listings += _split_classes(listings)
    listings += _spac_securities(listings)
    listings += _etfs(seed, plain, as_of)
    listings += [
        Listing(symbol, f"{symbol} Tick Pilot (fictional)", Kind.TEST, exchange, 0, date(2016, 9, 1))
        for symbol, exchange in _TEST_ISSUES
    ]
    return tuple(sorted(listings, key=lambda listing: listing.symbol))


def _roots(plain: Iterator[str], companies: int) -> Iterator[str]:
    fixed = WORD_TICKERS + SHORT_TICKERS
    yield from fixed[:companies]
    for _ in range(companies - len(fixed)):
        yield next(plain)


def _dated(seed: int, as_of: date, roots: list[str]) -> Iterator[tuple[str, date]]:
    for root in roots:
        age = stream(seed, "listed", root).randint(700, 9_000)
        yield root, as_of - timedelta(days=age)


def _exchange(seed: int, root: str) -> str:
    if len(root) <= 3:
        return "N"
    return stream(seed, "exchange", root).choice("QQQQNNA")


def _split_classes(listings: list[Listing]) -> list[Listing]:
    """Replace the shares of three New York companies by two classes of shares each."""
    chosen = [listing for listing in listings if listing.symbol in _CLASS_ROOTS]
    classes = []
    for listing in chosen:
        listings.remove(listing)
        for letter in "AB":
            symbol = f"{listing.symbol}.{letter}"
            classes.append(Listing(symbol, listing.issuer, Kind.COMMON, "N", listing.cik, listing.listed_on))
    return classes


def _spac_securities(listings: list[Listing]) -> list[Listing]:
    """Return warrants, units, rights and preferred shares of the last companies of each exchange."""
    nasdaq = [listing for listing in listings if listing.exchange == "Q"][-_NASDAQ_SPACS:]
    nyse = [listing for listing in listings if listing.exchange in "NA" and len(listing.symbol) == 4][
        -_NYSE_SPACS:
    ]
    securities = []
    for number, owner in enumerate(nasdaq):
        securities.append(_security(owner, "W", Kind.WARRANT))
        securities.append(_security(owner, *(("U", Kind.UNIT) if number % 2 else ("R", Kind.RIGHT))))
    for number, owner in enumerate(nyse):
        securities.append(_security(owner, ".W", Kind.WARRANT))
        securities.append(_security(owner, *((".U", Kind.UNIT) if number % 2 else ("$D", Kind.PREFERRED))))
    return securities


def _security(owner: Listing, ending: str, kind: Kind) -> Listing:
    return Listing(owner.symbol + ending, owner.issuer, kind, owner.exchange, owner.cik, owner.listed_on)


def _etfs(seed: int, plain: Iterator[str], as_of: date) -> list[Listing]:
    funds = []
    for number in range(_ETFS):
        draw = stream(seed, "etf", number)
        aim = draw.choice(("Growth", "Value", "Bond", "Gold", "2X Daily"))
        name = f"Brixlith {aim} {number + 1} ETF (fictional)"
        listed = as_of - timedelta(days=draw.randint(700, 4_000))
        funds.append(Listing(next(plain), name, Kind.ETF, draw.choice("PPZQ"), 0, listed))
    return funds
