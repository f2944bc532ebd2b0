"""The health of a scan, and the line that closes its log."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import pytest

from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry
from tradingagents.discovery.execution.outcome import Reason, Status, Verdict
from tradingagents.discovery.model.errors import NotConfiguredError
from tradingagents.discovery.scanning.health import closing_line, health_of

VERDICTS = [
    *(Verdict(status) for status in Status),
    Verdict(Status.SKIPPED, Reason.NOT_CONFIGURED),
    Verdict(Status.SKIPPED, Reason.CIRCUIT_OPEN),
]


@pytest.mark.parametrize("length", range(4))
def test_the_definition_holds_for_every_combination(length: int) -> None:
    for verdicts in itertools.product(VERDICTS, repeat=length):
        for found in (0, 1):
            ended = [(one, found if one.status is not Status.SKIPPED else 0) for one in verdicts]
            set_up = [pair for pair in ended if pair[0].reason is not Reason.NOT_CONFIGURED]
            fine = [one.status in {Status.OK, Status.EMPTY} for one, _ in set_up]
            usable = any(fine) or any(count for _, count in set_up)
            if not length:
                wanted = "complete"
            elif not set_up or not usable:
                wanted = "failed"
            else:
                wanted = "complete" if all(fine) else "partial"
            assert health_of(ended) == wanted, ended


@pytest.mark.parametrize(
    ("statuses", "line"),
    [
        ([], "partial: 0 tickers"),
        (["ok", "timed_out"], "partial: 1 ok, 1 timed out, 2 tickers"),
        (["skipped"] * 3, "partial: 3 skipped, 2 tickers"),
    ],
)
def test_the_closing_line_counts_by_status(statuses: list[str], line: str) -> None:
    found = [{"ticker": "A"}, {"ticker": "B"}]
    outcomes: Any = [{"status": status, "candidates": found} for status in statuses]
    report: Any = {"health": "partial", "outcomes": outcomes}
    assert closing_line(report) == line


def scanner_of(scanner_name: str, result: Any) -> type[BaseScanner]:
    class Made(BaseScanner):
        name, pipeline = scanner_name, "edge"

        def scan(self, state: Any) -> Any:
            if isinstance(result, Exception):
                raise result
            return result

    return Made


OK, BROKEN = scanner_of("fine", [{"ticker": "ABC"}]), scanner_of("broken", ValueError("no"))
KEYLESS = scanner_of("keyless", NotConfiguredError("SOME_API_KEY"))


@pytest.mark.parametrize(
    ("scanners", "health", "level"),
    [
        ([OK], "complete", logging.INFO),
        ([OK, KEYLESS], "complete", logging.INFO),
        ([OK, BROKEN], "partial", logging.WARNING),
        ([BROKEN], "failed", logging.WARNING),
        ([KEYLESS], "failed", logging.WARNING),
        ([], "complete", logging.INFO),
    ],
)
def test_the_last_line_of_a_scan_has_its_health(
    scanners: list[Any], health: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tradingagents.discovery"):
        update = DiscoveryGraph(None, ScannerRegistry(scanners)).scanner_node({"trade_date": "2026-02-05"})
    assert update["scan_report"]["health"] == health
    last = caplog.records[-1]
    assert last.getMessage().startswith(f"{health}: ")
    assert last.levelno == level


def test_a_missing_key_is_a_warning_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tradingagents.discovery"):
        DiscoveryGraph(None, ScannerRegistry([OK, KEYLESS])).scanner_node({"trade_date": "2026-02-05"})
    assert "– keyless: skipped (no SOME_API_KEY)" in caplog.messages
