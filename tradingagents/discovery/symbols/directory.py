"""``SymbolDirectory``: the one place that knows what is a listed ticker and how each vendor writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Self

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.symbols.listing import (
    NASDAQ_HEADER,
    OTHER_HEADER,
    Listing,
    read_listings,
)
from tradingagents.discovery.symbols.security_type import COMMON_STOCK_KINDS, Kind
from tradingagents.discovery.symbols.spelling import VENDORS, spell, split

__all__ = ["SymbolDirectory"]


class SymbolDirectory:
    """Every listed US security as of one moment, by its canonical ticker (``BRK.B``).

    Iteration and ``len`` cover all securities but test issues, in alphabetical order. Immutable and
    therefore thread-safe.
    """

    def __init__(self, listings: Iterable[Listing], created_at: datetime) -> None:
        by_ticker = {listing.ticker: listing for listing in listings}
        self._listings: Mapping[str, Listing] = MappingProxyType(dict(sorted(by_ticker.items())))
        self._tradable = tuple(t for t, listing in self._listings.items() if listing.kind is not Kind.TEST)
        self._created_at = created_at
        self._shares_and_funds = frozenset(self.of_kind(*_SHARES_AND_FUNDS))
        special = {t: listing for t, listing in self._listings.items() if not listing.is_plain}
        self._spelled = {vendor: _spelled_by(vendor, special) for vendor in _ALL_VENDORS}
        self._read = {vendor: _readings(vendor, self._spelled) for vendor in _ALL_VENDORS}
        self._read_any = _unambiguous(self._read.values())

    @classmethod
    def from_text(cls, nasdaq_listed: str, other_listed: str) -> Self:
        """Build from the text of ``nasdaqlisted.txt`` and ``otherlisted.txt``.

        Raises :class:`BadPayload` when either is a web page, cut off, or malformed.
        """
        nasdaq, nasdaq_time = read_listings(nasdaq_listed, NASDAQ_HEADER)
        other, other_time = read_listings(other_listed, OTHER_HEADER)
        return cls([*other, *nasdaq], min(nasdaq_time, other_time))

    @classmethod
    def from_bytes(cls, nasdaq_listed: bytes, other_listed: bytes) -> Self:
        """Build from the two files as they came."""
        return cls.from_text(_decoded(nasdaq_listed), _decoded(other_listed))

    @property
    def created_at(self) -> datetime:
        """When the vendor wrote the older of the two files; aware, US Eastern."""
        return self._created_at

    @property
    def as_of(self) -> date:
        """The day of :attr:`created_at`."""
        return self._created_at.date()

    @property
    def shares_and_funds(self) -> frozenset[str]:
        """What people mean when they write of a stock: no warrants, preferreds, bonds or test issues."""
        return self._shares_and_funds

    def __len__(self) -> int:
        return len(self._tradable)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tradable)

    def __contains__(self, ticker: object) -> bool:
        return isinstance(ticker, str) and self.is_listed(ticker)

    def get(self, ticker: str) -> Listing | None:
        """Return the record of a canonical ticker, test issues included; None when it is not listed."""
        return self._listings.get(ticker)

    def is_listed(self, ticker: str) -> bool:
        """Whether this canonical ticker is a listed security; test issues are not."""
        listing = self._listings.get(ticker)
        return listing is not None and listing.kind is not Kind.TEST

    def is_common_stock(self, ticker: str) -> bool:
        """Whether it is common stock, ordinary shares, or depositary shares of such."""
        listing = self._listings.get(ticker)
        return listing is not None and listing.is_common_stock

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the tickers of these kinds in alphabetical order."""
        return tuple(ticker for ticker, listing in self._listings.items() if listing.kind in kinds)

    def normalise(self, text: str, vendor: str | None = None) -> str | None:
        """Return the canonical ticker for a vendor's spelling, or None when no listed security is written so.

        Case counts only where it carries meaning (``ABRpD``). Without a vendor every vendor's spelling
        is tried, and one that means different securities to different vendors gives None.
        """
        readings = self._read_any if vendor is None else self._readings_of(vendor)
        exact = text.strip()
        for spelling in (exact, exact.upper()):
            ticker = readings.get(spelling, spelling)
            if self.is_listed(ticker):
                return ticker
        return None

    def spelling(self, ticker: str, vendor: str) -> str:
        """Return how ``vendor`` writes a canonical ticker; an unlisted one is returned as it is."""
        self._readings_of(vendor)
        return self._spelled[vendor].get(ticker, ticker)

    def _readings_of(self, vendor: str) -> dict[str, str]:
        if vendor not in self._read:
            raise ConfigError(f"no spelling is known for vendor {vendor!r}; known: {', '.join(_ALL_VENDORS)}")
        return self._read[vendor]


_SHARES_AND_FUNDS = (*COMMON_STOCK_KINDS, Kind.ETF, Kind.ETN, Kind.FUND)

_ALL_VENDORS = ("act", "cqs", "nasdaq", *sorted(VENDORS))  # the directory's own three columns first


def _decoded(content: bytes) -> str:
    # The vendor names no encoding. One odd letter in a company's name must not cost the whole directory.
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _spelled_by(vendor: str, special: Mapping[str, Listing]) -> dict[str, str]:
    """How a vendor writes the tickers that are not written the same by all."""
    if vendor == "act":
        return {ticker: ticker for ticker in special}
    if vendor == "cqs":
        return {ticker: listing.cqs_symbol for ticker, listing in special.items()}
    if vendor == "nasdaq":
        return {ticker: listing.nasdaq_symbol for ticker, listing in special.items()}
    return {ticker: spell(split(listing.nasdaq_symbol), vendor) for ticker, listing in special.items()}


def _readings(vendor: str, spelled: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What each of a vendor's spellings means."""
    readings = {symbol: ticker for ticker, symbol in spelled[vendor].items()}
    if vendor == "alpha_vantage":  # its earnings calendar writes preferreds as the SEC does
        readings = {symbol: ticker for ticker, symbol in spelled["sec"].items()} | readings
    if vendor in {"yahoo", "sec"}:  # both write some rights as -RT
        readings |= {symbol.replace("-RI", "-RT"): t for symbol, t in readings.items() if "-RI" in symbol}
    return readings


def _unambiguous(tables: Iterable[Mapping[str, str]]) -> dict[str, str]:
    meanings: dict[str, set[str]] = {}
    for table in tables:
        for symbol, ticker in table.items():
            meanings.setdefault(symbol, set()).add(ticker)
    return {symbol: next(iter(tickers)) for symbol, tickers in meanings.items() if len(tickers) == 1}
