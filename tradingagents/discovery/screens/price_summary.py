"""Price, liquidity and recent move of a few tickers, from the stored daily bars.

Only the newest month of these tickers is read. A ticker without a bar of the expected session has no summary:
yesterday's price of a halted stock is not today's.
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

__all__ = ["PriceSummaries", "PriceSummary", "read_price_summaries", "summarise_prices"]

_LIQUIDITY_SESSIONS = 20
_MOVE_SESSIONS = 5
_MIN_TRADED_SESSIONS = 10  # of those 20: with fewer their median means little


@dataclass(frozen=True)
class PriceSummary:
    """One ticker at the close of a session. US dollars; None where the bars do not suffice.

    ``median_dollar_volume_usd`` is the median of close times volume over 20 sessions, ``change_percent``
    the move of the close over 5.
    """

    close_usd: float
    median_dollar_volume_usd: float | None
    change_percent: float | None


@dataclass(frozen=True)
class PriceSummaries:
    """Summaries by ticker, as of one session, and the newest day of which any ticker has a bar."""

    as_of: date
    newest: date
    by_ticker: Mapping[str, PriceSummary]


def read_price_summaries(
    store: Path,
    tickers: Collection[str],
    session: date,
    calendar: SessionCalendar,
    *,
    max_age_sessions: int = 0,
) -> PriceSummaries:
    """Summarise ``tickers`` as of ``session``; those without a usable bar of it are left out.

    Where all bars end earlier, but at most ``max_age_sessions`` earlier, it is as of that day. Raises
    :class:`NoDataError` when nothing is stored or the calendar does not reach back far enough,
    :class:`BadPayload` when the files cannot be read.
    """
    snapshot = OhlcvStore(store).snapshot()
    if calendar.back(session, max_age_sessions) <= snapshot.newest < session:
        session = snapshot.newest
    return summarise_prices(snapshot, tickers, session, calendar)


def summarise_prices(
    snapshot: Snapshot, tickers: Collection[str], session: date, calendar: SessionCalendar
) -> PriceSummaries:
    """Summarise ``tickers`` as of ``session`` from one state of the bars.

    Raises as :func:`read_price_summaries` does.
    """
    liquid_from = calendar.back(session, _LIQUIDITY_SESSIONS - 1)
    moved_from = calendar.back(session, _MOVE_SESSIONS)
    bars = snapshot.scan(min(liquid_from, moved_from), session, tickers).filter(is_usable())
    try:
        rows = _rows(bars, liquid_from, moved_from).filter(pl.col("newest") == session).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadPayload("ohlcv", f"daily bars cannot be read: {error}") from error
    found = {row["ticker"]: _summary(row) for row in rows.iter_rows(named=True)}
    return PriceSummaries(session, snapshot.newest, found)


def _rows(bars: pl.LazyFrame, liquid_from: date, moved_from: date) -> pl.LazyFrame:
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


def _summary(row: Mapping[str, float | None]) -> PriceSummary:
    close, before, median = float(row["close"] or 0.0), row["before"], row["median"]
    return PriceSummary(
        close_usd=close,
        median_dollar_volume_usd=median if (row["bars"] or 0) >= _MIN_TRADED_SESSIONS else None,
        change_percent=None if before is None else 100 * (close / before - 1),
    )
