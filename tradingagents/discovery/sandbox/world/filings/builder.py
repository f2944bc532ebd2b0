"""Builds the ownership filings of a day, without accession numbers and times of acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import FIRST_CIK, Listing
from tradingagents.discovery.sandbox.world.companies.names import person_name
from tradingagents.discovery.sandbox.world.filings.records import Filing, Owner, Trade

__all__ = ["CHIEF", "FINANCE", "FUND", "NEW_YORK", "FilingBuilder"]

NEW_YORK = ZoneInfo("America/New_York")
CHIEF, FINANCE, FUND = "Chief Executive Officer", "Chief Financial Officer", "fund"
_FIRST_OWNER_CIK = FIRST_CIK + 50_000


class FilingBuilder:
    """Builds the filings of one day for listed issuers. Not thread-safe."""

    def __init__(self, seed: int, day: date, listings: Mapping[str, Listing]) -> None:
        self._seed, self._day, self._listings = seed, day, listings
        self._draw = stream(seed, "filings", day)
        self._people = 0

    def owner(self, role: str = "") -> Owner:
        """Return a new owner: a director, or with ``role`` an officer or a fund."""
        self._people += 1
        number = self._day.toordinal() % 300 * 100 + self._people
        cik = _FIRST_OWNER_CIK + number
        if role == FUND:
            return Owner(cik, f"Société Tarnvane Partners {number} L.P. (fictional)", ten_percent=True)
        return Owner(cik, person_name(self._seed, number), role, director=not role or role == CHIEF)

    def joint_owners(self) -> tuple[Owner, ...]:
        """Return two funds and a person that file one statement together."""
        return (self.owner(FUND), self.owner(FUND), self.owner())

    def purchases(self, low: float, high: float, lots: int = 1) -> tuple[Trade, ...]:
        """Return purchases for ``low`` to ``high`` dollars in all, in ``lots`` rows of similar prices."""
        dollars, price = self._draw.uniform(low, high), round(self._draw.uniform(4, 60), 2)
        shares = int(dollars / price / lots) + 1
        return tuple(Trade("P", shares, round(price + 0.01 * lot, 2)) for lot in range(lots))

    def form_4(self, symbol: str, owners: tuple[Owner, ...], trades: tuple[Trade, ...]) -> Filing:
        """Return a Form 4 with usual values; callers change single fields with ``replace``."""
        listing = self._listings[symbol]
        issuer = listing.issuer.upper()
        accepted = datetime.combine(self._day, time(8), NEW_YORK)
        plan = self._draw.choice(("0", "false", "0", None))
        schema = self._draw.choice(("X0508", "X0508", "X0609"))
        return Filing("", "4", accepted, issuer, listing.cik, symbol, owners, trades, plan, schema=schema)
