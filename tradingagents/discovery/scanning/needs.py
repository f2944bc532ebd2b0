"""What a scanner declares that it shares with the other scanners of a scan.

::

    class BigGap(BaseScanner[BigGapSettings]):
        @classmethod
        def needs(cls, settings):
            return [Bars(my_screen(settings.min_gap)), EarningsCalendar(days_ahead=5), Directory()]

The needs of all enabled scanners, built-in and third-party alike, are collected once for each graph. An error
in one scanner's ``needs`` is the outcome of that scanner alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradingagents.discovery.screens.base import Screen, ScreenThresholds

__all__ = ["Bars", "Directory", "EarningsCalendar", "Need"]


@dataclass(frozen=True)
class Bars:
    """A screen over the stored daily bars; ``self.market.screened()`` returns what it picked.

    ``screen`` is a :class:`Screen` of one's own, or a built-in one by its thresholds, such as
    ``GapUpThresholds(min_gap=0.08)``. All screens of a scan are evaluated in one pass over the bars.
    """

    screen: Screen | ScreenThresholds


@dataclass(frozen=True)
class EarningsCalendar:
    """Days of the earnings calendar before and after the trade date, at most 90 each.

    A scan requests the days of all its scanners at once; see :meth:`MarketData.calendar_window`.
    """

    days_back: int = 0
    days_ahead: int = 0


@dataclass(frozen=True)
class Directory:
    """The symbol directory, loaded once a scan, from when the first scanner that needs it starts.

    Read it with ``self.market.directory()``. A scanner with ``listed_only`` need not declare it.
    """


Need = Bars | EarningsCalendar | Directory
"""What :meth:`BaseScanner.needs` yields."""
