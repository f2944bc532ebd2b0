"""Run one scanner by itself, with the vendors a test gives it, and see all that it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.recorder import LocalRecorder

DAY = "2026-02-05"  # a Thursday


@dataclass(frozen=True)
class Ran:
    """What a scan yielded, and its recorder."""

    candidates: list[dict[str, Any]]
    recorder: LocalRecorder
    log: ToolLog

    @property
    def tickers(self) -> list[str]:
        return [candidate["ticker"] for candidate in self.candidates]

    @property
    def funnel(self) -> dict[str, int]:
        """The steps that counted anything."""
        return {step: count for step, count in self.recorder.funnel.items() if count}

    @property
    def entries(self) -> list[dict[str, Any]]:
        return self.log.close()


def vendors(**clients: Any) -> SimpleNamespace:
    return SimpleNamespace(**clients)


def run(
    scanner: type[BaseScanner],
    hub: Any,
    state: Mapping[str, Any] | None = None,
    *,
    told: list[LocalRecorder] | None = None,
    market: Any = None,
    calendar_days: tuple[int, int] = (0, 0),
    **settings: Any,
) -> Ran:
    """Scan, or raise what the scan raises; ``told`` receives the recorder in either case.

    ``market`` is the scan's daily bars, ``calendar_days`` what its scanners together read of the calendar.
    """
    log = ToolLog("test", scanner.name)
    recorder = LocalRecorder(log, lambda candidate: None)
    if told is not None:
        told.append(recorder)
    made = scanner()
    made.bind(scanner.Settings(**settings), hub, recorder, market, calendar_days)
    candidates = made.scan_with_validation({"trade_date": DAY, "tickers": [], **(state or {})})
    assert recorder.rejected == []
    return Ran(candidates, recorder, log)
