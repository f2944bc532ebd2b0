"""The nine technical scanners: each puts forward what the screen of its name picks from the daily bars.

A scanner's settings are the thresholds of its screen, which are documented in ``discovery/screens``.
``grades``, the scores from which a candidate is of high and of medium priority, are this project's own.
"""

from __future__ import annotations

from tradingagents.discovery.model.candidate import Direction
from tradingagents.discovery.scanners.technical.scanner import TechnicalScanner, TechnicalSettings
from tradingagents.discovery.screens.atr_compression import AtrCompressionThresholds
from tradingagents.discovery.screens.gap_up import GapUpThresholds
from tradingagents.discovery.screens.high_52w_breakout import High52wBreakoutThresholds
from tradingagents.discovery.screens.minervini import MinerviniThresholds
from tradingagents.discovery.screens.obv_divergence import ObvDivergenceThresholds
from tradingagents.discovery.screens.rsi_oversold import RsiOversoldThresholds
from tradingagents.discovery.screens.sector_rotation import SectorRotationThresholds
from tradingagents.discovery.screens.technical_breakout import TechnicalBreakoutThresholds
from tradingagents.discovery.screens.volume_dry_up import VolumeDryUpThresholds

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
    # Momentum over months continues (Jegadeesh and Titman 1993).
    direction = Direction.UP

    class Settings(TechnicalSettings, TechnicalBreakoutThresholds):
        """``scanners.technical_breakout``."""


class High52wBreakout(TechnicalScanner):
    """The first close above the 52-week high after a pause, on volume. Score: the volume's ratio."""

    name, strategy, grades = "high_52w_breakout", "52_week_high", (3.0, 0.0)
    # Shares near their 52-week high rise over six months (George and Hwang 2004).
    direction = Direction.UP

    class Settings(TechnicalSettings, High52wBreakoutThresholds):
        """``scanners.high_52w_breakout``."""


class Minervini(TechnicalScanner):
    """Minervini's trend template. Score: the year's return, its last quarter counted twice."""

    name, strategy, grades = "minervini", "trend_template", (1.0, 0.5)
    # Momentum over months continues (Jegadeesh and Titman 1993).
    direction = Direction.UP

    class Settings(TechnicalSettings, MinerviniThresholds):
        """``scanners.minervini``."""


class AtrCompression(TechnicalScanner):
    """A narrow range left upwards, in an uptrend. Score: 1 less the ratio of short range to long."""

    name, strategy, grades = "atr_compression", "volatility_contraction", (0.5, 0.0)
    # The signal is a break upwards; no published evidence found.
    direction = Direction.UP

    class Settings(TechnicalSettings, AtrCompressionThresholds):
        """``scanners.atr_compression``."""


class VolumeDryUp(TechnicalScanner):
    """Volume that dries up near the highs. Score: 1 less the ratio of quiet volume to usual."""

    name, strategy, grades = "volume_dry_up", "volume_dry_up", (0.7, 0.55)
    # The signal is the end of a pause in a rise; no published evidence found.
    direction = Direction.UP

    class Settings(TechnicalSettings, VolumeDryUpThresholds):
        """``scanners.volume_dry_up``."""


class RsiOversold(TechnicalScanner):
    """A short, sharp pullback in a long uptrend. Score: 100 less the RSI."""

    name, strategy, grades = "rsi_oversold", "mean_reversion", (99.0, 95.0)
    # Losers of the last weeks recover, before costs (Jegadeesh 1990).
    direction = Direction.UP

    class Settings(TechnicalSettings, RsiOversoldThresholds):
        """``scanners.rsi_oversold``."""


class GapUp(TechnicalScanner):
    """A gap that held, in an uptrend, on volume. Score: the gap as a fraction."""

    name, strategy, grades = "gap_up", "breakaway_gap", (0.10, 0.0)
    # Jumps of one day reverse as a group (Jegadeesh 1990, Bali et al. 2011). A gap on earnings is the
    # exception, which the screen cannot recognise.
    direction = Direction.DOWN

    class Settings(TechnicalSettings, GapUpThresholds):
        """``scanners.gap_up``."""


class ObvDivergence(TechnicalScanner):
    """On-balance volume that rises while the price does not. Score: its change in days of volume."""

    name, strategy, grades = "obv_divergence", "accumulation", (10.0, 7.0)
    # The signal is buying before a rise; no published evidence found.
    direction = Direction.UP

    class Settings(TechnicalSettings, ObvDivergenceThresholds):
        """``scanners.obv_divergence``."""


class SectorRotation(TechnicalScanner):
    """A sector's fund that begins to lead the market. Score: its lead as a fraction."""

    name, strategy, grades = "sector_rotation", "sector_rotation", (0.05, 0.0)
    # Momentum of industries continues for six months (Moskowitz and Grinblatt 1999).
    direction = Direction.UP

    class Settings(TechnicalSettings, SectorRotationThresholds):
        """``scanners.sector_rotation``."""
