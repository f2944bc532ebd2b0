"""What the stored daily bars say about a few tickers: price, liquidity, and how far each has just moved.

Only the newest month of the tickers asked for is read. A ticker whose newest bar is older than the
session expected has no facts here: yesterday's price of a share that was halted is not today's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from tradingagents.discovery.bars.calendar import SessionCalendar
from tradingagents.discovery.bars.store.schema import has_volume, is_usable
from tradingagents.discovery.bars.store.snapshot import Snapshot
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import BadPayload

__all__ = ["LIQUIDITY_SESSIONS", "MOVE_SESSIONS", "DailyFacts", "FactSheet", "daily_facts", "facts_of"]

LIQUIDITY_SESSIONS = 20
MOVE_SESSIONS = 5
_FEWEST = 10  # bars of those 20 sessions, below which their median says little


@dataclass(frozen=True)
class DailyFacts:
    """One ticker at the close of a session. US dollars; None where the bars do not say.

    ``median_dollar_volume_usd`` is the median of close times volume over 20 sessions, ``change_percent``
    the move of the close over 5.
    """

    close_usd: float
    median_dollar_volume_usd: float | None
    change_percent: float | None


@dataclass(frozen=True)
class FactSheet:
    """Facts by ticker, as of one session, and the newest day any ticker has a bar of."""

    as_of: date
    newest: date
    facts: Mapping[str, DailyFacts]


def daily_facts(
    store: Path,
    tickers: Collection[str],
    session: date,
    calendar: SessionCalendar,
    *,
    max_age_sessions: int = 0,
) -> FactSheet:
    """Read the facts of ``tickers`` as of ``session``; those without a usable bar of it are left out.

    Where all bars end earlier, but at most ``max_age_sessions`` earlier, it is as of that day. Raises
    :class:`NoDataError` when nothing is stored or the calendar does not reach back far enough,
    :class:`BadPayload` when the files cannot be read.
    """
    snapshot = OhlcvStore(store).snapshot()
    if calendar.back(session, max_age_sessions) <= snapshot.newest < session:
        session = snapshot.newest
    return facts_of(snapshot, tickers, session, calendar)


def facts_of(
    snapshot: Snapshot, tickers: Collection[str], session: date, calendar: SessionCalendar
) -> FactSheet:
    """Read the facts of ``tickers`` as of ``session`` from one state of the bars.

    Raises as :func:`daily_facts` does.
    """
    liquid_from = calendar.back(session, LIQUIDITY_SESSIONS - 1)
    moved_from = calendar.back(session, MOVE_SESSIONS)
    bars = snapshot.scan(min(liquid_from, moved_from), session, tickers).filter(is_usable())
    try:
        rows = _summary(bars, liquid_from, moved_from).filter(pl.col("newest") == session).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadPayload("ohlcv", f"daily bars cannot be read: {error}") from error
    found = {row["ticker"]: _facts(row) for row in rows.iter_rows(named=True)}
    return FactSheet(session, snapshot.newest, found)


def _summary(bars: pl.LazyFrame, liquid_from: date, moved_from: date) -> pl.LazyFrame:
    """Return a row for each ticker, which depends on no other ticker's bars."""
    dollars = pl.when(has_volume()).then(pl.col("close") * pl.col("volume"))
    traded = dollars.filter(pl.col("date") >= liquid_from).drop_nulls()
    return bars.group_by("ticker").agg(
        pl.col("date").max().alias("newest"),
        pl.col("close").sort_by("date").last().alias("close"),
        traded.median().alias("median"),
        traded.len().alias("bars"),
        pl.col("close").filter(pl.col("date") == moved_from).first().alias("before"),
    )


def _facts(row: Mapping[str, float | None]) -> DailyFacts:
    close, before, median = float(row["close"] or 0.0), row["before"], row["median"]
    return DailyFacts(
        close_usd=close,
        median_dollar_volume_usd=median if (row["bars"] or 0) >= _FEWEST else None,
        change_percent=None if before is None else 100 * (close / before - 1),
    )
