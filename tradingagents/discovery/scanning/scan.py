"""One scan: every enabled scanner at once, their candidates merged, and a receipt that tells all."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tradingagents.discovery.execution.outcome import Outcome, Status, health_of
from tradingagents.discovery.execution.runner import run_all
from tradingagents.discovery.execution.scope import Task
from tradingagents.discovery.model.candidate import merge_candidates, strongest
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock, parse_trade_date
from tradingagents.discovery.model.redact import redact
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.circuits import ScannerCircuits
from tradingagents.discovery.scanning.progress import Events, Narrator
from tradingagents.discovery.scanning.recorder import LocalRecorder
from tradingagents.discovery.scanning.task import Order, Span, directory_of, scanner_task
from tradingagents.discovery.screens.base import BarsQuery
from tradingagents.discovery.screens.market_data import MarketData
from tradingagents.discovery.settings.settings import DiscoveryConfig
from tradingagents.discovery.vendors.clients import Vendors

__all__ = ["Scan", "ScanResult"]


@dataclass(frozen=True)
class ScanResult:
    """Plain data all through: merged candidates, new tool log entries, and the report."""

    candidates: list[dict[str, Any]]
    tool_logs: list[dict[str, Any]]
    report: dict[str, Any]


class Scan:
    """Runs scans for one configuration. Thread-safe: each run shares nothing but what runs took before."""

    def __init__(
        self,
        config: DiscoveryConfig,
        scanners: Sequence[type[BaseScanner]],
        host_config: Mapping[str, Any],
        clock: Clock = SYSTEM_CLOCK,
        *,
        built_in: Collection[type[BaseScanner]] = (),
    ) -> None:
        self._built_in = frozenset(built_in)  # those that may share one screen pass and one calendar request
        self._config, self._host_config, self._clock = config, host_config, clock
        self._scanners = [cls for cls in scanners if config.is_enabled(cls.name, cls.pipeline)]
        self._state_dir = config.state_folder()
        execution = config.scanner_execution
        self._circuits = ScannerCircuits(
            self._circuits_file(),
            open_after=execution.open_after_failures,
            reopen_after_seconds=execution.reopen_after_seconds,
            clock=clock,
        )
        self._seconds: dict[str, float] = {}  # by scanner, from earlier runs; a race costs an estimate only

    def run(
        self,
        state: Mapping[str, Any],
        *,
        events: Events | None = None,
        span: Span | None = None,
        should_stop: Callable[[], bool] | None = None,
        force: bool = False,
    ) -> ScanResult:
        """Scan, and return by the last deadline whatever happens. ``state`` is not changed.

        ``force`` runs scanners that would be left out because their last runs failed.
        Raises :class:`ConfigError` for an invalid trade date, and ``KeyboardInterrupt`` on Ctrl-C.
        """
        trade_date = parse_trade_date(state.get("trade_date"), self._clock)
        state = {**state, "trade_date": trade_date.isoformat()}
        execution = self._config.scanner_execution
        run_id, started_at, began = uuid.uuid4().hex, self._clock.now(), self._clock.monotonic()
        names = [cls.name for cls in self._scanners]
        refused = {} if force or execution.force else self._circuits.refused(names)
        hub = self._vendors()
        market = MarketData(self._bars(trade_date, started_at), self._screens(), directory_of(hub))
        try:
            logs = [ToolLog(f"{run_id}:{cls.name}", cls.name, self._clock) for cls in self._scanners]
            orders = [self._order(cls, state, market.query) for cls in self._scanners]
            made = [
                scanner_task(order, log, hub, market, span, refused=refused.get(order.scanner.name))
                for order, log in zip(orders, logs, strict=True)
            ]
            narrator = Narrator(self._config, names, events)
            outcomes = self._run([task for task, _ in made], narrator, should_stop)
        finally:
            hub.close()
        self._circuits.learn({one.name: one.verdict for one in outcomes if one.name not in refused})
        receipts = [
            self._receipt(cls, outcome, recorder())
            for cls, outcome, (_, recorder) in zip(self._scanners, outcomes, made, strict=True)
        ]
        merged = merge_candidates(receipt["candidates"] for receipt in receipts)
        put_forward = sum(len(receipt["candidates"]) for receipt in receipts)
        report = {
            "run_id": run_id,
            "trade_date": state["trade_date"],
            "mode": "concurrent" if execution.concurrent else "sequential",
            "data_source": self._config.data_source,
            "started_at": started_at.isoformat(),
            "duration_seconds": round(self._clock.monotonic() - began, 4),
            "health": health_of(Status(receipt["status"]) for receipt in receipts),
            "market": market.receipt(),
            "stages": [{"stage": "merge", "in": put_forward, "out": len(merged)}],  # later ones add theirs
            "outcomes": receipts,
        }
        entries = [entry for log in logs for entry in log.close()]
        return ScanResult(merged, entries, report)

    def _run(
        self, tasks: Sequence[Task], narrator: Narrator, should_stop: Callable[[], bool] | None
    ) -> list[Outcome]:
        execution = self._config.scanner_execution
        return run_all(
            tasks,
            max_workers=execution.max_workers if execution.concurrent else 1,
            request_workers=execution.request_workers if execution.concurrent else 1,
            clock=self._clock,
            observer=narrator,
            should_stop=should_stop,
        )

    def _vendors(self) -> Vendors:
        return Vendors(
            self._config.vendors,
            data_source=self._config.data_source,
            state_dir=self._state_dir,
            clock=self._clock,
        )

    def _circuits_file(self) -> Path | None:
        """Return the file of the scanners' circuits; failures against invented vendors are kept apart."""
        if self._state_dir is None:
            return None
        live = self._config.data_source == "live"
        return self._state_dir / (
            "scanners.sqlite" if live else f"scanners@{self._config.data_source}.sqlite"
        )

    def _bars(self, trade_date: date, now: datetime) -> BarsQuery:
        """Say which daily bars this scan reads. An invented or recorded market's day is over."""
        live = self._config.data_source == "live"
        return BarsQuery(
            settings=self._config.market,
            store=self._config.market_store_folder(),
            trade_date=trade_date,
            now=now if live else None,
            min_price_usd=self._config.filter.min_price_usd,
            min_dollar_volume_usd=self._config.filter.min_dollar_volume_usd,
        )

    def _screens(self) -> dict[str, Mapping[str, Any]]:
        """Return the screens that built-in scanners of this process ask for; the others evaluate their own.

        What a stranger's class asks for may be wrong, or be a built-in screen with other thresholds.
        """
        settings = self._config.scanners
        shared = [c for c in self._scanners if c in self._built_in and settings[c.name].isolation == "thread"]
        return dict(wanted for cls in shared if (wanted := cls.screen(settings[cls.name])) is not None)

    def _order(self, scanner: type[BaseScanner], state: Mapping[str, Any], bars: BarsQuery) -> Order:
        return Order(
            scanner=scanner,
            settings=self._config.scanners[scanner.name],
            host_config=self._host_config,
            vendors=self._config.vendors,
            market=bars,
            data_source=self._config.data_source,
            state_dir=self._state_dir,
            state=state,
            timeout_seconds=self._config.timeout_of(scanner.name),
            expected_seconds=self._seconds.get(scanner.name),
            own_screen=scanner not in self._built_in and _asks_for_a_screen(scanner),
            calendar_days=self._calendar_days(),
        )

    def _calendar_days(self) -> tuple[int, int]:
        """Return the days of the earnings calendar, back and ahead, that all built-in scanners read together.

        A stranger's class reads its own days: what it says of them could fail, or be anything.
        """
        settings = self._config.scanners
        wanted = [cls.calendar_days(settings[cls.name]) for cls in self._scanners if cls in self._built_in]
        return max((back for back, _ in wanted), default=0), max((ahead for _, ahead in wanted), default=0)

    def _receipt(
        self, scanner: type[BaseScanner], outcome: Outcome, recorder: LocalRecorder
    ) -> dict[str, Any]:
        if outcome.verdict.status is not Status.SKIPPED:
            self._seconds[scanner.name] = outcome.duration_seconds
        kept, cut = strongest(outcome.items, self._config.scanners[scanner.name].limit)
        finished = outcome.verdict.status in {Status.OK, Status.EMPTY, Status.DEGRADED}
        for candidate in kept:
            candidate["pipeline"] = scanner.pipeline
            if not finished:
                candidate["partial_sources"] = [scanner.name]
        return {
            "scanner": scanner.name,
            "pipeline": scanner.pipeline,
            "status": outcome.verdict.status.value,
            "reason": outcome.verdict.reason.value,
            "message": redact(outcome.verdict.message),
            "candidates": kept,
            "rejected": list(recorder.rejected),
            "cut": _tickers_cut(outcome.items, kept),
            "queued_seconds": round(outcome.queued_seconds, 4),
            "duration_seconds": round(outcome.duration_seconds, 4),
            "coverage": recorder.coverage(),
            "funnel": {
                **recorder.funnel,
                "yielded": len(outcome.items) + len(recorder.rejected),
                "rejected": len(recorder.rejected),
                "cut by limit": cut,
                "kept": len(kept),
            },
            "requests": {vendor: dict(counts) for vendor, counts in recorder.requests.items()},
        }


def _tickers_cut(items: Sequence[Mapping[str, Any]], kept: Sequence[Mapping[str, Any]]) -> list[str]:
    stayed = {candidate["ticker"] for candidate in kept}
    return sorted({item["ticker"] for item in items} - stayed)


def _asks_for_a_screen(scanner: type[BaseScanner]) -> bool:
    own, base = inspect.getattr_static(scanner, "screen"), inspect.getattr_static(BaseScanner, "screen")
    return own is not base
