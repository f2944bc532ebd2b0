"""Every screen by name. Reading it imports no Polars; building a screen does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.screens.atr_compression import AtrCompressionThresholds
from tradingagents.discovery.screens.base import Screen, ScreenThresholds
from tradingagents.discovery.screens.gap_up import GapUpThresholds
from tradingagents.discovery.screens.high_52w_breakout import High52wBreakoutThresholds
from tradingagents.discovery.screens.minervini import MinerviniThresholds
from tradingagents.discovery.screens.obv_divergence import ObvDivergenceThresholds
from tradingagents.discovery.screens.rsi_oversold import RsiOversoldThresholds
from tradingagents.discovery.screens.sector_rotation import SectorRotationThresholds
from tradingagents.discovery.screens.technical_breakout import TechnicalBreakoutThresholds
from tradingagents.discovery.screens.volume_accumulation import VolumeAccumulationThresholds
from tradingagents.discovery.screens.volume_dry_up import VolumeDryUpThresholds

__all__ = ["SCREENS", "all_screens", "build", "thresholds"]

SCREENS: Mapping[str, type[ScreenThresholds]] = MappingProxyType(
    {
        "volume_accumulation": VolumeAccumulationThresholds,
        "technical_breakout": TechnicalBreakoutThresholds,
        "high_52w_breakout": High52wBreakoutThresholds,
        "minervini": MinerviniThresholds,
        "atr_compression": AtrCompressionThresholds,
        "volume_dry_up": VolumeDryUpThresholds,
        "rsi_oversold": RsiOversoldThresholds,
        "gap_up": GapUpThresholds,
        "obv_divergence": ObvDivergenceThresholds,
        "sector_rotation": SectorRotationThresholds,
    }
)
"""Screen name to its thresholds, which build it; in the order in which they are listed to users."""


def all_screens() -> tuple[Screen, ...]:
    """Build every screen with its defaults."""
    return tuple(model().build_screen() for model in SCREENS.values())


def thresholds(name: str) -> dict[str, Any]:
    """Return a screen's thresholds with their defaults; raises :class:`ConfigError` for an unknown name."""
    if name not in SCREENS:
        raise ConfigError(f"no screen is called {name!r}; there are: {', '.join(SCREENS)}")
    return SCREENS[name]().model_dump()


def build(name: str, **settings: Any) -> Screen:
    """Build one screen with these thresholds, the defaults for the others.

    Raises :class:`ConfigError` for an unknown screen or threshold, and for a value out of bounds.
    """
    known = thresholds(name)
    if unknown := sorted(settings.keys() - known.keys()):
        raise ConfigError(f"screen {name!r} has no {', '.join(unknown)}; it has: {', '.join(known)}")
    try:
        return SCREENS[name](**settings).build_screen()
    except ValidationError as error:
        wrong = (f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        raise ConfigError(f"screen {name!r}: {'; '.join(wrong)}") from None
