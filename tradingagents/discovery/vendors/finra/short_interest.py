"""FINRA's short interest file: open short positions by symbol, twice a month.

Settlement dates are the 15th and the last business day of a month; a file is published on the seventh
business day after. Fields are separated by ``|`` although the file is named ``.csv``. Symbols have letters
and digits only: ``BRKB`` is ``BRK.B``, ``ABRPRD`` is ``ABR$D``. Listed shares are included since June 2021.
Source: FINRA, "Equity Short Interest Data" and its data glossary, and the metadata of the data set
``consolidatedShortInterest``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tradingagents.discovery.model.errors import BadPayload

__all__ = ["ShortInterestFile", "ShortPosition", "parse_short_interest"]

_COLUMNS = {
    "symbolCode": "symbol",
    "issueName": "name",
    "marketClassCode": "market",
    "currentShortPositionQuantity": "current",
    "previousShortPositionQuantity": "previous",
    "stockSplitFlag": "split",
    "averageDailyVolumeQuantity": "volume",
    "daysToCoverQuantity": "days",
    "revisionFlag": "revised",
    "settlementDate": "settlement",
}
_OVER_THE_COUNTER = "OTC"
_MAX_MALFORMED = 0.05  # of the rows; with more the whole file is rejected


@dataclass(frozen=True, slots=True)
class ShortPosition:
    """One symbol on a settlement date, in shares.

    ``previous`` is the position of the settlement before, unadjusted: ``split`` marks a split between the
    two, which makes them incomparable. ``revised`` marks a correction. ``days_to_cover`` is FINRA's figure,
    at least 1 where the share was traded and 999.99 where it was not.
    """

    symbol: str
    name: str
    market: str
    current: float
    previous: float
    average_volume: float
    days_to_cover: float
    split: bool
    revised: bool

    @property
    def listed(self) -> bool:
        """Whether its market is an exchange, not over the counter."""
        return self.market.upper() != _OVER_THE_COUNTER


@dataclass(frozen=True)
class ShortInterestFile:
    """One settlement date. ``malformed`` holds the rows left out, at most one in twenty."""

    settlement: date
    positions: Mapping[str, ShortPosition]
    malformed: tuple[str, ...]


def parse_short_interest(text: str, settlement: date) -> ShortInterestFile:
    """Parse the file of a settlement date; columns are found by name.

    Raises :class:`BadPayload` when it is another file, has no rows, or more than one row in twenty is
    malformed. The file has no trailer: a last line without a line end counts as truncated.
    """
    heading, *lines = text.splitlines() or [""]
    columns = heading.strip("\ufeff \r").split("|")
    if missing := _COLUMNS.keys() - columns:
        raise BadPayload("finra", f"the short interest of {settlement} has no column {min(missing)}")
    rows = [line for line in lines if line.strip()]
    whole = rows if text.endswith("\n") else rows[:-1]
    at = {ours: columns.index(theirs) for theirs, ours in _COLUMNS.items()}
    positions: dict[str, ShortPosition] = {}
    malformed = [row[:80] for row in rows[len(whole) :]]
    days = frozenset({settlement.isoformat(), f"{settlement:%Y%m%d}"})
    for row in whole:
        position = _position(row.split("|"), at, len(columns), days)
        if position is None or position.symbol in positions:
            malformed.append(row[:80])
        else:
            positions[position.symbol] = position
    if not positions or len(malformed) > _MAX_MALFORMED * len(rows):
        counted = f"{len(malformed)} of {len(rows)} rows cannot be read"
        raise BadPayload("finra", f"the short interest of {settlement}: {counted}")
    if not any(position.current for position in positions.values()):
        raise BadPayload("finra", f"the short interest of {settlement} has no position above zero")
    return ShortInterestFile(settlement, positions, tuple(malformed))


def _position(
    fields: list[str], at: Mapping[str, int], width: int, days: frozenset[str]
) -> ShortPosition | None:
    if len(fields) != width or fields[at["settlement"]].strip() not in days:
        return None
    symbol = fields[at["symbol"]].strip()
    figures = [_figure(fields[at[name]]) for name in ("current", "previous", "volume", "days")]
    current, previous, volume, to_cover = figures
    if not symbol or current is None or previous is None or volume is None or to_cover is None:
        return None
    return ShortPosition(
        symbol=symbol,
        name=fields[at["name"]].strip(),
        market=fields[at["market"]].strip(),
        current=current,
        previous=previous,
        average_volume=volume,
        days_to_cover=to_cover,
        split=bool(fields[at["split"]].strip()),
        revised=bool(fields[at["revised"]].strip()),
    )


def _figure(text: str) -> float | None:
    """Return a non-negative number, or None; an empty field is 0, as the glossary documents."""
    try:
        figure = float(text or 0)
    except ValueError:
        return None
    return figure if 0 <= figure < math.inf else None
