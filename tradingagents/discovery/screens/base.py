"""The records of a screen and of what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

__all__ = ["Coverage", "Feature", "Hit", "Screen", "ScreenResult"]


@dataclass(frozen=True, eq=False)  # expressions compare to expressions, not to truth values
class Feature:
    """One number per ticker, computed from its newest bars.

    ``expr`` aggregates a ticker's bars (oldest first) to one value and needs ``bars`` of them; with fewer
    its value is meaningless and is not used. Screens share a feature by sharing its name.
    """

    name: str
    expr: pl.Expr
    bars: int


@dataclass(frozen=True, eq=False)
class Screen:
    """A rule that picks tickers by their newest bars. Immutable; holds no data.

    ``values`` are expressions over the features by name: the evidence shown with every hit. ``rule``
    and ``score`` (higher is stronger) are expressions over the values by name. A ticker of which a
    value is null, NaN or infinite is unusable, neither hit nor miss. ``context`` is a format string over
    the values. A screen with ``only`` looks at these tickers whatever the universe, and ``beside`` names
    tickers that its values compare with; other tickers' bars never enter.
    """

    name: str
    features: tuple[Feature, ...]
    values: Mapping[str, pl.Expr]
    rule: pl.Expr
    score: pl.Expr
    context: str
    only: frozenset[str] | None = None
    beside: frozenset[str] = frozenset()

    @property
    def warm_up(self) -> int:
        """Bars a ticker must have before the screen can say anything about it."""
        return max(feature.bars for feature in self.features)

    def explain(self, values: Mapping[str, float]) -> str:
        """Return one line that says with the numbers why a ticker was picked."""
        return self.context.format_map(values)


@dataclass(frozen=True)
class Hit:
    """A ticker that a screen picked: its score and the values that made it so, on the bar of ``as_of``."""

    ticker: str
    score: float
    values: Mapping[str, float]
    as_of: date


@dataclass(frozen=True)
class Coverage:
    """How much of its universe a screen could judge. The five parts below ``universe`` add up to it.

    ``most_bars`` is the longest history among those with too few, to be read beside ``bars_needed``.
    """

    universe: int
    judged: int
    too_few_bars: int
    stale: int  # no bar on the day asked about
    unusable: int  # enough bars, but a value cannot be computed from them
    absent: int  # asked for and not in the frame at all
    bars_needed: int
    most_bars: int

    @property
    def blind(self) -> bool:
        """Whether no ticker could be judged: then "nothing found" says nothing about the market."""
        return self.judged == 0

    def describe(self) -> str:
        """Return one line for the receipt, for example ``judged 0 of 592: 592 have too few bars (...)``."""
        parts = [
            (self.too_few_bars, f"have too few bars (at most {self.most_bars} of {self.bars_needed} needed)"),
            (self.stale, "have no bar of the day"),
            (self.unusable, "cannot be computed"),
            (self.absent, "have no bars at all"),
        ]
        missing = ", ".join(f"{count} {reason}" for count, reason in parts if count)
        return f"judged {self.judged} of {self.universe}" + (f": {missing}" if missing else "")


@dataclass(frozen=True)
class ScreenResult:
    """What a screen found on ``as_of``: hits by score, highest first, equal scores by ticker."""

    screen: Screen
    as_of: date
    hits: tuple[Hit, ...]
    coverage: Coverage
