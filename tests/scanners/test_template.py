"""The Python blocks of the page on writing a scanner are extracted and run."""

from __future__ import annotations

import copy
import re
import sys
import tomllib
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.net.vendor_server import VendorServer
from tests.slow import slow_except
from tradingagents.discovery import BaseScanner, ConfigError, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.scanning.plugins import GROUP

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "writing_a_scanner.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """Everything the page defines: its blocks run in order in one namespace."""
    namespace: dict[str, Any] = {"__name__": "page"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "steady_shorting", module := types.ModuleType("steady_shorting"))
        for block in blocks("python"):
            exec(compile(block, "writing_a_scanner.md", "exec"), namespace)
            vars(module).update(namespace)
    return namespace


def outcome_of(
    sandbox: SandboxServer, scanner: type[BaseScanner], day: str = "", **settings: Any
) -> dict[str, Any]:
    config: dict[str, Any] = sandbox.config()
    config["discovery"]["scanners"] = {scanner.name: settings}
    graph = DiscoveryGraph(config, registry=ScannerRegistry([scanner]))
    update = graph.scanner_node({"trade_date": day or str(sandbox.market.as_of)})
    (outcome,) = update["scan_report"]["outcomes"]
    return {**outcome, "candidates": update["candidate_metadata"]}  # whole, of this one scanner


def test_ten_lines_are_a_scanner(page: dict[str, Any]) -> None:
    """The class and its import take ten lines, and find the shares computed here from the sandbox's market."""
    block = blocks("python")[0]
    assert len([line for line in block.splitlines() if line.strip()]) <= 10
    with SandboxServer() as sandbox:
        outcome = outcome_of(sandbox, page["HeavyShorting"])
        newest = {symbol: rows[-1] for symbol, rows in sandbox.market.short_volumes.items() if rows}
    expected = {
        symbol for symbol, row in newest.items() if row.total > 1e6 and round(row.short / row.total, 6) > 0.68
    }
    assert outcome["status"] == "ok"
    assert {one["ticker"] for one in outcome["candidates"]} == expected != set()


def test_the_first_scanner_finds_candidates_in_the_sandbox(page: dict[str, Any]) -> None:
    assert page["final"]["scan_report"]["outcomes"][0]["status"] == "ok"
    assert page["final"]["tickers"]


def test_the_graph_of_the_page_has_the_scanner_after_all_others(page: dict[str, Any]) -> None:
    names = [scanner.name for scanner in page["graph"].registry]
    assert names == [*(scanner.name for scanner in ScannerRegistry.installed()), "heavy_shorting"]


def test_the_complete_scanner_uses_its_settings_and_reports_funnel_and_coverage(page: dict[str, Any]) -> None:
    with SandboxServer() as sandbox:
        loose = outcome_of(sandbox, page["SteadyShorting"], limit=None, min_short_share=0.5)
        strict = outcome_of(sandbox, page["SteadyShorting"], limit=None, min_short_share=0.6)
    assert {one["ticker"] for one in strict["candidates"]} < {one["ticker"] for one in loose["candidates"]}
    assert loose["coverage"] == {"asked": 3, "answered": 3, "of": 3}
    funnel = strict["funnel"]
    seen = funnel["in the files of every session"]
    assert seen == funnel["below min_volume"] + funnel["below min_short_share"] + funnel["yielded"]
    for candidate in strict["candidates"]:
        assert candidate["score"] >= 0.6
        assert normalise_ticker(candidate["ticker"]) == candidate["ticker"]


def test_the_section_of_the_page_is_valid_and_an_invalid_one_is_refused(page: dict[str, Any]) -> None:
    registry = ScannerRegistry([page["SteadyShorting"]])
    settings = DiscoveryGraph(page["config"], registry=registry).config.scanners["steady_shorting"]
    assert settings.timeout_seconds == 20
    wrong = {"discovery": {"scanners": {"steady_shorting": {"min_short_share": 2}}}}
    with pytest.raises(ConfigError, match="min_short_share"):
        DiscoveryGraph(wrong, registry=registry)


@pytest.mark.parametrize("isolation", slow_except({"thread"}, ["thread", "process"]))
def test_the_scanner_over_a_vendor_of_ones_own(
    isolation: str, page: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = copy.deepcopy(page["flows_config"])
    registry = ScannerRegistry([page["FundFlow"]])
    DiscoveryGraph(config, registry=registry)  # the section of the page is valid as it is
    config["discovery"]["scanners"] = {"fund_flow": {"isolation": isolation}}
    config["discovery"]["state_dir"] = str(tmp_path)
    server = VendorServer()
    inflows = {"SPY": {"inflow_usd": 2.5e8}, "QQQ": {"inflow_usd": 1e6}, "IWM": {"inflow_usd": None}}
    server.script = lambda handler: handler.answer(200, inflows[handler.path[-3:]])
    config["discovery"]["vendors"]["flows"]["base_url"] = f"{server.url}/v2"

    def scanned() -> dict[str, Any]:
        graph = DiscoveryGraph(config, registry=registry)
        update = graph.scanner_node({"trade_date": "2026-02-05"})
        (outcome,) = update["scan_report"]["outcomes"]
        return {**outcome, "candidates": update["candidate_metadata"]}

    monkeypatch.delenv("FLOWS_API_KEY", raising=False)
    skipped = scanned()
    assert (skipped["status"], skipped["reason"]) == ("skipped", "not_configured")
    assert not server.hits
    monkeypatch.setenv("FLOWS_API_KEY", "k3y-0f-fl0ws")
    for outcome in (scanned(), scanned()):  # the second one's answers are in the cache
        assert (outcome["status"], outcome["reason"]) == ("degraded", "bad_payload")
        assert [(one["ticker"], one["score"]) for one in outcome["candidates"]] == [("SPY", 250.0)]
        (evidence,) = outcome["candidates"][0]["evidence"]
        assert evidence["url"] == f"{server.url}/v2/flow?day=2026-02-05&symbol=SPY"
    assert sorted(hit.path[-3:] for hit in server.hits) == ["IWM", "QQQ", "SPY"]
    assert {hit.headers["Authorization"] for hit in server.hits} == {"Bearer k3y-0f-fl0ws"}
    server.stop()


TESTS = re.findall(r"^def (test_\w+)\(\)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_of_the_page_pass(page: dict[str, Any], name: str) -> None:
    test: Callable[[], None] = page[name]
    test()


def test_without_any_file_the_reason_is_no_data(page: dict[str, Any]) -> None:
    """A Sunday with two days: neither Saturday nor Sunday has a file."""
    with SandboxServer() as sandbox:
        outcome = outcome_of(sandbox, page["SteadyShorting"], "2026-02-01", days=2)
    assert (outcome["status"], outcome["reason"]) == ("failed", "no_data")


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_of_the_page_fail_for_a_scanner_that_hides_its_errors(
    page: dict[str, Any], name: str
) -> None:
    """A scanner that always returns nothing passes only the test that two runs are equal."""

    class Silent(BaseScanner):
        name, pipeline = "silent", "edge"

        def scan(self, state: dict[str, Any]) -> list[Any]:
            return []

    test = page[name]
    namespace = {**page, "SCANNER": Silent}
    namespace["scanned"] = rebound(page["scanned"], namespace)
    if name == "test_two_runs_give_the_same_candidates":
        rebound(test, namespace)()
    else:
        with pytest.raises(AssertionError):
            rebound(test, namespace)()


def rebound(function: Any, namespace: dict[str, Any]) -> Any:
    """The same function with other globals."""
    return type(function)(function.__code__, namespace, function.__name__)


def test_the_page_names_the_entry_point_group_that_is_read(page: dict[str, Any]) -> None:
    (published,) = map(tomllib.loads, blocks("toml"))
    (value,) = published["project"]["entry-points"][GROUP].values()
    assert value.partition(":")[2] == page["SteadyShorting"].__name__


@pytest.mark.parametrize("isolation", slow_except({"thread"}, ["thread", "process"]))
def test_the_screen_of_the_page_is_evaluated_in_the_scan(isolation: str, page: dict[str, Any]) -> None:
    with SandboxServer() as sandbox:
        outcome = outcome_of(sandbox, page["Busy"], limit=None, isolation=isolation)
        strict = outcome_of(sandbox, page["Busy"], limit=None, min_ratio=5, isolation=isolation)
    assert outcome["status"] == "ok", outcome["message"]
    assert outcome["coverage"]["answered"] > 100
    ratios = {one["ticker"]: one["score"] for one in outcome["candidates"]}
    assert min(ratios.values()) >= 3
    assert {one["ticker"] for one in strict["candidates"]} == {
        ticker for ticker, ratio in ratios.items() if ratio >= 5
    }
    for candidate in outcome["candidates"]:
        assert candidate["evidence"][0]["values"]["ratio"] == pytest.approx(candidate["score"], abs=1e-6)


def test_the_pandas_scanner_of_the_page_finds_the_highs(page: dict[str, Any]) -> None:
    with SandboxServer() as sandbox:
        outcome = outcome_of(sandbox, page["QuarterHigh"])
        closes = {
            one.symbol: [bar.close for bar in sandbox.market.bars(one.symbol)]
            for one in sandbox.market.companies
        }
    assert outcome["status"] == "ok"
    found = {one["ticker"] for one in outcome["candidates"]}
    assert found
    for ticker in found & closes.keys():
        assert closes[ticker][-1] == max(closes[ticker][-60:]), ticker
