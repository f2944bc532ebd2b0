"""Names that moved: imported from their modules by what has not been changed yet."""

from __future__ import annotations

from tradingagents.discovery.settings.base import Seconds, Settings
from tradingagents.discovery.settings.config import DiscoveryConfig
from tradingagents.discovery.settings.parse import parse_config, parse_settings, parse_without_scanners
from tradingagents.discovery.settings.sections import (
    UNIVERSES,
    ExecutionSettings,
    FilterSettings,
    MarketSettings,
    PipelineSettings,
    RankerSettings,
    ScannerSettings,
)

__all__ = [
    "UNIVERSES",
    "DiscoveryConfig",
    "ExecutionSettings",
    "FilterSettings",
    "MarketSettings",
    "PipelineSettings",
    "RankerSettings",
    "ScannerSettings",
    "Seconds",
    "Settings",
    "parse_config",
    "parse_settings",
    "parse_without_scanners",
]
