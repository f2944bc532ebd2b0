"""Every screen by name, built with its defaults or with thresholds of one's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.screens.atr_compression import atr_compression
from tradingagents.discovery.screens.base import Screen
from tradingagents.discovery.screens.gap_up import gap_up
from tradingagents.discovery.screens.high_52w_breakout import high_52w_breakout
from tradingagents.discovery.screens.minervini import minervini
from tradingagents.discovery.screens.obv_divergence import obv_divergence
from tradingagents.discovery.screens.rsi_oversold import rsi_oversold
from tradingagents.discovery.screens.sector_rotation import sector_rotation
from tradingagents.discovery.screens.technical_breakout import technical_breakout
from tradingagents.discovery.screens.volume_accumulation import volume_accumulation
from tradingagents.discovery.screens.volume_dry_up import volume_dry_up

__all__ = ["FACTORIES", "all_screens", "build", "thresholds"]

FACTORIES: Mapping[str, Callable[..., Screen]] = MappingProxyType(
    {
        factory.__name__: factory
        for factory in (
            volume_accumulation,
            technical_breakout,
            high_52w_breakout,
            minervini,
            atr_compression,
            volume_dry_up,
            rsi_oversold,
            gap_up,
            obv_divergence,
            sector_rotation,
        )
    }
)
"""Screen name to its factory, in the order they are listed to users."""


def all_screens() -> tuple[Screen, ...]:
    """Build every screen with its defaults."""
    return tuple(factory() for factory in FACTORIES.values())


def thresholds(name: str) -> dict[str, Any]:
    """Return a screen's parameters with their defaults; raises :class:`ConfigError` for an unknown name."""
    if name not in FACTORIES:
        raise ConfigError(f"no screen is called {name!r}; there are: {', '.join(FACTORIES)}")
    return {
        key: parameter.default for key, parameter in inspect.signature(FACTORIES[name]).parameters.items()
    }


def build(name: str, **settings: Any) -> Screen:
    """Build one screen with thresholds of one's own; raises :class:`ConfigError` for an unknown one."""
    known = thresholds(name)
    if unknown := sorted(settings.keys() - known.keys()):
        raise ConfigError(f"screen {name!r} has no {', '.join(unknown)}; it has: {', '.join(known)}")
    return FACTORIES[name](**settings)
