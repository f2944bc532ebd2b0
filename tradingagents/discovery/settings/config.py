"""``DiscoveryConfig``: the whole of ``config["discovery"]`` as typed, frozen objects."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path
from pydantic import Field, SerializeAsAny

from tradingagents.discovery.settings.base import Settings
from tradingagents.discovery.settings.sections import (
    ExecutionSettings,
    FilterSettings,
    MarketSettings,
    PipelineSettings,
    RankerSettings,
    ScannerSettings,
    Ticker,
)
from tradingagents.discovery.settings.vendors import VendorsSettings

__all__ = ["DATA_SOURCE_ENV", "DiscoveryConfig"]

DATA_SOURCE_ENV = "TRADINGAGENTS_DATA_SOURCE"
"""The environment variable that wins over ``data_source``."""

_PIPELINES = {
    name: PipelineSettings(priority=priority)
    for priority, name in enumerate(("edge", "momentum", "events", "news", "social"), start=1)
}


class DiscoveryConfig(Settings):
    """Every setting, validated; built by :func:`parse_config`. ``scanners`` has those of the registry."""

    data_source: Literal["live", "sandbox"] = Field(
        "live",
        description="Where the data comes from: the vendors, or the synthetic market of the sandbox. The "
        "environment variable `TRADINGAGENTS_DATA_SOURCE`, when set, wins.",
    )
    state_dir: str | None = Field(
        None,
        min_length=1,
        description="Folder for what the next run needs: spent quotas, cached answers, circuits; no key. "
        "None: the user's cache folder (`$XDG_CACHE_HOME/tradingagents`, `~/.cache/tradingagents`, or "
        "the platform's); with the sandbox as data source, memory only.",
    )
    watchlist: list[Ticker] = Field(
        [],
        description="Tickers that scanners with few requests look at: `options_flow`, `analyst_revisions`. "
        "A `watchlist` in the graph state wins.",
    )
    scanner_execution: ExecutionSettings = Field(ExecutionSettings(), description="How scanners run.")
    pipelines: dict[str, PipelineSettings] = Field(_PIPELINES, description="Groups of scanners.")
    scanners: dict[str, SerializeAsAny[ScannerSettings]] = Field(
        {}, description="One section for each scanner."
    )
    vendors: VendorsSettings = Field(VendorsSettings(), description="One section for each vendor.")
    market: MarketSettings = Field(MarketSettings(), description="Stored daily bars and the universe.")
    filter: FilterSettings = Field(FilterSettings(), description="Which merged candidates go on.")
    ranker: RankerSettings = Field(RankerSettings(), description="Order and number of the candidates.")

    def state_folder(self) -> Path | None:
        """Return the folder of what outlives a run; None: nowhere.

        Without a setting it is the user's cache folder, but for live data only: faults and answers of the
        sandbox are not kept.
        """
        if self.state_dir is not None:
            return Path(self.state_dir).expanduser()
        if self.data_source == "live":
            return user_cache_path("tradingagents", appauthor=False)
        return None

    def timeout_of(self, scanner: str) -> float:
        """Return the seconds that one scanner has, from its own start.

        ``scanners.<name>.timeout_seconds`` where the user set it. The longer timeout that some scanners have
        by default is capped by a ``scanner_execution.timeout_seconds`` below its own default.
        """
        settings, general = self.scanners[scanner], self.scanner_execution.timeout_seconds
        own = settings.timeout_seconds
        if own is None:
            return general
        by_default = own == type(settings).model_fields["timeout_seconds"].default
        lowered = general < ExecutionSettings.model_fields["timeout_seconds"].default
        return min(own, general) if by_default and lowered else own

    def is_enabled(self, scanner: str, pipeline: str) -> bool:
        """Return whether a scanner runs: it and its pipeline must be enabled."""
        return self.scanners[scanner].enabled and self.pipelines[pipeline].enabled
