"""The built-in scanners, in the order in which their candidates are merged."""

from __future__ import annotations

from tradingagents.discovery.scanners.base import BaseScanner

__all__ = ["BUILT_IN"]

BUILT_IN: tuple[type[BaseScanner], ...] = ()
