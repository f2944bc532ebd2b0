"""The settings of the trading agents: those of the discovery module, under ``"discovery"``."""

from __future__ import annotations

import tradingagents.discovery

__all__ = ["DEFAULT_CONFIG"]

DEFAULT_CONFIG = tradingagents.discovery.DEFAULT_CONFIG
