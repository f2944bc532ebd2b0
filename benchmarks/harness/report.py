"""Writes the results: ``results.json`` for programs, ``results.md`` for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.row import Row, four_digits
from benchmarks.harness.suite import Section

__all__ = ["Conditions", "render", "write_json"]


@dataclass(frozen=True)
class Conditions:
    """The conditions of a run. ``load`` is the load average at start and end."""

    date: str
    machine: str
    libraries: str
    seconds: float
    load: tuple[float, float]
    quick: bool

    def lines(self) -> Iterable[str]:
        """Yield the head of the page."""
        yield f"Measured on {self.date} in {self.seconds:.0f} s, in one run."
        start, end = self.load
        yield f"Machine: {self.machine}; load average {start:.1f} at the start, {end:.1f} at the end."
        yield f"Libraries: {self.libraries}."
        if self.quick:
            yield "A quick run: few repetitions, so single figures are inaccurate."


_NOTES = """\
Medians of interleaved repetitions unless a row says otherwise; every suite ran in a process of its own,
ratios between ours and a peer come from the same process and repetition. A goal was set by the
project; rows without one are for comparison. Peers run with the settings that their suites describe, without
added timeouts or copies. Other work on the machine during a run affects single figures; ratios are affected
least."""


def write_json(path: Path, sections: Sequence[Section]) -> None:
    """Write every row's five keys."""
    rows = [row.to_dict() for section in sections for row in section.rows]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def render(sections: Sequence[Section], conditions: Conditions) -> str:
    """Return the readable page."""
    parts = ["# Benchmark results", *conditions.lines(), _NOTES, _summary(sections)]
    parts += [_section(section) for section in sections]
    return "\n\n".join(parts) + "\n"


def _summary(sections: Sequence[Section]) -> str:
    promised = [row for section in sections for row in section.rows if row.goal is not None]
    missed = [row for row in promised if not row.met]
    lines = [f"{len(promised) - len(missed)} of {len(promised)} goals met."]
    lines += [f"- missed: `{row.name}` is {_figure(row.value)} {row.unit}, {_goal(row)}" for row in missed]
    lines += [f"- suite `{section.name}` failed: {section.failed}" for section in sections if section.failed]
    return "\n".join(lines)


def _section(section: Section) -> str:
    parts = [f"## {section.name}", section.about]
    if section.skipped:
        parts.append(f"Skipped: {section.skipped}")
    if section.failed:
        parts.append(f"Failed: {section.failed}")
    if section.rows:
        parts.append(_table(section.rows))
    return "\n\n".join(parts)


def _table(rows: Sequence[Row]) -> str:
    lines = ["| row | value | unit | goal | met | note |", "| --- | ---: | --- | --- | --- | --- |"]
    for row in rows:
        met = {None: "", True: "yes", False: "**no**"}[row.met]
        cells = (f"`{row.name}`", _figure(row.value), row.unit, _goal(row), met, row.note)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _figure(value: float) -> str:
    shown = four_digits(value)
    return f"{shown:,.0f}" if shown == int(shown) else f"{shown:,g}"


def _goal(row: Row) -> str:
    if row.goal is None:
        return ""
    return f"at {'most' if row.better == 'lower' else 'least'} {_figure(row.goal)}"
