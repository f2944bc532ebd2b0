"""What the stages after a scan share: the run's trade date, their counts in the scan report, warnings."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tradingagents.discovery.model.clock import Clock, parse_trade_date

__all__ = ["trade_date_of", "warn", "with_stage"]

_log = logging.getLogger("tradingagents.discovery")
_COUNTS = ("name", "in", "out", "unknown")


def trade_date_of(state: Mapping[str, Any], clock: Clock) -> date:
    """Return the trade date of the scan's report, else of ``state``; see :func:`parse_trade_date`."""
    report = state.get("scan_report") or {}
    return parse_trade_date(report.get("trade_date") or state.get("trade_date"), clock)


def with_stage(report: Mapping[str, Any] | None, stage: str, account: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"scan_report": report}`` with the counts of ``account`` added to its ``stages``. Pure.

    An entry is ``{"stage", "by", "in", "out"}``, with ``steps`` if the stage has steps. It replaces an
    earlier entry of the same stage, so a node that runs twice counts once. Without a report the result is
    empty.
    """
    if not report:
        return {}
    counts = {"stage": stage, **{key: account[key] for key in ("by", "in", "out")}}
    if steps := account.get("steps"):
        counts["steps"] = [{key: step[key] for key in _COUNTS} for step in steps]
    others = [one for one in report.get("stages", ()) if one["stage"] != stage]
    return {"scan_report": {**report, "stages": [*others, counts]}}


def warn(messages: Iterable[str | None]) -> list[str]:
    """Log each message that is there as a warning, and return those logged, for ``state["warnings"]``."""
    logged = [message for message in messages if message]
    for message in logged:
        _log.warning("%s", message)
    return logged
