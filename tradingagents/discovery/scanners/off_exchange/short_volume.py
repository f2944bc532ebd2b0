"""``short_volume``: shares of which far more was sold short than usual, from FINRA's daily files.

Only what was traded away from the exchanges is in those files, and most short sales in it are market
makers', closed within the day: it is not short interest, and tells nothing of who sold or why. A session
far above a share's own mean is what deserves a look. How that is measured stands in ``short_shares``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Evidence, Priority
from tradingagents.discovery.scanners.off_exchange.daily_files import DailyFilesScanner
from tradingagents.discovery.scanners.off_exchange.short_shares import ShortShare, find_short_shares
from tradingagents.discovery.settings.settings import ScannerSettings
from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["ShortVolume", "ShortVolumeSettings"]

_HIGH_EXCESS = 0.35


class ShortVolumeSettings(ScannerSettings):
    """``scanners.short_volume``. Shares of volume are fractions; ``min_volume`` is in shares of stock."""

    limit: int | None = Field(10, ge=1)
    mean_days: int = Field(20, ge=2, le=250)
    min_short_share: float = Field(0.7, ge=0, le=1)
    min_excess: float = Field(0.2, ge=0, le=1)
    min_volume: float = Field(1_000_000, gt=0)


class ShortVolume(DailyFilesScanner):
    """Puts forward each share whose short share of volume lies ``min_excess`` above its own usual one.

    The score is that excess. Priorities are high from 0.35 on, and medium below: volume has no direction.
    """

    name, pipeline, strategy = "short_volume", "edge", "short_volume"
    evidence_kinds = ("short_sale_volume",)
    listed_only = True
    Settings = ShortVolumeSettings

    @classmethod
    def unit(cls, settings: Any) -> str:
        return "files"

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol; raises as :meth:`DailyFilesScanner.sessions` does."""
        newest, before = self.sessions(self.trade_date(state), self.settings.mean_days)
        found, left_out = find_short_shares(
            newest,
            before,
            min_volume=self.settings.min_volume,
            min_short_share=self.settings.min_short_share,
            min_excess=self.settings.min_excess,
        )
        self.step("symbols", len(newest.total))
        for reason, count in left_out.items():
            self.step(reason, count)
        for one in found:
            yield self._candidate(one, newest)

    def _candidate(self, one: ShortShare, newest: VolumeDay) -> Candidate:
        return Candidate(
            ticker=one.symbol,
            source=self.name,
            context=(
                f"{one.share:.0%} of its off-exchange volume of {one.volume:,.0f} shares on {newest.day} was "
                f"sold short, usually {one.usual:.0%} ({one.sessions} sessions); this is not short interest"
            ),
            priority=Priority.HIGH if one.excess >= _HIGH_EXCESS else Priority.MEDIUM,
            strategy=self.strategy,
            score=round(one.excess, 4),
            evidence=(self._evidence(one, newest),),
        )

    def _evidence(self, one: ShortShare, newest: VolumeDay) -> Evidence:
        return Evidence(
            vendor="finra",
            kind="short_sale_volume",
            as_of=newest.day.isoformat(),
            url=self.vendors.finra.daily_url(newest.day),
            values={
                "symbol": one.symbol,
                "volume": round(one.volume, 6),
                "short_volume": round(newest.short[one.symbol], 6),
                "short_exempt_volume": round(newest.exempt[one.symbol], 6),
                "short_share": round(one.share, 4),
                "usual_short_share": round(one.usual, 4),
                "sessions": one.sessions,
            },
        )
