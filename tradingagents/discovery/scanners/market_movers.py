"""``market_movers``: the session's largest moves and busiest tickers (Alpha Vantage TOP_GAINERS_LOSERS).

Reactive: whoever reads of such a move comes after it, and each candidate says so. The lists are the
vendor's, of one session; a free key gets them after the close.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import Evidence, Priority, normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate, NoDataError, StaleDataError
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.settings import ScannerSettings
from tradingagents.discovery.vendors.alpha_vantage.records import Mover, Movers

__all__ = ["MarketMovers", "MarketMoversSettings", "check_session", "share_symbol"]

_LISTS = {"gainers": "top gainer", "losers": "top loser", "most_active": "most active"}

# The vendor writes a warrant of the NYSE as QXB+, a unit as QXB=, a right or preferred share with ^.
# On Nasdaq a fifth letter W, R, U or Z says warrant, right, unit or "miscellaneous" (mostly more of these).
_NO_SHARE = re.compile(r".*[+^=$].*|[A-Z]{4}[WRUZ]|[A-Z]+\.(?:WS?|WT|RT?|UN?)")


class MarketMoversSettings(ScannerSettings):
    """``scanners.market_movers``. Volume counts shares of the session."""

    limit: int | None = Field(default=10, ge=1)
    min_price_usd: float = Field(default=1.0, ge=0)
    min_volume: float = Field(default=100_000, ge=0)
    min_change_percent: float = Field(default=3.0, ge=0)


@dataclass
class _Seen:
    """A mover, and the lists it stands in."""

    row: Mover
    lists: list[str]


class MarketMovers(BaseScanner):
    """Puts forward shares that moved by ``min_change_percent`` either way; the move's size is the score."""

    name, pipeline, strategy = "market_movers", "momentum", "big_move"
    evidence_kinds = ("market_mover",)
    listed_only = True
    Settings = MarketMoversSettings

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield in order of symbol. Raises ``StaleDataError`` when the lists are of another session."""
        movers = self._movers()
        check_session(movers.last_updated.date(), self.trade_date(state))
        seen = self._shares(movers)
        for ticker in sorted(seen):
            if self._qualifies(seen[ticker].row):
                yield self._candidate(ticker, seen[ticker], movers)

    def _movers(self) -> Movers:
        problems: list[str] = []
        vendor = self.vendors.alpha_vantage
        movers: Movers = self.ask(
            "alpha_vantage.top_movers", {}, lambda: vendor.top_movers(on_malformed=problems.append), _told
        )
        for problem in [*problems, *(f"the answer has no {name}" for name in movers.absent)]:
            self.trouble(Reason.BAD_PAYLOAD, f"alpha_vantage: {problem}")
        return movers

    def _shares(self, movers: Movers) -> dict[str, _Seen]:
        """Return what is a share, by ticker."""
        rows = [(name, row) for name in _LISTS for row in getattr(movers, name)]
        if not rows:
            raise NoDataError("alpha_vantage: the lists of movers are empty")
        seen: dict[str, _Seen] = {}
        others: set[str] = set()
        for name, row in rows:
            if (ticker := share_symbol(row.ticker)) is None:
                others.add(row.ticker)
            elif name not in (lists := seen.setdefault(ticker, _Seen(row, [])).lists):
                lists.append(name)
        self.step("tickers listed", len(seen) + len(others))
        self.step("warrants, rights, units and the like", len(others))
        self.cover(asked=len(seen), answered=len(seen))
        return seen

    def _qualifies(self, row: Mover) -> bool:
        checks = {
            "below min_price_usd": row.price_usd < self.settings.min_price_usd,
            "below min_volume": row.volume < self.settings.min_volume,
            "below min_change_percent": abs(row.change_percent) < self.settings.min_change_percent,
        }
        failed = next((name for name, fails in checks.items() if fails), None)
        if failed is not None:
            self.step(failed)
        return failed is None

    def _candidate(self, ticker: str, seen: _Seen, movers: Movers) -> dict[str, Any]:
        row, session = seen.row, movers.last_updated
        where = ", ".join(_LISTS[name] for name in seen.lists)
        return {
            "ticker": ticker,
            "context": (
                f"{row.change_percent:+.1f} % on {session.date()} ({where}) at {row.price_usd:,.2f} USD, "
                f"{row.volume:,} shares; reactive: the move has happened already"
            ),
            "priority": Priority.MEDIUM,
            "score": abs(row.change_percent),
            "evidence": [
                Evidence(
                    vendor="alpha_vantage",
                    kind="market_mover",
                    as_of=session.isoformat(),
                    url=self.vendors.alpha_vantage.address("TOP_GAINERS_LOSERS"),
                    values={
                        "ticker": row.ticker,
                        "lists": list(seen.lists),
                        "price_usd": row.price_usd,
                        "change_usd": row.change_usd,
                        "change_percent": row.change_percent,
                        "volume": row.volume,
                    },
                )
            ],
        }


def _told(movers: Movers) -> str:
    counts = ", ".join(f"{len(getattr(movers, name))} {name}" for name in _LISTS)
    return f"{counts}; updated {movers.last_updated.isoformat()}"


def share_symbol(text: str) -> str | None:
    """Return the ticker of a share or fund, None for a warrant, right, unit or preferred share."""
    try:
        ticker = text if _NO_SHARE.fullmatch(text) else normalise_ticker(text)
    except InvalidCandidate:
        return None
    return None if _NO_SHARE.fullmatch(ticker) else ticker


def check_session(updated: date, trade_date: date, what: str = "movers") -> None:
    """Raise ``StaleDataError`` unless data of ``updated`` is the newest that ``trade_date`` can know.

    That is the day's own session or, as that may not be over, the last one before it, by the calendar of
    the New York Stock Exchange; a later day would be look-ahead. Raises ``NoDataError`` for a trade date
    that the calendar does not reach.
    """
    if updated > trade_date:
        raise StaleDataError(f"alpha_vantage: {what} of {updated}, after the trade date {trade_date}")
    calendar = nyse()
    newest = calendar.latest_session(trade_date)
    oldest = calendar.back(newest, 1) if newest == trade_date else newest
    if updated < oldest:
        raise StaleDataError(f"alpha_vantage: {what} of {updated}, too old for the trade date {trade_date}")
