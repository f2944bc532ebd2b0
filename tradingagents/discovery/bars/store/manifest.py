"""The store's manifest: which files make up one consistent state of the bars.

Data files are written once under a new name and never changed. Replacing the manifest is the only step that
makes them visible, so a reader sees an update completely or not at all, even where it touches several years'
files. A file that left the manifest stays on disk for a while, for readers of the older state.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from tradingagents.discovery.model.errors import BadPayload, NoDataError

__all__ = ["DataFile", "Manifest", "Retired", "has_bars", "load", "replace_file", "save"]

_FORMAT = 1
_NAME = "manifest.json"


@dataclass(frozen=True)
class DataFile:
    """One calendar year's bars in one Parquet file, sorted by date, then ticker."""

    year: int
    name: str
    rows: int
    first: date
    last: date
    sha256: str


@dataclass(frozen=True)
class Retired:
    """A file no longer in the manifest, and when it was removed from it (seconds since the epoch, UTC)."""

    name: str
    at: float


@dataclass(frozen=True)
class Manifest:
    """One state of the store. ``generation`` counts the updates that changed something."""

    generation: int = 0
    files: tuple[DataFile, ...] = ()
    retired: tuple[Retired, ...] = field(default=())

    @property
    def rows(self) -> int:
        """Bars in all files."""
        return sum(file.rows for file in self.files)

    def names(self) -> set[str]:
        """Return every file name this state still needs on disk."""
        return {file.name for file in self.files} | {file.name for file in self.retired}

    def with_files(self, changed: Iterable[DataFile | int], now: float, keep_seconds: float) -> Manifest:
        """Return the next state: each year's new file; a bare year number removes that year's file."""
        latest = {file.year: file for file in self.files}
        removed = []
        for item in changed:
            year = item if isinstance(item, int) else item.year
            if (old := latest.pop(year, None)) is not None:
                removed.append(Retired(old.name, now))
            if not isinstance(item, int):
                latest[year] = item
        kept = [old for old in self.retired if now - old.at < keep_seconds]
        files = tuple(latest[year] for year in sorted(latest))
        return Manifest(self.generation + 1, files, (*kept, *removed))


def has_bars(folder: Path) -> bool:
    """Return whether a store of bars is in ``folder``.

    Raises :class:`NoDataError` where that cannot be known: a folder that may not be read, or an impossible
    path.
    """
    try:
        return (folder / _NAME).exists()
    except OSError as error:
        raise NoDataError(f"{folder} cannot be read: {error.strerror or error}") from None


def load(root: Path) -> Manifest:
    """Read the manifest of a store; an empty one when there is none yet.

    Raises :class:`BadPayload` when the file is not a manifest of this format.
    """
    try:
        content = json.loads((root / _NAME).read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise BadPayload("ohlcv", f"{_NAME} has format {content['format']}, this version reads {_FORMAT}")
        files = tuple(
            DataFile(
                **{**raw, "first": date.fromisoformat(raw["first"]), "last": date.fromisoformat(raw["last"])}
            )
            for raw in content["files"]
        )
        return Manifest(content["generation"], files, tuple(Retired(**raw) for raw in content["retired"]))
    except FileNotFoundError:
        return Manifest()
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadPayload("ohlcv", f"{_NAME} cannot be read: {error!r}") from error


def save(root: Path, manifest: Manifest) -> None:
    """Replace the manifest atomically; it is on disk when this returns."""
    content = json.dumps({"format": _FORMAT, **asdict(manifest)}, default=date.isoformat, indent=1)
    partial = root / f"{_NAME}.partial"
    partial.write_text(content, encoding="utf-8")
    replace_file(partial, root / _NAME)


def replace_file(partial: Path, final: Path) -> None:
    """Move a finished file into place; after a crash there is the old file or the new one, never a part."""
    with partial.open("rb") as handle:
        os.fsync(handle.fileno())
    partial.replace(final)
    if os.name == "posix":  # elsewhere a directory cannot be opened for fsync
        directory = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
