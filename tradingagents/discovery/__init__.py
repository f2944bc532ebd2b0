"""The discovery module: ask many scanners at once which tickers deserve a closer look today.

Importing it takes neither LangGraph nor a vendor's client library, and does nothing else.
"""

from __future__ import annotations

from tradingagents.discovery.execution.outcome import Reason, Status
from tradingagents.discovery.model.candidate import Candidate, Evidence, Priority, merge_candidates
from tradingagents.discovery.model.errors import (
    ConfigError,
    DiscoveryError,
    InvalidCandidate,
    NotConfiguredError,
)
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.registry import ScannerRegistry
from tradingagents.discovery.settings.settings import DiscoveryConfig, ScannerSettings, parse_config

__all__ = [
    "BaseScanner",
    "Candidate",
    "ConfigError",
    "DiscoveryConfig",
    "DiscoveryError",
    "Evidence",
    "InvalidCandidate",
    "NotConfiguredError",
    "Priority",
    "Reason",
    "ScannerRegistry",
    "ScannerSettings",
    "Status",
    "merge_candidates",
    "parse_config",
]
