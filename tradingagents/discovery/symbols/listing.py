"""Parse the two files of the Nasdaq Trader symbol directory into records.

``nasdaqlisted.txt`` and ``otherlisted.txt`` are pipe-separated text with a header line first and a trailer
``File Creation Time: MMDDYYYYHH:MM`` (US Eastern) last; line ends are LF or CR LF. A web page under the same
address and a file without the trailer are rejected as a whole: in an incomplete directory listed companies
would look unlisted.
Source: nasdaqtrader.com, "Symbol Look-Up/Directory Data Fields & Definitions".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.symbols.security_type import COMMON_STOCK_TYPES, SecurityType, classify_security

__all__ = ["NASDAQ_HEADER", "OTHER_HEADER", "VENDOR", "Listing", "read_listings"]

VENDOR = "nasdaq"

NASDAQ_HEADER = (
    "Symbol|Security Name|Market Category|Test Issue|Financial Status|Round Lot Size|ETF|NextShares"
)
OTHER_HEADER = "ACT Symbol|Security Name|Exchange|CQS Symbol|ETF|Round Lot Size|Test Issue|NASDAQ Symbol"

_TRAILER = "File Creation Time:"
_EASTERN = ZoneInfo("America/New_York")
_EXCHANGES = {
    "A": "NYSE American",
    "N": "NYSE",
    "P": "NYSE Arca",
    "Z": "Cboe BZX",
    "V": "IEX",
    "M": "NYSE Texas",
}
_STATUS = {
    "D": ("deficient",),
    "E": ("delinquent",),
    "Q": ("bankrupt",),
    "G": ("deficient", "bankrupt"),
    "H": ("deficient", "delinquent"),
    "J": ("delinquent", "bankrupt"),
    "K": ("deficient", "delinquent", "bankrupt"),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed security. ``ticker`` is the canonical spelling (the directory's ACT symbol, ``BRK.B``)."""

    ticker: str
    name: str
    exchange: str
    security_type: SecurityType
    cqs_symbol: str
    nasdaq_symbol: str
    financial_status: tuple[str, ...]  # of deficient, delinquent, bankrupt; from nasdaqlisted.txt only

    @property
    def is_common_stock(self) -> bool:
        """Whether its type is one of :data:`~.security_type.COMMON_STOCK_TYPES`."""
        return self.security_type in COMMON_STOCK_TYPES

    @property
    def is_plain(self) -> bool:
        """Whether all vendors spell the ticker alike."""
        return self.ticker == self.cqs_symbol == self.nasdaq_symbol and self.ticker.isalnum()


def read_listings(text: str, header: str) -> tuple[list[Listing], datetime]:
    """Return the file's securities in file order, and its creation time (aware, US Eastern).

    ``header`` is :data:`NASDAQ_HEADER` or :data:`OTHER_HEADER`; additional columns are ignored. Raises
    :class:`BadPayload` when the text is not that file, or is truncated.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    columns = lines[0].strip().split("|") if lines else []
    if not set(header.split("|")) <= set(columns):
        shown = next((line.strip() for line in lines if line.strip()), "nothing")[:60]
        raise BadPayload(VENDOR, f"not the symbol directory: it starts with {shown!r}")
    while lines and not lines[-1].strip():
        lines.pop()
    created = _creation_time(lines[-1])
    build = _from_nasdaq if header == NASDAQ_HEADER else _from_other
    return list(_listings(lines[1:-1], columns, header.partition("|")[0], build)), created


def _creation_time(line: str) -> datetime:
    found = re.match(rf"{_TRAILER} *(\d{{10}}:\d\d)", line)
    if found is None:
        raise BadPayload(VENDOR, f"the symbol directory is truncated: no {_TRAILER!r} line at its end")
    try:
        return datetime.strptime(found.group(1), "%m%d%Y%H:%M").replace(tzinfo=_EASTERN)
    except ValueError as error:
        raise BadPayload(VENDOR, f"the symbol directory has an invalid creation time: {line!r}") from error


def _listings(
    lines: list[str], columns: list[str], key: str, build: Callable[[dict[str, str]], Listing]
) -> Iterator[Listing]:
    for line in lines:
        fields = line.split("|")
        if len(fields) != len(columns):
            raise BadPayload(
                VENDOR, f"a line of the symbol directory has {len(fields)} fields: {line[:60]!r}"
            )
        row = {column: field.strip() for column, field in zip(columns, fields, strict=True)}
        if row[key]:
            yield build(row)


def _from_nasdaq(row: dict[str, str]) -> Listing:
    symbol, name = row["Symbol"], row["Security Name"]
    return Listing(
        ticker=symbol,
        name=name,
        exchange="Nasdaq",
        security_type=classify_security(
            row["Security Name"], symbol, etf=row["ETF"] == "Y", test=row["Test Issue"] == "Y"
        ),
        cqs_symbol=symbol,
        nasdaq_symbol=symbol,
        financial_status=_STATUS.get(row["Financial Status"], ()),
    )


def _from_other(row: dict[str, str]) -> Listing:
    symbol, name = row["NASDAQ Symbol"], row["Security Name"]
    return Listing(
        ticker=row["ACT Symbol"],
        name=name,
        exchange=_EXCHANGES.get(row["Exchange"], row["Exchange"]),
        security_type=classify_security(name, symbol, etf=row["ETF"] == "Y", test=row["Test Issue"] == "Y"),
        cqs_symbol=row["CQS Symbol"],
        nasdaq_symbol=symbol,
        financial_status=(),
    )
