"""``SymbolDirectory``: which tickers are listed, what they are, and how each vendor spells them."""

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
from tradingagents.discovery.symbols.security_type import COMMON_STOCK_TYPES, SecurityType
from tradingagents.discovery.symbols.spelling import VENDORS, spell, split

__all__ = ["SymbolDirectory"]


class SymbolDirectory:
    """Every listed US security as of one moment, by canonical ticker: ``"BRK.B" in directory``.

    Iteration and ``len`` exclude test issues; the order is alphabetical. Immutable, thread-safe.
    """

    def __init__(self, listings: Iterable[Listing], created_at: datetime) -> None:
        by_ticker = {listing.ticker: listing for listing in listings}
        self._listings: Mapping[str, Listing] = MappingProxyType(dict(sorted(by_ticker.items())))
        self._tradable = tuple(
            t for t, listing in self._listings.items() if listing.security_type is not SecurityType.TEST
        )
        self._created_at = created_at
        self._shares_and_funds = frozenset(self.of_type(*_SHARES_AND_FUNDS))
        special = {t: listing for t, listing in self._listings.items() if not listing.is_plain}
        self._spelled = {vendor: _spelled_by(vendor, special) for vendor in _ALL_VENDORS}
        self._read = {vendor: _readings(vendor, self._spelled) for vendor in _ALL_VENDORS}
        self._read_any = _unambiguous(self._read.values())

    @classmethod
    def from_text(cls, nasdaq_listed: str, other_listed: str) -> Self:
        """Build from the text of ``nasdaqlisted.txt`` and ``otherlisted.txt``.

        Raises :class:`BadPayload` when either is a web page, truncated, or malformed.
        """
        nasdaq, nasdaq_time = read_listings(nasdaq_listed, NASDAQ_HEADER)
        other, other_time = read_listings(other_listed, OTHER_HEADER)
        return cls([*other, *nasdaq], min(nasdaq_time, other_time))

    @classmethod
    def from_bytes(cls, nasdaq_listed: bytes, other_listed: bytes) -> Self:
        """Build from the undecoded files: UTF-8, else Latin-1."""
        return cls.from_text(_decoded(nasdaq_listed), _decoded(other_listed))

    @property
    def created_at(self) -> datetime:
        """Creation time of the older file; aware, US Eastern."""
        return self._created_at

    @property
    def as_of(self) -> date:
        """Date of :attr:`created_at`."""
        return self._created_at.date()

    @property
    def shares_and_funds(self) -> frozenset[str]:
        """Common stock, ETFs, ETNs and funds: no warrants, preferreds, bonds or test issues."""
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
        """Return whether this canonical ticker is listed and no test issue."""
        listing = self._listings.get(ticker)
        return listing is not None and listing.security_type is not SecurityType.TEST

    def is_common_stock(self, ticker: str) -> bool:
        """Return whether it is common stock, ordinary shares, or depositary shares of such."""
        listing = self._listings.get(ticker)
        return listing is not None and listing.is_common_stock

    def of_type(self, *types: SecurityType) -> tuple[str, ...]:
        """Return the tickers of these security types in alphabetical order."""
        return tuple(ticker for ticker, listing in self._listings.items() if listing.security_type in types)

    def normalise(self, text: str, vendor: str | None = None) -> str | None:
        """Return the canonical ticker for a vendor's spelling, or None when no listed security has it.

        Case is significant only where the spelling uses it (``ABRpD``). Without ``vendor`` all spellings are
        tried; one that stands for different securities at different vendors gives None.
        """
        readings = self._read_any if vendor is None else self._readings_of(vendor)
        exact = text.strip()
        for spelling in (exact, exact.upper()):
            ticker = readings.get(spelling, spelling)
            if self.is_listed(ticker):
                return ticker
        return None

    def spelling(self, ticker: str, vendor: str) -> str:
        """Return a canonical ticker in ``vendor``'s spelling; an unlisted one unchanged."""
        self._readings_of(vendor)
        return self._spelled[vendor].get(ticker, ticker)

    def _readings_of(self, vendor: str) -> dict[str, str]:
        if vendor not in self._read:
            raise ConfigError(f"no spelling rule for vendor {vendor!r}; known: {', '.join(_ALL_VENDORS)}")
        return self._read[vendor]


_SHARES_AND_FUNDS = (*COMMON_STOCK_TYPES, SecurityType.ETF, SecurityType.ETN, SecurityType.FUND)

_ALL_VENDORS = ("act", "cqs", "nasdaq", *sorted(VENDORS))  # the directory's own three columns first


def _decoded(content: bytes) -> str:
    # The vendor declares no encoding. One odd letter in a company's name must not reject the whole directory.
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _spelled_by(vendor: str, special: Mapping[str, Listing]) -> dict[str, str]:
    """Return a vendor's spelling of each ticker whose spelling differs between vendors."""
    if vendor == "act":
        return {ticker: ticker for ticker in special}
    if vendor == "cqs":
        return {ticker: listing.cqs_symbol for ticker, listing in special.items()}
    if vendor == "nasdaq":
        return {ticker: listing.nasdaq_symbol for ticker, listing in special.items()}
    return {ticker: spell(split(listing.nasdaq_symbol), vendor) for ticker, listing in special.items()}


def _readings(vendor: str, spelled: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the ticker of each of a vendor's spellings."""
    readings = {symbol: ticker for ticker, symbol in spelled[vendor].items()}
    if vendor == "alpha_vantage":  # its earnings calendar spells preferreds like the SEC
        readings = {symbol: ticker for ticker, symbol in spelled["sec"].items()} | readings
    if vendor in {"yahoo", "sec"}:  # both spell some rights -RT
        readings |= {symbol.replace("-RI", "-RT"): t for symbol, t in readings.items() if "-RI" in symbol}
    return readings


def _unambiguous(tables: Iterable[Mapping[str, str]]) -> dict[str, str]:
    meanings: dict[str, set[str]] = {}
    for table in tables:
        for symbol, ticker in table.items():
            meanings.setdefault(symbol, set()).add(ticker)
    return {symbol: next(iter(tickers)) for symbol, tickers in meanings.items() if len(tickers) == 1}
