"""FINRA's files: daily off-exchange volume, and short interest twice a month.

The daily files hold the volume traded off exchange, and the part of it that was sold short: usually 35 to 55
per cent of a share's volume. Short volume is not short interest, which :mod:`.short_interest` parses.
Source: FINRA, "Daily Short Sale Volume Files" and the layout document beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.vendors.finra.short_interest import ShortInterestFile, parse_short_interest

__all__ = ["Finra", "VolumeDay", "parse_daily_volume"]

_COLUMNS = ["Date", "Symbol", "ShortVolume", "ShortExemptVolume", "TotalVolume", "Market"]
# The CDN rejects requests without a User-Agent.
_HEADERS = {"User-Agent": "tradingagents-discovery", "Accept-Encoding": "gzip, deflate"}


@dataclass(frozen=True)
class VolumeDay:
    """One session: shares traded off exchange, sold short, and short-exempt, by symbol.

    Short volume includes the exempt. Shares are floats: since 2024 the files carry six decimals, which a
    float represents up to one billion shares. Class shares are spelled ``BF.B`` and preferred shares
    ``AAIC$B``; other symbols (units ``AAC.U``, warrants ``AAC.WS``, rights ``ABr``) as in the file, with a
    dot for the slash.
    """

    day: date
    total: Mapping[str, float]
    short: Mapping[str, float]
    exempt: Mapping[str, float]


class Finra:
    """A client of FINRA's file server over a session that enforces the deadline. Thread-safe: no state."""

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self._base_url = session, base_url.rstrip("/")

    def daily_volume(self, day: date) -> VolumeDay:
        """Return the consolidated file of a session.

        Raises ``NoDataError`` for a day without one (weekend, holiday, before about 18:00 in New York),
        :class:`BadPayload` for a truncated file, and what the session raises.
        """
        response = self._session.fetch(self.daily_url(day), headers=_HEADERS)
        return parse_daily_volume(response.content.decode("latin-1"), day)

    def daily_url(self, day: date) -> str:
        """Return the URL of a day's consolidated file."""
        return f"{self._base_url}/equity/regsho/daily/CNMSshvol{day:%Y%m%d}.txt"

    def short_interest(self, settlement: date) -> ShortInterestFile:
        """Return the positions of a settlement date.

        Raises ``NoDataError`` for a day that is no settlement date or whose file is not published yet,
        :class:`BadPayload` for anything else than this file, and what the session raises.
        """
        response = self._session.fetch(self.short_interest_url(settlement), headers=_HEADERS)
        return parse_short_interest(response.content.decode("latin-1"), settlement)

    def short_interest_url(self, settlement: date) -> str:
        """Return the URL of a settlement date's file."""
        return f"{self._base_url}/equity/otcmarket/biweekly/shrt{settlement:%Y%m%d}.csv"


def parse_daily_volume(text: str, day: date) -> VolumeDay:
    """Parse one consolidated file. Raises :class:`BadPayload` when it is another or truncated.

    Parsed by columns, which is faster than by rows: one scan reads twenty-one files of ten thousand rows
    under the interpreter lock.
    """
    heading, *lines = [line for line in text.splitlines() if line] or [""]
    if heading.split("|") != _COLUMNS:
        raise BadPayload("finra", f"the file of {day} starts with {heading[:60]!r}")
    count = lines.pop() if lines else ""
    if count != str(len(lines)):
        raise BadPayload("finra", f"the file of {day} is truncated: {len(lines)} rows, then {count[:60]!r}")
    fields = "|".join(lines).split("|") if lines else []
    width = len(_COLUMNS)
    if len(fields) != width * len(lines) or set(fields[::width]) - {f"{day:%Y%m%d}"}:
        raise BadPayload("finra", f"the file of {day} has rows of another day or of other columns")
    symbols = [_spelled(symbol) for symbol in fields[1::width]]
    short, exempt, total = (_shares(fields[column::width], day) for column in (2, 3, 4))
    return VolumeDay(
        day,
        total=dict(zip(symbols, total, strict=True)),
        short=dict(zip(symbols, short, strict=True)),
        exempt=dict(zip(symbols, exempt, strict=True)),
    )


def _spelled(symbol: str) -> str:
    if symbol.isalpha() and symbol.isupper():
        return symbol
    root, preferred, series = symbol.partition("p")
    return f"{root}${series}" if preferred else symbol.replace("/", ".")


def _shares(texts: list[str], day: date) -> list[float]:
    try:
        shares = list(map(float, texts))
    except ValueError:
        shares = [math.nan]
    if shares and not (min(shares) >= 0 and math.isfinite(sum(shares))):
        raise BadPayload("finra", f"the file of {day} has an invalid volume")
    return shares
