"""The technical scanners: the screens over daily bars, each under its own name.

``grades`` are the project's own: how strong a score of that screen is.
"""

from __future__ import annotations

from tradingagents.discovery.scanners.technical import settings as own
from tradingagents.discovery.scanners.technical.scanner import TechnicalScanner

__all__ = [
    "AtrCompression",
    "GapUp",
    "High52wBreakout",
    "Minervini",
    "ObvDivergence",
    "RsiOversold",
    "SectorRotation",
    "TechnicalBreakout",
    "VolumeDryUp",
]


class TechnicalBreakout(TechnicalScanner):
    """A close above the highest high of the last weeks, on more than usual volume. Score: that ratio."""

    name, strategy, grades = "technical_breakout", "breakout", (3.0, 0.0)
    Settings = own.TechnicalBreakoutSettings


class High52wBreakout(TechnicalScanner):
    """The first close above the 52-week high after a pause, on volume. Score: the volume's ratio."""

    name, strategy, grades = "high_52w_breakout", "52_week_high", (3.0, 0.0)
    Settings = own.High52wBreakoutSettings


class Minervini(TechnicalScanner):
    """Minervini's trend template. Score: the year's return, its last quarter counted twice."""

    name, strategy, grades = "minervini", "trend_template", (1.0, 0.5)
    Settings = own.MinerviniSettings


class AtrCompression(TechnicalScanner):
    """A narrow range left upwards, in an uptrend. Score: 1 less the ratio of short range to long."""

    name, strategy, grades = "atr_compression", "volatility_contraction", (0.5, 0.0)
    Settings = own.AtrCompressionSettings


class VolumeDryUp(TechnicalScanner):
    """Volume that dries up near the highs. Score: 1 less the ratio of quiet volume to usual."""

    name, strategy, grades = "volume_dry_up", "volume_dry_up", (0.7, 0.55)
    Settings = own.VolumeDryUpSettings


class RsiOversold(TechnicalScanner):
    """A short, sharp pullback in a long uptrend. Score: 100 less the RSI."""

    name, strategy, grades = "rsi_oversold", "mean_reversion", (99.0, 95.0)
    Settings = own.RsiOversoldSettings


class GapUp(TechnicalScanner):
    """A gap that held, in an uptrend, on volume. Score: the gap as a fraction."""

    name, strategy, grades = "gap_up", "breakaway_gap", (0.10, 0.0)
    Settings = own.GapUpSettings


class ObvDivergence(TechnicalScanner):
    """On-balance volume that rises while the price does not. Score: its change in days of volume."""

    name, strategy, grades = "obv_divergence", "accumulation", (10.0, 7.0)
    Settings = own.ObvDivergenceSettings


class SectorRotation(TechnicalScanner):
    """A sector's fund that begins to lead the market. Score: its lead as a fraction."""

    name, strategy, grades = "sector_rotation", "sector_rotation", (0.05, 0.0)
    Settings = own.SectorRotationSettings
