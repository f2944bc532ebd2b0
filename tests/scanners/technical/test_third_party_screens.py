"""Needs of third-party scanners: met as those of built-in ones, and their errors affect no other scanner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import pytest

from tradingagents.discovery import ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.scanners.earnings import calendar
from tradingagents.discovery.scanners.technical.catalogue import GapUp, Minervini
from tradingagents.discovery.scanners.technical.scanner import scan_bars
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.needs import Bars, Directory, EarningsCalendar
from tradingagents.discovery.screens import screening
from tradingagents.discovery.screens.base import Feature, Screen
from tradingagents.discovery.screens.gap_up import GapUpThresholds
from tradingagents.discovery.settings.sections import ScannerSettings

CLOSE = Feature("close", pl.col("close").last(), 1)
BUSY = Feature("busy", pl.col("volume").tail(1).sum() / pl.col("volume").tail(20).mean(), 20)


def screen(**parts: Any) -> Screen:
    """The tickers with three times their usual volume, with these parts exchanged."""
    own: dict[str, Any] = {
        "name": "busy",
        "features": (CLOSE, BUSY),
        "values": {"close": pl.col("close"), "ratio": pl.col("busy")},
        "rule": pl.col("ratio") > 3,
        "score": pl.col("ratio"),
        "context": "{ratio:.1f} times its usual volume",
    }
    return Screen(**(own | parts))


class Busy(BaseScanner):
    name, pipeline = "busy", "momentum"
    declared: Any = (Bars(screen()),)

    @classmethod
    def needs(cls, settings: ScannerSettings) -> Iterable[Any]:
        return cls.declared

    def scan(self, state: dict[str, Any]) -> Iterator[Any]:
        return scan_bars(self, (5.0, 4.0))


def busy(name: str, declared: Any) -> type[BaseScanner]:
    return type(name.title(), (Busy,), {"name": name, "declared": declared})


class Raises(Busy):
    name = "raises"

    @classmethod
    def needs(cls, settings: ScannerSettings) -> Iterable[Any]:
        raise LookupError("no such screen")


class Endless(Busy):
    name = "endless"

    @classmethod
    def needs(cls, settings: ScannerSettings) -> Iterable[Any]:
        while True:
            yield Directory()


def outcomes(*scanners: type[BaseScanner], **settings: Any) -> dict[str, Any]:
    with SandboxServer() as sandbox:
        config: Any = sandbox.config()
        config["discovery"]["scanners"] = settings
        graph = DiscoveryGraph(config, ScannerRegistry(list(scanners)))
        report = graph.scanner_node({"trade_date": str(sandbox.market.as_of)})["scan_report"]
    return {one["scanner"]: one for one in report["outcomes"]}


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the screens in each pass over the bars."""
    seen: list[list[str]] = []
    real = screening.evaluate_each

    def counted(frame: pl.LazyFrame, screens: Any, *rest: Any, **more: Any) -> Any:
        seen.append([one.name for one in screens])
        return real(frame, screens, *rest, **more)

    monkeypatch.setattr(screening, "evaluate_each", counted)
    return seen


def test_a_screen_of_ones_own_is_evaluated_in_the_shared_pass(passes: list[list[str]]) -> None:
    found = outcomes(GapUp, Busy, Minervini)
    assert passes == [["gap_up", "busy", "minervini"]]
    assert found["busy"]["status"] == "ok"
    first = found["busy"]["candidates"][0]
    assert first["score"] > 3


def test_two_scanners_read_one_screen_with_different_thresholds(passes: list[list[str]]) -> None:
    other = busy("other", (Bars(GapUpThresholds(min_gap=0.9)),))
    found = outcomes(GapUp, other)
    assert found["gap_up"]["candidates"] == outcomes(GapUp)["gap_up"]["candidates"] != []
    assert (found["other"]["status"], found["other"]["candidates"]) == ("empty", [])
    assert passes[0] == ["gap_up", "gap_up"]


def fails(value: Any) -> Any:
    raise LookupError("in a Python function")


BROKEN: dict[str, tuple[Any, str]] = {
    "a column that is missing": (
        screen(features=(CLOSE, Feature("busy", pl.col("volumes").last(), 1))),
        "volumes",
    ),
    "a type that does not fit": (
        screen(features=(CLOSE, Feature("busy", pl.col("date").last() * pl.col("ticker").last(), 1))),
        "cannot be evaluated",
    ),
    "a value that does not exist": (screen(rule=pl.col("nowhere") > 1), "nowhere"),
    "a rule that is a number": (screen(rule=pl.col("ratio")), "cannot be evaluated"),
    "a value of many rows": (screen(values={"close": pl.col("close").unique()}), "cannot be evaluated"),
    "a Python function that raises": (
        screen(
            features=(CLOSE, Feature("busy", pl.col("close").map_batches(fails, return_dtype=pl.Float64), 1))
        ),
        "in a Python function",
    ),
    "too many bars": (screen(features=(Feature("busy", pl.col("close").last(), 100_000),)), "100000 bars"),
    "no features": (screen(features=()), "at least one Feature"),
    "a feature that is text": (screen(features=("close",)), "not str"),
    "a rule that is text": (screen(rule="ratio > 3"), "must be Polars expressions"),
    "tickers in a list": (screen(only=["AAA"]), "frozenset"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_screen_is_the_outcome_of_its_scanner_alone(case: str) -> None:
    broken, message = BROKEN[case]
    beside = outcomes(GapUp, busy("broken", (Bars(broken),)), Busy)
    assert {name: one["status"] for name, one in beside.items()} == {
        "gap_up": "ok",
        "broken": "failed",
        "busy": "ok",
    }
    assert beside["broken"]["reason"] == "crashed"
    assert message in beside["broken"]["message"]


def test_features_of_one_name_and_of_the_bars_columns_are_kept_apart() -> None:
    """Named like a feature of a built-in screen, with another meaning and fewer or more bars."""
    mine = (Feature("close", pl.col("open").first(), 900), Feature("ticker", pl.col("close").last(), 1))
    clash = screen(
        features=(*mine, BUSY), values={"x": pl.col("busy")}, rule=pl.col("x") > 3, score=pl.col("x")
    )
    found = outcomes(busy("clash", (Bars(clash),)), GapUp, Busy)
    assert found["clash"]["status"] == "failed"  # its own: two columns are called ticker
    alone = outcomes(GapUp, Busy)
    assert [found[name]["candidates"] for name in alone] == [one["candidates"] for one in alone.values()]


def test_a_screen_with_a_python_function_is_evaluated_by_its_own_scanner(passes: list[list[str]]) -> None:
    doubled = Feature(
        "busy", BUSY.expr.map_batches(lambda ratio: ratio * 2, pl.Float64, returns_scalar=True), 20
    )
    found = outcomes(GapUp, busy("slow", (Bars(screen(features=(CLOSE, doubled), name="slow")),)))
    assert passes == [["gap_up"], ["slow"]]
    assert found["slow"]["status"] == "ok", found["slow"]["message"]


@pytest.mark.slow
def test_a_scanner_in_its_own_process_evaluates_its_own_screen(passes: list[list[str]]) -> None:
    found = outcomes(GapUp, Busy, busy={"isolation": "process"})
    assert passes == [["gap_up"]]
    assert found["busy"]["candidates"] == outcomes(Busy)["busy"]["candidates"] != []


WRONG: dict[str, tuple[type[BaseScanner], str]] = {
    "raises": (Raises, "LookupError: no such screen"),
    "endless": (Endless, "Endless.needs returned more than 32 objects"),
    "none": (busy("none", None), "None.needs returned NoneType; it must return Bars, EarningsCalendar"),
    "a name": (busy("a_name", "gap_up"), "needs returned str"),
    "a number": (busy("a_number", [7]), "needs has int"),
    "bars of a name": (busy("bars_of_a_name", [Bars("gap_up")]), "needs has Bars(str); its screen must be"),  # type: ignore[arg-type]
    "far days": (busy("far_days", [EarningsCalendar(0, 10_000)]), "its days must be 0 to 90"),
}


@pytest.mark.parametrize("case", WRONG)
def test_needs_that_cannot_be_collected_are_the_outcome_of_their_scanner(case: str) -> None:
    scanner, message = WRONG[case]
    beside = outcomes(GapUp, scanner, calendar.EarningsCalendar)
    wrong = beside.pop(scanner.name)
    assert (wrong["status"], wrong["reason"]) == ("failed", "crashed")
    assert message in wrong["message"]
    assert {one["status"] for one in beside.values()} == {"ok"}


def test_a_screen_that_the_needs_do_not_declare_is_named() -> None:
    found = outcomes(busy("nothing", ()))
    assert "nothing reads one screen, but its needs declare none" in found["nothing"]["message"]


class MyEarnings(BaseScanner):
    """Reads three weeks of the calendar."""

    name, pipeline = "my_earnings", "events"

    @classmethod
    def needs(cls, settings: ScannerSettings) -> list[Any]:
        return [EarningsCalendar(days_ahead=21)]

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        today = self.trade_date(state)
        for event in self.vendors.finnhub.earnings_calendar(*self.market.calendar_window(today)):
            if (event.day - today).days > 7 and event.symbol.isalpha():
                yield {"ticker": event.symbol, "context": f"reports on {event.day}"}


def test_one_request_serves_the_earnings_calendar_of_third_party_scanners_too() -> None:
    with SandboxServer() as sandbox:
        graph = DiscoveryGraph(sandbox.config(), ScannerRegistry([calendar.EarningsCalendar, MyEarnings]))
        report = graph.scanner_node({"trade_date": str(sandbox.market.as_of)})["scan_report"]
        paths = [one.path for one in sandbox.requests if one.endpoint == "calendar_earnings"]
    assert {one["status"] for one in report["outcomes"]} == {"ok"}
    [path] = paths
    assert "to=2026-02-26" in path
