"""Third-party scanners with a screen over the daily bars: their errors affect no other scanner."""

from __future__ import annotations

from typing import Any

import pytest

from tradingagents.discovery import ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.scanners.earnings.calendar import EarningsCalendar
from tradingagents.discovery.scanners.technical.catalogue import GapUp, Minervini
from tradingagents.discovery.scanners.technical.scanner import TechnicalScanner
from tradingagents.discovery.scanning.base import BaseScanner


class MyGap(TechnicalScanner):
    """The built-in screen with thresholds that no ticker meets."""

    name, grades = "my_gap", (1.0, 0.5)
    Settings = GapUp.Settings
    wanted: Any = ("gap_up", {"min_gap": 0.9})

    @classmethod
    def screen(cls, settings: Any) -> Any:
        return cls.wanted


class Broken(MyGap):
    name = "broken"

    @classmethod
    def screen(cls, settings: Any) -> Any:
        raise LookupError("no such screen")


class Misspelt(MyGap):
    name, wanted = "misspelt", ("gap_upp", {})


class Muddled(MyGap):
    name, wanted = "muddled", 7


def outcomes(*scanners: type[BaseScanner]) -> dict[str, Any]:
    with SandboxServer() as sandbox:
        graph = DiscoveryGraph(sandbox.config(), ScannerRegistry(list(scanners)))
        report = graph.scanner_node({"trade_date": str(sandbox.market.as_of)})["scan_report"]
    return {one["scanner"]: one for one in report["outcomes"]}


@pytest.mark.parametrize("third_party", [MyGap, Broken, Misspelt, Muddled])
def test_a_third_party_screen_does_not_affect_others(third_party: type[TechnicalScanner]) -> None:
    alone = outcomes(GapUp, Minervini)
    beside = outcomes(GapUp, third_party, Minervini)
    for name in ("gap_up", "minervini"):
        assert beside[name]["status"] == "ok"
        assert beside[name]["candidates"] == alone[name]["candidates"] != []
    assert beside[third_party.name]["candidates"] == []
    assert beside[third_party.name]["status"] == ("empty" if third_party is MyGap else "failed")


def test_an_error_of_a_third_party_screen_is_reported() -> None:
    assert "LookupError: no such screen" in outcomes(Broken)["broken"]["message"]
    assert "gap_upp" in outcomes(Misspelt)["misspelt"]["message"]


def test_an_error_of_a_third_party_calendar_request_affects_no_other_scanner() -> None:
    class Unreadable(EarningsCalendar):
        name = "unreadable"

        @classmethod
        def calendar_days(cls, settings: Any) -> tuple[int, int]:
            raise LookupError("no such calendar")

    beside = outcomes(EarningsCalendar, Unreadable)
    assert {one["status"] for one in beside.values()} == {"ok"}
