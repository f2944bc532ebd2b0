"""One measured figure, as in ``results.json``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["KEYS", "Row"]

KEYS = ("name", "value", "unit", "goal", "better")
"""The keys of a row in ``results.json``, in order."""


@dataclass(frozen=True)
class Row:
    """A figure under a stable name. ``note`` goes into the readable table only.

    ``name`` is lower-case with slashes; ``goal`` is None for a row without a goal.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    def __post_init__(self) -> None:
        if self.better not in {"lower", "higher"}:
            raise ValueError(f"{self.name}: better is {self.better!r}, neither 'lower' nor 'higher'")
        if not math.isfinite(self.value):
            raise ValueError(f"{self.name}: {self.value!r} is not a finite number")
        if self.name != self.name.lower() or " " in self.name:
            raise ValueError(f"{self.name!r} is not lower-case with slashes")

    @classmethod
    def parse(cls, raw: Row | Mapping[str, Any]) -> Row:
        """Take a row as it is, or as a mapping with the five keys and perhaps a ``note``."""
        return raw if isinstance(raw, Row) else cls(**raw)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal

    def to_dict(self) -> dict[str, Any]:
        """Return the five keys, the value at four significant digits."""
        return {key: getattr(self, key) for key in KEYS} | {"value": four_digits(self.value)}


def four_digits(value: float) -> float:
    """Round to four significant digits; whole numbers of any size stay whole."""
    return float(f"{value:.4g}") if value != int(value) else value
