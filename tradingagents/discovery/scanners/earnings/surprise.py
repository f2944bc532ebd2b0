"""``earnings_surprise``: who beat or missed the estimates in the last days (Finnhub's earnings calendar).

The calendar is the one that ``earnings_calendar`` reads, so a scan with both asks for it once. Whether a
surprise is already in the price, nothing here knows: each candidate says what was reported, and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from tradingagents.discovery.model.candidate import Evidence, Priority
from tradingagents.discovery.scanners.earnings.reports import HOURS, calendar_address, past_reports
from tradingagents.discovery.scanners.surprise import Surprise, eps_surprise, revenue_surprise
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.settings import ScannerSettings
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent

__all__ = ["EarningsSurprise", "EarningsSurpriseSettings"]

_MOST_PERCENT = 200.0  # counted for the score: beyond it a small estimate speaks, not a large surprise

Direction = Literal["beat", "miss", "mixed"]


class EarningsSurpriseSettings(ScannerSettings):
    """``scanners.earnings_surprise``. ``lookback_days`` counts calendar days up to the trade date."""

    limit: int | None = Field(default=15, ge=1)
    lookback_days: int = Field(default=7, ge=0, le=30)
    min_eps_surprise_percent: float = Field(default=10.0, gt=0)
    min_eps_surprise_usd: float = Field(default=0.02, ge=0)
    eps_floor_usd: float = Field(default=0.1, gt=0)
    min_revenue_surprise_percent: float = Field(default=5.0, gt=0)
    directions: list[Direction] = Field(default=["beat", "miss", "mixed"], min_length=1)


class EarningsSurprise(BaseScanner):
    """Puts forward surprises in earnings per share or revenue, upward and downward.

    The score is the size of both surprises together in percent, each counted up to 200 and only where it
    reaches its threshold; those in opposite directions are taken off each other.
    """

    name, pipeline, strategy = "earnings_surprise", "events", "earnings_surprise"
    evidence_kinds = ("earnings_report",)
    listed_only = True
    Settings = EarningsSurpriseSettings

    @classmethod
    def calendar_days(cls, settings: Any) -> tuple[int, int]:
        """See :class:`BaseScanner`."""
        return int(settings.lookback_days), 0

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield in order of symbol."""
        reports, companies = past_reports(self, self.trade_date(state), self.settings.lookback_days)
        self.cover(asked=len(reports), answered=len(reports), of=companies)
        for ticker, event in reports.items():
            if candidate := self._judged(ticker, event):
                yield candidate

    def _judged(self, ticker: str, event: EarningsEvent) -> dict[str, Any] | None:
        eps = eps_surprise(event.eps_actual, event.eps_estimate, self.settings.eps_floor_usd)
        revenue = revenue_surprise(event.revenue_actual, event.revenue_estimate)
        if eps is None and revenue is None:
            self.step("no estimate to compare with")
            return None
        pairs = ((eps, self._eps_tells), (revenue, self._revenue_tells))
        telling = [one for one, tells in pairs if one is not None and tells(one)]
        if not telling:
            self.step("close to the estimates")
            return None
        direction = _direction(telling)
        if direction not in self.settings.directions:
            self.step(f"a {direction}, which directions leaves out")
            return None
        return self._candidate(ticker, event, direction, telling, (eps, revenue))

    def _eps_tells(self, eps: Surprise) -> bool:
        enough = abs(eps.difference) >= self.settings.min_eps_surprise_usd  # a cent may be rounding
        return enough and bool(abs(eps.percent) >= self.settings.min_eps_surprise_percent)

    def _revenue_tells(self, revenue: Surprise) -> bool:
        return bool(abs(revenue.percent) >= self.settings.min_revenue_surprise_percent)

    def _candidate(
        self,
        ticker: str,
        event: EarningsEvent,
        direction: Direction,
        telling: list[Surprise],
        both: tuple[Surprise | None, Surprise | None],
    ) -> dict[str, Any]:
        hour = f", {HOURS[event.hour]}" if event.hour in HOURS else ""
        counted = (max(-_MOST_PERCENT, min(one.percent, _MOST_PERCENT)) for one in telling)
        agreed = Priority.HIGH if len(telling) == 2 else Priority.MEDIUM
        return {
            "ticker": ticker,
            "strategy": f"earnings_{direction}",
            "context": f"{direction} on {event.day}{hour}: {_eps_words(both[0])}; {_revenue_words(both[1])}",
            "priority": Priority.LOW if direction == "mixed" else agreed,
            "score": round(abs(sum(counted)), 6),
            "evidence": [_evidence(event, calendar_address(self, event), direction, *both)],
        }


def _direction(telling: list[Surprise]) -> Direction:
    signs = {one.sign for one in telling}
    if len(signs) > 1:
        return "mixed"
    return "beat" if signs == {1} else "miss"


def _eps_words(eps: Surprise | None) -> str:
    if eps is None:
        return "EPS has nothing to be compared with"
    against = f"EPS {eps.actual:.2f} USD against {eps.estimate:.2f} expected"
    if eps.near_zero:
        return f"{against} ({eps.difference:+.2f} USD; the estimate is too near zero for a percentage)"
    return f"{against} ({eps.percent:+.1f} % of the estimate's size)"


def _revenue_words(revenue: Surprise | None) -> str:
    if revenue is None:
        return "revenue has nothing to be compared with"
    actual, estimate = revenue.actual / 1e6, revenue.estimate / 1e6
    return f"revenue {actual:,.1f} million USD against {estimate:,.1f} expected ({revenue.percent:+.1f} %)"


def _evidence(
    event: EarningsEvent, address: str, direction: Direction, eps: Surprise | None, revenue: Surprise | None
) -> Evidence:
    return Evidence(
        vendor="finnhub",
        kind="earnings_report",
        as_of=event.day.isoformat(),
        id=f"calendar/earnings/{event.symbol}/{event.day}",
        url=address,
        values={
            "symbol": event.symbol,
            "date": event.day.isoformat(),
            "hour": event.hour,
            "fiscal_year": event.year,
            "fiscal_quarter": event.quarter,
            "direction": direction,
            "eps_actual": event.eps_actual,
            "eps_estimate": event.eps_estimate,
            "eps_surprise_usd": None if eps is None else eps.difference,
            "eps_surprise_percent": None if eps is None or eps.near_zero else eps.percent,
            "revenue_actual_usd": event.revenue_actual,
            "revenue_estimate_usd": event.revenue_estimate,
            "revenue_surprise_percent": None if revenue is None else revenue.percent,
        },
    )
