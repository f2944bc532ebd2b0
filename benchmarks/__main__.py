"""``python -m benchmarks [--only NAME,...] [--quick]``: measure, and write results.json and results.md.

A full run writes both files beside this one. With ``--only`` the page is printed and nothing is written,
because a table must come from one run. Exit code 1 when a suite failed; a missed goal is no failure.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.harness.machine import libraries, machine
from benchmarks.harness.report import Conditions, render, write_json
from benchmarks.harness.suite import SUITES, Section, run_suite

_HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen suites one after another, each in its own process; return the exit code."""
    options = _options(arguments)
    load, began = os.getloadavg()[0], time.perf_counter()
    with _temporary_state():
        sections = [section for name in options.only if (section := _run(name, options.quick)) is not None]
    conditions = Conditions(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        libraries=libraries(),
        seconds=time.perf_counter() - began,
        load=(load, os.getloadavg()[0]),
        quick=options.quick,
    )
    page = render(sections, conditions)
    if tuple(options.only) == SUITES:
        write_json(_HERE / "results.json", sections)
        (_HERE / "results.md").write_text(page, encoding="utf-8")
    print(page)
    return 1 if any(section.failed for section in sections) else 0


@contextlib.contextmanager
def _temporary_state() -> Iterator[None]:
    """Use a temporary state folder: scanners that fail on purpose must not affect the user's runs."""
    before = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # the suites' processes inherit it
        try:
            yield
        finally:
            os.environ.pop("XDG_CACHE_HOME") if before is None else os.environ.update(XDG_CACHE_HOME=before)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    names = ", ".join(SUITES)
    parser.add_argument("--only", type=_names, default=list(SUITES), help=f"suites to run, of: {names}")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, for a first look")
    return parser.parse_args(arguments)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SUITES:
            raise argparse.ArgumentTypeError(f"there is no suite {name!r}; there are {', '.join(SUITES)}")
    return names


def _run(name: str, quick: bool) -> Section | None:
    began = time.perf_counter()
    section = run_suite(name, quick=quick)
    if section is not None:
        took = time.perf_counter() - began
        ended = section.failed or section.skipped or f"{len(section.rows)} rows"
        print(f"{name}: {ended} ({took:.0f} s)", file=sys.stderr, flush=True)
    return section


if __name__ == "__main__":
    sys.exit(main())
