"""Companies that are sold short more than usual on the newest session.

They are chosen by their volume, and only the short share of it is changed, so that no other scanner is
affected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.scenarios import Planted
from tradingagents.discovery.sandbox.world.short_selling.off_exchange import ShortVolume

__all__ = ["sell_short", "short_volume_truth"]

_MEAN_DAYS = 20
_BUSY, _THIN = 1_200_000, 900_000  # off-exchange shares: enough for the scanner, and too few
_COUNTS = {"heavy": 5, "steady": 3, "yesterday": 2, "thin": 3}
_WHY = {
    "steady": "sold short just as much every day",
    "yesterday": "sold short the session before",
    "thin": "sold short, but hardly traded",
    "under": "more than usual, yet not most of its volume",
    "young": "listed lately: no usual share yet",
    "unit": "a unit, not a share",
}
_UNDER = 0.69  # just below the minimum of the scanner; for the companies with the lowest usual share
Series = Mapping[str, list[ShortVolume]]


def _assign(seed: int, plain: Iterable[str], rows: Series) -> dict[str, list[str]]:
    """Draw the companies of each scenario among those listed long enough."""
    old = [symbol for symbol in sorted(plain) if len(rows[symbol]) > _MEAN_DAYS]
    busy = [symbol for symbol in old if rows[symbol][-1].total >= _BUSY]
    thin = [symbol for symbol in old if rows[symbol][-1].total <= _THIN]
    draw = stream(seed, "sold short")
    drawn = draw.sample(busy, sum(count for scenario, count in _COUNTS.items() if scenario != "thin"))
    assigned = {"thin": draw.sample(thin, _COUNTS["thin"])}
    for scenario in ("heavy", "steady", "yesterday"):
        assigned[scenario], drawn = drawn[: _COUNTS[scenario]], drawn[_COUNTS[scenario] :]
    taken = {symbol for symbols in assigned.values() for symbol in symbols}
    assigned["under"] = sorted(set(busy) - taken, key=lambda one: (_usual(rows[one]), one))[:2]
    assigned["young"] = [one for one in sorted(set(plain) - set(old)) if rows[one][-1].total >= _BUSY]
    units = [one for one in sorted(rows) if one.endswith(".U")]
    assigned["unit"] = [max(units, key=lambda one: rows[one][-1].total)]
    return assigned


def _usual(rows: list[ShortVolume]) -> float:
    """Return the short share of the total volume of the sessions before the newest."""
    before = rows[-1 - _MEAN_DAYS : -1]
    return sum(row.short for row in before) / sum(row.total for row in before)


def sell_short(seed: int, plain: Iterable[str], rows: Series) -> dict[str, list[ShortVolume]]:
    """Return the series with the short volumes of the scenarios, by symbol."""
    changed = dict(rows)
    draw = stream(seed, "short shares")
    for scenario, symbols in _assign(seed, plain, rows).items():
        for symbol in symbols:
            days = (
                range(len(rows[symbol])) if scenario == "steady" else [-2 if scenario == "yesterday" else -1]
            )
            series = list(rows[symbol])
            for day in days:
                series[day] = _sold(series[day], _UNDER if scenario == "under" else draw.uniform(0.82, 0.92))
            changed[symbol] = series
    return changed


def _sold(row: ShortVolume, share: float) -> ShortVolume:
    return row._replace(short=row.total * share, exempt=row.total * share * 0.003)


def short_volume_truth(seed: int, plain: Iterable[str], rows: Series) -> Planted:
    """Return the companies sold short far more than usual; the measure is the excess short share."""
    assigned = _assign(seed, plain, rows)
    why = {symbol: reason for scenario, reason in _WHY.items() for symbol in assigned[scenario]}
    measure = {}
    for symbol in assigned["heavy"]:
        newest = rows[symbol][-1]
        measure[symbol] = newest.short / newest.total - _usual(rows[symbol])
    return Planted(frozenset(measure), frozenset(why), why, measure)
