"""The technical scanners: candidates from their screens, and what they report without usable bars."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.bars.frames import AS_OF, bars, together, walk
from tests.scanners.harness import run
from tests.screens.test_market_data import SHORT, data, directory_of, flat, found, rising, store_of
from tests.slow import slow_except
from tradingagents.discovery import ScannerRegistry
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.scanners.off_exchange.volume_accumulation import VolumeAccumulation
from tradingagents.discovery.scanners.technical import catalogue as technical_scanners
from tradingagents.discovery.scanners.technical.catalogue import TechnicalBreakout
from tradingagents.discovery.scanners.technical.scanner import TechnicalScanner
from tradingagents.discovery.screens.catalogue import SCREENS, all_screens, build, thresholds
from tradingagents.discovery.screens.evaluate import evaluate
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.symbols.security_type import SecurityType

DAY = AS_OF.isoformat()
SETTINGS: dict[str, Any] = dict(SHORT["technical_breakout"])
SCANNERS = [getattr(technical_scanners, name) for name in technical_scanners.__all__]


def listed(*tickers: str) -> Any:
    return lambda: directory_of(**dict.fromkeys(tickers, SecurityType.COMMON))


def outcome(
    state_dir: Path | None, *scanners: type[TechnicalScanner], settings: Any = None, market: Any = None
) -> dict[str, Any]:
    """Run a whole graph whose symbol directory cannot be reached."""
    discovery: dict[str, Any] = {"market": market or {}, "scanners": settings or {}}
    if state_dir is not None:
        discovery["state_dir"] = str(state_dir)
    graph = DiscoveryGraph({"discovery": discovery}, ScannerRegistry(list(scanners)))
    return graph.run(DAY)


def thresholds_of(scanner: type[TechnicalScanner]) -> dict[str, Any]:
    """Those of its settings that are its screen's thresholds."""
    own = scanner.Settings().model_dump()
    return {key: value for key, value in own.items() if key not in ScannerSettings.model_fields}


# -- settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda scanner: scanner.name)
def test_settings_are_the_thresholds_of_the_screen_of_that_name(scanner: type[TechnicalScanner]) -> None:
    assert thresholds_of(scanner) == thresholds(scanner.name)


def test_every_screen_has_its_scanner() -> None:
    assert {scanner.name for scanner in SCANNERS} | {"volume_accumulation"} == set(SCREENS)


# -- candidates -------------------------------------------------------------------------------------


def test_a_pick_becomes_a_candidate_with_the_bars_behind_it(tmp_path: Path) -> None:
    market = data(store_of(tmp_path, rising("UP"), flat("FLAT")), listed("UP", "FLAT"))
    ran = run(TechnicalBreakout, None, market=market, **SETTINGS)
    [candidate] = ran.candidates
    assert candidate["ticker"] == "UP"
    assert candidate["score"] == 3.0  # three times the usual volume
    assert candidate["priority"] == "high"
    assert candidate["context"].startswith("2026-02-05: ")
    [evidence] = candidate["evidence"]
    assert evidence["kind"] == "screen_technical_breakout"
    assert evidence["as_of"] == DAY
    assert evidence["id"] == f"ohlcv/{market.snapshot().digest[:16]}/UP/{DAY}"
    assert evidence["values"]["symbol"] == "UP"
    assert ran.recorder.coverage() == {"asked": 2, "answered": 2, "of": 2}
    assert ran.funnel == {"tickers": 2, "did not meet thresholds": 1}


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda scanner: scanner.name)
def test_each_scanner_yields_what_its_screen_picks_in_that_order(
    scanner: type[TechnicalScanner], tmp_path: Path
) -> None:
    funds = ["SPY", *thresholds("sector_rotation")["funds"]]
    frame = together(walk(ticker, 320, seed=1) for ticker in (*(f"T{i}" for i in range(60)), *funds))
    OhlcvStore(tmp_path).upsert(frame)
    own = thresholds_of(scanner)
    market = data(tmp_path, screens={scanner.name: own})
    ran = run(scanner, None, market=market, limit=None)
    expected = evaluate(frame.lazy(), [build(scanner.name, **own)], AS_OF)[scanner.name].hits
    assert ran.tickers == [hit.ticker for hit in expected]
    assert [candidate["score"] for candidate in ran.candidates] == [
        pytest.approx(hit.score, abs=1e-6) for hit in expected
    ]


def test_tickers_that_the_filter_would_drop_do_not_use_up_the_limit(tmp_path: Path) -> None:
    """Thinly traded tickers have the most extreme ratios and would fill the limit."""
    closes = [10.0] * 23 + [12.0]
    busy, thin = (
        bars(name, closes, volumes=[usual] * 23 + [3 * usual]) for name, usual in (("UP", 1e6), ("THIN", 1.0))
    )
    market = data(store_of(tmp_path, busy, thin), listed("UP", "THIN"))
    assert found(market) == ["THIN", "UP"]
    assert run(TechnicalBreakout, None, market=market, **SETTINGS).tickers == ["THIN", "UP"]
    market.shared.query = dataclasses.replace(market.query, min_dollar_volume_usd=500_000)
    ran = run(TechnicalBreakout, None, market=market, **SETTINGS)
    assert ran.tickers == ["UP"]
    assert ran.funnel["below filter.min_dollar_volume_usd"] == 1


def test_too_short_histories_are_not_an_empty_market(tmp_path: Path) -> None:
    """Every ticker has 174 bars where 200 are needed."""
    scanner = technical_scanners.RsiOversold
    market = data(store_of(tmp_path, flat("YOUNG", 174), flat("OTHER", 174)), screens={scanner.name: {}})
    ran = run(scanner, None, market=market)
    assert ran.candidates == []
    assert ran.funnel == {"tickers": 2, "fewer than 200 bars": 2}
    trouble = {reason: message for reason, message in ran.recorder.degradations}
    assert "174" in trouble[Reason.NO_DATA]
    assert "200" in trouble[Reason.NO_DATA]


def test_a_single_short_history_is_counted_and_does_not_degrade(tmp_path: Path) -> None:
    store = store_of(tmp_path, rising("UP"), *(flat(f"T{i}") for i in range(8)), flat("YOUNG", 2))
    ran = run(
        TechnicalBreakout,
        None,
        market=data(store, universe=["UP", "YOUNG", *(f"T{i}" for i in range(8))]),
        **SETTINGS,
    )
    assert ran.tickers == ["UP"]
    assert ran.funnel["fewer than 4 bars"] == 1
    assert ran.recorder.degradations == []


# -- whole runs -------------------------------------------------------------------------------------


def test_without_bars_they_are_skipped_and_the_command_is_named(tmp_path: Path) -> None:
    final = outcome(tmp_path, *SCANNERS)
    assert {one["status"] for one in final["scan_report"]["outcomes"]} == {"skipped"}
    assert {one["reason"] for one in final["scan_report"]["outcomes"]} == {"not_configured"}
    assert all("discovery.bars import" in one["message"] for one in final["scan_report"]["outcomes"])


def test_a_year_old_store_is_stale_data_and_never_a_candidate(tmp_path: Path) -> None:
    store_of(tmp_path / "ohlcv", rising("UP", date(2025, 2, 5)))
    final = outcome(
        tmp_path,
        TechnicalBreakout,
        settings={"technical_breakout": SETTINGS},
        market={"universe": ["UP"]},
    )
    [one] = final["scan_report"]["outcomes"]
    assert (one["status"], one["reason"], one["candidates"]) == ("failed", "stale_data", [])
    assert "2025-02-05" in one["message"]


@pytest.mark.parametrize(("enough", "status"), [(0, "failed"), (1, "degraded")])
def test_too_short_histories_degrade_or_fail_the_scan(tmp_path: Path, enough: int, status: str) -> None:
    tickers = [f"T{i}" for i in range(3)]
    store_of(tmp_path / "ohlcv", *(walk(one, 210 if i < enough else 174, 1) for i, one in enumerate(tickers)))
    final = outcome(tmp_path, technical_scanners.RsiOversold, market={"universe": tickers})
    [one] = final["scan_report"]["outcomes"]
    assert (one["status"], one["reason"]) == (status, "no_data")
    assert "174" in one["message"]
    assert one["coverage"] == {"asked": 3, "answered": enough, "of": 3}


@pytest.mark.parametrize("isolation", slow_except({"thread"}, ["thread", "process"]))
def test_in_its_own_process_a_scanner_finds_the_same(tmp_path: Path, isolation: str) -> None:
    store_of(tmp_path / "ohlcv", rising("UP"), flat("FLAT"))
    final = outcome(
        tmp_path,
        TechnicalBreakout,
        settings={"technical_breakout": {**SETTINGS, "isolation": isolation}},
        market={"universe": ["UP", "FLAT"]},
    )
    [one] = final["scan_report"]["outcomes"]
    assert one["status"] == "ok", one["message"]
    assert [candidate["ticker"] for candidate in one["candidates"]] == ["UP"]
    assert one["coverage"] == {"asked": 2, "answered": 2, "of": 2}


def test_the_report_names_the_bars_and_the_universe(tmp_path: Path) -> None:
    store = store_of(tmp_path / "ohlcv", rising("UP"))
    final = outcome(
        tmp_path,
        TechnicalBreakout,
        settings={"technical_breakout": SETTINGS},
        market={"universe": ["UP"]},
    )
    facts = final["scan_report"]["market"]
    assert facts["bars"] == OhlcvStore(store).snapshot().digest
    assert (facts["as_of"], facts["universe"]["size"]) == (DAY, 1)
    json.dumps(facts)


class BarsRemover(TechnicalScanner):
    """Removes the bars after the first scanner has read them."""

    name, pipeline, strategy = "bars_remover", "momentum", "none"
    Settings = ScannerSettings

    @classmethod
    def needs(cls, settings: ScannerSettings) -> list[Any]:
        return []

    def scan(self, state: dict[str, Any]) -> Any:
        for path in Path(os.environ["REMOVED_BARS"]).iterdir():
            path.unlink()
        return iter(())


def test_ten_screens_read_the_bars_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine of them run after the store is removed, and find the same."""
    funds = ["SPY", *thresholds("sector_rotation")["funds"]]
    stocks = [f"T{i}" for i in range(150)]
    frame = together(walk(ticker, 320, seed=1) for ticker in (*stocks, *funds))
    OhlcvStore(tmp_path / "ohlcv").upsert(frame)
    monkeypatch.setenv("REMOVED_BARS", str(tmp_path / "ohlcv"))
    settings = {
        "scanner_execution": {"concurrent": False},
        "state_dir": str(tmp_path),
        "market": {"universe": stocks},
        "scanners": {"volume_accumulation": {"source": "bars", "limit": None}}
        | {scanner.name: {"limit": None} for scanner in SCANNERS},
    }
    order = [SCANNERS[0], BarsRemover, *SCANNERS[1:], VolumeAccumulation]
    final = DiscoveryGraph({"discovery": settings}, ScannerRegistry(order)).run(DAY)
    found_by = {
        one["scanner"]: [hit["ticker"] for hit in one["candidates"]]
        for one in final["scan_report"]["outcomes"]
    }
    expected = evaluate(frame.lazy(), all_screens(), AS_OF, stocks)
    assert not (tmp_path / "ohlcv" / "manifest.json").exists()
    assert {name: found_by[name] for name in SCREENS} == {
        name: [hit.ticker for hit in result.hits] for name, result in expected.items()
    }
    assert sum(map(bool, found_by.values())) >= 8


# -- volume_accumulation from bars ------------------------------------------------------------------


def jumped(ticker: str) -> pl.DataFrame:
    return bars(ticker, [10.0] * 30, volumes=[1e6] * 29 + [4e6], spread=0.001)


def test_volume_accumulation_reads_the_stored_bars_with_source_bars(tmp_path: Path) -> None:
    settings = VolumeAccumulation.Settings(source="bars", min_close_location=0.0)
    [need] = VolumeAccumulation.needs(settings)
    own = need.screen.model_dump()
    store = store_of(tmp_path, jumped("JUMP"), flat("FLAT", 30))
    market = data(store, screens={"volume_accumulation": own})
    ran = run(VolumeAccumulation, None, market=market, source="bars", min_close_location=0.0)
    [candidate] = ran.candidates
    assert (candidate["ticker"], candidate["score"], candidate["priority"]) == ("JUMP", 4.0, "medium")
    assert candidate["evidence"][0]["vendor"] == "ohlcv"


def test_volume_accumulation_uses_no_screen_by_default() -> None:
    assert list(VolumeAccumulation.needs(VolumeAccumulation.Settings())) == []
