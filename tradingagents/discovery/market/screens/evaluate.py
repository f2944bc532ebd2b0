"""Running any number of screens over daily bars in one pass.

The pass reduces each ticker's bars to the features that the screens ask for, every feature once; the
screens then judge one row a ticker. A ticker's answer depends on its own bars only, and for a screen
that compares, on those of the tickers it names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import polars as pl

from tradingagents.discovery.errors import ConfigError
from tradingagents.discovery.market.schema import PRICES, is_usable
from tradingagents.discovery.market.screens.base import Coverage, Feature, Hit, Screen, ScreenResult

__all__ = ["evaluate"]

_BARS, _LAST_DAY, _REPEATED = "_bars", "_last_day", "_repeated"


def evaluate(
    frame: pl.LazyFrame,
    screens: Sequence[Screen],
    as_of: date,
    tickers: Collection[str] | None = None,
) -> Mapping[str, ScreenResult]:
    """Return each screen's result on the bars of ``as_of``, which must be a session, by the screen's name.

    ``frame`` has the columns of :data:`~..schema.SCHEMA` in any order of rows; a frame sorted by date and
    marked so, as a store's snapshot is, spares a sort. Bars after ``as_of`` and bars with unusable
    prices do not count. ``tickers`` is the universe, every ticker of the frame by default; a screen that
    brings its own tickers keeps to those. Thread-safe; raises :class:`ConfigError` when two screens clash.
    """
    features = _shared(screens)
    if not features:
        return {}
    table = _reduced(_restricted(frame, screens, tickers), features, as_of)
    return {screen.name: _judge(screen, table, as_of, tickers) for screen in screens}


def _shared(screens: Sequence[Screen]) -> dict[str, Feature]:
    """Every feature once. Screens built by hand could give one name to two things."""
    if len({screen.name for screen in screens}) < len(screens):
        raise ConfigError("two screens have the same name")
    features: dict[str, Feature] = {}
    for feature in (feature for screen in screens for feature in screen.features):
        known = features.setdefault(feature.name, feature)
        if known is not feature and not known.expr.meta.eq(feature.expr):
            raise ConfigError(f"two screens mean different things by feature {feature.name!r}")
    return features


def _restricted(
    frame: pl.LazyFrame, screens: Sequence[Screen], tickers: Collection[str] | None
) -> pl.LazyFrame:
    if tickers is None:
        return frame
    brought = {ticker for screen in screens for ticker in (*screen.beside, *(screen.only or ()))}
    return frame.filter(pl.col("ticker").is_in(sorted({*tickers, *brought})))


def _reduced(frame: pl.LazyFrame, features: Mapping[str, Feature], as_of: date) -> pl.DataFrame:
    """One row a ticker: its features, how many bars it has, its newest day, and whether a day is double."""
    day = pl.col("date")
    return (
        frame.filter(pl.col("ticker").is_not_null(), day <= as_of, is_usable())
        .select(
            "date",
            "ticker",
            *(pl.col(price).cast(pl.Float64) for price in PRICES),
            # A sum skips nulls but not NaN, and a window with an unknown volume has an unknown mean.
            pl.col("volume").cast(pl.Float64).fill_null(float("nan")),
        )
        .sort("date", maintain_order=True)
        .group_by("ticker")
        .agg(
            pl.len().alias(_BARS),
            day.last().alias(_LAST_DAY),
            (day == day.shift(1)).any().alias(_REPEATED),
            *(feature.expr.alias(name) for name, feature in features.items()),
        )
        .collect()
    )


def _judge(screen: Screen, table: pl.DataFrame, as_of: date, tickers: Collection[str] | None) -> ScreenResult:
    current = pl.col(_LAST_DAY) == as_of
    enough = pl.col(_BARS) >= screen.warm_up
    # Rows not ready leave before the values are computed, so that a benchmark that is stale or short
    # gives no value to compare with.
    ready = table.filter(current & enough & ~pl.col(_REPEATED))
    valued = ready.select("ticker", *(value.alias(name) for name, value in screen.values.items()))
    finite = pl.all_horizontal(*(pl.col(name).is_finite().fill_null(value=False) for name in screen.values))
    usable = _asked(valued.filter(finite), screen, tickers)
    picked = usable.filter(screen.rule).with_columns(screen.score.alias("_score"))
    hits = tuple(
        Hit(row["ticker"], row["_score"], {name: row[name] for name in screen.values}, as_of)
        for row in picked.sort("_score", "ticker", descending=[True, False]).iter_rows(named=True)
    )
    return ScreenResult(screen, as_of, hits, _coverage(screen, table, usable.height, as_of, tickers))


def _asked(table: pl.DataFrame, screen: Screen, tickers: Collection[str] | None) -> pl.DataFrame:
    """Leave out tickers that are there only to be compared with."""
    wanted = _wanted(screen, tickers)
    return table if wanted is None else table.filter(pl.col("ticker").is_in(sorted(wanted)))


def _wanted(screen: Screen, tickers: Collection[str] | None) -> set[str] | None:
    if screen.only is not None:
        return set(screen.only)
    return None if tickers is None else set(tickers)


def _coverage(
    screen: Screen, table: pl.DataFrame, judged: int, as_of: date, tickers: Collection[str] | None
) -> Coverage:
    present = _asked(table, screen, tickers)
    wanted = _wanted(screen, tickers)
    universe = present.height if wanted is None else len(wanted)
    current = present.filter(pl.col(_LAST_DAY) == as_of).get_column(_BARS)
    short = current.filter(current < screen.warm_up)
    return Coverage(
        universe=universe,
        judged=judged,
        too_few_bars=short.len(),
        stale=present.height - current.len(),
        unusable=current.len() - short.len() - judged,
        absent=universe - present.height,
        bars_needed=screen.warm_up,
        most_bars=max(short.to_list(), default=0),
    )
