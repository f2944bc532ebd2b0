"""Time in tests: how long an operation may take, and vendor settings without pacing, caching and retries."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import Any

from tradingagents.default_config import DEFAULT_CONFIG

__all__ = ["NO_WAITING", "time_allowance", "without_waiting"]

_OVERLOADED_FACTOR = 4

NO_WAITING: dict[str, Any] = {
    "rates": [],
    "ttl_seconds": {},
    "attempts": 1,
    "breaker": {"fail_max": 1_000, "reset_after_seconds": 60},
}


def time_allowance(seconds: float) -> float:
    """Return the seconds an operation may take: more while the load average exceeds the number of CPUs."""
    overloaded = hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)
    return seconds * _OVERLOADED_FACTOR if overloaded else seconds


def without_waiting(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of every vendor of a sandbox's ``config()``: one attempt, no wait, no cache."""
    vendors: dict[str, Any] = copy.deepcopy(DEFAULT_CONFIG["discovery"]["vendors"])  # type: ignore[index]
    for vendor, own in config["discovery"]["vendors"].items():
        vendors[vendor] |= own | NO_WAITING
    return vendors
