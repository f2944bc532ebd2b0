"""FINRA's bi-monthly short interest files, and the companies that a scanner should find in the newest.

Settlement dates are the 15th and the last session of a month, or the session before; the file is published on
the seventh session after. Symbols have letters only. Most positions are a few days of volume and hardly
change. The companies with a scenario are chosen by their volume.
Source: finra.org, "Equity Short Interest Data"; the layout of its files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.scenarios import Planted
from tradingagents.discovery.sandbox.world.sessions import step_sessions

__all__ = ["Positions", "settlement_days", "short_interest_file"]

_COLUMNS = (
    "accountingYearMonthNumber|symbolCode|issueName|issuerServicesGroupExchangeCode|marketClassCode|"
    "currentShortPositionQuantity|previousShortPositionQuantity|stockSplitFlag|averageDailyVolumeQuantity|"
    "daysToCoverQuantity|revisionFlag|changePercent|changePreviousNumber|settlementDate"
)
_MARKETS = {"Q": "NNM", "N": "NYSE", "A": "AMEX", "P": "ARCA", "Z": "BZX", "V": "IEXG"}
_PUBLISHED_AFTER = 7
_BUSY, _THIN = 500_000, 150_000  # shares a day: enough for the scanner, and too few
_COUNTER = ("QVNTF", "ZZPKY", "XXOTC")  # traded over the counter, and in no directory
_COUNTS = {"crowded": 5, "grew": 3, "both": 1, "split": 2, "covered": 3, "under": 3, "small_growth": 2}
_WHY = {
    "split": "four times the shares, and of the position, after a split",
    "covered": "many days to cover at the previous settlement, few at the newest",
    "under": "fewer days to cover than needed",
    "small_growth": "doubled, to one day to cover",
    "thin": "many days to cover because of a tiny volume",
    "fund": "an index fund: new shares can be created",
}
_DAYS = {"crowded": 14.0, "grew": 5.0, "both": 11.0, "split": 5.0, "covered": 2.0, "under": 7.0}
_DAYS |= {"small_growth": 1.0, "thin": 20.0, "fund": 20.0}
_BEFORE = {"grew": 2.6, "both": 6.0, "split": 1.25, "covered": 13.0, "small_growth": 0.5}


class _Row(NamedTuple):
    code: str
    name: str
    exchange: str
    market: str
    now: int
    before: int
    split: str
    mean: int


def settlement_days(sessions: Sequence[date]) -> list[date]:
    """Return the settlement dates among the sessions, oldest first; only of months that are over."""
    months = sorted({(day.year, day.month) for day in sessions})
    found = []
    for month in months:
        own = [day for day in sessions if (day.year, day.month) == month]
        middle = [day for day in own if day.day <= 15]
        if middle and own[-1].day >= 15:
            found.append(middle[-1])
        if step_sessions(own[-1], 1).month != month[1]:
            found.append(own[-1])
    return found


class Positions:
    """The short interest of each security. ``volumes``: shares traded in each of ``sessions``, by symbol."""

    def __init__(
        self,
        seed: int,
        listings: Mapping[str, Listing],
        plain: Iterable[str],
        volumes: Mapping[str, Sequence[int]],
        sessions: Sequence[date],
    ) -> None:
        self._seed, self._listings, self._volumes, self._sessions = seed, listings, volumes, sessions
        days = settlement_days(sessions)
        self.published = {day: step_sessions(day, _PUBLISHED_AFTER) for day in days}
        out = [day for day in days if self.published[day] <= sessions[-1]]
        self.newest = out[-1]
        self._previous = dict(zip(days[1:], days, strict=False))
        self._scenarios = self._assign(plain)

    def _assign(self, plain: Iterable[str]) -> dict[str, str]:
        """Draw the companies of each scenario among those listed for the whole year."""
        draw = stream(self._seed, "short interest")
        old = [symbol for symbol in sorted(plain) if len(self._volumes[symbol]) == len(self._sessions)]
        mean = {symbol: self.mean_volume(symbol, self.newest) for symbol in old}
        drawn = draw.sample([symbol for symbol in old if mean[symbol] >= _BUSY], sum(_COUNTS.values()))
        thin = draw.sample([symbol for symbol in old if mean[symbol] <= _THIN], 2)
        assigned = dict.fromkeys(thin, "thin")
        for scenario, count in _COUNTS.items():
            assigned |= dict.fromkeys(drawn[:count], scenario)
            drawn = drawn[count:]
        classes = [symbol for symbol in sorted(self._volumes) if symbol.endswith((".A", ".B"))]
        funds = [one.symbol for one in self._listings.values() if one.kind is Kind.ETF]
        busiest = partial(max, key=lambda one: self.mean_volume(one, self.newest))
        return assigned | {busiest(classes): "crowded", busiest(funds): "fund"}

    def mean_volume(self, symbol: str, day: date) -> float:
        """Return the mean of the sessions since the settlement before ``day``; 0.0 before the listing."""
        before = self._previous.get(day)
        span = [one for one in self._sessions if one <= day and (before is None or one > before)]
        back = len(self._sessions) - self._sessions.index(span[-1])
        own = self._volumes[symbol]
        traded = own[: len(own) - back + 1][-len(span) :]
        return sum(traded) / len(traded) if traded else 0.0

    def position(self, symbol: str, day: date) -> int:
        """Return the shares sold short on a settlement date."""
        scenario = self._scenarios.get(symbol)
        if scenario is not None and day in (self.newest, self._previous[self.newest]):
            days = _DAYS[scenario] if day == self.newest else _BEFORE.get(scenario, _DAYS[scenario])
            return int(days * self.mean_volume(symbol, self.newest))
        usual = stream(self._seed, "position", symbol).uniform(0.6, 5.0)
        sway = stream(self._seed, "position", symbol, day).uniform(0.92, 1.08)
        level = sum(self._volumes[symbol]) / len(self._volumes[symbol])
        return int(usual * sway * level) if self.mean_volume(symbol, day) else 0

    def row(self, symbol: str, day: date) -> str | None:
        """Return the row of one security; None before it was listed."""
        mean = round(self.mean_volume(symbol, day))
        if not mean:
            return None
        listing, before = self._listings[symbol], self._previous.get(day)
        return _line(
            _Row(
                code=symbol.replace("$", "PR").replace(".", ""),
                name=listing.issuer,
                exchange=listing.exchange,
                market=_MARKETS.get(listing.exchange, "NYSE"),
                now=self.position(symbol, day),
                before=self.position(symbol, before) if before else 0,
                split="S" if self._scenarios.get(symbol) == "split" and day == self.newest else "",
                mean=mean,
            ),
            day,
        )

    def truth(self) -> Planted:
        """Return the companies whose position is large or grew; the measure is days to cover."""
        expected = {
            one for one, scenario in self._scenarios.items() if scenario in {"crowded", "grew", "both"}
        }
        why = {one: _WHY[scenario] for one, scenario in self._scenarios.items() if scenario in _WHY}
        why |= dict.fromkeys(_COUNTER, "traded over the counter")
        measure = {
            one: self.position(one, self.newest) / round(self.mean_volume(one, self.newest))
            for one in expected
        }
        return Planted(frozenset(expected), frozenset(why), why, measure)


def short_interest_file(positions: Positions, listings: Iterable[Listing], day: date) -> str:
    """Return the file of a settlement date, by symbol."""
    rows = [
        row
        for one in listings
        if one.kind is not Kind.TEST and (row := positions.row(one.symbol, day)) is not None
    ]
    rows += [
        _line(_Row(code, f"{code} Fund (fictional)", "U", "OTC", 9_000_000, 2_000_000, "", 300_000), day)
        for code in _COUNTER
    ]
    rows.sort(key=lambda row: row.split("|")[1])
    return "\n".join([_COLUMNS, *rows, ""])


def _line(row: _Row, day: date) -> str:
    change = row.now - row.before
    percent = f"{100 * change / row.before:.2f}" if row.before else "0.00"
    days = max(row.now / row.mean, 1)
    figures = f"{row.now}|{row.before}|{row.split}|{row.mean}|{days:.2f}||{percent}|{change}"
    return f"{day:%Y%m%d}|{row.code}|{row.name}|{row.exchange}|{row.market}|{figures}|{day}"
