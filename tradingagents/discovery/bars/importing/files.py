"""Importing many price files into a store at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from tradingagents.discovery.bars.importing.importing import read_bars
from tradingagents.discovery.bars.importing.values import canonical_ticker
from tradingagents.discovery.bars.store.schema import SCHEMA, clean
from tradingagents.discovery.bars.store.store import OhlcvStore, UpsertReport
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import BadPayload, NoDataError

__all__ = ["ImportReport", "import_files"]


@dataclass(frozen=True)
class ImportReport:
    """What was stored, and which files were left out, by name with the reason."""

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
    """Read CSV and Parquet files as :func:`~.importing.read_bars` does and store their bars in one update.

    One update, because each rewrites the years it touches. A file that cannot be used is reported and the
    others are imported; where two files have a ticker's same day, the later file counts. ``until`` is the
    newest session that is over: a bar that still grows would be taken for final by that evening's update.
    """
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=dict(SCHEMA))]
    refused: dict[str, str] = {}
    for path in paths:
        current_deadline().check()
        try:
            bars = read_bars(path, adjusted=adjusted, rename=rename)
            _require_some(bars, path, until)
            frames.append(bars)
        except (BadPayload, NoDataError) as error:
            refused[path.name] = str(error)
    return ImportReport(store.upsert(pl.concat(frames), until=until), refused)


def _require_some(bars: pl.DataFrame, path: Path, until: date | None) -> None:
    """Refuse a file of which nothing would be stored: its user believes that it was."""
    cleaned = clean(bars, until)
    if cleaned.frame.is_empty():
        why = ", ".join(f"{count} {reason}" for reason, count in cleaned.dropped.items())
        raise BadPayload("ohlcv", f"{path.name}: none of its rows can be used ({why})")
