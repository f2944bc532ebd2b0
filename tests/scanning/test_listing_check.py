"""``listed_only``: a candidate must be a listed share or fund, and the check never costs a scanner its finds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tests.scanners.harness import vendors
from tests.symbols.test_symbols import directory
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.clock import Deadline, current_deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded, NoDataError, Transient
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.net.counters import count, counting, report_stale
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.listing_check import (
    NOT_CHECKED,
    WAIT_SECONDS,
    ListingCheck,
    directory_in_time,
)
from tradingagents.discovery.scanning.recorder import LocalRecorder
from tradingagents.discovery.symbols.directory import SymbolDirectory

DAY = date(2026, 3, 2)  # the day of that directory


class Plain(BaseScanner):
    name, pipeline = "any", "edge"

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return []


class Checked:
    """A check with the directory that ``answer`` returns, and its reports."""

    def __init__(self, answer: Callable[[], SymbolDirectory], day: date = DAY) -> None:
        self.asked = 0
        self.log = ToolLog("test", "any")
        self.recorder = LocalRecorder(self.log, lambda candidate: None)
        self.scanner = Plain()
        self.clients = vendors(nasdaq=SimpleNamespace(listed=self._listed))
        self.scanner.bind(Plain.Settings(), self.clients, self.recorder)
        self._answer = answer
        self.check = ListingCheck(self.scanner, self.clients, day)

    def _listed(self) -> SymbolDirectory:
        self.asked += 1
        return self._answer()

    def passing(self, *tickers: str) -> list[str]:
        return [ticker for ticker in tickers if self.check.passes(ticker)]


def test_a_scanner_that_needs_it_itself_waits_once_for_a_directory_that_does_not_come() -> None:
    def down() -> SymbolDirectory:
        raise Transient("nasdaq", "down")

    checked = Checked(down)
    assert directory_in_time(checked.scanner, checked.clients) is None
    assert checked.passing("EXMP") == ["EXMP"]
    assert checked.asked == 1


def test_shares_and_funds_pass_and_everything_else_is_counted_by_what_it_is() -> None:
    """The directory is asked for once, and not before there is something to look up."""
    checked = Checked(directory)
    assert checked.asked == 0
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
    assert checked.asked == 1


def failing(error: Exception) -> Callable[[], SymbolDirectory]:
    def answer() -> SymbolDirectory:
        raise error

    return answer


@pytest.mark.parametrize(
    "error", [Transient("nasdaq", "HTTP 503"), NoDataError("404"), DeadlineExceeded("late")]
)
def test_without_a_directory_all_pass_and_are_counted_as_unchecked(error: Exception) -> None:
    """Requested once and logged; the scanner has its own data, so nothing is degraded."""
    checked = Checked(failing(error))
    assert checked.passing("EXMP", "NOPE") == ["EXMP", "NOPE"]
    assert checked.recorder.funnel == {NOT_CHECKED: 2}
    assert (checked.asked, checked.recorder.degradations) == (1, [])
    assert [entry["tool"] for entry in checked.log.close()] == ["nasdaq.listed"]


def test_a_directory_that_is_some_days_old_does_not_degrade_the_outcome() -> None:
    """The scanner's own answers are new; its requests for the directory are counted all the same."""
    told: list[str] = []

    def answer() -> SymbolDirectory:
        count("nasdaq", "sent")
        report_stale(Transient("nasdaq", "HTTP 503"), "two days old")
        return directory()

    checked = Checked(answer)
    with counting(lambda vendor, what, amount: None, lambda why, message: told.append(message)):
        assert checked.passing("EXMP", "NOPE") == ["EXMP"]
    assert told == []
    assert checked.recorder.requests == {"nasdaq": {"sent": 1}}


def test_a_directory_far_from_the_trade_date_is_not_used() -> None:
    """A scan of a day years ago would lose the shares that were delisted since."""
    for day, checks in ((date(2026, 2, 1), True), (date(2026, 1, 30), False), (date(2021, 1, 4), False)):
        checked = Checked(directory, day)
        assert (checked.passing("NOPE") == []) is checks
        assert (NOT_CHECKED in checked.recorder.funnel) is not checks


def test_a_directory_that_does_not_come_is_waited_for_half_of_what_is_left() -> None:
    seen: list[float] = []

    def answer() -> SymbolDirectory:
        seen.append(current_deadline().remaining())
        return directory()

    for seconds, expected in ((4.0, 2.0), (1_000.0, WAIT_SECONDS)):
        with deadline_scope(Deadline(seconds)) as whole:
            Checked(answer).passing("EXMP")
            assert current_deadline() is whole
        assert seen.pop() == pytest.approx(expected, abs=0.5)


def test_a_scanner_that_is_cancelled_waits_no_longer() -> None:
    whole, waits = Deadline(), threading.Event()

    def answer() -> SymbolDirectory:
        waits.set()
        current_deadline().wait_for(lambda: False)
        raise AssertionError

    def cancel() -> None:
        waits.wait(5)
        whole.cancel()

    thread = threading.Thread(target=cancel, daemon=True)
    thread.start()
    with deadline_scope(whole), pytest.raises(Cancelled):
        Checked(answer).passing("EXMP")
    thread.join(5)


class Mixed(BaseScanner):
    """Yields one share and one symbol that is not a share."""

    name, pipeline = "mixed", "edge"
    listed_only = True

    def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"ticker": state["share"], "context": "a share"}
        yield {"ticker": "NOPE", "context": "nothing"}


class Unchecked(Mixed):
    name, listed_only = "unchecked", False


def outcomes(sandbox: SandboxServer, *scanners: type[BaseScanner]) -> list[dict[str, Any]]:
    graph = DiscoveryGraph(sandbox.config(), registry=ScannerRegistry(scanners))
    state = {"trade_date": str(sandbox.market.as_of), "share": sandbox.market.companies[0].symbol}
    found: list[dict[str, Any]] = graph.scanner_node(state)["scan_report"]["outcomes"]
    return found


def tickers(outcome: dict[str, Any]) -> list[str]:
    return [candidate["ticker"] for candidate in outcome["candidates"]]


def test_in_a_scan_only_scanners_with_listed_only_are_checked() -> None:
    with SandboxServer() as sandbox:
        mixed, unchecked = outcomes(sandbox, Mixed, Unchecked)
        share = sandbox.market.companies[0].symbol
    assert (mixed["status"], tickers(mixed)) == ("ok", [share])
    assert (mixed["funnel"]["not listed"], mixed["rejected"]) == (1, [])
    assert sorted(tickers(unchecked)) == sorted([share, "NOPE"])
    assert "nasdaq" not in unchecked["requests"]


def test_several_scanners_share_one_directory() -> None:
    twin = type("Twin", (Mixed,), {"name": "twin"})
    with SandboxServer() as sandbox:
        outcomes(sandbox, Mixed, twin)
        asked = [one for one in sandbox.requests if one.vendor == "nasdaq"]
    assert len(asked) == 2  # its two files, once


def test_a_failed_directory_request_drops_no_candidate() -> None:
    with SandboxServer() as sandbox:
        sandbox.faults.add(Fault("html", "nasdaq"))
        (mixed,) = outcomes(sandbox, Mixed)
    assert mixed["status"] == "ok"
    assert len(tickers(mixed)) == 2
    assert mixed["funnel"][NOT_CHECKED] == 2
