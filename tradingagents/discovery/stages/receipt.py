"""The counts of the steps after a scan, put into its report: one receipt that tells the whole way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["with_stage"]

_COUNTS = ("name", "in", "out", "unknown")


def with_stage(report: Mapping[str, Any] | None, stage: str, account: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"scan_report": ...}`` with the counts of ``account`` in ``stages``; without a report nothing.

    An entry is ``{"stage", "by", "in", "out"}``, with ``steps`` where the stage has some. One of the same
    stage is replaced, so that a node that runs twice counts once.
    """
    if not report:
        return {}
    counts = {"stage": stage, **{key: account[key] for key in ("by", "in", "out")}}
    if steps := account.get("steps"):
        counts["steps"] = [{key: step[key] for key in _COUNTS} for step in steps]
    others = [one for one in report.get("stages", ()) if one["stage"] != stage]
    return {"scan_report": {**report, "stages": [*others, counts]}}
