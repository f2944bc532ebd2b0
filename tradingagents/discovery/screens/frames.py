"""The daily bars as one long frame, for scanners that compute their own numbers in Polars or pandas."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.store.schema import PRICES, has_volume, is_usable
from tradingagents.discovery.bars.store.snapshot import Snapshot
from tradingagents.discovery.model.errors import NotConfiguredError
from tradingagents.discovery.screens.screening import read_errors

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["of_tickers", "read_long", "to_pandas"]


def read_long(snapshot: Snapshot, last: date, sessions: int) -> pl.DataFrame:
    """Return the usable bars of every stored ticker of the ``sessions`` sessions up to ``last``.

    Sorted by ticker and date. Raises ``BadPayload`` when the files cannot be read.
    """
    with read_errors():
        return (
            snapshot.scan(nyse().back(last, sessions - 1), last)
            .filter(is_usable())
            .select("ticker", "date", *PRICES, pl.when(has_volume()).then(pl.col("volume")).alias("volume"))
            .sort("ticker", "date")
            .collect()
        )


def of_tickers(frame: pl.DataFrame, tickers: Collection[str] | None) -> pl.DataFrame:
    """Return the rows of ``tickers``, all for None, in a frame of the caller's own."""
    if tickers is None:
        return frame.clone()
    return frame.filter(pl.col("ticker").is_in(sorted(set(tickers))))


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """Return the same rows in pandas, copied column by column: PyArrow is not needed.

    Raises :class:`NotConfiguredError` where pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        needed = (
            "Python package pandas, which bars(frame='pandas') needs; install tradingagents-discovery[pandas]"
        )
        raise NotConfiguredError(needed) from error
    days = frame.get_column("date").cast(pl.Datetime("ns")).to_numpy()
    numbers = {name: frame.get_column(name).to_numpy(writable=True) for name in (*PRICES, "volume")}
    return pd.DataFrame({"ticker": frame.get_column("ticker").to_list(), "date": days, **numbers})
