"""One state of the stored bars, to read from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from tradingagents.discovery.bars.store.manifest import Manifest
from tradingagents.discovery.bars.store.schema import SCHEMA

__all__ = ["Snapshot"]


@dataclass(frozen=True)
class Snapshot:
    """One consistent state of the store; later updates do not change what it reads. Thread-safe."""

    root: Path
    manifest: Manifest

    @property
    def newest(self) -> date:
        """The newest day of which any ticker has a bar."""
        return max(file.last for file in self.manifest.files)

    @property
    def digest(self) -> str:
        """SHA-256 over the content of all files, for a run's report."""
        return hashlib.sha256("".join(file.sha256 for file in self.manifest.files).encode()).hexdigest()

    def scan(
        self, start: date | None = None, end: date | None = None, tickers: Collection[str] | None = None
    ) -> pl.LazyFrame:
        """Return the bars from ``start`` to ``end`` (both included), sorted by date, then ticker.

        Nothing is read before the frame is collected; years out of range are not opened at all.
        """
        files = [
            str(self.root / file.name)
            for file in self.manifest.files
            if (start is None or file.last >= start) and (end is None or file.first <= end)
        ]
        frame = pl.scan_parquet(files) if files else pl.LazyFrame(schema=dict(SCHEMA))
        if start is not None:
            frame = frame.filter(pl.col("date") >= start)
        if end is not None:
            frame = frame.filter(pl.col("date") <= end)
        if tickers is not None:
            frame = frame.filter(pl.col("ticker").is_in(sorted(tickers)))
        # True by construction, and saves a sort: files are in order of year and each is sorted.
        return frame.set_sorted("date")
