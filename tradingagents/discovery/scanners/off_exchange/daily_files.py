"""Base of the scanners that read FINRA's daily off-exchange volume files over a run of sessions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from tradingagents.discovery.bars.closures import listed_sessions
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import FetchError, NoDataError, StaleDataError
from tradingagents.discovery.scanning.base import BaseScanner, SettingsT
from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["DailyFilesScanner"]

_STALE = timedelta(days=5)  # exchanges are never closed for more than four days in a row


class DailyFilesScanner(BaseScanner[SettingsT]):
    """A scanner over the newest session's file and those of the sessions before it.

    Scanners that read the same files share them: each file is fetched once per scan.
    """

    def __init__(self, config: Mapping[str, object] | None = None) -> None:
        super().__init__(config)
        self._failures: dict[date, FetchError] = {}  # by day; each written once, by the requesting thread

    @classmethod
    def unit(cls, settings: SettingsT) -> str:  # type: ignore[misc]
        """See :class:`BaseScanner`."""
        return "files"

    def sessions(self, until: date, before: int) -> tuple[VolumeDay, list[VolumeDay]]:
        """Return the newest session's file as of ``until`` and those of ``before`` sessions, newest first.

        When some of the earlier files are missing, the outcome is degraded. Raises ``StaleDataError`` without
        a file from the five days to ``until``, ``NoDataError`` with fewer than half of the earlier sessions
        or for a day outside the exchange calendar, and the fetch error of the newest file.
        """
        newest, *earlier = self._newest_files(until, before + 1)
        self._check_length(newest, earlier, before)
        return newest, earlier

    def _newest_files(self, until: date, wanted: int) -> list[VolumeDay]:
        """Return the files of ``wanted`` sessions up to ``until``, newest first.

        All are requested at once. A file that does not exist (the newest is published about 18:00 in New
        York) is replaced by that of one more session further back.
        """
        reach = timedelta(days=_STALE.days + math.ceil(wanted * 1.6))
        sessions = listed_sessions(until - reach, until)[::-1]
        requested = 0
        files: dict[date, VolumeDay] = {}
        while (missing := wanted - len(files) - len(self._failures)) > 0:
            if not (batch := sessions[requested : requested + missing]):
                break
            requested += len(batch)
            files |= self._files(batch, of=requested)
            self._check_newest(until, sessions[:requested], files)
        return [files[day] for day in sessions if day in files]

    def _files(self, days: Sequence[date], of: int) -> dict[date, VolumeDay]:
        answers = self.gather(self._file, days, of=of)
        try:
            return {day: file for day, file in answers if file is not None}
        except FetchError:
            if of == len(days):
                raise
            return {}  # recorded by gather; the files of earlier batches are still usable

    def _check_newest(self, until: date, requested: Sequence[date], files: dict[date, VolumeDay]) -> None:
        """Raise when the newest file is too old, or newer ones exist that could not be fetched."""
        for day in requested:
            if until - day > _STALE:
                raise StaleDataError(f"finra: no file from {until - _STALE} to {until}")
            if day in self._failures:
                raise self._failures[day]
            if day in files:
                return

    def _file(self, day: date) -> VolumeDay | None:
        """Return a session's file, None when it does not exist."""
        try:
            file: VolumeDay = self.ask(
                "finra.daily_volume",
                {"day": day.isoformat()},
                partial(self.vendors.finra.daily_volume, day),
                lambda file: f"{len(file.total)} symbols",
            )
        except NoDataError:
            return None
        except FetchError as error:
            self._failures[day] = error
            raise
        return file

    def _check_length(self, newest: VolumeDay, earlier: Sequence[VolumeDay], wanted: int) -> None:
        found = f"{len(earlier)} of the {wanted} sessions before {newest.day}"
        if len(earlier) * 2 < wanted:
            raise NoDataError(f"finra: only {found}")
        if len(earlier) < wanted:
            self.degrade(Reason.NO_DATA, f"finra: {found}")
