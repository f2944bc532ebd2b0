"""Which candidates are new since the last run, compared with earlier trade dates. Pure rules.

Only trade dates before the scan's own count, so a second run for one day has the same result as the first,
and a run for a past day does not see later ones. A scanner's candidates are compared with the newest earlier
run in which it ended ``ok`` or ``empty``, that is, saw its data; without such a run nothing is new. Sightings
by scanners that did not find this ticker today count only if they are from the most recent run; otherwise a
scanner disabled long ago would keep its last tickers "not new" forever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tradingagents.discovery.model.report import MergedCandidate, NovelCandidate, Novelty, Plain, ScanReport

__all__ = ["Earlier", "Found", "Sighting", "found_in", "mark_candidates"]


@dataclass(frozen=True)
class Found:
    """The tickers of a scan by scanner, and the scanners that saw all of their data."""

    tickers: Mapping[str, frozenset[str]]
    complete: frozenset[str]


@dataclass(frozen=True)
class Sighting:
    """A scanner found a ticker; ``first`` and ``last`` are trade dates, ISO 8601."""

    ticker: str
    scanner: str
    first: str
    last: str


@dataclass(frozen=True)
class Earlier:
    """Earlier trade dates: sightings, and each scanner's last complete run."""

    sightings: Sequence[Sighting] = ()
    last_complete: Mapping[str, str] = field(default_factory=dict)


def found_in(report: ScanReport | None) -> Found:
    """Read a scan's report. Tickers cut by a limit count as found, so they are not new later."""
    outcomes = report["outcomes"] if report else []
    return Found(
        {
            one["scanner"]: frozenset(each["ticker"] for each in one["candidates"]).union(one.get("cut", ()))
            for one in outcomes
        },
        frozenset(one["scanner"] for one in outcomes if one["status"] in {"ok", "empty"}),
    )


def mark_candidates(
    candidates: Iterable[MergedCandidate], found: Found, earlier: Earlier, trade_date: str
) -> list[NovelCandidate]:
    """Return the candidates with ``new``, ``first_seen``, ``last_seen`` and ``seen_by`` in each.

    ``seen_by[scanner]`` has the first three for each scanner that found it now. Its ``new`` is False when the
    scanner had it in its last complete run, True when it had not, None without such a run. ``first_seen`` is
    the first trade date ever, possibly this one; ``last_seen`` the last before this one, or None.

    The candidate's ``new`` is False when a scanner that found it now had it in its last complete run, or
    another scanner in the most recent complete run of all; True when it is True for every scanner that found
    it now; else None.
    """
    by_ticker: dict[str, dict[str, Sighting]] = {}
    for sighting in earlier.sightings:
        by_ticker.setdefault(sighting.ticker, {})[sighting.scanner] = sighting
    return [
        {**candidate, **_novelty(candidate["ticker"], found, by_ticker, earlier, trade_date)}
        for candidate in candidates
    ]


def _novelty(
    ticker: str,
    found: Found,
    by_ticker: Mapping[str, Mapping[str, Sighting]],
    earlier: Earlier,
    trade_date: str,
) -> Novelty:
    known = by_ticker.get(ticker, {})
    now = [scanner for scanner, tickers in found.tickers.items() if ticker in tickers]
    last_run = max(earlier.last_complete.values(), default=None)
    new_for = {scanner: _is_new(known.get(scanner), earlier.last_complete.get(scanner)) for scanner in now}
    others = [_is_new(seen, last_run) for name, seen in known.items() if name not in new_for]
    seen_by: dict[str, Plain] = {
        scanner: {
            "new": new_for[scanner],
            "first_seen": known[scanner].first if scanner in known else trade_date,
            "last_seen": known[scanner].last if scanner in known else None,
        }
        for scanner in now
    }
    return {
        "new": _combined([*new_for.values(), *others], list(new_for.values())),
        "first_seen": min([one.first for one in known.values()], default=trade_date),
        "last_seen": max([one.last for one in known.values()], default=None),
        "seen_by": seen_by,
    }


def _is_new(seen: Sighting | None, last_complete: str | None) -> bool | None:
    if seen is not None and (last_complete is None or seen.last >= last_complete):
        return False
    return None if last_complete is None else True


def _combined(everyone: Sequence[bool | None], now: Sequence[bool | None]) -> bool | None:
    if False in everyone:
        return False
    return True if now and all(now) else None
