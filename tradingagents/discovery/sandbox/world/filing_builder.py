"""Where a day's ownership filings are drafted, before they have a number and a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tradingagents.discovery.sandbox.world.directory import FIRST_CIK, Listing
from tradingagents.discovery.sandbox.world.names import person_name
from tradingagents.discovery.sandbox.world.ownership import Filing, Owner, Trade
from tradingagents.discovery.sandbox.world.seeds import stream

__all__ = ["CHIEF", "FINANCE", "FUND", "NEW_YORK", "Desk"]

NEW_YORK = ZoneInfo("America/New_York")
CHIEF, FINANCE, FUND = "Chief Executive Officer", "Chief Financial Officer", "fund"
_FIRST_OWNER_CIK = FIRST_CIK + 50_000


class Desk:
    """Drafts the filings of one day for known issuers. Not shared between threads."""

    def __init__(self, seed: int, day: date, listings: Mapping[str, Listing]) -> None:
        self._seed, self._day, self._listings = seed, day, listings
        self._draw = stream(seed, "filings", day)
        self._people = 0

    def owner(self, role: str = "") -> Owner:
        """Invent a person: a director, or with ``role`` an officer or a fund."""
        self._people += 1
        number = self._day.toordinal() % 300 * 100 + self._people
        cik = _FIRST_OWNER_CIK + number
        if role == FUND:
            return Owner(cik, f"Société Tarnvane Partners {number} L.P. (fictional)", ten_percent=True)
        return Owner(cik, person_name(self._seed, number), role, director=not role or role == CHIEF)

    def joint_owners(self) -> tuple[Owner, ...]:
        """Invent two funds and a person that file one statement together."""
        return (self.owner(FUND), self.owner(FUND), self.owner())

    def spend(self, low: float, high: float, lots: int = 1) -> tuple[Trade, ...]:
        """Buy for so many dollars in all, in ``lots`` rows at slightly different prices."""
        dollars, price = self._draw.uniform(low, high), round(self._draw.uniform(4, 60), 2)
        shares = int(dollars / price / lots) + 1
        return tuple(Trade("P", shares, round(price + 0.01 * lot, 2)) for lot in range(lots))

    def file(self, symbol: str, owners: tuple[Owner, ...], trades: tuple[Trade, ...]) -> Filing:
        """Draft a Form 4; what differs from the usual is put in with ``replace``."""
        listing = self._listings[symbol]
        issuer = listing.issuer.upper()
        accepted = datetime.combine(self._day, time(8), NEW_YORK)
        plan = self._draw.choice(("0", "false", "0", None))
        schema = self._draw.choice(("X0508", "X0508", "X0609"))
        return Filing("", "4", accepted, issuer, listing.cik, symbol, owners, trades, plan, schema=schema)
