"""The configuration that sends a scan to a running sandbox: vendor addresses and a store of daily bars."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.execution.once import Once
from tradingagents.discovery.sandbox.world.market import Market
from tradingagents.discovery.sandbox.world.prices.store import write_bars
from tradingagents.discovery.sandbox.world.technical.screens import sector_funds

__all__ = ["Configuration"]

_PATHS = {
    "alpha_vantage": "/alpha_vantage/query",
    "finnhub": "/finnhub/api/v1",
    "reddit": "/reddit/",  # joined like a link, so it ends with a slash
    "sec": "/sec",
    "finra": "/finra",
    "nasdaq": "/nasdaq",
    "yahoo": "/yahoo",
}


class Configuration:
    """Builds the configuration of one sandbox. Thread-safe.

    The daily bars are written into a temporary folder when the first configuration is built.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._store_path = Once(self._write_store)

    def build(self, urls: Mapping[str, str], default_url: str) -> dict[str, object]:
        """Return the part of a configuration that differs from the defaults.

        ``urls`` are the addresses of vendors with ports of their own, ``default_url`` is that of the others.
        """
        vendors: dict[str, dict[str, object]] = {
            vendor: {"base_url": urls.get(vendor, default_url) + path} for vendor, path in _PATHS.items()
        }
        vendors["reddit"]["token_url"] = (urls.get("reddit", default_url) + _PATHS["reddit"]).rstrip("/")
        vendors["yahoo"]["rates"] = [{"requests": 50, "seconds": 1}]  # the default spares the real Yahoo
        funds, benchmark = sector_funds(self._market.listings)
        return {
            "discovery": {
                "data_source": "sandbox",
                "vendors": vendors,
                "market": {"store_dir": str(self._store_path())},
                "scanners": {"sector_rotation": {"funds": list(funds), "benchmark": benchmark}},
            }
        }

    def remove(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._folder is not None:
            self._folder.cleanup()

    def _write_store(self) -> Path:
        self._folder = tempfile.TemporaryDirectory(prefix="tradingagents-sandbox-")
        path = Path(self._folder.name) / "ohlcv"
        write_bars(self._market, OhlcvStore(path))
        return path
