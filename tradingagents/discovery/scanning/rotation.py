"""``Rotation``: where a run cannot request every item, the next run begins with those that were left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    FetchError,
    NoDataError,
    Permanent,
    Transient,
)
from tradingagents.discovery.state.turns import TurnLog

__all__ = ["Rotation"]


class Rotation:
    """The items of one scanner, in the order of their last request; ``self.rotation`` of a scanner::

        for ticker, answer in self.gather(self._ratings, self.rotation.take(universe, most=40)):
            ...

    ``gather`` records how the request of each item ended. Without it, call :meth:`done` for each item that
    was requested. An item that was handed out and not requested comes first again. Kept by scanner name and
    data source in the state folder; without one, every run begins anew. Thread-safe.
    """

    def __init__(self, file: Path | None, scanner: str) -> None:
        self._log = TurnLog(file, scanner)
        self._now: datetime | None = None  # one instant for a run: its items keep the order given
        self._handed_out: set[str] = set()

    def take(self, items: Iterable[str], most: int | None = None) -> list[str]:
        """Return up to ``most`` of ``items``, each once: those never requested first, then the longest ago.

        Items of one earlier run keep the order given.
        """
        taken = self._log.longest_ago(dict.fromkeys(items))[:most]
        self._handed_out.update(taken)
        return taken

    def done(self, item: object) -> None:
        """Record that ``item`` was requested in this run; it comes last in the next one."""
        if isinstance(item, str) and item in self._handed_out:
            self._log.note([item], self._instant())

    def failed(self, item: object, error: FetchError | NoDataError) -> None:
        """Record a request that raised ``error``.

        An answer that a repetition would not change counts as :meth:`done`. After an outage the item comes
        soon again, but not a third time in a row, so that a few that always fail do not take every turn.
        After a refusal by a quota it comes first again.
        """
        if isinstance(error, NoDataError | BadPayload | Permanent):
            self.done(item)
        elif isinstance(error, Transient | Auth) and isinstance(item, str) and item in self._handed_out:
            self._log.note_failure(item, self._instant())

    def _instant(self) -> datetime:
        if self._now is None:
            self._now = current_deadline().clock.now()
        return self._now
