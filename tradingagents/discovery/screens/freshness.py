"""Whether a frame of daily bars is new enough, and full enough, to say anything about a trade date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from tradingagents.discovery.model.errors import StaleDataError

__all__ = ["Freshness", "freshness"]

_ACTIVE_DAYS = 14


@dataclass(frozen=True)
class Freshness:
    """How much of a frame reaches the session expected of it.

    ``newest`` is the frame's newest day on or before ``expected`` (None: no bars at all); ``current`` of
    ``tickers`` have a bar of ``expected``.
    """

    expected: date
    newest: date | None
    tickers: int
    current: int

    @property
    def share(self) -> float:
        """The part of the tickers that is current, 0 to 1; 0 when there are none."""
        return self.current / self.tickers if self.tickers else 0.0

    def require(self, min_share: float = 0.8) -> None:
        """Raise :class:`StaleDataError` unless at least ``min_share`` of the tickers are current.

        A year-old frame and one that a failed download filled by half are both refused: every screen
        would call the missing part quiet.
        """
        if self.newest is None:
            raise StaleDataError(f"no daily bars on or before {self.expected}")
        if self.newest < self.expected:
            raise StaleDataError(f"the newest daily bars are of {self.newest}, not of {self.expected}")
        if self.share < min_share:
            raise StaleDataError(
                f"only {self.current} of {self.tickers} tickers have a daily bar of {self.expected}"
            )


def freshness(frame: pl.LazyFrame, expected: date, tickers: Collection[str] | None = None) -> Freshness:
    """Measure a frame against the session ``expected`` of it (:meth:`SessionCalendar.latest_session`).

    Counted against ``tickers``; without them, against those that traded in the 14 days before, so that
    companies delisted long ago do not make a frame look stale. Bars after ``expected`` are ignored.
    """
    bars = frame.select("date", "ticker").filter(pl.col("date") <= expected)
    if tickers is not None:
        bars = bars.filter(pl.col("ticker").is_in(sorted(tickers)))
    last = bars.group_by("ticker").agg(pl.col("date").max()).collect().get_column("date")
    newest = last.max()
    active = int((last >= expected - timedelta(days=_ACTIVE_DAYS)).sum())
    return Freshness(
        expected=expected,
        newest=newest if isinstance(newest, date) else None,
        tickers=active if tickers is None else len(set(tickers)),
        current=int((last == expected).sum()),
    )
