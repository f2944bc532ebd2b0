"""FINRA's files: the daily ones of off-exchange volume, and short interest twice a month.

The daily files tell what was traded away from the exchanges, and how much of it was sold short. It is a
part of a share's volume, some 35 to 55 per cent as a rule, and short volume is not short interest, which
``finra_short_interest`` reads.
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
_HEADERS = {
    "User-Agent": "tradingagents-discovery",
    "Accept-Encoding": "gzip, deflate",
}  # it refuses the nameless


@dataclass(frozen=True)
class VolumeDay:
    """One session: shares traded off exchange, those sold short, and those short-exempt, by symbol.

    Short volume includes the exempt. Shares are floats: since 2024 the files carry six decimals, and a
    float keeps those exactly enough up to a thousand million shares. Class shares are spelled ``BF.B`` and
    preferred ones ``AAIC$B``; every other symbol (units ``AAC.U``, warrants ``AAC.WS``, rights ``ABr``)
    as FINRA has it, its slash a dot.
    """

    day: date
    total: Mapping[str, float]
    short: Mapping[str, float]
    exempt: Mapping[str, float]


class Finra:
    """A client of FINRA's file server over a session that keeps the deadline. Thread-safe: no state."""

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self._base_url = session, base_url.rstrip("/")

    def daily_volume(self, day: date) -> VolumeDay:
        """Return the consolidated file of a session.

        Raises ``NoDataError`` for a day without one (weekend, holiday, before about 18:00 in New York),
        :class:`BadPayload` for a file that was cut, and what the session raises.
        """
        response = self._session.fetch(self.daily_url(day), headers=_HEADERS)
        return parse_daily_volume(response.content.decode("latin-1"), day)

    def daily_url(self, day: date) -> str:
        """Return the address of a day's consolidated file."""
        return f"{self._base_url}/equity/regsho/daily/CNMSshvol{day:%Y%m%d}.txt"

    def short_interest(self, settlement: date) -> ShortInterestFile:
        """Return the positions of a settlement date.

        Raises ``NoDataError`` for a day that is no settlement date or whose file is not out yet,
        :class:`BadPayload` for another file, and what the session raises.
        """
        response = self._session.fetch(self.short_interest_url(settlement), headers=_HEADERS)
        return parse_short_interest(response.content.decode("latin-1"), settlement)

    def short_interest_url(self, settlement: date) -> str:
        """Return the address of a settlement date's file."""
        return f"{self._base_url}/equity/otcmarket/biweekly/shrt{settlement:%Y%m%d}.csv"


def parse_daily_volume(text: str, day: date) -> VolumeDay:
    """Parse one consolidated file; raises :class:`BadPayload` when it is another, or was cut.

    Column by column rather than row by row: twenty-one files of ten thousand rows are read in one scan,
    while other scanners wait for the interpreter.
    """
    heading, *lines = [line for line in text.splitlines() if line] or [""]
    if heading.split("|") != _COLUMNS:
        raise BadPayload("finra", f"the file of {day} starts with {heading[:60]!r}")
    count = lines.pop() if lines else ""
    if count != str(len(lines)):
        raise BadPayload("finra", f"the file of {day} was cut: {len(lines)} rows, then {count[:60]!r}")
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
        raise BadPayload("finra", f"the file of {day} has a volume that is no number of shares")
    return shares
