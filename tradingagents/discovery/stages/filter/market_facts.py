"""Market facts about candidates, from stored bars and their own evidence; sends no request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tradingagents.discovery.bars.store.manifest import has_bars
from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.model.report import MergedCandidate, Plain

__all__ = ["MarketFacts", "read_market"]


@dataclass(frozen=True)
class MarketFacts:
    """Facts by ticker, each a plain dict (see :func:`read_market`), and their source.

    ``known`` is the number of tickers with a usable bar of the session; ``note`` is why the others have none,
    or empty. ``problem`` is why stored bars could not be used.
    """

    by_ticker: Mapping[str, Plain]
    as_of: str | None
    known: int
    note: str
    problem: str | None = None

    def report(self) -> Plain:
        """Return ``market`` of the filter's report."""
        return {"as_of": self.as_of, "known": self.known, "of": len(self.by_ticker), "note": self.note}


@dataclass(frozen=True)
class _Bars:
    """Facts by ticker from stored bars, or the reason why there are none."""

    by_ticker: Mapping[str, Plain]
    as_of: str | None = None
    note: str = ""
    problem: str | None = None


def read_market(
    candidates: Sequence[MergedCandidate],
    store: Path | None,
    trade_date: date,
    now: datetime | None,
    *,
    max_age_sessions: int = 0,
) -> MarketFacts:
    """Return facts about each candidate's market as of the last session that had closed by ``now``.

    Each is a dict of ``close_usd``, ``median_dollar_volume_usd`` (20 sessions),
    ``change_5_sessions_percent``, ``market_cap_usd`` and ``as_of``, the session of the first three; None for
    unknown values. The market capitalisation is the newest ``market_cap_usd`` in the candidate's evidence.
    Without ``now`` every session up to ``trade_date`` is over. ``store`` is the folder of the daily bars,
    which may end ``max_age_sessions`` earlier. Missing data never raises.
    """
    tickers = [candidate["ticker"] for candidate in candidates]
    bars = _from_bars(store, lambda folder: _read(tickers, folder, trade_date, now, max_age_sessions))
    found = {}
    for candidate in candidates:
        own = bars.by_ticker.get(candidate["ticker"], _UNKNOWN)
        found[candidate["ticker"]] = {**own, "market_cap_usd": market_cap_of(candidate)}
    return MarketFacts(found, bars.as_of, len(bars.by_ticker), bars.note, bars.problem)


_UNKNOWN: Plain = {
    "close_usd": None,
    "median_dollar_volume_usd": None,
    "change_5_sessions_percent": None,
    "as_of": None,
}


def _from_bars(store: Path | None, read: Callable[[Path], _Bars]) -> _Bars:
    try:
        if store is None or not has_bars(store):
            return _Bars({}, note="no daily bars")
        return read(store)
    except ImportError as error:
        return _Bars({}, note="no daily bars", problem=f"daily bars: {error.name} is not installed")
    except DiscoveryError as error:
        return _Bars({}, note="no usable daily bars", problem=f"daily bars: {error}")


def _read(tickers: Sequence[str], store: Path, trade_date: date, now: datetime | None, max_age: int) -> _Bars:
    # Imported here, because Polars and the calendar take half a second and only bars need them.
    from tradingagents.discovery.bars.calendar import nyse  # noqa: PLC0415
    from tradingagents.discovery.screens.price_summary import read_price_summaries  # noqa: PLC0415

    calendar = nyse()
    session = calendar.latest_session(trade_date, now)
    sheet = read_price_summaries(store, tickers, session, calendar, max_age_sessions=max_age)
    if not sheet.by_ticker:
        behind = (
            f"the daily bars end on {sheet.newest}" if sheet.newest < session else "no daily bars for them"
        )
        return _Bars({}, session.isoformat(), f"{behind}; the session is {session}")
    known: dict[str, Plain] = {
        ticker: {
            "close_usd": facts.close_usd,
            "median_dollar_volume_usd": facts.median_dollar_volume_usd,
            "change_5_sessions_percent": facts.change_percent,
            "as_of": sheet.as_of.isoformat(),
        }
        for ticker, facts in sheet.by_ticker.items()
    }
    note = f"no bar of {sheet.as_of}" if known.keys() < set(tickers) else ""
    return _Bars(known, sheet.as_of.isoformat(), note)


def market_cap_of(candidate: MergedCandidate) -> float | None:
    """Return the newest ``market_cap_usd`` in the candidate's evidence, in US dollars."""
    newest, found = "", None
    for record in candidate.get("evidence") or ():
        values, as_of = record.get("values"), str(record.get("as_of", ""))
        value = values.get("market_cap_usd") if isinstance(values, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and as_of >= newest:
            newest, found = as_of, float(value)
    return found
