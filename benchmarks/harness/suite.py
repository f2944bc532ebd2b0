"""Run one suite in a process of its own.

A suite is a module of this package with a docstring, which becomes its section's text, and
``rows(quick: bool)``, which gives rows or mappings of a row's keys. It may raise :class:`Skipped`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from benchmarks.harness.child import run_child, tell
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
"""In the order in which they run. One whose module does not exist is passed over."""

_LIMIT_SECONDS = 240.0


class Skipped(Exception):
    """A suite cannot run here, and says why."""


class Suite(Protocol):
    """What a suite's module offers."""

    __doc__: str | None

    def rows(self, quick: bool) -> Iterable[Row | dict[str, Any]]: ...


@dataclass(frozen=True)
class Section:
    """One suite's part of the report. ``failed`` says why its rows are missing or not all there."""

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
    about = child.what("about") or {"text": ""}
    made = [Row.parse(body["row"]) for _, body in child.events if body["event"] == "row"]
    skipped = child.what("skipped")
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
        last = errors.strip().splitlines()[-1:] or ["without a word"]
        return f"ended with exit code {exit_code}: {last[0]}"
    return ""


def perform(name: str, *, quick: bool) -> None:
    """In the child: run a suite, and tell each row as soon as it is there."""
    suite = cast("Suite", importlib.import_module(f"benchmarks.{name}"))
    tell("about", text=(suite.__doc__ or "").strip())
    try:
        for raw in suite.rows(quick):
            row = Row.parse(raw)
            tell("row", row=row.to_dict() | {"note": row.note})
    except Skipped as skipped:
        tell("skipped", reason=str(skipped))
