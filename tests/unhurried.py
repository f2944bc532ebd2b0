"""Settings for tests that measure something else than pacing, caching and retrying."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tradingagents.default_config import DEFAULT_CONFIG

__all__ = ["UNHURRIED", "unhurried"]

UNHURRIED: dict[str, Any] = {
    "rates": [],
    "ttl_seconds": {},
    "attempts": 1,
    "breaker": {"fail_max": 1_000, "reset_after_seconds": 60},
}


def unhurried(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of every vendor of a sandbox's ``config()``: one attempt, no wait, no cache."""
    vendors: dict[str, Any] = copy.deepcopy(DEFAULT_CONFIG["discovery"]["vendors"])  # type: ignore[index]
    for vendor, own in config["discovery"]["vendors"].items():
        vendors[vendor] |= own | UNHURRIED
    return vendors
