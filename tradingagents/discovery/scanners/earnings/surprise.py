"""``earnings_surprise``: companies that beat or missed estimates (Finnhub's earnings calendar).

Shares its request with ``earnings_calendar``. Whether a surprise is already in the price is unknown: each
candidate states what was reported, and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority
from tradingagents.discovery.scanners.earnings.reports import HOURS, calendar_address, past_reports
from tradingagents.discovery.scanners.earnings.surprise_size import Surprise, eps_surprise, revenue_surprise
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.needs import EarningsCalendar, Need
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent

__all__ = ["EarningsSurprise", "EarningsSurpriseSettings"]

_MAX_PERCENT = 200.0  # counted in the score: more than that comes from a small estimate

Result = Literal["beat", "miss", "mixed"]

# Prices drift on in the direction of the surprise for 60 days (Foster et al. 1984), though no longer in large
# shares (Martineau 2022).
_DIRECTIONS: Mapping[Result, Direction] = {
    "beat": Direction.UP,
    "miss": Direction.DOWN,
    "mixed": Direction.NONE,
}


class EarningsSurpriseSettings(ScannerSettings):
    """``scanners.earnings_surprise``."""

    limit: int | None = Field(15, ge=1)
    lookback_days: int = Field(
        7,
        ge=0,
        le=30,
        description="Earliest report that counts, in calendar days before the trade date. Finnhub's free "
        "plan goes back a month.",
    )
    min_eps_surprise_percent: float = Field(
        10.0,
        gt=0,
        description="Smallest surprise in earnings per share, in percent of the estimate's absolute value.",
    )
    min_eps_surprise_usd: float = Field(
        0.02,
        ge=0,
        description="And its smallest size, in US dollars a share: a cent may be rounding.",
    )
    eps_floor_usd: float = Field(
        0.1,
        gt=0,
        description="An estimate nearer to zero counts as this, in US dollars a share, so that the "
        "percentage stays meaningful.",
    )
    min_revenue_surprise_percent: float = Field(
        5.0, gt=0, description="Smallest surprise in revenue, in percent of the estimate."
    )
    directions: list[Result] = Field(
        ["beat", "miss", "mixed"],
        min_length=1,
        description="Kinds of surprise that count. `mixed`: one figure beat its estimate, the other missed.",
    )


class EarningsSurprise(BaseScanner[EarningsSurpriseSettings]):
    """Finds positive and negative surprises in earnings per share or revenue.

    The score is the absolute sum of both surprises in percent. Each counts when it reaches its threshold,
    and up to 200; opposite directions offset each other.
    """

    name, pipeline, strategy = "earnings_surprise", "events", "earnings_surprise"
    evidence_kinds = ("earnings_report",)
    listed_only = True

    @classmethod
    def needs(cls, settings: EarningsSurpriseSettings) -> Iterable[Need]:
        return [EarningsCalendar(days_back=settings.lookback_days)]

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol."""
        reports, companies = past_reports(self, self.trade_date(state), self.settings.lookback_days)
        self.record_coverage(asked=len(reports), answered=len(reports), of=companies)
        for ticker, event in reports.items():
            if candidate := self._judge(ticker, event):
                yield candidate

    def _judge(self, ticker: str, event: EarningsEvent) -> Candidate | None:
        eps = eps_surprise(event.eps_actual, event.eps_estimate, self.settings.eps_floor_usd)
        revenue = revenue_surprise(event.revenue_actual, event.revenue_estimate)
        if eps is None and revenue is None:
            self.count("no estimate")
            return None
        checks = ((eps, self._eps_counts), (revenue, self._revenue_counts))
        counted = [one for one, counts in checks if one is not None and counts(one)]
        if not counted:
            self.count("below the surprise thresholds")
            return None
        direction = _direction(counted)
        if direction not in self.settings.directions:
            self.count(f"{direction} (not in directions)")
            return None
        return self._candidate(ticker, event, direction, counted, (eps, revenue))

    def _eps_counts(self, eps: Surprise) -> bool:
        enough = abs(eps.difference) >= self.settings.min_eps_surprise_usd  # a cent may be rounding
        return enough and bool(abs(eps.percent) >= self.settings.min_eps_surprise_percent)

    def _revenue_counts(self, revenue: Surprise) -> bool:
        return bool(abs(revenue.percent) >= self.settings.min_revenue_surprise_percent)

    def _candidate(
        self,
        ticker: str,
        event: EarningsEvent,
        direction: Result,
        counted: list[Surprise],
        both: tuple[Surprise | None, Surprise | None],
    ) -> Candidate:
        hour = f", {HOURS[event.hour]}" if event.hour in HOURS else ""
        percents = (max(-_MAX_PERCENT, min(one.percent, _MAX_PERCENT)) for one in counted)
        agreed = Priority.HIGH if len(counted) == 2 else Priority.MEDIUM
        return self.candidate(
            ticker,
            f"{direction} on {event.day}{hour}: {_eps_text(both[0])}; {_revenue_text(both[1])}",
            priority=Priority.LOW if direction == "mixed" else agreed,
            strategy=f"earnings_{direction}",
            direction=_DIRECTIONS[direction],
            score=round(abs(sum(percents)), 6),
            evidence=(_evidence(event, calendar_address(self, event), direction, *both),),
        )


def _direction(counted: list[Surprise]) -> Result:
    signs = {one.sign for one in counted}
    if len(signs) > 1:
        return "mixed"
    return "beat" if signs == {1} else "miss"


def _eps_text(eps: Surprise | None) -> str:
    if eps is None:
        return "EPS has nothing to be compared with"
    against = f"EPS {eps.actual:.2f} USD against {eps.estimate:.2f} expected"
    if eps.near_zero:
        return f"{against} ({eps.difference:+.2f} USD; the estimate is too near zero for a percentage)"
    return f"{against} ({eps.percent:+.1f} % of the estimate's size)"


def _revenue_text(revenue: Surprise | None) -> str:
    if revenue is None:
        return "revenue has nothing to be compared with"
    actual, estimate = revenue.actual / 1e6, revenue.estimate / 1e6
    return f"revenue {actual:,.1f} million USD against {estimate:,.1f} expected ({revenue.percent:+.1f} %)"


def _evidence(
    event: EarningsEvent, address: str, direction: Result, eps: Surprise | None, revenue: Surprise | None
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
