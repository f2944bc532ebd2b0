"""Records and row parsing that several vendors share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from tradingagents.discovery.model.errors import BadPayload

__all__ = [
    "UNREADABLE",
    "DailyBar",
    "OnMalformed",
    "Split",
    "error_text",
    "number_or_none",
    "parse_rows",
    "report_malformed",
]

T = TypeVar("T")

OnMalformed = Callable[[str], None]
"""Called with a description of each row that cannot be read; such a row is left out."""

UNREADABLE = (AttributeError, KeyError, OSError, OverflowError, TypeError, ValueError)
"""What code that reads a row raises where the row is malformed."""


@dataclass(frozen=True, slots=True)
class DailyBar:
    """One session of one security: US dollars and shares; the client's method documents the adjustment.

    None where the vendor sent no number (a halt, a gap in its own data).
    """

    day: date
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None


@dataclass(frozen=True, slots=True)
class Split:
    """Each share became ``factor`` shares before the session ``day``; below 1 it is a reverse split."""

    day: date
    factor: float


def number_or_none(value: Any) -> float | None:
    """Return a finite number, also from text, or None: the store counts such rows and leaves them out."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def parse_rows(
    rows: Iterable[Any], parse: Callable[[Any], T], problems: list[str], label: str = "row {number}"
) -> list[T]:
    """Return the parsed rows in order; append a description of each malformed one to ``problems``."""
    parsed = []
    for number, row in enumerate(rows):
        try:
            parsed.append(parse(row))
        except UNREADABLE as error:
            problems.append(f"{label.format(number=number)} cannot be read ({error_text(error)})")
    return parsed


def report_malformed(vendor: str, problems: list[str], on_malformed: OnMalformed | None) -> None:
    """Pass each problem to ``on_malformed``. Raises :class:`BadPayload` with the first where that is None."""
    if problems and on_malformed is None:
        raise BadPayload(vendor, problems[0])
    for problem in problems:
        if on_malformed is not None:
            on_malformed(problem)


def error_text(error: Exception) -> str:
    """Return an error's type and the start of its message, for a ``BadPayload``."""
    return f"{type(error).__name__}: {str(error)[:80]}"
