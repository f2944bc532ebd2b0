"""The scanners of a graph: those that are built in, and the registry that users build."""

from __future__ import annotations

from typing import Any

from tradingagents.discovery.scanners.analyst_revisions.scanner import AnalystRevisions
from tradingagents.discovery.scanners.earnings.calendar import EarningsCalendar
from tradingagents.discovery.scanners.earnings.surprise import EarningsSurprise
from tradingagents.discovery.scanners.insider_buying.scanner import InsiderBuying
from tradingagents.discovery.scanners.market_movers import MarketMovers
from tradingagents.discovery.scanners.material_events.scanner import MaterialEvents
from tradingagents.discovery.scanners.news_catalyst import NewsCatalyst
from tradingagents.discovery.scanners.off_exchange.short_volume import ShortVolume
from tradingagents.discovery.scanners.off_exchange.volume_accumulation import VolumeAccumulation
from tradingagents.discovery.scanners.options_flow.scanner import OptionsFlow
from tradingagents.discovery.scanners.reddit.dd import RedditDD
from tradingagents.discovery.scanners.reddit.trending import RedditTrending
from tradingagents.discovery.scanners.short_squeeze.scanner import ShortSqueeze
from tradingagents.discovery.scanners.technical.catalogue import (
    AtrCompression,
    GapUp,
    High52wBreakout,
    Minervini,
    ObvDivergence,
    RsiOversold,
    SectorRotation,
    TechnicalBreakout,
    VolumeDryUp,
)
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.registry import Registry
from tradingagents.discovery.settings.parse import defaults_of

__all__ = ["BUILT_IN", "ScannerRegistry", "default_config"]

BUILT_IN: tuple[type[AnyScanner], ...] = (
    InsiderBuying,
    MaterialEvents,
    ShortSqueeze,
    ShortVolume,
    VolumeAccumulation,
    TechnicalBreakout,
    High52wBreakout,
    Minervini,
    AtrCompression,
    VolumeDryUp,
    RsiOversold,
    GapUp,
    ObvDivergence,
    SectorRotation,
    MarketMovers,
    EarningsCalendar,
    EarningsSurprise,
    AnalystRevisions,
    OptionsFlow,
    NewsCatalyst,
    RedditTrending,
    RedditDD,
)
"""Every built-in scanner, in the order in which their candidates are merged."""


class ScannerRegistry(Registry):
    """The scanners of a graph, in the order in which their candidates are merged.

    ``ScannerRegistry([BigGap])`` holds one scanner; ``ScannerRegistry.installed()`` is what a graph uses by
    default. Raises :class:`ConfigError` when a class is malformed or its name is taken.
    """

    @classmethod
    def built_in(cls) -> ScannerRegistry:
        """Return a new registry of every built-in scanner."""
        return cls(BUILT_IN)

    @classmethod
    def installed(cls) -> ScannerRegistry:
        """Return a new registry of the built-in scanners, followed by those of installed distributions."""
        registry = cls.built_in()
        registry.add_plugins()
        return registry


def default_config() -> dict[str, Any]:
    """Return every setting with its default under ``"discovery"``, as plain data; a new copy at each call."""
    return {"discovery": defaults_of(BUILT_IN)}
