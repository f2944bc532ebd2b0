"""The base of scanners that read FINRA's daily files of off-exchange volume, a run of sessions of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import FetchError, NoDataError, StaleDataError
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.vendors.finra.client import VolumeDay

__all__ = ["DailyFilesScanner"]

_STALE = timedelta(days=5)  # the longest the exchanges stay closed is four days


class DailyFilesScanner(BaseScanner):
    """A scanner over the newest session's file and those of the sessions before it.

    Scanners that ask for the same files share the answers: each is fetched once a scan.
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        super().__init__(config)
        self._failures: dict[date, FetchError] = {}  # by day, each set once, by the thread that asked

    def sessions(self, until: date, before: int) -> tuple[VolumeDay, list[VolumeDay]]:
        """Return the newest session's file at ``until``, and those of ``before`` sessions, newest first.

        With fewer of them, which is said, at least half. Raises ``StaleDataError`` without a session in the
        five days to ``until``, ``NoDataError`` with fewer than half of the sessions before it, and what kept
        the newest file from being had.
        """
        newest, *earlier = self._sessions(until, before + 1)
        self._check_length(newest, earlier, before)
        return newest, earlier

    def _sessions(self, until: date, wanted: int) -> list[VolumeDay]:
        """Return the files of ``wanted`` sessions that end at ``until``, newest first.

        Sessions are guessed to be weekdays and asked for at once, with one to spare in twenty because the
        exchanges have a holiday in about that many; what is still missing is asked for after that, as far
        back as holidays can explain.
        """
        days = (until - timedelta(days=back) for back in range(_STALE.days + math.ceil(wanted * 1.6)))
        weekdays = (day for day in days if day.isoweekday() <= 5)
        asked: list[date] = []
        files: dict[date, VolumeDay] = {}
        while (missing := wanted - len(files) - len(self._failures)) > 0:
            if not (batch := list(islice(weekdays, missing + missing // 20))):
                break
            asked += batch
            files |= self._files(batch, of=len(asked))
            self._refuse_old(until, asked, files)
        return [files[day] for day in asked if day in files][:wanted]

    def _files(self, days: Sequence[date], of: int) -> dict[date, VolumeDay]:
        answers = self.gather(self._file, days, of=of)
        try:
            return {day: file for day, file in answers if file is not None}
        except FetchError:
            if of == len(days):
                raise
            return {}  # noted already; what was had before these days stands

    def _refuse_old(self, until: date, asked: Sequence[date], files: dict[date, VolumeDay]) -> None:
        """Raise where the newest file would be an older one than the newest session's."""
        for day in asked:
            if until - day > _STALE:
                raise StaleDataError(f"finra: no file from {until - _STALE} to {until}")
            if day in self._failures:
                raise self._failures[day]
            if day in files:
                return

    def _file(self, day: date) -> VolumeDay | None:
        """Return a day's file, or None where there was no session."""
        call = partial(self.vendors.finra.daily_volume, day)
        try:
            file: VolumeDay = self.ask(
                "finra.daily_volume",
                {"day": day.isoformat()},
                call,
                lambda file: f"{len(file.total)} symbols",
            )
        except NoDataError:
            return None
        except FetchError as error:
            self._failures[day] = error
            raise
        return file

    def _check_length(self, newest: VolumeDay, before: Sequence[VolumeDay], wanted: int) -> None:
        found = f"{len(before)} of the {wanted} sessions before {newest.day}"
        if len(before) * 2 < wanted:
            raise NoDataError(f"finra: only {found}")
        if len(before) < wanted:
            self.trouble(Reason.NO_DATA, f"finra: {found}")
