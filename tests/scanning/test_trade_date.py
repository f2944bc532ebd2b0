"""A trade date must be one for which there can be data; the next session has a warning."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.fake_clock import FakeClock
from tradingagents.discovery import BaseScanner, ConfigError, DiscoveryGraph, ScannerRegistry
from tradingagents.discovery.scanning.trade_date import checked_trade_date


class Dated(BaseScanner):
    name, pipeline = "dated", "edge"

    def scan(self, state: Any) -> Any:
        return [{"ticker": "ABC", "context": str(self.trade_date(state))}]


class Stopped(FakeClock):
    """A fake clock whose wall time stays at one instant."""

    def __init__(self, instant: datetime) -> None:
        super().__init__()
        self._instant = instant

    def now(self) -> datetime:
        return self._instant


def at(text: str) -> FakeClock:
    return Stopped(datetime.fromisoformat(text).astimezone(UTC))


NOON = "2026-02-06T12:00:00-05:00"  # a Friday


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "1993-12-31", "2026-02-10", "2026-02-16", "2030-01-01"]
)
def test_a_day_without_data_is_refused_by_name(day: str) -> None:
    with pytest.raises(ConfigError, match=day):
        checked_trade_date(day, at(NOON))


@pytest.mark.parametrize("day", ["1994-01-01", "2026-02-05", "2026-02-06", "2026-02-07", "2026-02-09", ""])
def test_any_day_to_the_next_session_is_taken(day: str) -> None:
    assert checked_trade_date(day, at(NOON)) == date.fromisoformat(day or "2026-02-06")


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-02-13T12:00:00-05:00", "2026-02-17"),  # Friday; Monday is Presidents' Day
        ("2026-07-01T23:30:00-04:00", "2026-07-02"),
        ("2026-07-02T23:30:00-04:00", "2026-07-06"),  # the third is a holiday
        ("2026-07-03T03:30:00+00:00", "2026-07-06"),  # still the second in New York
    ],
)
def test_the_next_session_skips_weekends_and_holidays(now: str, last: str) -> None:
    assert checked_trade_date(last, at(now)) == date.fromisoformat(last)
    with pytest.raises(ConfigError, match=f"latest that can be scanned is {last}"):
        checked_trade_date("2027-01-04", at(now))


@pytest.mark.parametrize(
    ("day", "warned"), [("2026-02-09", True), ("2026-02-06", False), ("2026-02-05", False)]
)
def test_the_next_session_has_a_warning(day: str, warned: bool) -> None:
    graph = DiscoveryGraph(None, ScannerRegistry([Dated]), clock=at(NOON))
    final = graph.run(day)
    assert (f"trade date {day} is in the future" in final["warnings"]) is warned
    assert final["trade_date"] == day


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_graph_refuses_the_day_before_a_scanner_starts(day: str) -> None:
    with pytest.raises(ConfigError, match=day):
        DiscoveryGraph(None, ScannerRegistry([Dated])).run(day)
