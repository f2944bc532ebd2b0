"""What a screen is made of, what it reads and what it finds. Importing this does not import Polars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from tradingagents.discovery.settings.base import Settings
from tradingagents.discovery.settings.sections import MarketSettings

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "MAX_BARS",
    "BarCount",
    "BarsQuery",
    "Coverage",
    "Feature",
    "Hit",
    "Screen",
    "ScreenKey",
    "ScreenResult",
    "ScreenThresholds",
]

MAX_BARS = 1_000
"""The longest history that a screen may need: four years."""

BarCount = Annotated[int, Field(ge=1, le=MAX_BARS)]
"""A number of daily bars, at most four years of them."""

ScreenKey = tuple[str, int]
"""A screen of a scan: the name of the scanner that reads it, and its place among that scanner's needs."""


class ScreenThresholds(Settings):
    """Base of each screen's thresholds: a typed field each, and the rule they stand in.

    The scanner of the same name takes them as its settings.
    """

    def build_screen(self) -> Screen:
        """Return the screen with these thresholds. Imports Polars."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)  # expressions compare to expressions, not to truth values
class Feature:
    """One number per ticker, computed from its newest bars::

        Feature("close_mean_20", pl.col("close").tail(20).mean(), bars=20)

    ``expr`` aggregates a ticker's bars (columns ``date``, ``open``, ``high``, ``low``, ``close``, ``volume``;
    oldest first; an unknown volume is NaN) to one value and needs ``bars`` of them, 1,000 at most; with fewer
    its value is null. Take the newest bars with ``tail``: the pass may read more than ``bars``. Screens whose
    features have the same name, expression and number of bars share them.
    """

    name: str
    expr: pl.Expr
    bars: int


@dataclass(frozen=True, eq=False)
class Screen:
    """A rule that picks tickers by their newest bars. Immutable; holds no data::

        close, volume = (Feature(name, pl.col(name).last(), 1) for name in ("close", "volume"))
        usual = Feature("usual_volume", pl.col("volume").tail(21).head(20).mean(), 21)
        Screen(
            name="busy",
            features=(close, volume, usual),
            values={"close": pl.col("close"), "ratio": pl.col("volume") / pl.col("usual_volume")},
            rule=pl.col("ratio") > 3,
            score=pl.col("ratio"),
            context="{ratio:.1f} times its usual volume at {close:.2f}",
        )

    ``values`` are expressions over the features by name: the evidence shown with every hit. ``rule``
    and ``score`` (higher is stronger) are expressions over the values by name. A ticker of which a
    value is null, NaN or infinite is unusable, neither hit nor miss. ``context`` is a format string over
    the values. A screen with ``only`` evaluates these tickers whatever the universe, and ``beside`` names
    tickers that its values compare with; other tickers' bars have no influence.
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
        """Bars a ticker must have for the screen to evaluate it."""
        return max(feature.bars for feature in self.features)

    def explain(self, values: Mapping[str, float]) -> str:
        """Return one line with the numbers for which a ticker was picked."""
        return self.context.format_map(values)


@dataclass(frozen=True)
class BarsQuery:
    """Which daily bars a scan reads, and as of when. Plain data, so that it crosses a process boundary.

    ``store`` is the folder of the bars; None: there is none. A session that has not closed by ``now`` (aware)
    does not count; None: all have. The two limits are the filter's: a ticker that it would drop must not use
    up a scanner's ``limit`` first.
    """

    settings: MarketSettings
    store: Path | None
    trade_date: date
    now: datetime | None = None
    min_price_usd: float | None = None
    min_dollar_volume_usd: float | None = None


@dataclass(frozen=True)
class Hit:
    """A ticker that a screen picked: its score and its values, on the bar of ``as_of``."""

    ticker: str
    score: float
    values: Mapping[str, float]
    as_of: date


@dataclass(frozen=True)
class Coverage:
    """How much of its universe a screen could evaluate. The five parts below ``universe`` add up to it.

    ``most_bars`` is the longest history among those with too few; compare it with ``bars_needed``.
    """

    universe: int
    evaluated: int
    too_few_bars: int
    stale: int  # no bar of the session
    unusable: int  # enough bars, but a value cannot be computed from them
    absent: int  # in the universe but without any bar
    bars_needed: int
    most_bars: int

    @property
    def blind(self) -> bool:
        """Whether no ticker could be evaluated: "nothing found" then means nothing."""
        return self.evaluated == 0

    def describe(self) -> str:
        """Return one line for the report, such as ``evaluated 0 of 592: 592 have too few bars (...)``."""
        parts = [
            (self.too_few_bars, f"have too few bars (at most {self.most_bars} of {self.bars_needed} needed)"),
            (self.stale, "have no bar of the session"),
            (self.unusable, "have unusable bars"),
            (self.absent, "have no bars"),
        ]
        missing = ", ".join(f"{count} {reason}" for count, reason in parts if count)
        return f"evaluated {self.evaluated} of {self.universe}" + (f": {missing}" if missing else "")


@dataclass(frozen=True)
class ScreenResult:
    """What a screen found on ``as_of``: hits by score, highest first, equal scores by ticker."""

    screen: Screen
    as_of: date
    hits: tuple[Hit, ...]
    coverage: Coverage
