"""The discovery module: ask many scanners at once which tickers deserve a closer look today.

Importing it takes neither LangGraph nor a vendor's client library, and does nothing else.
"""

from __future__ import annotations

from tradingagents.discovery.candidate import Candidate, Evidence, Priority, merge_candidates
from tradingagents.discovery.config import DiscoveryConfig, ScannerSettings, parse_config
from tradingagents.discovery.errors import ConfigError, DiscoveryError, InvalidCandidate, NotConfiguredError
from tradingagents.discovery.execution.outcome import Reason, Status
from tradingagents.discovery.scanners.base import BaseScanner
from tradingagents.discovery.scanners.registry import ScannerRegistry

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
