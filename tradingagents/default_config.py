"""The settings of the trading agents: those of the discovery module, under ``"discovery"``."""

from __future__ import annotations

from tradingagents.discovery.settings.defaults import DEFAULT_CONFIG

__all__ = ["DEFAULT_CONFIG"]
