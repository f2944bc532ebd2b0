"""What an update of the stored bars did, ticker by ticker, and where the next one goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from tradingagents.discovery.bars.store.store import UpsertReport

__all__ = ["Rows", "UpdateReport"]


@dataclass
class Rows:
    """Bars written so far, added up over the batches. Not thread-safe."""

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
    """Every ticker of the universe stands in exactly one of the seven groups.

    ``current`` had the session ``expected`` and were not asked; ``in_vain`` were not either, because the
    vendor has answered without it; ``updated`` have bars they had not, ``unchanged`` were answered for
    without any; of ``absent`` the vendor has nothing, ``failed`` could not be fetched or stored: both with
    the reason. ``remaining`` were not reached, in the order in which the next update asks them; ``stopped``
    says why. ``rescaled`` are those among the others whose whole history was fetched anew, ``notes`` what the
    vendor kept back.
    """

    source: str
    expected: date
    current: tuple[str, ...]
    in_vain: tuple[str, ...]
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
    def asked(self) -> int:
        """How many tickers the vendor was asked about."""
        return len(self.updated) + len(self.unchanged) + len(self.absent) + len(self.failed)

    @property
    def complete(self) -> bool:
        """Whether every ticker was asked, and none failed."""
        return self.stopped is None and not self.failed

    def lines(self) -> Iterable[str]:
        """Say it in sentences for people."""
        yield (
            f"session {self.expected}: {self.source} was asked about {self.asked} tickers: "
            f"{len(self.updated)} updated, {len(self.unchanged)} unchanged, {len(self.absent)} absent, "
            f"{len(self.failed)} failed; {len(self.current)} had it already, "
            f"{len(self.in_vain)} were asked before in vain"
        )
        if self.rows.inserted or self.rows.replaced or self.rows.removed:
            yield f"{self.rows.inserted} bars new, {self.rows.replaced} replaced, {self.rows.removed} removed"
        if self.rows.dropped:
            yield "left out: " + ", ".join(
                f"{count} {why}" for why, count in sorted(self.rows.dropped.items())
            )
        if self.rescaled:
            yield f"fetched whole, because a split had moved their scale: {_some(self.rescaled)}"
        yield from self.notes
        for title, group in (("absent", self.absent), ("failed", self.failed)):
            for ticker, why in list(group.items())[:_SHOWN]:
                yield f"{title}: {ticker}: {why}"
            if len(group) > _SHOWN:
                yield f"{title}: and {len(group) - _SHOWN} more"
        if self.stopped is not None:
            yield f"stopped: {self.stopped}"
        if self.remaining:
            begin = _some(self.remaining)
            yield f"{len(self.remaining)} tickers are left; the next update begins with {begin}"


_SHOWN = 10


def _some(tickers: tuple[str, ...]) -> str:
    shown = ", ".join(tickers[:_SHOWN])
    return shown if len(tickers) <= _SHOWN else f"{shown} and {len(tickers) - _SHOWN} more"
