"""The settings of the technical scanners: the thresholds of their screens.

What each threshold means, and where it comes from, stands with the screen of that name in
``discovery/screens``; their defaults are the same. Written a second time because a configuration is
read without Polars.
"""

from __future__ import annotations

from pydantic import Field

from tradingagents.discovery.settings.settings import ScannerSettings

__all__ = [
    "AtrCompressionSettings",
    "GapUpSettings",
    "High52wBreakoutSettings",
    "MinerviniSettings",
    "ObvDivergenceSettings",
    "RsiOversoldSettings",
    "SectorRotationSettings",
    "TechnicalBreakoutSettings",
    "TechnicalSettings",
    "VolumeDryUpSettings",
]

_MOST_BARS = 1_000  # four years


class TechnicalSettings(ScannerSettings):
    """What all technical scanners take."""

    limit: int | None = Field(default=10, ge=1)


def _days(default: int, least: int = 1) -> int:
    made: int = Field(default=default, ge=least, le=_MOST_BARS)
    return made


class TechnicalBreakoutSettings(TechnicalSettings):
    """``scanners.technical_breakout``."""

    days: int = _days(20)
    min_volume_ratio: float = Field(default=1.5, ge=0)
    volume_days: int = _days(20)


class High52wBreakoutSettings(TechnicalSettings):
    """``scanners.high_52w_breakout``."""

    days: int = _days(252)
    base_days: int = _days(5)
    min_volume_ratio: float = Field(default=1.5, ge=0)
    volume_days: int = _days(20)


class MinerviniSettings(TechnicalSettings):
    """``scanners.minervini``."""

    year_days: int = _days(252)
    rise_days: int = _days(22)
    min_above_low: float = Field(default=0.30, ge=0)
    max_below_high: float = Field(default=0.25, ge=0, le=1)
    min_strength: float = 0.0


class AtrCompressionSettings(TechnicalSettings):
    """``scanners.atr_compression``."""

    short_days: int = _days(5)
    long_days: int = _days(20)
    max_ratio: float = Field(default=0.75, gt=0)
    breakout_days: int = _days(10)
    trend_days: int = _days(50)


class VolumeDryUpSettings(TechnicalSettings):
    """``scanners.volume_dry_up``."""

    quiet_days: int = _days(3)
    volume_days: int = _days(50)
    max_ratio: float = Field(default=0.55, gt=0)
    tight_days: int = _days(5)
    max_range: float = Field(default=0.06, gt=0)
    trend_days: int = _days(50)
    max_below_high: float = Field(default=0.10, ge=0, le=1)


class RsiOversoldSettings(TechnicalSettings):
    """``scanners.rsi_oversold``."""

    period: int = Field(default=2, ge=2, le=30)
    max_rsi: float = Field(default=10.0, gt=0, le=100)
    trend_days: int = _days(200)


class GapUpSettings(TechnicalSettings):
    """``scanners.gap_up``."""

    min_gap: float = Field(default=0.03, gt=0)
    max_gap: float = Field(default=0.50, gt=0)
    min_volume_ratio: float = Field(default=1.5, ge=0)
    volume_days: int = _days(20)
    trend_days: int = _days(200)


class ObvDivergenceSettings(TechnicalSettings):
    """``scanners.obv_divergence``."""

    days: int = _days(20, 2)
    max_change: float = 0.02
    max_fall: float = Field(default=0.10, ge=0, le=1)
    min_obv_days: float = 5.0


class SectorRotationSettings(TechnicalSettings):
    """``scanners.sector_rotation``. ``funds`` are the sectors, ``benchmark`` is the market."""

    funds: list[str] = Field(
        default_factory=lambda: [
            *("XLB", "XLC", "XLE", "XLF", "XLI", "XLK"),
            *("XLP", "XLRE", "XLU", "XLV", "XLY"),
        ],
        min_length=1,
    )
    benchmark: str = Field(default="SPY", min_length=1)
    short_days: int = _days(21)
    long_days: int = _days(63)
    min_excess: float = 0.02
    trend_days: int = _days(50)
