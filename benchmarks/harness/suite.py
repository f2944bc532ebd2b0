"""Runs one suite in a child process.

A suite is a module of this package with a docstring, which becomes its section's text, and
``rows(quick: bool)``, which yields rows or mappings of a row's keys. It may raise :class:`Skipped`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from benchmarks.harness.child import run_child, send_event
from benchmarks.harness.row import Row

__all__ = ["SUITES", "Section", "Skipped", "Suite", "perform", "run_suite"]

SUITES = (
    "makespan",
    "overhead",
    "state_copy",
    "hang",
    "truth",
    "fan_out",
    "imports",
    "process",
    "net",
    "screens",
    "scanner_truth",
    "text_tickers",
    "first_design",
)
"""In the order in which they run. A suite without a module is skipped."""

_LIMIT_SECONDS = 240.0


class Skipped(Exception):
    """A suite cannot run here; the message is the reason."""


class Suite(Protocol):
    """The interface of a suite's module."""

    __doc__: str | None

    def rows(self, quick: bool) -> Iterable[Row | dict[str, Any]]: ...


@dataclass(frozen=True)
class Section:
    """One suite's part of the report. ``failed`` is the reason for missing rows."""

    name: str
    about: str
    rows: tuple[Row, ...] = ()
    skipped: str = ""
    failed: str = ""


def run_suite(name: str, *, quick: bool) -> Section | None:
    """Run a suite in a child and return its section; None when there is no such suite."""
    if importlib.util.find_spec(f"benchmarks.{name}") is None:
        return None
    arguments = ["-m", "benchmarks.harness.suite_child", name, *(["--quick"] if quick else [])]
    child = run_child(arguments, limit_seconds=_LIMIT_SECONDS, leads=True)
    about = child.body_of("about") or {"text": ""}
    made = [Row.parse(body["row"]) for _, body in child.events if body["event"] == "row"]
    skipped = child.body_of("skipped")
    return Section(
        name=name,
        about=about["text"],
        rows=tuple(made),
        skipped=skipped["reason"] if skipped else "",
        failed=_failure(child.killed, child.exit_code, child.errors),
    )


def _failure(killed: bool, exit_code: int, errors: str) -> str:
    if killed:
        return f"killed at its limit of {_LIMIT_SECONDS:g} s"
    if exit_code:
        last = errors.strip().splitlines()[-1:] or ["no message"]
        return f"ended with exit code {exit_code}: {last[0]}"
    return ""


def perform(name: str, *, quick: bool) -> None:
    """In the child: run a suite and send each row as soon as it is measured."""
    suite = cast("Suite", importlib.import_module(f"benchmarks.{name}"))
    send_event("about", text=(suite.__doc__ or "").strip())
    try:
        for raw in suite.rows(quick):
            row = Row.parse(raw)
            send_event("row", row=row.to_dict() | {"note": row.note})
    except Skipped as skipped:
        send_event("skipped", reason=str(skipped))
