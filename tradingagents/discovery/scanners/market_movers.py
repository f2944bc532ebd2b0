"""``market_movers``: the session's largest moves and most active tickers (Alpha Vantage TOP_GAINERS_LOSERS).

Reactive: the move has already happened, and each candidate's context states it. The lists are the vendor's,
for one session; with a free key they are available after the close.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority, normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate, NoDataError
from tradingagents.discovery.scanners.checks import check_session
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.alpha_vantage.records import Mover, Movers

__all__ = ["MarketMovers", "MarketMoversSettings", "stock_ticker"]

_LISTS = {"gainers": "top gainer", "losers": "top loser", "most_active": "most active"}

# The vendor writes an NYSE warrant as QXB+, a unit as QXB=, a right or preferred share with ^. On Nasdaq a
# fifth letter W, R, U or Z means warrant, right, unit or "miscellaneous" (mostly more of these).
_NOT_STOCK = re.compile(r".*[+^=$].*|[A-Z]{4}[WRUZ]|[A-Z]+\.(?:WS?|WT|RT?|UN?)")


class MarketMoversSettings(ScannerSettings):
    """``scanners.market_movers``."""

    limit: int | None = Field(10, ge=1)
    min_price_usd: float = Field(1.0, ge=0, description="Lowest price, in US dollars.")
    min_volume: float = Field(100_000, ge=0, description="Smallest volume of the session, in shares.")
    min_change_percent: float = Field(
        3.0, ge=0, description="Smallest move of the session, up or down, in percent."
    )


@dataclass
class _Listed:
    """A mover and the names of the lists that include it."""

    row: Mover
    lists: list[str]


class MarketMovers(BaseScanner[MarketMoversSettings]):
    """Finds stocks and funds that moved by ``min_change_percent`` or more; the score is the move's size."""

    name, pipeline, strategy = "market_movers", "momentum", "big_move"
    evidence_kinds = ("market_mover",)
    listed_only = True

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol. Raises ``StaleDataError`` when the lists are of another session."""
        movers = self._movers()
        check_session(movers.last_updated.date(), self.trade_date(state), "alpha_vantage: movers")
        listed = self._stocks(movers)
        for ticker in sorted(listed):
            if self._qualifies(listed[ticker].row):
                yield self._candidate(ticker, listed[ticker], movers)

    def _movers(self) -> Movers:
        problems: list[str] = []
        vendor = self.vendors.alpha_vantage
        movers: Movers = self.ask(
            "alpha_vantage.top_movers", {}, lambda: vendor.top_movers(on_malformed=problems.append), _summary
        )
        for problem in [*problems, *(f"the answer has no {name}" for name in movers.absent)]:
            self.degrade(Reason.BAD_PAYLOAD, f"alpha_vantage: {problem}")
        return movers

    def _stocks(self, movers: Movers) -> dict[str, _Listed]:
        """Return the stocks and funds by ticker."""
        rows = [(name, row) for name in _LISTS for row in getattr(movers, name)]
        if not rows:
            raise NoDataError("alpha_vantage: the lists of movers are empty")
        listed: dict[str, _Listed] = {}
        others: set[str] = set()
        for name, row in rows:
            if (ticker := stock_ticker(row.ticker)) is None:
                others.add(row.ticker)
            elif name not in (lists := listed.setdefault(ticker, _Listed(row, [])).lists):
                lists.append(name)
        self.count("tickers listed", len(listed) + len(others))
        self.count("not common stock", len(others))
        self.record_coverage(asked=len(listed), answered=len(listed))
        return listed

    def _qualifies(self, row: Mover) -> bool:
        checks = {
            "below min_price_usd": row.price_usd < self.settings.min_price_usd,
            "below min_volume": row.volume < self.settings.min_volume,
            "below min_change_percent": abs(row.change_percent) < self.settings.min_change_percent,
        }
        failed = next((name for name, fails in checks.items() if fails), None)
        if failed is not None:
            self.count(failed)
        return failed is None

    def _candidate(self, ticker: str, listed: _Listed, movers: Movers) -> Candidate:
        row, session = listed.row, movers.last_updated
        where = ", ".join(_LISTS[name] for name in listed.lists)
        return self.candidate(
            ticker,
            (
                f"{row.change_percent:+.1f} % on {session.date()} ({where}) at {row.price_usd:,.2f} USD, "
                f"{row.volume:,} shares; reactive: the move has happened already"
            ),
            priority=Priority.MEDIUM,
            # Extreme moves of a few days reverse within a month, as a group (Jegadeesh 1990).
            direction=Direction.DOWN if row.change_percent > 0 else Direction.UP,
            score=abs(row.change_percent),
            evidence=(
                Evidence(
                    vendor="alpha_vantage",
                    kind="market_mover",
                    as_of=session.isoformat(),
                    url=self.vendors.alpha_vantage.address("TOP_GAINERS_LOSERS"),
                    values={
                        "ticker": row.ticker,
                        "lists": list(listed.lists),
                        "price_usd": row.price_usd,
                        "change_usd": row.change_usd,
                        "change_percent": row.change_percent,
                        "volume": row.volume,
                    },
                ),
            ),
        )


def _summary(movers: Movers) -> str:
    counts = ", ".join(f"{len(getattr(movers, name))} {name}" for name in _LISTS)
    return f"{counts}; updated {movers.last_updated.isoformat()}"


def stock_ticker(text: str) -> str | None:
    """Return the ticker of a stock or fund, None for a warrant, right, unit or preferred share."""
    try:
        ticker = text if _NOT_STOCK.fullmatch(text) else normalise_ticker(text)
    except InvalidCandidate:
        return None
    return None if _NOT_STOCK.fullmatch(ticker) else ticker
