"""Who is sold short more than usual on the newest session, and the truth about it.

The players are chosen by how much of them is traded. Their volume stays as it is: only the part that was
sold short is changed, so that no other scanner sees anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tradingagents.discovery.sandbox.world.scenarios import Planted
from tradingagents.discovery.sandbox.world.seeds import stream
from tradingagents.discovery.sandbox.world.short_volume import ShortVolume

__all__ = ["sell_short", "short_volume_truth"]

_MEAN_DAYS = 20
_BUSY, _THIN = 1_200_000, 900_000  # off-exchange shares: enough for the scanner, and not
_PARTS = {"heavy": 5, "steady": 3, "yesterday": 2, "thin": 3}
_WHY = {
    "steady": "sold short just as much every day",
    "yesterday": "sold short the session before",
    "thin": "sold short, but hardly traded",
    "under": "more than usual, yet not most of its volume",
    "young": "listed lately: nothing is usual yet",
    "unit": "a unit, not a share",
}
_UNDER = 0.69  # just below what the scanner needs; its players are those least sold short as a rule
Series = Mapping[str, list[ShortVolume]]


def _players(seed: int, plain: Iterable[str], rows: Series) -> dict[str, list[str]]:
    """Draw who plays what among the plain companies listed long enough."""
    old = [symbol for symbol in sorted(plain) if len(rows[symbol]) > _MEAN_DAYS]
    busy = [symbol for symbol in old if rows[symbol][-1].total >= _BUSY]
    thin = [symbol for symbol in old if rows[symbol][-1].total <= _THIN]
    draw = stream(seed, "sold short")
    drawn = draw.sample(busy, sum(count for part, count in _PARTS.items() if part != "thin"))
    parts = {"thin": draw.sample(thin, _PARTS["thin"])}
    for part in ("heavy", "steady", "yesterday"):
        parts[part], drawn = drawn[: _PARTS[part]], drawn[_PARTS[part] :]
    taken = {player for players in parts.values() for player in players}
    parts["under"] = sorted(set(busy) - taken, key=lambda one: (_usual(rows[one]), one))[:2]
    parts["young"] = [one for one in sorted(set(plain) - set(old)) if rows[one][-1].total >= _BUSY]
    units = [one for one in sorted(rows) if one.endswith(".U")]
    parts["unit"] = [max(units, key=lambda one: rows[one][-1].total)]
    return parts


def _usual(rows: list[ShortVolume]) -> float:
    """Return the part sold short in the sessions before the newest, all their volume together."""
    before = rows[-1 - _MEAN_DAYS : -1]
    return sum(row.short for row in before) / sum(row.total for row in before)


def sell_short(seed: int, plain: Iterable[str], rows: Series) -> dict[str, list[ShortVolume]]:
    """Return the series with the players' short volumes in them, by symbol."""
    changed = dict(rows)
    draw = stream(seed, "short shares")
    for part, players in _players(seed, plain, rows).items():
        for symbol in players:
            days = range(len(rows[symbol])) if part == "steady" else [-2 if part == "yesterday" else -1]
            series = list(rows[symbol])
            for day in days:
                series[day] = _sold(series[day], _UNDER if part == "under" else draw.uniform(0.82, 0.92))
            changed[symbol] = series
    return changed


def _sold(row: ShortVolume, share: float) -> ShortVolume:
    return row._replace(short=row.total * share, exempt=row.total * share * 0.003)


def short_volume_truth(seed: int, plain: Iterable[str], rows: Series) -> Planted:
    """Return who is sold short far more than usual; the measure is by how much, as a fraction."""
    players = _players(seed, plain, rows)
    why = {symbol: reason for part, reason in _WHY.items() for symbol in players[part]}
    measure = {}
    for symbol in players["heavy"]:
        newest = rows[symbol][-1]
        measure[symbol] = newest.short / newest.total - _usual(rows[symbol])
    return Planted(frozenset(measure), frozenset(why), why, measure)
