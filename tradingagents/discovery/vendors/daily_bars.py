"""What every vendor of daily bars gives: one record a session, and the splits it knows of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

__all__ = ["DailyBar", "Split", "number_or_none"]


@dataclass(frozen=True, slots=True)
class DailyBar:
    """One session of one security: US dollars and shares, on the scale that the method says.

    None where the vendor gave nothing that is a number (a halt, a gap in its own data).
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
    """Return a finite number, from text too, or None: the store counts such rows and leaves them out."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
