"""Trading agents: the discovery module asks many market scanners which tickers deserve a look today.

``DiscoveryGraph`` is imported when it is first used, so that ``import tradingagents.discovery``
does not pay for LangGraph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery._version import __version__

if TYPE_CHECKING:
    from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph

__all__ = ["DEFAULT_CONFIG", "DiscoveryGraph", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "DiscoveryGraph":
        from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph  # noqa: PLC0415

        return DiscoveryGraph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
