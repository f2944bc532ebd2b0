"""Where hosts import the discovery graph from; it lives in :mod:`tradingagents.discovery.graph`."""

from __future__ import annotations

from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph, studio_graph

__all__ = ["DiscoveryGraph", "studio_graph"]
