"""What an update of the stored bars did, ticker by ticker, and where the next one continues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from tradingagents.discovery.bars.store.store import UpsertReport

__all__ = ["Rows", "UpdateReport"]


@dataclass
class Rows:
    """Bars written so far, summed over the batches. Not thread-safe."""

    inserted: int = 0
    replaced: int = 0
    unchanged: int = 0
    removed: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, stored: UpsertReport) -> None:
        """Count one batch."""
        self.inserted += stored.inserted
        self.replaced += stored.replaced
        self.unchanged += stored.unchanged
        self.removed += stored.removed
        self.dropped.update(stored.dropped)


@dataclass(frozen=True)
class UpdateReport:
    """Every ticker of the universe is in exactly one of seven groups.

    Not requested: ``current`` already had the session ``expected``; of ``unavailable`` the vendor had
    already answered without it. Requested: ``updated`` got new bars, ``unchanged`` none; of ``absent`` the
    vendor has nothing and ``failed`` could not be fetched or stored, both with the reason. ``remaining``
    were not reached, in the order in which the next update requests them; ``stopped`` is why.

    Besides, ``rescaled`` are the tickers whose whole history was fetched again after a split, and ``notes``
    limits of the vendor's plan.
    """

    source: str
    expected: date
    current: tuple[str, ...]
    unavailable: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    absent: Mapping[str, str]
    failed: Mapping[str, str]
    remaining: tuple[str, ...]
    stopped: str | None
    rescaled: tuple[str, ...]
    rows: Rows
    notes: tuple[str, ...]

    @property
    def requested(self) -> int:
        """How many tickers were requested from the vendor."""
        return len(self.updated) + len(self.unchanged) + len(self.absent) + len(self.failed)

    @property
    def complete(self) -> bool:
        """Whether every ticker was reached, and none failed."""
        return self.stopped is None and not self.failed

    def lines(self) -> Iterable[str]:
        """Return the report as lines of text for the user."""
        yield (
            f"session {self.expected}: {self.requested} tickers requested from {self.source}: "
            f"{len(self.updated)} updated, {len(self.unchanged)} unchanged, {len(self.absent)} absent, "
            f"{len(self.failed)} failed; {len(self.current)} already up to date, "
            f"{len(self.unavailable)} already requested without result"
        )
        if self.rows.inserted or self.rows.replaced or self.rows.removed:
            yield f"{self.rows.inserted} new bars, {self.rows.replaced} replaced, {self.rows.removed} removed"
        if self.rows.dropped:
            yield "rows dropped: " + ", ".join(
                f"{count} {why}" for why, count in sorted(self.rows.dropped.items())
            )
        if self.rescaled:
            yield f"whole history fetched again after a split: {_some(self.rescaled)}"
        yield from self.notes
        for title, group in (("absent", self.absent), ("failed", self.failed)):
            for ticker, why in list(group.items())[:_SHOWN]:
                yield f"{title}: {ticker}: {why}"
            if len(group) > _SHOWN:
                yield f"{title}: and {len(group) - _SHOWN} more"
        if self.stopped is not None:
            yield f"stopped: {self.stopped}"
        if self.remaining:
            yield f"{len(self.remaining)} tickers remain; the next update begins with {_some(self.remaining)}"


_SHOWN = 10


def _some(tickers: tuple[str, ...]) -> str:
    shown = ", ".join(tickers[:_SHOWN])
    return shown if len(tickers) <= _SHOWN else f"{shown} and {len(tickers) - _SHOWN} more"
