"""Where a client finds each vendor of a running sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["vendor_config"]

_BASES = {
    "alpha_vantage": "/alpha_vantage/query",
    "finnhub": "/finnhub/api/v1",
    "reddit": "/reddit/",  # joined like a link, so the slash at the end counts
    "sec": "/sec",
    "finra": "/finra",
    "nasdaq": "/nasdaq",
    "yahoo": "/yahoo",
}


def vendor_config(
    urls: Mapping[str, str], default: str, store: Path, funds: Sequence[str], benchmark: str
) -> dict[str, Any]:
    """Return the part of a configuration that sends every vendor to the sandbox.

    ``urls`` are the addresses of vendors with ports of their own, ``default`` that of the others. ``store``
    is the folder of the daily bars, ``funds`` and ``benchmark`` are what the sectors are called here.
    """
    vendors: dict[str, dict[str, Any]] = {
        vendor: {"base_url": urls.get(vendor, default) + base} for vendor, base in _BASES.items()
    }
    vendors["reddit"]["token_url"] = vendors["reddit"]["base_url"].rstrip("/")
    vendors["yahoo"]["rates"] = [{"requests": 50, "seconds": 1}]  # the pace is a courtesy to the real one
    return {
        "discovery": {
            "data_source": "sandbox",
            "vendors": vendors,
            "market": {"store_dir": str(store)},
            "scanners": {"sector_rotation": {"funds": list(funds), "benchmark": benchmark}},
        }
    }
