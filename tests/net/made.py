"""Vendors and parts of their settings, in few words: ``vendor("finnhub", url, rates=(rate(5, 1.0),))``."""

from __future__ import annotations

from typing import Any

from tradingagents.discovery.net import Vendor
from tradingagents.discovery.settings.vendors import BreakerSettings, RateSettings, VendorSettings


def rate(requests: int, seconds: float) -> RateSettings:
    return RateSettings(requests=requests, seconds=seconds)


def circuit(fail_max: int, reset_after_seconds: float = 60.0) -> BreakerSettings:
    return BreakerSettings(fail_max=fail_max, reset_after_seconds=reset_after_seconds)


def vendor(name: str, base_url: str = "http://127.0.0.1", **settings: Any) -> Vendor:
    """Return a vendor with a single attempt, unless ``settings`` contain ``attempts``."""
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()}
    return Vendor(name, VendorSettings(**({"base_url": base_url, "attempts": 1} | plain)))
