"""What the stages after a scan share: the run's trade date, their counts in the scan report, warnings."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

from tradingagents.discovery.model.clock import Clock, parse_trade_date
from tradingagents.discovery.model.report import FilterReport, FilterStep, Plain, RankerReport, ScanReport

__all__ = ["trade_date_of", "warn", "with_stage"]

_log = logging.getLogger("tradingagents.discovery")


def trade_date_of(state: Mapping[str, object], clock: Clock) -> date:
    """Return the trade date of the scan's report, else of ``state``; see :func:`parse_trade_date`."""
    report = cast("ScanReport", state.get("scan_report") or {})
    return parse_trade_date(report.get("trade_date") or state.get("trade_date"), clock)


def with_stage(
    report: ScanReport | None, stage: str, account: FilterReport | RankerReport
) -> dict[str, ScanReport]:
    """Return ``{"scan_report": report}`` with the counts of ``account`` added to its ``stages``. Pure.

    An entry is ``{"stage", "by", "in", "out"}``, with ``steps`` if the stage has steps. It replaces an
    earlier entry of the same stage, so a node that runs twice counts once. Without a report the result is
    empty.
    """
    if not report:
        return {}
    counts: Plain = {"stage": stage, "by": account["by"], "in": account["in"], "out": account["out"]}
    if steps := cast("list[FilterStep]", account.get("steps") or []):
        counts["steps"] = [
            {"name": step["name"], "in": step["in"], "out": step["out"], "unknown": step["unknown"]}
            for step in steps
        ]
    others = [one for one in report.get("stages", ()) if one["stage"] != stage]
    return {"scan_report": {**report, "stages": [*others, counts]}}


def warn(messages: Iterable[str | None]) -> list[str]:
    """Log each message that is there as a warning, and return those logged, for ``state["warnings"]``."""
    logged = [message for message in messages if message]
    for message in logged:
        _log.warning("%s", message)
    return logged
