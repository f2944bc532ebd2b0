"""What is new since the last run: each candidate marked against earlier trade dates. Pure rules.

Only trade dates before the scan's own count, so a second run of one day gives the same marks as the first,
and a run for a day in the past knows nothing of later ones. An absence counts only where the data was
seen: the run that a scanner's candidates are compared with is the newest earlier one in which that scanner
ended ``ok`` or ``empty``. Where there is none, nothing is called new. What a scanner found that has nothing
to say of the candidate now counts only if it is of the last run of all: one that was switched off long ago
would otherwise keep its last candidates from ever being new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Earlier", "Found", "Sighting", "found_in", "mark_candidates"]


@dataclass(frozen=True)
class Found:
    """What a scan found, by scanner: its tickers, and whether it saw all of its data."""

    tickers: Mapping[str, frozenset[str]]
    complete: frozenset[str]


@dataclass(frozen=True)
class Sighting:
    """A scanner put a ticker forward on these trade dates, ISO 8601, the first and the last of several."""

    ticker: str
    scanner: str
    first: str
    last: str


@dataclass(frozen=True)
class Earlier:
    """What is known of earlier trade dates: sightings, and each scanner's last complete run."""

    sightings: Sequence[Sighting] = ()
    last_complete: Mapping[str, str] = field(default_factory=dict)


def found_in(report: Mapping[str, Any]) -> Found:
    """Read a scan's report. What a limit cut was found, too: it is not new when it is let through."""
    outcomes = report.get("outcomes", ())
    return Found(
        {
            one["scanner"]: frozenset(each["ticker"] for each in one["candidates"]).union(one.get("cut", ()))
            for one in outcomes
        },
        frozenset(one["scanner"] for one in outcomes if one["status"] in {"ok", "empty"}),
    )


def mark_candidates(
    candidates: Iterable[Mapping[str, Any]], found: Found, earlier: Earlier, trade_date: str
) -> list[dict[str, Any]]:
    """Return the candidates with ``new``, ``first_seen``, ``last_seen`` and ``seen_by`` in each.

    ``seen_by[scanner]`` has the same three for each scanner that put it forward now. ``new`` is False when
    the scanner had it in its last run, True when it had not, None when no such run is known;
    ``first_seen`` and ``last_seen`` are trade dates, the first one ever (perhaps this) and the last one
    before this (None: none). Of the candidate, ``new`` is False as soon as a scanner that found it now had it
    in its last run, or any scanner in the newest run of an earlier date in which one of them saw its data;
    True when all that found it now say so.
    """
    by_ticker: dict[str, dict[str, Sighting]] = {}
    for sighting in earlier.sightings:
        by_ticker.setdefault(sighting.ticker, {})[sighting.scanner] = sighting
    return [
        {**candidate, **_marks(candidate["ticker"], found, by_ticker, earlier, trade_date)}
        for candidate in candidates
    ]


def _marks(
    ticker: str,
    found: Found,
    by_ticker: Mapping[str, Mapping[str, Sighting]],
    earlier: Earlier,
    trade_date: str,
) -> dict[str, Any]:
    known = by_ticker.get(ticker, {})
    now = [scanner for scanner, tickers in found.tickers.items() if ticker in tickers]
    last_run = max(earlier.last_complete.values(), default=None)
    judged = {scanner: _is_new(known.get(scanner), earlier.last_complete.get(scanner)) for scanner in now}
    others = [_is_new(seen, last_run) for name, seen in known.items() if name not in judged]
    seen_by = {
        scanner: {
            "new": judged[scanner],
            "first_seen": known[scanner].first if scanner in known else trade_date,
            "last_seen": known[scanner].last if scanner in known else None,
        }
        for scanner in now
    }
    return {
        "new": _together([*judged.values(), *others], list(judged.values())),
        "first_seen": min([one.first for one in known.values()], default=trade_date),
        "last_seen": max([one.last for one in known.values()], default=None),
        "seen_by": seen_by,
    }


def _is_new(seen: Sighting | None, last_complete: str | None) -> bool | None:
    if seen is not None and (last_complete is None or seen.last >= last_complete):
        return False
    return None if last_complete is None else True


def _together(everyone: Sequence[bool | None], now: Sequence[bool | None]) -> bool | None:
    if False in everyone:
        return False
    return True if now and all(now) else None
