"""One scan: run every enabled scanner, merge their candidates, and report each outcome."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import JsonValue

from tradingagents.discovery.execution.outcome import Outcome, Status
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task
from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.model.errors import ConfigError, InvalidCandidate
from tradingagents.discovery.model.report import ScanReport
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.circuits import ScannerCircuits
from tradingagents.discovery.scanning.declared import declared_by, widest_calendar
from tradingagents.discovery.scanning.health import health_of
from tradingagents.discovery.scanning.progress import Events, ProgressReporter
from tradingagents.discovery.scanning.recorder import LocalRecorder
from tradingagents.discovery.scanning.report import Settled, merge, settle
from tradingagents.discovery.scanning.task import ScannerRun, Span, directory_of, scanner_task
from tradingagents.discovery.scanning.trade_date import checked_trade_date
from tradingagents.discovery.screens.base import BarsQuery, Screen, ScreenThresholds
from tradingagents.discovery.screens.market_data import SharedMarket
from tradingagents.discovery.settings.config import DiscoveryConfig
from tradingagents.discovery.state.names import bars_folder, state_file
from tradingagents.discovery.symbols.shared_directory import SharedDirectory
from tradingagents.discovery.vendors.clients import Vendors

__all__ = ["Scan", "ScanResult"]


@dataclass(frozen=True)
class ScanResult:
    """Merged candidates, new tool log entries, and the report, all of it plain data."""

    candidates: list[dict[str, JsonValue]]
    tool_logs: list[dict[str, JsonValue]]
    report: ScanReport


class Scan:
    """Runs scans for one configuration. Thread-safe: runs share only how long scanners took before.

    What scanners share (see :mod:`~.needs`) is collected once, here.
    """

    def __init__(
        self,
        config: DiscoveryConfig,
        scanners: Sequence[type[AnyScanner]],
        host_config: Mapping[str, object],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._config, self._host_config, self._clock = config, host_config, clock
        self._scanners = [cls for cls in scanners if config.is_enabled(cls.name, cls.pipeline)]
        self._needs = {cls.name: declared_by(cls, config.scanners[cls.name]) for cls in self._scanners}
        self._calendar_days = widest_calendar(self._needs.values())
        self._state_dir = config.state_folder()
        execution = config.scanner_execution
        self._circuits = ScannerCircuits(
            state_file(self._state_dir, "scanners", config.data_source),
            open_after=execution.open_after_failures,
            reopen_after_seconds=execution.reopen_after_seconds,
            clock=clock,
        )
        self._seconds: dict[str, float] = {}  # by scanner, from earlier runs; a race costs an estimate only

    def run(
        self,
        state: Mapping[str, object],
        *,
        events: Events | None = None,
        span: Span | None = None,
        should_stop: Callable[[], bool] | None = None,
        force: bool = False,
    ) -> ScanResult:
        """Scan, and return by the last deadline whatever a scanner does. ``state`` is not changed.

        ``force`` also runs scanners that would be skipped because their last runs failed.
        Raises :class:`ConfigError` for an invalid trade date, and ``KeyboardInterrupt`` on Ctrl-C.
        """
        trade_date = checked_trade_date(state.get("trade_date"), self._clock)
        state = {**state, "trade_date": trade_date.isoformat(), "watchlist": self._watchlist(state)}
        execution = self._config.scanner_execution
        run_id, started_at, began = uuid.uuid4().hex, self._clock.now(), self._clock.monotonic()
        refused = {} if force or execution.force else self._circuits.refused(list(self._needs))
        vendors = self._vendors()
        shared = LocalRecorder(ToolLog(f"{run_id}:scan", "scan", self._clock), lambda candidate: None)
        market = self._market(vendors, self._bars(trade_date, started_at), shared)
        try:
            logs = [ToolLog(f"{run_id}:{cls.name}", cls.name, self._clock) for cls in self._scanners]
            runs = [self._scanner_run(cls, state, market.query) for cls in self._scanners]
            tasks = [
                scanner_task(run, log, vendors, market, span, refused=refused.get(run.scanner.name))
                for run, log in zip(runs, logs, strict=True)
            ]
            settled = _SettledScanners(self._config, self._scanners, [recorder for _, recorder in tasks])
            reporter = ProgressReporter(self._config, len(tasks), events, settled.of)
            ended = self._run([task for task, _ in tasks], reporter, should_stop)
        finally:
            market.directory.stop()
            shared.close()
            vendors.close()
        self._circuits.learn({one.name: one.verdict for one in ended if one.name not in refused})
        self._remember_durations(ended)
        contributions = [settled.of(outcome) for outcome in ended]
        merged = merge(contributions)
        report: ScanReport = {
            "run_id": run_id,
            "trade_date": trade_date.isoformat(),
            "mode": "concurrent" if execution.concurrent else "sequential",
            "data_source": self._config.data_source,
            "started_at": started_at.isoformat(),
            "duration_seconds": round(self._clock.monotonic() - began, 4),
            "health": health_of((one.outcome.verdict, len(one.kept)) for one in contributions),
            "market": market.receipt(),
            "shared_requests": shared.requests,  # those of no single scanner: the symbol directory's
            "stages": [_merge_stage(contributions, len(merged))],  # the filter and the ranker add theirs
            "outcomes": [one.report() for one in contributions],
        }
        reporter.closed(report)
        return ScanResult(merged, [entry for log in logs for entry in log.close()], report)

    def _watchlist(self, state: Mapping[str, object]) -> list[str]:
        """Return the watchlist of the state, or else of the configuration, in canonical spelling."""
        given = state.get("watchlist")
        if given is None:
            return list(self._config.watchlist)
        if not isinstance(given, list | tuple):  # a set has no order to keep
            raise ConfigError(f"watchlist of the state: {type(given).__name__} instead of a list of tickers")
        try:
            return list(dict.fromkeys(normalise_ticker(ticker) for ticker in given))
        except InvalidCandidate as error:
            raise ConfigError(f"watchlist of the state: {error}") from None

    def _run(
        self, tasks: Sequence[Task], reporter: ProgressReporter, should_stop: Callable[[], bool] | None
    ) -> list[Outcome]:
        execution = self._config.scanner_execution
        return run_all(
            tasks,
            max_workers=execution.max_workers if execution.concurrent else 1,
            request_workers=execution.request_workers if execution.concurrent else 1,
            clock=self._clock,
            observer=reporter,
            should_stop=should_stop,
        )

    def _vendors(self) -> Vendors:
        return Vendors(
            self._config.vendors,
            data_source=self._config.data_source,
            state_dir=self._state_dir,
            clock=self._clock,
        )

    def _bars(self, trade_date: date, now: datetime) -> BarsQuery:
        """Return which daily bars this scan reads. In a synthetic or recorded market the day is over."""
        live = self._config.data_source == "live"
        return BarsQuery(
            settings=self._config.market,
            store=bars_folder(self._config),
            trade_date=trade_date,
            now=now if live else None,
            min_price_usd=self._config.filter.min_price_usd,
            min_dollar_volume_usd=self._config.filter.min_dollar_volume_usd,
        )

    def _market(self, vendors: Vendors, bars: BarsQuery, shared: LocalRecorder) -> SharedMarket:
        """Return what the scanners of one scan share; its own requests are counted in ``shared``."""
        directory = SharedDirectory(directory_of(vendors), shared.request, self._clock)
        return SharedMarket(bars, self._screens(), directory, self._calendar_days)

    def _screens(self) -> dict[str, tuple[Screen | ScreenThresholds, ...]]:
        """Return the screens of the scanners in this process; one in its own evaluates its own."""
        settings = self._config.scanners
        return {
            name: one.screens for name, one in self._needs.items() if settings[name].isolation == "thread"
        }

    def _scanner_run(
        self, scanner: type[AnyScanner], state: Mapping[str, object], bars: BarsQuery
    ) -> ScannerRun:
        return ScannerRun(
            scanner=scanner,
            settings=self._config.scanners[scanner.name],
            host_config=self._host_config,
            vendor_settings=self._config.vendors,
            bars=bars,
            data_source=self._config.data_source,
            state_dir=self._state_dir,
            state=state,
            timeout_seconds=self._config.timeout_of(scanner.name),
            expected_seconds=self._seconds.get(scanner.name),
            needs=self._needs[scanner.name],
            calendar_days=self._calendar_days,
        )

    def _remember_durations(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.verdict.status is not Status.SKIPPED:
                self._seconds[outcome.name] = outcome.duration_seconds


def _merge_stage(contributions: Sequence[Settled], merged: int) -> dict[str, JsonValue]:
    return {"stage": "merge", "in": sum(len(one.kept) for one in contributions), "out": merged}


class _SettledScanners:
    """What each scanner of one scan contributes, made once, when it has ended. Thread-safe.

    The observer needs it when a scanner ends, the scan when all have ended. Whichever comes first makes it,
    because an error in the observer must not lose it.
    """

    def __init__(
        self,
        config: DiscoveryConfig,
        scanners: Sequence[type[AnyScanner]],
        recorders: Sequence[Callable[[], LocalRecorder]],
    ) -> None:
        self._config = config
        pairs = zip(scanners, recorders, strict=True)
        self._recorders = {scanner.name: (scanner, recorder) for scanner, recorder in pairs}
        self._settled: dict[str, Settled] = {}  # by scanner; each is written by one thread, then read

    def of(self, outcome: Outcome) -> Settled:
        """Return what the scanner of ``outcome`` contributes."""
        if (known := self._settled.get(outcome.name)) is not None:
            return known
        scanner, recorder = self._recorders[outcome.name]
        made = settle(scanner, outcome, recorder(), self._config.scanners[outcome.name].limit)
        return self._settled.setdefault(outcome.name, made)
