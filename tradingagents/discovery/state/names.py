"""How files and folders of a data source are named: what is learnt from synthetic data is kept apart."""

from __future__ import annotations

from pathlib import Path

from tradingagents.discovery.settings.config import DiscoveryConfig

__all__ = ["bars_folder", "qualified", "state_file"]


def qualified(stem: str, source: str) -> str:
    """Return ``stem`` for the source ``"live"``, else ``stem@source``, such as ``rotation@sandbox``."""
    return stem if source == "live" else f"{stem}@{source}"


def state_file(folder: Path | None, stem: str, data_source: str) -> Path | None:
    """Return the file in ``folder`` for what the next run should know; None without a folder."""
    return None if folder is None else folder / f"{qualified(stem, data_source)}.sqlite"


def bars_folder(config: DiscoveryConfig) -> Path | None:
    """Return the folder of the daily bars, whether it exists or not; None: nowhere.

    Replayed data and live data are about the same companies and share one; a sandbox has its own.
    """
    if config.market.store_dir is not None:
        return Path(config.market.store_dir).expanduser()
    folder = config.state_folder()
    source = "sandbox" if config.data_source == "sandbox" else "live"
    return folder and folder / qualified("ohlcv", source)
