"""What a scan wants to know of the daily bars: which, and as of when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tradingagents.discovery.settings.settings import MarketSettings

__all__ = ["MarketOrder"]


@dataclass(frozen=True)
class MarketOrder:
    """Plain data, so that it crosses a process boundary.

    ``store`` is the folder of the bars, None for nowhere. A session that has not closed by ``now`` (aware)
    does not count; None: all have. The two limits are the filter's: what it will drop must not first take the
    places that a scanner's ``limit`` leaves.
    """

    settings: MarketSettings
    store: Path | None
    trade_date: date
    now: datetime | None = None
    min_price_usd: float | None = None
    min_dollar_volume_usd: float | None = None
