"""What is known of candidates' markets: from stored bars of the session expected, or not at all."""

from __future__ import annotations

import os
import statistics
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bars.frames import AS_OF, bars, together, walk, weekdays
from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry
from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import NoDataError
from tradingagents.discovery.scanners.technical.catalogue import GapUp
from tradingagents.discovery.screens.price_summary import read_price_summaries
from tradingagents.discovery.stages.filter import market_facts as market
from tradingagents.discovery.stages.filter.market_facts import market_cap_of, read_market

EVENING = datetime(2026, 2, 5, 22, tzinfo=UTC)
NOON = datetime(2026, 2, 5, 17, tzinfo=UTC)
UNKNOWN = {
    "close_usd": None,
    "median_dollar_volume_usd": None,
    "change_5_sessions_percent": None,
    "as_of": None,
    "market_cap_usd": None,
}


def store_of(folder: Path, *frames: pl.DataFrame) -> Path:
    OhlcvStore(folder).upsert(together(frames))
    return folder


def named(*tickers: str) -> list[dict[str, Any]]:
    return [{"ticker": ticker, "evidence": []} for ticker in tickers]


def test_price_liquidity_and_move_are_of_the_session_that_has_closed(tmp_path: Path) -> None:
    closes = [10.0] * 25 + [11.0, 12.0, 13.0, 14.0, 15.0]
    store = store_of(tmp_path, bars("UP", closes, volumes=[float(i) for i in range(30)]))
    facts = read_market(named("UP"), store, AS_OF, EVENING)
    first = nyse().back(AS_OF, 19)
    expected = statistics.median(
        c * i for (i, c), day in zip(enumerate(closes), weekdays(30), strict=True) if day >= first
    )
    assert facts.by_ticker["UP"]["close_usd"] == 15.0
    assert facts.by_ticker["UP"]["median_dollar_volume_usd"] == pytest.approx(expected)
    assert facts.by_ticker["UP"]["change_5_sessions_percent"] == pytest.approx(50.0)
    assert facts.by_ticker["UP"]["as_of"] == facts.as_of == "2026-02-05"
    assert (facts.known, facts.note) == (1, "")  # there is no other to say anything about


def test_a_session_that_still_lasts_is_not_used(tmp_path: Path) -> None:
    """At noon in New York the bar of the day is half a bar."""
    store = store_of(tmp_path, bars("UP", [10.0] * 29 + [99.0]))
    facts = read_market(named("UP"), store, AS_OF, NOON)
    assert (facts.by_ticker["UP"]["close_usd"], facts.as_of) == (10.0, "2026-02-04")


def test_bars_after_the_trade_date_are_not_looked_at(tmp_path: Path) -> None:
    store = store_of(tmp_path, bars("UP", [float(i) for i in range(10, 40)]))
    facts = read_market(named("UP"), store, date(2026, 2, 1), EVENING)  # a Sunday
    assert (facts.by_ticker["UP"]["close_usd"], facts.as_of) == (35.0, "2026-01-30")


def test_a_share_without_a_bar_of_the_session_is_unknown_and_no_other_is(tmp_path: Path) -> None:
    store = store_of(tmp_path, bars("LIVE", [10.0] * 30), bars("HALTED", [10.0] * 30, end=date(2026, 2, 4)))
    facts = read_market(named("LIVE", "HALTED", "NEVER"), store, AS_OF, EVENING)
    assert facts.by_ticker["HALTED"] == facts.by_ticker["NEVER"] == UNKNOWN
    assert facts.by_ticker["LIVE"]["close_usd"] == 10.0
    assert (facts.known, facts.note, facts.problem) == (1, "no bar of 2026-02-05", None)


def test_the_note_has_the_last_session_of_a_store_that_ends_too_early(tmp_path: Path) -> None:
    store = store_of(tmp_path, bars("OLD", [10.0] * 30, end=date(2025, 2, 5)))
    facts = read_market(named("OLD"), store, AS_OF, EVENING)
    assert facts.by_ticker["OLD"] == UNKNOWN
    assert facts.note == "the daily bars end on 2025-02-05; the session is 2026-02-05"


def test_bars_may_end_as_many_sessions_earlier_as_the_settings_say(tmp_path: Path) -> None:
    store = store_of(
        tmp_path, bars("A", [10.0] * 30, end=date(2026, 2, 3)), bars("B", [10.0] * 29, end=date(2026, 2, 2))
    )
    strict = read_market(named("A"), store, AS_OF, EVENING, max_age_sessions=1)
    lenient = read_market(named("A", "B"), store, AS_OF, EVENING, max_age_sessions=2)
    assert strict.known == 0
    assert (lenient.as_of, lenient.known, lenient.note) == ("2026-02-03", 1, "no bar of 2026-02-03")
    assert lenient.by_ticker["A"]["as_of"] == "2026-02-03"


def test_too_few_sessions_are_no_median(tmp_path: Path) -> None:
    store = store_of(
        tmp_path,
        bars("NINE", [10.0] * 9),
        bars("TEN", [10.0] * 10),
        bars("SILENT", [10.0] * 30, volumes=[None] * 30),
    )
    found = read_market(named("NINE", "TEN", "SILENT"), store, AS_OF, EVENING).by_ticker
    assert found["NINE"]["median_dollar_volume_usd"] is None
    assert found["TEN"]["median_dollar_volume_usd"] == pytest.approx(1e7)
    assert found["SILENT"]["median_dollar_volume_usd"] is None
    assert found["SILENT"]["change_5_sessions_percent"] == pytest.approx(0.0)


@pytest.mark.parametrize("store", [None, "never made"])
def test_without_a_store_everything_is_unknown_and_no_problem(store: str | None, tmp_path: Path) -> None:
    facts = read_market(named("ABC"), None if store is None else tmp_path / store, AS_OF, EVENING)
    assert facts.by_ticker == {"ABC": UNKNOWN}
    assert (facts.note, facts.problem, facts.known) == ("no daily bars", None, 0)


def test_a_broken_store_is_reported_and_costs_the_facts_only(tmp_path: Path) -> None:
    store = store_of(tmp_path, bars("ABC", [10.0] * 30))
    for file in store.glob("*.parquet"):
        file.write_bytes(b"PAR1 no longer")
    facts = read_market(named("ABC"), store, AS_OF, EVENING)
    assert facts.by_ticker["ABC"] == UNKNOWN
    assert "daily bars cannot be read" in (facts.problem or "")
    (store / "manifest.json").write_text("{")
    assert "manifest.json cannot be read" in (read_market(named("ABC"), store, AS_OF, EVENING).problem or "")


def test_a_missing_library_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> Any:
        raise ModuleNotFoundError("No module named 'polars'", name="polars")

    monkeypatch.setattr(market, "_read", missing)
    store = store_of(tmp_path, bars("ABC", [10.0] * 30))
    assert read_market(named("ABC"), store, AS_OF, EVENING).problem == "daily bars: polars is not installed"


def test_a_day_outside_the_calendar_is_reported(tmp_path: Path) -> None:
    store = store_of(tmp_path, bars("ABC", [10.0] * 30))
    facts = read_market(named("ABC"), store, date(1950, 1, 1), EVENING)
    assert "calendar" in (facts.problem or "")
    with pytest.raises(NoDataError):
        read_price_summaries(tmp_path / "none", ["ABC"], AS_OF, nyse())


def test_the_market_cap_is_the_newest_that_the_evidence_states() -> None:
    def record(as_of: str, cap: Any) -> dict[str, Any]:
        return {"vendor": "v", "id": "1", "as_of": as_of, "values": {"market_cap_usd": cap}}

    evidence = [record("2026-02-03", 2e9), record("2026-02-05", 3_000_000_000), record("2026-02-04", 1e9)]
    assert market_cap_of({"evidence": evidence}) == 3e9
    assert market_cap_of({"evidence": [record("2026-02-05", True), record("2026-02-05", "big")]}) is None
    assert market_cap_of({"evidence": [{"vendor": "v", "text": "words"}]}) is None
    assert market_cap_of({}) is None


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_of(tmp_path_factory.mktemp("bars"), *(walk(f"W{i}", 20 + 5 * i, seed=i) for i in range(8)))


@given(st.lists(st.sampled_from([f"W{i}" for i in range(9)]), unique=True, min_size=1))
@settings(max_examples=15, deadline=None)
def test_facts_depend_neither_on_the_order_nor_on_the_other_tickers(walks: Path, tickers: list[str]) -> None:
    together_ = read_market(named(*tickers), walks, AS_OF, EVENING).by_ticker
    for ticker in tickers:
        assert together_[ticker] == read_market(named(ticker), walks, AS_OF, EVENING).by_ticker[ticker]


@pytest.mark.parametrize("kind", ["unreadable", "too long", "under a file"])
def test_a_store_that_cannot_be_looked_at_costs_a_run_its_facts_only(kind: str, tmp_path: Path) -> None:
    if kind == "unreadable":
        if os.geteuid() == 0:
            pytest.skip("root may read every folder")
        folder = tmp_path / "closed" / "ohlcv"
        folder.mkdir(parents=True)
        folder.parent.chmod(0)
    else:
        (tmp_path / "file").write_text("")
        folder = tmp_path / ("x" * 5_000 if kind == "too long" else "file") / "ohlcv"
    config = {"discovery": {"market": {"store_dir": str(folder)}}}
    final = DiscoveryGraph(config, ScannerRegistry([_One, GapUp])).run("2026-02-05")
    if kind == "unreadable":
        folder.parent.chmod(0o700)
    assert final["tickers"] == ["AAA"]
    ends = {one["scanner"]: (one["status"], one["reason"]) for one in final["scan_report"]["outcomes"]}
    assert ends["one"] == ("ok", "none")
    if kind == "under a file":  # no store is there, which is known
        assert ends["gap_up"] == ("skipped", "not_configured")
    else:
        assert ends["gap_up"] == ("failed", "no_data")
        assert any("cannot be read" in text for text in final["warnings"])


class _One(BaseScanner):
    name, pipeline = "one", "edge"

    def scan(self, state: Any) -> Any:
        return [{"ticker": "AAA"}]
