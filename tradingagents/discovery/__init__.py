"""The discovery module: which tickers deserve a closer look today.

Run every scanner that needs no key, on the synthetic market of the sandbox::

    from tradingagents.discovery import DiscoveryGraph
    from tradingagents.discovery.sandbox import SandboxServer

    with SandboxServer() as sandbox:
        final = DiscoveryGraph(sandbox.config()).run(str(sandbox.market.as_of))

Each public name is loaded when it is first used (PEP 562), so that importing this package takes neither
LangGraph nor a vendor's client library. ``DEFAULT_CONFIG`` is a new copy at each use: changing one changes
no graph. Modules inside this package may change without notice; the names in ``__all__`` do not.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tradingagents.discovery._version import __version__

if TYPE_CHECKING:
    from tradingagents.discovery.execution.outcome import Reason, Status
    from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
    from tradingagents.discovery.graph.state import DiscoveryState
    from tradingagents.discovery.model.candidate import (
        Candidate,
        Direction,
        Evidence,
        Priority,
        merge_candidates,
    )
    from tradingagents.discovery.model.errors import (
        Auth,
        BadPayload,
        Cancelled,
        CircuitOpen,
        ConfigError,
        DeadlineExceeded,
        DiscoveryError,
        FetchError,
        InvalidCandidate,
        NoDataError,
        NotConfiguredError,
        Permanent,
        QuotaSpent,
        RateLimited,
        ScannerError,
        StaleDataError,
        Transient,
    )
    from tradingagents.discovery.model.report import (
        FilteredCandidate,
        FilterReport,
        MergedCandidate,
        Outcome,
        RankedCandidate,
        RankerReport,
        ScanReport,
    )
    from tradingagents.discovery.scanners.registry import ScannerRegistry
    from tradingagents.discovery.scanning.base import BaseScanner
    from tradingagents.discovery.scanning.needs import Bars, Directory, EarningsCalendar
    from tradingagents.discovery.screens.base import Feature, Screen
    from tradingagents.discovery.settings.config import DiscoveryConfig
    from tradingagents.discovery.settings.parse import parse_config
    from tradingagents.discovery.settings.sections import ScannerSettings
    from tradingagents.discovery.tickers.find import find_tickers

    DEFAULT_CONFIG: dict[str, Any]

__all__ = [
    "DEFAULT_CONFIG",
    "Auth",
    "BadPayload",
    "Bars",
    "BaseScanner",
    "Cancelled",
    "Candidate",
    "CircuitOpen",
    "ConfigError",
    "DeadlineExceeded",
    "Direction",
    "Directory",
    "DiscoveryConfig",
    "DiscoveryError",
    "DiscoveryGraph",
    "DiscoveryState",
    "EarningsCalendar",
    "Evidence",
    "Feature",
    "FetchError",
    "FilterReport",
    "FilteredCandidate",
    "InvalidCandidate",
    "MergedCandidate",
    "NoDataError",
    "NotConfiguredError",
    "Outcome",
    "Permanent",
    "Priority",
    "QuotaSpent",
    "RankedCandidate",
    "RankerReport",
    "RateLimited",
    "Reason",
    "ScanReport",
    "ScannerError",
    "ScannerRegistry",
    "ScannerSettings",
    "Screen",
    "StaleDataError",
    "Status",
    "Transient",
    "__version__",
    "find_tickers",
    "merge_candidates",
    "parse_config",
]

_MODULE_OF = {
    "Auth": "model.errors",
    "BadPayload": "model.errors",
    "Bars": "scanning.needs",
    "BaseScanner": "scanning.base",
    "Cancelled": "model.errors",
    "Candidate": "model.candidate",
    "CircuitOpen": "model.errors",
    "ConfigError": "model.errors",
    "DeadlineExceeded": "model.errors",
    "Direction": "model.candidate",
    "Directory": "scanning.needs",
    "DiscoveryConfig": "settings.config",
    "DiscoveryError": "model.errors",
    "DiscoveryGraph": "graph.discovery_graph",
    "DiscoveryState": "graph.state",
    "EarningsCalendar": "scanning.needs",
    "Evidence": "model.candidate",
    "Feature": "screens.base",
    "FetchError": "model.errors",
    "FilterReport": "model.report",
    "FilteredCandidate": "model.report",
    "InvalidCandidate": "model.errors",
    "MergedCandidate": "model.report",
    "NoDataError": "model.errors",
    "NotConfiguredError": "model.errors",
    "Outcome": "model.report",
    "Permanent": "model.errors",
    "Priority": "model.candidate",
    "QuotaSpent": "model.errors",
    "RankedCandidate": "model.report",
    "RankerReport": "model.report",
    "RateLimited": "model.errors",
    "Reason": "execution.outcome",
    "ScanReport": "model.report",
    "ScannerError": "model.errors",
    "ScannerRegistry": "scanners.registry",
    "ScannerSettings": "settings.sections",
    "Screen": "screens.base",
    "StaleDataError": "model.errors",
    "Status": "execution.outcome",
    "Transient": "model.errors",
    "find_tickers": "tickers.find",
    "merge_candidates": "model.candidate",
    "parse_config": "settings.parse",
}


def __getattr__(name: str) -> Any:
    if name == "DEFAULT_CONFIG":
        return importlib.import_module(f"{__name__}.scanners.registry").default_config()
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value  # later uses do not come here
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
