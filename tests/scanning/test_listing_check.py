"""``listed_only``: a candidate must be a listed share or fund, and the check never costs a scanner its finds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tests.scanners.harness import market_of, vendors
from tests.slow import slow_except
from tests.symbols.test_symbols import directory
from tests.timing import time_allowance
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded, NoDataError, Transient
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.net.counters import counting, report_stale
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.market_movers import MarketMovers
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.listing_check import ListingCheck, directory_in_time
from tradingagents.discovery.scanning.recorder import NOT_CHECKED, LocalRecorder
from tradingagents.discovery.screens.market_data import WAIT_SECONDS
from tradingagents.discovery.symbols.directory import SymbolDirectory

DAY = date(2026, 3, 2)  # the day of that directory


class Listed(BaseScanner):
    name, pipeline = "any", "edge"
    listed_only = True

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return []


class Checked:
    """A check with the directory that ``answer`` returns, and its reports."""

    def __init__(self, answer: Callable[[], SymbolDirectory], day: date = DAY) -> None:
        self.requested = 0
        self.log = ToolLog("test", "any")
        self.emitted: list[str] = []
        self.recorder = LocalRecorder(self.log, lambda candidate: self.emitted.append(candidate.ticker))
        self.scanner = Listed()
        self.clients: Any = vendors(nasdaq=SimpleNamespace(listed=self._listed))
        settings = Listed.Settings()
        self.scanner.bind(settings, self.clients, self.recorder, market_of(Listed, settings, self.clients))
        self._answer = answer
        self.check = ListingCheck(self.scanner, day)

    def _listed(self) -> SymbolDirectory:
        self.requested += 1
        return self._answer()

    def add(self, *tickers: str) -> list[str]:
        """Add candidates, and return the tickers put forward so far."""
        for ticker in tickers:
            self.check.add(Candidate.parse({"ticker": ticker}, source="", strategy=""))
        return self.emitted

    def passing(self, *tickers: str) -> list[str]:
        self.add(*tickers)
        self.check.finish()
        return self.emitted


def failing(error: Exception) -> Callable[[], SymbolDirectory]:
    def answer() -> SymbolDirectory:
        raise error

    return answer


class Gate:
    """A directory that comes when the test opens the gate."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self) -> SymbolDirectory:
        self.opened.wait(20)
        return directory()


def test_shares_and_funds_pass_and_everything_else_is_counted_by_what_it_is() -> None:
    """The directory is requested once, and not before there is something to look up."""
    checked = Checked(directory)
    assert checked.requested == 0
    every = ("EXMP", "BRK.B", "QQQX", "EXA.W", "EXMPW", "EXA$D", "EXA.U", "EXA.R", "ZAZZT", "NOPE", "VODPF")
    assert checked.passing(*every) == ["EXMP", "BRK.B", "QQQX"]
    assert checked.recorder.funnel == {
        "listed as warrant": 2,
        "listed as preferred": 1,
        "listed as unit": 1,
        "listed as right": 1,
        "listed as test": 1,
        "not listed": 2,
    }
    assert checked.requested == 1
    assert checked.recorder.degradations == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Transient("nasdaq", "HTTP 503"), "vendor_down"),
        (NoDataError("404"), "no_data"),
        (DeadlineExceeded("late"), "deadline"),
        (KeyError("a bug"), "bad_payload"),
    ],
)
def test_without_a_directory_all_pass_unchecked_and_the_outcome_is_degraded(
    error: Exception, reason: str
) -> None:
    checked = Checked(failing(error))
    assert checked.passing("EXMP", "NOPE") == ["EXMP", "NOPE"]
    assert checked.recorder.funnel == {NOT_CHECKED: 2}
    [(found, message)] = checked.recorder.degradations
    assert found == reason
    assert message.startswith("symbol directory unavailable: ")
    assert message.endswith("; 2 candidates not checked")
    assert checked.requested == 1
    assert [entry["tool"] for entry in checked.log.close()] == ["nasdaq.listed"]


def test_a_scanner_without_candidates_needs_no_directory() -> None:
    checked = Checked(failing(Transient("nasdaq", "down")))
    assert checked.passing() == []
    assert (checked.requested, checked.recorder.degradations) == (0, [])


def test_a_scanner_that_reads_it_itself_is_degraded_once() -> None:
    checked = Checked(failing(Transient("nasdaq", "down")))
    assert directory_in_time(checked.scanner) is None
    assert checked.passing("EXMP") == ["EXMP"]
    assert checked.requested == 1
    assert len(checked.recorder.degradations) == 1


def test_a_directory_that_is_some_days_old_does_not_degrade_the_outcome() -> None:
    """The scanner's own answers are new."""
    reported: list[str] = []

    def answer() -> SymbolDirectory:
        report_stale(Transient("nasdaq", "HTTP 503"), "two days old")
        return directory()

    checked = Checked(answer)
    with counting(lambda vendor, what, amount: None, lambda why, message: reported.append(message)):
        assert checked.passing("EXMP", "NOPE") == ["EXMP"]
        assert reported == []
        checked.scanner.market.directory()
    assert reported == ["two days old"]  # for which it is essential


def test_a_directory_far_from_the_trade_date_is_not_used() -> None:
    """A scan of a day years ago would lose the shares that were delisted since."""
    for day, checks in ((date(2026, 2, 1), True), (date(2026, 1, 30), False), (date(2021, 1, 4), False)):
        checked = Checked(directory, day)
        assert (checked.passing("NOPE") == []) is checks
        assert (NOT_CHECKED in checked.recorder.funnel) is not checks
        assert checked.recorder.degradations == []


def test_candidates_wait_for_the_directory_while_the_scanner_goes_on() -> None:
    gate = Gate()
    checked = Checked(gate)
    checked.scanner.market.start_directory()
    assert checked.add("EXMP", "NOPE") == []
    gate.opened.set()
    checked.scanner.market.directory()
    assert checked.add("BRK.B") == ["EXMP", "BRK.B"]
    assert checked.recorder.take_held([]) == []


@pytest.mark.parametrize(("seconds", "expected"), [(0.4, 0.2), (1_000.0, WAIT_SECONDS)])
def test_a_directory_that_does_not_come_is_waited_for_at_the_end(seconds: float, expected: float) -> None:
    """A second at most, and half of what is left."""
    gate = Gate()
    checked = Checked(gate)
    with deadline_scope(Deadline(seconds)):
        began = time.monotonic()
        assert checked.add("EXMP") == []
        waited_before = time.monotonic() - began
        checked.check.finish()
    took = time.monotonic() - began
    gate.opened.set()
    assert waited_before < 0.1
    assert expected <= took < time_allowance(expected + 0.3)
    assert checked.emitted == ["EXMP"]
    assert checked.recorder.degradations[0][0] == "deadline"


def test_a_scanner_that_is_cancelled_waits_no_longer_and_keeps_what_it_held() -> None:
    gate, whole = Gate(), Deadline()
    checked = Checked(gate)
    threading.Timer(0.1, whole.cancel).start()
    with deadline_scope(whole), pytest.raises(Cancelled):
        checked.passing("EXMP")
    gate.opened.set()
    checked.recorder.close()
    assert [one.ticker for one in checked.recorder.take_held([])] == ["EXMP"]
    assert checked.recorder.funnel == {NOT_CHECKED: 1}


class Mixed(BaseScanner):
    """Yields one share and one symbol that is not a share."""

    name, pipeline = "mixed", "edge"
    listed_only = True

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"ticker": state["share"], "context": "a share"}
        yield {"ticker": "NOPE", "context": "nothing"}


class Unchecked(Mixed):
    name, listed_only = "unchecked", False


class Hung(Mixed):
    """Yields the same and then waits until it is cut."""

    name = "hung"

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from super().scan(state)
        threading.Event().wait(20)


class Failing(Mixed):
    name = "failing"

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from super().scan(state)
        raise LookupError("after two")


def report(sandbox: SandboxServer, *scanners: type[BaseScanner], **settings: Any) -> dict[str, Any]:
    config: Any = sandbox.config()
    config["discovery"]["scanners"] = settings
    graph = DiscoveryGraph(config, registry=ScannerRegistry(scanners))
    state = {"trade_date": str(sandbox.market.as_of), "share": sandbox.market.companies[0].symbol}
    found: dict[str, Any] = graph.scanner_node(state)["scan_report"]
    return found


def tickers(outcome: dict[str, Any]) -> list[str]:
    return [candidate["ticker"] for candidate in outcome["candidates"]]


def test_in_a_scan_only_scanners_with_listed_only_are_checked() -> None:
    with SandboxServer() as sandbox:
        mixed, unchecked = report(sandbox, Mixed, Unchecked)["outcomes"]
        share = sandbox.market.companies[0].symbol
    assert (mixed["status"], tickers(mixed)) == ("ok", [share])
    assert (mixed["funnel"]["not listed"], mixed["rejected"]) == (1, [])
    assert sorted(tickers(unchecked)) == sorted([share, "NOPE"])


@pytest.mark.parametrize("isolation", slow_except({"thread"}, ["thread", "process"]))
def test_its_requests_are_those_of_the_scan_and_not_of_a_scanner(isolation: str) -> None:
    """In a process of its own a scanner loads it by itself."""
    twin = type("Twin", (Mixed,), {"name": "twin"})
    with SandboxServer() as sandbox:
        found = report(sandbox, Mixed, twin, mixed={"isolation": isolation}, twin={"isolation": isolation})
        sent = [one for one in sandbox.requests if one.vendor == "nasdaq"]
    if isolation == "thread":
        assert len(sent) == 2  # its two files, once
        assert found["shared_requests"]["nasdaq"]["sent"] == 2
    assert ["nasdaq" in one["requests"] for one in found["outcomes"]] == [isolation == "process"] * 2


def test_a_failed_directory_request_drops_no_candidate() -> None:
    with SandboxServer() as sandbox:
        sandbox.faults.add(Fault("html", "nasdaq"))
        (mixed,) = report(sandbox, Mixed)["outcomes"]
    assert (mixed["status"], mixed["reason"]) == ("degraded", "bad_payload")
    assert "2 candidates not checked" in mixed["message"]
    assert len(tickers(mixed)) == 2
    assert mixed["funnel"][NOT_CHECKED] == 2


def test_with_a_hanging_directory_no_scanner_loses_more_than_a_second_or_a_candidate() -> None:
    with SandboxServer() as sandbox:
        sandbox.faults.add(Fault("hang", "nasdaq"))
        began = time.monotonic()
        outcomes = report(sandbox, Mixed, Failing, Unchecked, Hung, hung={"timeout_seconds": 1.5})["outcomes"]
        took = time.monotonic() - began
    mixed, failed, unchecked, hung = outcomes
    assert (mixed["status"], mixed["reason"]) == ("degraded", "deadline")
    assert mixed["duration_seconds"] < time_allowance(WAIT_SECONDS + 0.5)
    assert (unchecked["status"], unchecked["duration_seconds"] < WAIT_SECONDS) == ("ok", True)
    assert (failed["status"], failed["reason"]) == ("failed", "crashed")
    assert (hung["status"], hung["reason"]) == ("timed_out", "deadline")
    for outcome in outcomes:
        assert len(tickers(outcome)) == 2, outcome["scanner"]
    for outcome in (mixed, failed, hung):
        assert outcome["funnel"][NOT_CHECKED] == 2
    assert took < time_allowance(2.5)


def test_with_a_hanging_directory_market_movers_ends_within_a_second_of_its_other_work() -> None:
    with SandboxServer() as sandbox:
        (healthy,) = report(sandbox, MarketMovers)["outcomes"]
    with SandboxServer() as sandbox:
        sandbox.faults.add(Fault("hang", "nasdaq"))
        (outcome,) = report(sandbox, MarketMovers)["outcomes"]
    assert (outcome["status"], outcome["reason"]) == ("degraded", "deadline")
    assert outcome["message"].startswith("symbol directory unavailable: no answer in time; ")
    assert set(tickers(healthy)) <= set(tickers(outcome))
    assert outcome["duration_seconds"] < time_allowance(healthy["duration_seconds"] + WAIT_SECONDS + 0.2)


class AllBars(BaseScanner):
    name, pipeline = "all_bars", "edge"

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for ticker in self.market.bars(sessions=2).get_column("ticker").unique().to_list():
            yield {"ticker": ticker, "context": "has bars"}


def test_bars_of_a_universe_with_funds_degrade_the_outcome() -> None:
    with SandboxServer() as sandbox:
        (healthy,) = report(sandbox, AllBars)["outcomes"]
        sandbox.faults.add(Fault("html", "nasdaq"))
        (outcome,) = report(sandbox, AllBars)["outcomes"]
    assert healthy["status"] == "ok"
    assert (outcome["status"], outcome["reason"]) == ("degraded", "bad_payload")
    assert outcome["message"].startswith("cannot tell funds from common stock: ")
    assert set(tickers(healthy)) < set(tickers(outcome))
