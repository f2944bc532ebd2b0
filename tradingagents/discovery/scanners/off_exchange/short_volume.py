"""``short_volume``: stocks sold short far more than usual in one session (FINRA daily files).

The files cover off-exchange trades only, and most short sales in them are market makers', closed within the
day. This is not short interest, and does not show who sold or why. The signal is a session far above the
stock's own usual level; see :mod:`.measures`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority
from tradingagents.discovery.scanners.off_exchange.daily_files import DailyFilesScanner
from tradingagents.discovery.scanners.off_exchange.measures import ShortExcess, find_short_excess
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["ShortVolume", "ShortVolumeSettings"]

_HIGH_EXCESS = 0.35


class ShortVolumeSettings(ScannerSettings):
    """``scanners.short_volume``."""

    limit: int | None = Field(10, ge=1)
    mean_days: int = Field(
        20, ge=2, le=250, description="Sessions before the newest over which the usual part is computed."
    )
    min_short_share: float = Field(
        0.7, ge=0, le=1, description="Part of the newest session's off-exchange volume sold short, at least."
    )
    min_excess: float = Field(
        0.2, ge=0, le=1, description="That part less the usual one, as a fraction, at least."
    )
    min_volume: float = Field(
        1_000_000, gt=0, description="Smallest off-exchange volume of the newest session, in shares."
    )


class ShortVolume(DailyFilesScanner[ShortVolumeSettings]):
    """Finds stocks whose short fraction of volume exceeds their usual one by ``min_excess`` or more.

    The score is that excess, as a fraction. Priority is high from 0.35, otherwise medium.
    """

    name, pipeline, strategy = "short_volume", "edge", "short_volume"
    evidence_kinds = ("short_sale_volume",)
    listed_only = True

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol. Raises as :meth:`DailyFilesScanner.sessions` does."""
        newest, before = self.sessions(self.trade_date(state), self.settings.mean_days)
        found, left_out = find_short_excess(
            newest,
            before,
            min_volume=self.settings.min_volume,
            min_short_share=self.settings.min_short_share,
            min_excess=self.settings.min_excess,
        )
        self.count("symbols", len(newest.total))
        for reason, count in left_out.items():
            self.count(reason, count)
        for one in found:
            yield self._candidate(one, newest)

    def _candidate(self, one: ShortExcess, newest: VolumeDay) -> Candidate:
        return self.candidate(
            one.symbol,
            (
                f"{one.share:.0%} of its off-exchange volume of {one.volume:,.0f} shares on {newest.day} was "
                f"sold short, usually {one.usual:.0%} ({one.sessions} sessions); this is not short interest"
            ),
            priority=Priority.HIGH if one.excess >= _HIGH_EXCESS else Priority.MEDIUM,
            # More short selling than usual precedes falls over days (Diether, Lee, Werner 2009).
            direction=Direction.DOWN,
            score=round(one.excess, 4),
            evidence=(self._evidence(one, newest),),
        )

    def _evidence(self, one: ShortExcess, newest: VolumeDay) -> Evidence:
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
