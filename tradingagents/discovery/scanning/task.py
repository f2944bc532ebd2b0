"""Make one scanner a task for the engine: build it, run it, and say truthfully how it went."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradingagents.discovery.execution.isolation import isolate
from tradingagents.discovery.execution.outcome import Reason, Status, Verdict, verdict_of_error
from tradingagents.discovery.execution.process import STARTUP_SECONDS, Send, run_in_process
from tradingagents.discovery.execution.scope import Task, TaskScope
from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.scanning.base import TICKERS, BaseScanner
from tradingagents.discovery.scanning.listing_check import ListingCheck
from tradingagents.discovery.scanning.recorder import LocalRecorder, Recorder, RemoteRecorder
from tradingagents.discovery.screens.base import BarsQuery
from tradingagents.discovery.screens.market_data import MarketData
from tradingagents.discovery.settings.settings import ScannerSettings
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.vendors.clients import Vendors

__all__ = ["Order", "directory_of", "scanner_task"]

Span = Callable[[str, Callable[[], Verdict]], Verdict]
"""Runs a call inside a named tracing span."""


@dataclass(frozen=True)
class Order:
    """Everything needed to run one scanner, in this process or in one of its own."""

    scanner: type[BaseScanner]
    settings: ScannerSettings
    host_config: Mapping[str, Any]
    vendors: VendorsSettings
    market: BarsQuery
    data_source: str
    state_dir: Path | None
    state: Mapping[str, Any]
    timeout_seconds: float
    expected_seconds: float | None = None
    own_screen: bool = False  # one that is evaluated for this scanner alone
    calendar_days: tuple[int, int] = (0, 0)


def scanner_task(
    order: Order,
    log: ToolLog,
    hub: Vendors,
    market: MarketData,
    span: Span | None = None,
    *,
    refused: Verdict | None = None,
) -> tuple[Task, Callable[[], LocalRecorder]]:
    """Return the task and a function that gives its recorder, to be called when the run is over.

    With ``refused`` the scanner is not run: that is its verdict.
    """
    box: list[LocalRecorder] = []
    in_process = order.settings.isolation == "process"

    def call(scope: TaskScope) -> Verdict:
        recorder = LocalRecorder(log, scope.emit)
        box.append(recorder)
        scope.on_close(recorder.close)
        if refused is not None:
            return refused
        if not in_process:
            return _scan(order, recorder, hub, _own_market(order, hub) if order.own_screen else market)
        verdict = run_in_process(scope, _Remote(order), recorder.receive)
        return verdict if verdict.status is not Status.OK else judge(recorder, _unit(order))

    task = Task(
        name=order.scanner.name,
        call=call if span is None else lambda scope: span(order.scanner.name, lambda: call(scope)),
        timeout_seconds=order.timeout_seconds,
        key=order.scanner,
        startup_seconds=STARTUP_SECONDS if in_process else 0.0,
        expected_seconds=order.expected_seconds,
    )
    return task, lambda: box[0] if box else LocalRecorder(log, lambda candidate: None)


@dataclass(frozen=True)
class _Remote:
    """The call that travels to a scanner's own process."""

    order: Order

    def __call__(self, send: Send) -> Verdict:
        order = self.order
        hub = Vendors(order.vendors, data_source=order.data_source, state_dir=order.state_dir)
        _run(order, RemoteRecorder(send), hub, _own_market(order, hub))
        return Verdict(Status.OK)  # the parent judges by what it was told


def _own_market(order: Order, hub: Vendors) -> MarketData:
    """Return the daily bars for this scanner alone, with the screen it asks for."""
    wanted = order.scanner.screen(order.settings)
    return MarketData(order.market, dict([wanted] if wanted else []), directory_of(hub))


def directory_of(hub: Vendors) -> Callable[[], SymbolDirectory]:
    """Return the way to the symbol directory; its vendor's session is opened by whoever asks first."""

    def listed() -> SymbolDirectory:
        return hub.nasdaq.listed()

    return listed


def _scan(order: Order, recorder: LocalRecorder, hub: Vendors, market: MarketData) -> Verdict:
    _run(order, recorder, hub, market)
    return judge(recorder, _unit(order))


def _run(order: Order, recorder: Recorder, hub: Vendors, market: MarketData) -> None:
    scanner = _construct(order)
    scanner.bind(order.settings, hub, recorder, market, order.calendar_days)
    state = isolate(order.state, recorder.log)

    def stale(why: DiscoveryError, message: str) -> None:
        recorder.trouble(verdict_of_error(why).reason, message)

    check = ListingCheck(scanner, hub, scanner.trade_date(state))
    with counting(recorder.request, stale):
        for candidate in scanner.iter_valid(state):
            if scanner.listed_only and not check.passes(candidate["ticker"]):
                continue
            if order.data_source != "live":
                candidate["synthetic"] = order.data_source == "sandbox"
            recorder.emit(candidate)


def _construct(order: Order) -> BaseScanner:
    """A scanner's ``__init__`` may take the host's configuration, or nothing."""
    if order.scanner.__init__ is BaseScanner.__init__:
        return order.scanner(order.host_config)
    try:
        inspect.signature(order.scanner).bind(order.host_config)
    except TypeError:
        return order.scanner()
    return order.scanner(order.host_config)


def _unit(order: Order) -> str:
    return order.scanner.unit(order.settings)


def judge(recorder: LocalRecorder, unit: str = TICKERS) -> Verdict:
    """Say how a scan that raised nothing went. "Empty" only where the data was really seen.

    ``unit`` is what the coverage counts.
    """
    coverage = recorder.coverage()
    if coverage is not None and coverage["asked"] and not coverage["answered"]:
        reason, message = _first_trouble(recorder, Reason.NO_DATA, "nothing that was asked was answered")
        return Verdict(Status.FAILED, reason, message)
    if recorder.rejected and not recorder.emitted:
        first = recorder.rejected[0]["reason"]
        message = f"all {len(recorder.rejected)} candidates were rejected, the first because of {first}"
        return Verdict(Status.FAILED, Reason.BAD_PAYLOAD, message)
    if recorder.troubles or (coverage is not None and coverage["answered"] < coverage["asked"]):
        reason, message = _first_trouble(recorder, Reason.NO_DATA, "part of its data could not be had")
        return Verdict(Status.DEGRADED, reason, message)
    if recorder.emitted:
        return Verdict(Status.OK)
    return Verdict(Status.EMPTY, Reason.NONE, _nothing(coverage, unit))


def _nothing(coverage: Mapping[str, int] | None, unit: str) -> str:
    if coverage is None:
        return "nothing qualified"
    many = coverage["of"]
    return f"0 of {many} {unit} qualified" if unit == TICKERS else f"nothing qualified in {many} {unit}"


def _first_trouble(recorder: LocalRecorder, reason: Reason, message: str) -> tuple[Reason, str]:
    if not recorder.troubles:
        return reason, message
    reason, message = recorder.troubles[0]
    more = len(recorder.troubles) - 1
    return reason, f"{message} (and {more} more)" if more else message
