"""``volume_accumulation``: stocks whose volume jumped above its own mean.

The setting ``source`` selects the data. ``finra``: off-exchange volume from FINRA's daily files, which are
free and cover every listed stock. ``bars``: total volume and prices from the stored daily bars; see
:mod:`~tradingagents.discovery.screens.volume_accumulation`.

With ``finra`` the newest session is compared with the ``mean_days`` before it. The files do not show
who bought and carry no prices, so a stock split looks like a jump in volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field

from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority
from tradingagents.discovery.scanners.off_exchange.daily_files import DailyFilesScanner
from tradingagents.discovery.scanners.off_exchange.measures import VolumeJump, find_jumps
from tradingagents.discovery.scanners.technical.scanner import scan_bars
from tradingagents.discovery.scanning.base import TICKERS
from tradingagents.discovery.scanning.needs import Bars, Need
from tradingagents.discovery.screens.volume_accumulation import VolumeAccumulationThresholds
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["VolumeAccumulation", "VolumeAccumulationSettings"]

# Extreme volume precedes rises over a month (Gervais, Kaniel, Mingelgrin 2001).
_DIRECTION = Direction.UP
_HIGH_RATIO, _MEDIUM_RATIO = 5.0, 3.0


class VolumeAccumulationSettings(ScannerSettings):
    """``scanners.volume_accumulation``."""

    limit: int | None = Field(15, ge=1)
    source: Literal["finra", "bars"] = Field(
        "finra",
        description="`finra`: off-exchange volume from FINRA's daily files; `bars`: all volume and the "
        "prices of the stored daily bars.",
    )
    mean_days: int = Field(20, ge=2, le=250, description="Sessions of the mean volume, before the newest.")
    min_ratio: float = Field(2.0, gt=0, description="Newest volume over that mean, at least.")
    min_volume: float = Field(
        100_000,
        gt=0,
        description="Smallest volume in shares: with `finra` of the newest session, with `bars` the mean.",
    )
    max_change: float = Field(
        0.05,
        ge=0,
        description="With `bars`: largest move of the close, up or down, as a fraction of the close before.",
    )
    min_close_location: float = Field(
        0.5,
        ge=0,
        le=1,
        description="With `bars`: lowest place of the close in the day's range, 0 low, 1 high.",
    )


class VolumeAccumulation(DailyFilesScanner[VolumeAccumulationSettings]):
    """Finds stocks whose newest volume is at least ``min_ratio`` times its mean. The score is that ratio."""

    name, pipeline, strategy = "volume_accumulation", "momentum", "volume_accumulation"
    listed_only = True

    @classmethod
    def needs(cls, settings: VolumeAccumulationSettings) -> Iterable[Need]:
        if settings.source == "finra":
            return []
        screen = VolumeAccumulationThresholds(
            mean_days=settings.mean_days,
            min_ratio=settings.min_ratio,
            max_change=settings.max_change,
            min_close_location=settings.min_close_location,
            min_mean_volume=settings.min_volume,
        )
        return [Bars(screen)]

    @classmethod
    def unit(cls, settings: VolumeAccumulationSettings) -> str:
        return super().unit(settings) if settings.source == "finra" else TICKERS

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield from the configured source: FINRA's files in order of symbol, bars by strength.

        With ``finra``, raises as :meth:`DailyFilesScanner.sessions` does.
        """
        if self.settings.source == "bars":
            return scan_bars(self, (_HIGH_RATIO, _MEDIUM_RATIO), _DIRECTION)
        return self._scan_finra(state)

    def _scan_finra(self, state: dict[str, Any]) -> Iterator[Candidate]:
        newest, before = self.sessions(self.trade_date(state), self.settings.mean_days)
        jumps, left_out = find_jumps(newest, before, self.settings.min_ratio, self.settings.min_volume)
        self.count("symbols", len(newest.total))
        for reason, count in left_out.items():
            self.count(reason, count)
        for jump in jumps:
            yield self._candidate(jump, newest)

    def _candidate(self, jump: VolumeJump, newest: VolumeDay) -> Candidate:
        if jump.ratio >= _HIGH_RATIO:
            priority = Priority.HIGH
        else:
            priority = Priority.MEDIUM if jump.ratio >= _MEDIUM_RATIO else Priority.LOW
        return self.candidate(
            jump.symbol,
            (
                f"off-exchange volume of {jump.volume:,.0f} shares on {newest.day}, {jump.ratio:.1f}x its "
                f"{jump.sessions}-session mean of {jump.mean:,.0f}; {jump.short_share:.0%} of it sold short"
            ),
            priority=priority,
            direction=_DIRECTION,
            score=round(jump.ratio, 4),
            evidence=(self._evidence(jump, newest),),
        )

    def _evidence(self, jump: VolumeJump, newest: VolumeDay) -> Evidence:
        return Evidence(
            vendor="finra",
            kind="off_exchange_volume",
            as_of=newest.day.isoformat(),
            url=self.vendors.finra.daily_url(newest.day),
            values={
                "symbol": jump.symbol,
                "volume": round(jump.volume, 6),
                "mean_volume": round(jump.mean, 2),
                "ratio": round(jump.ratio, 4),
                "sessions": jump.sessions,
                "short_share": round(jump.short_share, 4),
            },
        )
