"""The exponential average that technical analysis uses: seeded with a plain mean of the first values."""

from __future__ import annotations

import polars as pl

__all__ = ["seeded_mean", "wilder_memory"]


def seeded_mean(values: pl.Expr, period: int, alpha: float) -> pl.Expr:
    """Return the exponential average of weight ``alpha``, seeded by the mean of ``period`` values.

    Warm-up: ``period`` non-null values. Polars' own ``ewm_mean`` starts from the first value alone, which
    differs from published tables for hundreds of bars at the usual periods.
    """
    seen = values.is_not_null().cum_sum()
    seed = values.drop_nulls().head(period).mean()
    started = pl.when(seen > period).then(values).when((seen == period) & values.is_not_null()).then(seed)
    return started.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True)


def wilder_memory(period: int) -> int:
    """Return after how many bars Wilder's average has forgotten what came before, to 14 digits."""
    return 32 * period
