"""``BaseScanner``: what is taken from a scanner, what is refused, and what it is given to work with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field
from typing_extensions import TypeVar

from tests.stable_repr import stable_repr
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.model.errors import NoDataError, ScannerError, StaleDataError, Transient
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.recorder import LocalRecorder
from tradingagents.discovery.settings.sections import ScannerSettings

DAY: dict[str, Any] = {"trade_date": "2026-02-05", "tickers": [], "tool_logs": []}


def scanner(scan: Callable[..., Any], **attributes: Any) -> BaseScanner:
    made: Any = type("Made", (BaseScanner,), {"name": "made", "pipeline": "edge", "scan": scan, **attributes})
    bound: BaseScanner = made()
    return bound


def yielding(*found: Any) -> Callable[..., Any]:
    return lambda self, state: list(found)


def recorder_of(made: BaseScanner) -> LocalRecorder:
    recorder = made.recorder
    assert isinstance(recorder, LocalRecorder)
    return recorder


# -- scan_with_validation ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [list, tuple, iter, lambda found: (each for each in found), lambda f: dict.fromkeys(f).keys()]
)
def test_any_iterable_of_candidates_is_taken(kind: Any) -> None:
    found = [MappingProxyTypeHashable({"ticker": "ABC"}), MappingProxyTypeHashable({"ticker": "DEF"})]
    made = scanner(lambda self, state: kind(found)).scan_with_validation(DAY)
    assert [candidate["ticker"] for candidate in made] == ["ABC", "DEF"]


class MappingProxyTypeHashable(dict[str, Any]):
    """A dict that can be a key, so that a view of keys can hold candidates."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


def test_candidates_are_completed_and_made_plain() -> None:
    parsed = Candidate.parse({"ticker": "GHI", "priority": "high"}, source="own", strategy="own strategy")
    made = scanner(yielding({"ticker": "abc"}, MappingProxyType({"ticker": "DEF"}), parsed), strategy="gap")
    first, second, third = made.scan_with_validation(DAY)
    assert (first["ticker"], first["source"], first["strategy"]) == ("ABC", "made", "gap")
    assert (second["ticker"], type(second)) == ("DEF", dict)
    assert (third["source"], third["strategy"], third["priority"]) == ("own", "own strategy", "high")


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "ABC",
        {},
        {"ticker": "not one"},
        {"ticker": "ABC", "score": float("nan")},
        {"ticker": "ABC", "score": 10**400},
        {"ticker": "ABC", "odd": object()},
        {
            "ticker": "ABC",
            "evidence": [{"vendor": "v", "as_of": "x", "id": "1", "values": {"a": float("nan")}}],
        },
    ],
    ids=stable_repr,
)
def test_an_invalid_candidate_costs_itself_only_and_its_reason_is_kept(bad: Any) -> None:
    made = scanner(yielding({"ticker": "ABC"}, bad, {"ticker": "DEF"}))
    assert [candidate["ticker"] for candidate in made.scan_with_validation(DAY)] == ["ABC", "DEF"]
    (rejected,) = recorder_of(made).rejected
    assert rejected["reason"]
    assert rejected.keys() == {"candidate", "reason"}


@pytest.mark.parametrize(
    "returned", [None, 5, "ABC", b"ABC", {"ticker": "ABC"}, object(), True], ids=stable_repr
)
def test_what_is_no_iterable_of_candidates_is_the_scanners_error(returned: Any) -> None:
    with pytest.raises(ScannerError, match=type(returned).__name__):
        scanner(lambda self, state: returned).scan_with_validation(DAY)


@pytest.mark.parametrize(
    "error", [RuntimeError("x"), Transient("sec", "down"), SystemExit(3), KeyboardInterrupt()]
)
def test_whatever_scan_raises_is_raised_and_never_an_empty_list(error: BaseException) -> None:
    def at_once(self: Any, state: Any) -> list[Any]:
        raise error

    def later(self: Any, state: Any) -> Iterator[Any]:
        yield {"ticker": "ABC"}
        raise error

    for scan in (at_once, later):
        with pytest.raises(type(error)):
            scanner(scan).scan_with_validation(DAY)


def test_candidates_come_one_by_one_as_the_scanner_yields_them() -> None:
    trail: list[str] = []

    def scan(self: Any, state: Any) -> Iterator[Any]:
        for ticker in ("AAA", "BBB"):
            trail.append(f"scan {ticker}")
            yield {"ticker": ticker}

    for candidate in scanner(scan).iter_valid(DAY):
        trail.append(f"got {candidate.ticker}")
    assert trail == ["scan AAA", "got AAA", "scan BBB", "got BBB"]


# -- what a scanner is given ------------------------------------------------------------------------


def test_outside_a_scan_a_scanner_needs_nothing_and_its_log_is_kept() -> None:
    def scan(self: BaseScanner, state: Any) -> list[Any]:
        self.log("GET quote", {"symbol": "ABC"}, output="fine", duration_seconds=0.12345)
        self.record_coverage(asked=2, answered=1, of=10)
        self.record_coverage(asked=1, answered=1)
        self.count("below min_price_usd")
        self.count("below min_price_usd", 2)
        self.degrade("rate_limited", "429")
        return list(self.map(lambda ticker: {"ticker": ticker}, ["ABC", "DEF"]))

    made = scanner(scan)
    assert len(made.scan_with_validation(DAY)) == 2
    recorder = recorder_of(made)
    assert recorder.coverage() == {"asked": 3, "answered": 2, "of": 10}
    assert recorder.funnel == {"below min_price_usd": 3}
    assert recorder.degradations == [("rate_limited", "429")]
    recorder.close()
    assert made.recorder is recorder


def test_a_log_entry_has_what_the_first_design_had() -> None:
    log = ToolLog("run", "made")
    made = scanner(yielding())
    made.bind(made.Settings(), None, LocalRecorder(log, lambda candidate: None), None)
    made.log("GET quote", {"symbol": "ABC"}, error="HTTP 500", duration_seconds=0.12345)
    (entry,) = log.close()
    wanted = {
        "tool": "GET quote",
        "parameters": {"symbol": "ABC"},
        "error": "HTTP 500",
        "duration_seconds": 0.1235,
    }
    assert entry.items() >= wanted.items()
    assert entry["scanner"] == "made"


@pytest.mark.parametrize(
    ("state", "day"),
    [
        ({"trade_date": "2026-02-05"}, date(2026, 2, 5)),
        ({}, None),
        ({"trade_date": ""}, None),
        ({"trade_date": None}, None),
    ],
)
def test_the_trade_date_is_the_states_or_today_in_new_york(state: Any, day: date | None) -> None:
    before = datetime.now(ZoneInfo("America/New_York")).date()
    found = scanner(yielding()).trade_date(state)
    assert found == day if day else before <= found <= datetime.now(ZoneInfo("America/New_York")).date()


# -- gather -----------------------------------------------------------------------------------------


def asking(answers: dict[str, Any], items: Iterable[str] | None = None, of: int | None = None) -> Any:
    """A scanner that gathers ``answers``, raising those that are errors."""

    def ask(item: str) -> Any:
        answer = answers[item]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def scan(self: BaseScanner, state: Any) -> Iterator[Any]:
        for item, answer in self.gather(ask, answers if items is None else items, of=of):
            yield {"ticker": item, "score": answer}

    return scan


def test_gather_skips_and_reports_the_items_that_a_vendor_failed_to_answer() -> None:
    answers = {
        "AAA": 1,
        "BBB": Transient("finnhub", "down", status=503),
        "CCC": NoDataError("none"),
        "DDD": 2,
    }
    made = scanner(asking(answers, of=100))
    assert [(c["ticker"], c["score"]) for c in made.scan_with_validation(DAY)] == [("AAA", 1), ("DDD", 2)]
    recorder = recorder_of(made)
    assert recorder.coverage() == {"asked": 4, "answered": 3, "of": 100}
    ((reason, message),) = recorder.degradations
    assert reason == "vendor_down"
    assert "BBB" in message
    assert "down" in message


def test_gather_raises_the_first_error_when_nothing_at_all_could_be_had() -> None:
    first, second = Transient("finnhub", "first"), Transient("finnhub", "second")
    made = scanner(asking({"AAA": first, "BBB": second}))
    with pytest.raises(Transient, match="first"):
        made.scan_with_validation(DAY)
    assert recorder_of(made).coverage() == {"asked": 2, "answered": 0, "of": 2}


def test_a_vendor_that_has_nothing_has_answered() -> None:
    made = scanner(asking({"AAA": NoDataError("none"), "BBB": StaleDataError("old")}))
    assert made.scan_with_validation(DAY) == []
    assert recorder_of(made).coverage() == {"asked": 2, "answered": 2, "of": 2}
    assert recorder_of(made).degradations == []


def test_gather_lets_through_what_is_no_vendors_failure() -> None:
    with pytest.raises(ZeroDivisionError):
        scanner(asking({"AAA": 1, "BBB": ZeroDivisionError()})).scan_with_validation(DAY)


def test_gather_over_no_items_requests_nothing() -> None:
    made = scanner(asking({}))
    assert made.scan_with_validation(DAY) == []
    assert recorder_of(made).coverage() == {"asked": 0, "answered": 0, "of": 0}


# -- settings, vendors and market ---------------------------------------------------------------------


class MySettings(ScannerSettings):
    days: int = Field(3, ge=1)


class OtherSettings(ScannerSettings):
    days: int = Field(4, ge=1)


class Typed(BaseScanner[MySettings]):
    name, pipeline = "typed", "edge"

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return [{"ticker": "ABC", "context": f"{self.settings.days} days"}]


SettingsOfMine = TypeVar("SettingsOfMine", bound=MySettings)


class Between(BaseScanner[SettingsOfMine]):
    pipeline = "edge"


class Below(Between[MySettings]):
    name = "below"

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return []


class Named(BaseScanner[MySettings]):
    name, pipeline = "named", "edge"
    Settings = OtherSettings

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return []


class Plain(BaseScanner):
    name, pipeline = "plain", "edge"

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return []


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (Typed, MySettings),
        (type("Sub", (Typed,), {}), MySettings),
        (Below, MySettings),
        (Between, ScannerSettings),
        (Named, OtherSettings),
        (Plain, ScannerSettings),
    ],
    ids=lambda value: value.__name__,
)
def test_settings_are_those_of_the_type_argument_or_named_in_the_class(made: Any, settings: Any) -> None:
    assert made.Settings is settings


def test_a_type_argument_that_is_no_settings_class_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a subclass of ScannerSettings"):

        class Wrong(BaseScanner[int]):  # type: ignore[type-var]
            pass


class Early(BaseScanner[MySettings]):
    """Uses in ``__init__`` what the scan provides, and does not call the base's."""

    name, pipeline = "early", "edge"

    def __init__(self) -> None:
        self.days = self.settings.days * 2
        self.url = self.vendors.finra.daily_url(date(2026, 2, 5))
        self.session = self.market.query.trade_date
        self.log("early")

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return [{"ticker": "ABC", "context": f"{self.days} {self.session} {self.url[:4]}"}]


class Hosted(BaseScanner):
    name, pipeline = "hosted", "edge"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.mine = config["mine"]

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return [{"ticker": "ABC", "context": self.mine}]


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_settings_vendors_and_market_are_there_in_init(isolation: str) -> None:
    scanners = {name: {"isolation": isolation} for name in ("early", "hosted")}
    config = {"mine": "of the host", "discovery": {"scanners": scanners}}
    graph = DiscoveryGraph(config, ScannerRegistry([Early, Hosted]))
    update = graph.scanner_node({"trade_date": "2026-02-05"})
    (found,) = update["candidate_metadata"]
    assert found["found_by"] == ["early", "hosted"]
    assert found["all_contexts"] == ["6 2026-02-05 http", "of the host"]
    assert [entry["tool"] for entry in update["tool_logs"]] == ["early"]
