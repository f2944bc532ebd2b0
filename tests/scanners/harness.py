"""Run one scanner by itself, with the vendor clients a test provides, and keep everything it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

from tradingagents.discovery.model.candidate import Candidate, signal_order
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.net.counters import CountSink
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.declared import Declared, declared_by, widest_calendar
from tradingagents.discovery.scanning.recorder import LocalRecorder
from tradingagents.discovery.screens.base import BarsQuery
from tradingagents.discovery.screens.market_data import MarketData, SharedMarket
from tradingagents.discovery.settings.sections import MarketSettings, ScannerSettings
from tradingagents.discovery.symbols.shared_directory import SharedDirectory

DAY = "2026-02-05"  # a Thursday


@dataclass(frozen=True)
class ScanResult:
    """What a scan yielded, with its recorder and tool log."""

    candidates: list[dict[str, Any]]
    recorder: LocalRecorder
    log: ToolLog

    @property
    def by_signal(self) -> list[dict[str, Any]]:
        """The candidates, strongest first, as a limit orders them."""
        parsed = [Candidate.parse(one, source="", strategy="") for one in self.candidates]
        return [one.to_dict() for one in sorted(parsed, key=signal_order)]

    @property
    def tickers(self) -> list[str]:
        return [candidate["ticker"] for candidate in self.candidates]

    @property
    def funnel(self) -> dict[str, int]:
        """The funnel without steps that counted nothing."""
        return {step: count for step, count in self.recorder.funnel.items() if count}

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The tool log; closes it."""
        return self.log.close()


def vendors(**clients: Any) -> SimpleNamespace:
    """Return the clients as a scanner's ``self.vendors``: ``vendors(finnhub=FakeVendor())``."""
    return SimpleNamespace(**{"state_file": lambda stem: None, **clients})


def market_of(
    scanner: type[BaseScanner[Any]],
    settings: ScannerSettings,
    clients: Any,
    calendar_days: tuple[int, int] = (0, 0),
    requests: CountSink = lambda vendor, what, amount: None,
) -> MarketData:
    """What a scan shares with this one scanner: the directory of ``clients``, no bars, and these calendar days.

    The requests of the directory are counted in ``requests``.
    """
    directory = SharedDirectory(lambda: clients.nasdaq.listed(), requests)
    own = declared_by(scanner, settings)
    days = widest_calendar([own, Declared(calendar_days=calendar_days)])
    query = BarsQuery(MarketSettings(), None, date.fromisoformat(DAY))
    return SharedMarket(query, {scanner.name: own.screens}, directory, days).of(scanner.name)


def run(
    scanner: type[BaseScanner[Any]],
    clients: Any,
    state: Mapping[str, Any] | None = None,
    *,
    recorders: list[LocalRecorder] | None = None,
    market: MarketData | None = None,
    calendar_days: tuple[int, int] = (0, 0),
    **settings: Any,
) -> ScanResult:
    """Scan :data:`DAY`, or raise what the scan raises.

    ``clients`` holds the vendor clients, ``market`` the daily bars; ``calendar_days`` are those that all
    scanners of the scan read of the earnings calendar. ``recorders`` receives the recorder even when the
    scan raises.
    """
    log = ToolLog("test", scanner.name)
    recorder = LocalRecorder(log, lambda candidate: None)
    if recorders is not None:
        recorders.append(recorder)
    made, own = scanner(), scanner.Settings(**settings)
    made.bind(
        own, clients, recorder, market or market_of(scanner, own, clients, calendar_days, recorder.request)
    )
    candidates = made.scan_with_validation({"trade_date": DAY, "tickers": [], **(state or {})})
    assert recorder.rejected == []
    return ScanResult(candidates, recorder, log)
