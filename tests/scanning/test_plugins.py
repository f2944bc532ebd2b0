"""Scanners of other distributions: found by their entry point, loaded late, and never lost without a word."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tradingagents.discovery import ConfigError, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph

GOOD = """
    from pydantic import Field

    from tradingagents.discovery import BaseScanner, ScannerSettings

    class Settings(ScannerSettings):
        min_gap_percent: float = Field(default=4.0, gt=0)

    class BigGap(BaseScanner):
        name, pipeline, strategy = "big_gap", "momentum", "gap"
        Settings = Settings

        def scan(self, state):
            yield {"ticker": "ABC", "context": f"gap +{self.settings.min_gap_percent} %", "priority": "high"}
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Lay a distribution out as an installer would: its modules, and metadata that names its entry points."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)

    def lay_out(distribution: str, module: str, source: str | None, **entry_points: str) -> None:
        if source is not None:
            (tmp_path / f"{module}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        info = tmp_path / f"{distribution}-1.0.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        lines = [f"{name} = {module}:{value}" for name, value in entry_points.items()]
        stated = "\n".join(["[tradingagents.scanners]", *lines])
        (info / "entry_points.txt").write_text(stated, encoding="utf-8")
        importlib.invalidate_caches()

    yield lay_out
    for name in set(sys.modules) - before:
        if name.startswith("plugin_"):
            del sys.modules[name]


def only(name: str, **settings: Any) -> dict[str, Any]:
    """Switch off everything but one scanner."""
    names = [scanner.name for scanner in ScannerRegistry.installed()]
    sections: dict[str, Any] = {one: {"enabled": False} for one in names}
    return {"discovery": {"state_dir": None, "scanners": {**sections, name: settings}}}


def outcome_of(name: str, **settings: Any) -> dict[str, Any]:
    update = DiscoveryGraph(only(name, **settings)).scanner_node({"trade_date": "2026-02-05"}, None)
    (outcome,) = update["scan_report"]["outcomes"]
    assert outcome["scanner"] == name
    return {**outcome, "candidates": update["candidate_metadata"]}  # whole, of this one scanner


@pytest.fixture(autouse=True)
def in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of these scans stays for the next one."""
    monkeypatch.setattr(
        "tradingagents.discovery.settings.config.user_cache_path", lambda *_, **__: tmp_path / "cache"
    )


def test_an_installed_scanner_comes_after_the_built_in_ones_and_is_scanned(install: Install) -> None:
    """With no word about it in the configuration: installing it was the word."""
    install("gap-scanner", "plugin_gap", GOOD, big_gap="BigGap")
    graph = DiscoveryGraph()
    assert [scanner.name for scanner in graph.registry] == [
        *(scanner.name for scanner in ScannerRegistry.built_in()),
        "big_gap",
    ]
    outcome = outcome_of("big_gap")
    assert (outcome["status"], outcome["pipeline"]) == ("ok", "momentum")
    assert [(one["ticker"], one["context"]) for one in outcome["candidates"]] == [("ABC", "gap +4.0 %")]


def test_its_section_is_validated_with_its_own_settings_and_may_switch_it_off(install: Install) -> None:
    install("gap-scanner", "plugin_gap", GOOD, big_gap="BigGap")
    (candidate,) = outcome_of("big_gap", min_gap_percent=7.5)["candidates"]
    assert candidate["context"] == "gap +7.5 %"
    with pytest.raises(ConfigError, match=r"big_gap\.min_gap_percent"):
        DiscoveryGraph(only("big_gap", min_gap_percent=-1))
    with pytest.raises(ConfigError, match=r"did you mean 'min_gap_percent'"):
        DiscoveryGraph(only("big_gap", min_gap_percnt=5))
    graph = DiscoveryGraph(only("market_movers", enabled=False))
    update = graph.scanner_node({"trade_date": "2026-02-05"}, None)
    assert update["scan_report"]["outcomes"] == []


def test_the_built_in_registry_and_a_registry_of_one_s_own_stay_what_they_are(install: Install) -> None:
    install("gap-scanner", "plugin_gap", GOOD, big_gap="BigGap")
    assert "big_gap" not in ScannerRegistry.built_in()
    assert "big_gap" not in DiscoveryGraph(registry=ScannerRegistry()).registry
    assert "plugin_gap" not in sys.modules
    assert "big_gap" in ScannerRegistry.installed()


BROKEN = {
    "a module that is not there": (None, "BigGap", "ModuleNotFoundError"),
    "a module that fails": ("raise RuntimeError('no licence')", "BigGap", "RuntimeError: no licence"),
    "a module that is no Python": ("def :", "BigGap", "SyntaxError"),
    "a module that leaves": ("raise SystemExit(3)", "BigGap", "SystemExit"),
    "a class that is not there": (GOOD, "SmallGap", "AttributeError"),
    "settings without a default": (
        GOOD.replace("min_gap_percent: float = Field(default=4.0, gt=0)", "api_url: str"),
        "BigGap",
        "needs a default for every setting, because installing it enables it: discovery.scanners.big_gap.api_url: missing",
    ),
    "settings whose defaults are wrong": (
        GOOD.replace("default=4.0", "default=-4.0, validate_default=True"),
        "BigGap",
        "big_gap.min_gap_percent: expected a number above 0, got -4.0",
    ),
    "settings whose default cannot be had": (
        GOOD.replace("default=4.0", "default_factory=lambda: {}['GAP']"),
        "BigGap",
        "KeyError: 'GAP'",
    ),
    "settings that are none": (
        GOOD.replace("Settings = Settings", "Settings = dict"),
        "BigGap",
        "Settings must be",
    ),
    "a class without a name": (
        GOOD.replace('name, pipeline, strategy = "big_gap", ', "pipeline, strategy = "),
        "BigGap",
        ".name is None",
    ),
    "something that is no scanner": ("BigGap = 7", "BigGap", "not a subclass of BaseScanner"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_one_that_cannot_be_loaded_is_its_own_failed_outcome(install: Install, case: str) -> None:
    """Its message names the distribution, and the others are scanned."""
    source, value, stated = BROKEN[case]
    install("gap-scanner", "plugin_broken", source, big_gap=value)
    install("other-scanner", "plugin_gap", GOOD.replace("big_gap", "other_gap"), other_gap="BigGap")
    config = only("big_gap", min_gap_percent=7.5)
    config["discovery"]["scanners"]["other_gap"] = {"enabled": True}
    report = DiscoveryGraph(config).scanner_node({"trade_date": "2026-02-05"}, None)["scan_report"]
    assert [(one["scanner"], one["status"], one["reason"]) for one in report["outcomes"]] == [
        ("big_gap", "failed", "crashed"),
        ("other_gap", "ok", "none"),
    ]
    message = report["outcomes"][0]["message"]
    assert stated in message
    assert "gap-scanner 1.0" in message
    assert report["health"] == "partial"


def test_a_section_for_a_plugin_that_is_not_installed_is_an_error(install: Install) -> None:
    with pytest.raises(
        ConfigError, match=r"scanners\.big_gap: unknown scanner, neither built in nor registered"
    ):
        DiscoveryGraph({"discovery": {"scanners": {"big_gap": {"limit": 3}}}})
    install("gap-scanner", "plugin_gap", GOOD, big_gap="BigGap")
    DiscoveryGraph({"discovery": {"scanners": {"big_gap": {"limit": 3}}}})


def test_a_broken_one_can_be_switched_off_and_takes_any_section(install: Install) -> None:
    """Its keys may be right: only the missing class knows them."""
    install("gap-scanner", "plugin_broken", "raise RuntimeError", big_gap="BigGap")
    outcome = outcome_of("big_gap", limit="many", isolation="process", whatever=1)
    assert (outcome["status"], outcome["reason"]) == ("failed", "crashed")
    DiscoveryGraph(only("big_gap", enabled=False))
    with pytest.raises(ConfigError, match=r"big_gap\.enabled"):
        DiscoveryGraph(only("big_gap", enabled="perhaps"))


def test_a_taken_name_stays_with_its_scanner_and_the_plugin_fails(install: Install) -> None:
    """A built-in scanner is not replaced by what happens to be installed."""
    install("gap-scanner", "plugin_gap", GOOD.replace("big_gap", "market_movers"), market_movers="BigGap")
    registry = ScannerRegistry.installed()
    assert registry["market_movers"] is ScannerRegistry.built_in()["market_movers"]
    outcome = outcome_of("gap_scanner_market_movers")
    assert (outcome["status"], outcome["reason"]) == ("failed", "crashed")
    assert "the name 'market_movers' is taken by MarketMovers" in outcome["message"]


def test_two_plugins_of_one_name_are_ordered_by_class_and_the_second_fails(
    install: Install,
) -> None:
    install("a-scanner", "plugin_b", GOOD, big_gap="BigGap")
    install("b-scanner", "plugin_a", GOOD, big_gap="BigGap")
    names = [scanner.name for scanner in ScannerRegistry.installed()][-2:]
    assert names == ["big_gap", "a_scanner_big_gap"]
    assert ScannerRegistry.installed()["big_gap"].__module__ == "plugin_a"


def test_a_distribution_that_is_found_twice_is_one(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an editable install is, whose metadata stands in two folders."""
    install("gap-scanner", "plugin_gap", GOOD, big_gap="BigGap")
    again = tmp_path / "again" / "gap-scanner-1.0.dist-info"
    again.mkdir(parents=True)
    for file in (tmp_path / "gap-scanner-1.0.dist-info").iterdir():
        (again / file.name).write_bytes(file.read_bytes())
    monkeypatch.syspath_prepend(again.parent)
    names = [scanner.name for scanner in ScannerRegistry.installed()]
    assert names.count("big_gap") == 1
    assert not [name for name in names if name.startswith("gap_scanner")]


def test_odd_names_of_entry_points_make_no_odd_names_of_stand_ins(install: Install) -> None:
    install("gap-scanner", "plugin_broken", "raise RuntimeError", **{"Big-Gap 2.0": "A", "1st": "B"})
    names = [scanner.name for scanner in ScannerRegistry.installed()][-2:]
    assert names == ["plugin_1st", "big_gap_2_0"]
