"""Importing many price files into a store at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from tradingagents.discovery.bars.importing.read import read_bars
from tradingagents.discovery.bars.importing.values import canonical_ticker
from tradingagents.discovery.bars.store.schema import SCHEMA, clean
from tradingagents.discovery.bars.store.store import OhlcvStore, UpsertReport
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import BadPayload, NoDataError

__all__ = ["ImportReport", "import_files"]


@dataclass(frozen=True)
class ImportReport:
    """What was stored, and the refused files by name, each with the reason."""

    stored: UpsertReport
    refused: Mapping[str, str]


def import_files(
    store: OhlcvStore,
    paths: Iterable[Path],
    *,
    adjusted: bool = False,
    rename: Callable[[str], str | None] = canonical_ticker,
    until: date | None = None,
) -> ImportReport:
    """Read CSV and Parquet files with :func:`~.read.read_bars` and store their bars in one update.

    One update, because each rewrites the years it touches. An unusable file is reported and the others are
    imported; where two files have the same day of a ticker, the later file wins. ``until`` is the newest
    finished session: that evening's update would take the bar of an unfinished one for final.
    """
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=dict(SCHEMA))]
    refused: dict[str, str] = {}
    for path in paths:
        current_deadline().check()
        try:
            bars = read_bars(path, adjusted=adjusted, rename=rename)
            _require_usable_rows(bars, path, until)
            frames.append(bars)
        except (BadPayload, NoDataError) as error:
            refused[path.name] = str(error)
    return ImportReport(store.upsert(pl.concat(frames), until=until), refused)


def _require_usable_rows(bars: pl.DataFrame, path: Path, until: date | None) -> None:
    """Refuse a file of which no row would be stored, instead of silently importing nothing."""
    cleaned = clean(bars, until)
    if cleaned.frame.is_empty():
        why = ", ".join(f"{count} {reason}" for reason, count in cleaned.dropped.items())
        raise BadPayload("ohlcv", f"{path.name} has no usable row ({why})")
