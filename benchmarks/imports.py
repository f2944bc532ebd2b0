"""The time of ``import tradingagents.discovery`` and the modules it loads, in fresh interpreters.

``milliseconds`` is the sum of the package's own lines of ``python -X importtime``, including their imports;
``loads/X`` is 1 when X is then among the loaded modules.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator

from benchmarks.harness.child import run_child
from benchmarks.harness.row import Row

_PACKAGE = "tradingagents.discovery"
_UNWANTED = ("langgraph", "praw", "polars")
_OTHERS = ("langchain_core", "finnhub", "pandas", "numpy", "requests", "loky", "pydantic")
_LIMIT_SECONDS = 30.0


def rows(quick: bool) -> Iterator[Row]:
    """Yield the time and the loaded modules."""
    times = [import_milliseconds(_importtime()) for _ in range(3 if quick else 7)]
    yield Row("imports/milliseconds", statistics.median(times), "ms")
    loaded = _loaded()
    for name in (*_UNWANTED, *_OTHERS):
        goal = 0.0 if name in _UNWANTED else None
        yield Row(f"imports/loads/{name}", int(name in loaded), "0 or 1", goal)
    yield Row("imports/modules", len(loaded), "modules")


def _importtime() -> list[str]:
    arguments = ["-X", "importtime", "-c", f"import {_PACKAGE}"]
    child = run_child(arguments, limit_seconds=_LIMIT_SECONDS)
    if child.exit_code:
        raise subprocess.CalledProcessError(
            child.exit_code, [sys.executable, *arguments], stderr=child.errors
        )
    return child.errors.splitlines()


def import_milliseconds(lines: Iterable[str]) -> float:
    """Add up the cumulative microseconds of the outermost lines that belong to the package."""
    total = 0
    for line in lines:
        _, _, rest = line.partition("import time:")
        own, cumulative, name = rest.split("|") if rest.count("|") == 2 else ("", "", "")
        if name.removeprefix(" ").startswith("tradingagents") and own:  # deeper lines are indented further
            total += int(cumulative)
    return total / 1e3


def _loaded() -> set[str]:
    code = (
        f"import sys; before = set(sys.modules); import {_PACKAGE}\n"
        "import json; names = sorted(set(sys.modules) - before)\n"
        "print(json.dumps({'event': 'loaded', 'names': names}))"
    )
    body = run_child(["-c", code], limit_seconds=_LIMIT_SECONDS).body_of("loaded")
    if body is None:
        raise RuntimeError(f"{_PACKAGE} could not be imported")
    return set(body["names"])
