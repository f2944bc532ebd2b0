"""Turn one scanner into a task for the engine: construct it, run it, and judge how it ended."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tradingagents.discovery.execution.isolation import isolate
from tradingagents.discovery.execution.outcome import Reason, Status, Verdict, verdict_of_error
from tradingagents.discovery.execution.process import STARTUP_SECONDS, Send, run_in_process
from tradingagents.discovery.execution.scope import Task, TaskScope
from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.model.report import Coverage
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.scanning.base import TICKERS, AnyScanner, BaseScanner
from tradingagents.discovery.scanning.declared import Declared, declared_by
from tradingagents.discovery.scanning.listing_check import ListingCheck
from tradingagents.discovery.scanning.recorder import LocalRecorder, Recorder
from tradingagents.discovery.screens.base import BarsQuery
from tradingagents.discovery.screens.market_data import MarketData, SharedMarket
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.shared_directory import SharedDirectory
from tradingagents.discovery.vendors.clients import Vendors

__all__ = ["ScannerRun", "Span", "directory_of", "judge", "scanner_task"]

Span = Callable[[str, Callable[[], Verdict]], Verdict]
"""Runs a call inside a named tracing span."""


_NO_NEEDS = Declared()


@dataclass(frozen=True)
class ScannerRun:
    """Everything needed to run one scanner once, in this process or in one of its own."""

    scanner: type[AnyScanner]
    settings: ScannerSettings
    host_config: Mapping[str, object]
    vendor_settings: VendorsSettings
    bars: BarsQuery
    data_source: str
    state_dir: Path | None
    state: Mapping[str, object]
    timeout_seconds: float
    expected_seconds: float | None = None
    needs: Declared = _NO_NEEDS
    calendar_days: tuple[int, int] = (0, 0)  # of all scanners of the scan

    @property
    def unit(self) -> str:
        """What the scanner's coverage counts."""
        return self.scanner.unit(self.settings)


def scanner_task(
    run: ScannerRun,
    log: ToolLog,
    vendors: Vendors,
    market: SharedMarket,
    span: Span | None = None,
    *,
    refused: Verdict | None = None,
) -> tuple[Task, Callable[[], LocalRecorder]]:
    """Return the task, and a function that returns its recorder after the run.

    With ``refused`` the scanner is not run and that is its verdict.
    """
    box: list[LocalRecorder] = []
    in_process = run.settings.isolation == "process"

    def call(scope: TaskScope) -> Verdict:
        recorder = LocalRecorder(log, scope.emit)
        box.append(recorder)
        scope.on_close(recorder.close)
        if refused is not None:
            return refused
        if run.needs.error is not None:
            raise run.needs.error.with_traceback(None)
        if not in_process:
            _scan(run, recorder, vendors, market.of(run.scanner.name))
            return judge(recorder, run.unit)
        verdict = run_in_process(scope, _Remote(_portable(run)), recorder.receive)
        return verdict if verdict.status is not Status.OK else judge(recorder, run.unit)

    task = Task(
        name=run.scanner.name,
        call=call if span is None else lambda scope: span(run.scanner.name, lambda: call(scope)),
        timeout_seconds=run.timeout_seconds,
        key=run.scanner,
        startup_seconds=STARTUP_SECONDS if in_process else 0.0,
        expected_seconds=run.expected_seconds,
    )
    return task, lambda: box[0] if box else LocalRecorder(log, lambda candidate: None)


def _portable(run: ScannerRun) -> ScannerRun:
    """Leave out the screens, whose expressions may not cross: the other process collects them again."""
    return replace(run, needs=replace(run.needs, screens=()))


@dataclass(frozen=True)
class _Remote:
    """The call that is sent to a scanner's own process."""

    run: ScannerRun

    def __call__(self, send: Send) -> Verdict:
        run = self.run
        vendors = Vendors(run.vendor_settings, data_source=run.data_source, state_dir=run.state_dir)
        recorder = Recorder(lambda event: send(event.portable()))
        screens = {run.scanner.name: declared_by(run.scanner, run.settings).screens}
        directory = SharedDirectory(directory_of(vendors), recorder.request)
        market = SharedMarket(run.bars, screens, directory, run.calendar_days)
        _scan(run, recorder, vendors, market.of(run.scanner.name))
        return Verdict(Status.OK)  # the parent judges by the events


def directory_of(vendors: Vendors) -> Callable[[], SymbolDirectory]:
    """Return a function that loads the symbol directory; the vendor's session opens on the first call."""

    def listed() -> SymbolDirectory:
        return vendors.nasdaq.listed()

    return listed


def _scan(run: ScannerRun, recorder: Recorder, vendors: Vendors, market: MarketData) -> None:
    if run.needs.directory:
        market.start_directory()

    def stale(why: DiscoveryError, message: str) -> None:
        recorder.degrade(verdict_of_error(why).reason, message)

    scanner = run.scanner.__new__(run.scanner)
    scanner.bind(run.settings, vendors, recorder, market)
    state = isolate(run.state, recorder.log)
    mark = {} if run.data_source == "live" else {"synthetic": run.data_source == "sandbox"}
    with counting(recorder.request, stale):
        _initialise(scanner, run.host_config)
        check = ListingCheck(scanner, scanner.trade_date(state))
        for candidate in scanner.iter_valid(state):
            check.add(replace(candidate, extra={**candidate.extra, **mark}) if mark else candidate)
        check.finish()


def _initialise(scanner: AnyScanner, host_config: Mapping[str, object]) -> None:
    """Call the scanner's ``__init__``, which takes the host's configuration, or no argument."""
    if type(scanner).__init__ is BaseScanner.__init__:
        scanner.__init__(host_config)  # type: ignore[misc]  # what it uses was set before
        return
    try:
        inspect.signature(scanner.__init__).bind(host_config)  # type: ignore[misc]
    except TypeError:
        scanner.__init__()  # type: ignore[misc]
    else:
        scanner.__init__(host_config)  # type: ignore[misc]


def judge(recorder: LocalRecorder, unit: str = TICKERS) -> Verdict:
    """Return the verdict on a scan that raised nothing; "empty" only where its data was really seen.

    ``unit`` is what the coverage counts.
    """
    coverage = recorder.coverage()
    if coverage is not None and coverage["asked"] and not coverage["answered"]:
        reason, message = _first_trouble(recorder, Reason.NO_DATA, "no request was answered")
        return Verdict(Status.FAILED, reason, message)
    if recorder.rejected and not recorder.emitted:
        first = recorder.rejected[0]["reason"]
        message = f"all {len(recorder.rejected)} candidates were rejected, the first for: {first}"
        return Verdict(Status.FAILED, Reason.BAD_PAYLOAD, message)
    if recorder.degradations or (coverage is not None and coverage["answered"] < coverage["asked"]):
        reason, message = _first_trouble(recorder, Reason.NO_DATA, "part of its data is missing")
        return Verdict(Status.DEGRADED, reason, message)
    if recorder.emitted:
        return Verdict(Status.OK)
    return Verdict(Status.EMPTY, Reason.NONE, _nothing(coverage, unit))


def _nothing(coverage: Coverage | None, unit: str) -> str:
    if coverage is None:
        return "nothing qualified"
    many = coverage["of"]
    return f"0 of {many} {unit} qualified" if unit == TICKERS else f"nothing qualified in {many} {unit}"


def _first_trouble(recorder: LocalRecorder, reason: Reason, message: str) -> tuple[Reason, str]:
    if not recorder.degradations:
        return reason, message
    reason, message = recorder.degradations[0]
    more = len(recorder.degradations) - 1
    return reason, f"{message} (and {more} more)" if more else message
