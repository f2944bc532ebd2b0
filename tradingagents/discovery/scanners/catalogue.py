"""The built-in scanners, in the order in which their candidates are merged."""

from __future__ import annotations

from tradingagents.discovery.scanners.analyst_revisions import AnalystRevisions
from tradingagents.discovery.scanners.base import BaseScanner
from tradingagents.discovery.scanners.earnings_calendar import EarningsCalendar
from tradingagents.discovery.scanners.earnings_surprise import EarningsSurprise
from tradingagents.discovery.scanners.insider_buying import InsiderBuying
from tradingagents.discovery.scanners.market_movers import MarketMovers
from tradingagents.discovery.scanners.material_events import MaterialEvents
from tradingagents.discovery.scanners.news_catalyst import NewsCatalyst
from tradingagents.discovery.scanners.options_flow import OptionsFlow
from tradingagents.discovery.scanners.reddit_dd import RedditDD
from tradingagents.discovery.scanners.reddit_trending import RedditTrending
from tradingagents.discovery.scanners.short_squeeze import ShortSqueeze
from tradingagents.discovery.scanners.short_volume import ShortVolume
from tradingagents.discovery.scanners.technical_scanners import (
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
from tradingagents.discovery.scanners.volume_accumulation import VolumeAccumulation

__all__ = ["BUILT_IN"]

BUILT_IN: tuple[type[BaseScanner], ...] = (
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
