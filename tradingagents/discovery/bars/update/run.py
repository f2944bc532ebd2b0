"""Updating the stored bars to the newest finished session from one vendor, as far as its quota allows.

Each ticker's missing bars are requested. Answers are stored in batches as they arrive, so an update that a
deadline, a spent quota or a crash ends loses the last batch at most; the next update continues from there.
"""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from tradingagents.discovery.bars.calendar import SessionCalendar
from tradingagents.discovery.bars.store.lock import StoreUnavailable, writer_lock
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.bars.update.plan import (
    BarsRequest,
    Plan,
    StoredRange,
    newest_final_session,
    plan,
)
from tradingagents.discovery.bars.update.report import Rows, UpdateReport
from tradingagents.discovery.bars.update.sources import BarSource, Fetched
from tradingagents.discovery.bars.update.split_adjustment import prepend_older_bars, rescaled_tickers
from tradingagents.discovery.execution.fanout import OrderedMap, ordered_map
from tradingagents.discovery.model.clock import (
    SYSTEM_CLOCK,
    Clock,
    Deadline,
    deadline_scope,
)
from tradingagents.discovery.model.errors import (
    Auth,
    Cancelled,
    CircuitOpen,
    DeadlineExceeded,
    DiscoveryError,
    NoDataError,
    NotConfiguredError,
    QuotaSpent,
    RateLimited,
)
from tradingagents.discovery.state.turns import TurnLog

__all__ = ["UpdateOptions", "update"]

_log = logging.getLogger(__name__)

_MAX_BATCHES = 20
_BATCH_SECONDS = 300.0  # a slow vendor's answers are stored before a batch is full
_WRITE_SECONDS = 60.0  # for one batch, even after the update's own deadline
_DAYS_A_YEAR = 365.25

# After these the next ticker would fail, too.
_ENDS = (
    QuotaSpent, RateLimited, CircuitOpen, Auth, NotConfiguredError, DeadlineExceeded, Cancelled,
)  # fmt: skip


@dataclass(frozen=True)
class UpdateOptions:
    """``until`` ends an update at an earlier session than the newest finished one; a ticker without bars
    is fetched from ``history_years`` before it. Answers are stored ``batch_tickers`` at a time, more where
    the universe is large, because each batch rewrites a year of all tickers.
    """

    until: date | None = None
    history_years: float = 5.0
    batch_tickers: int = 50


def update(
    store: OhlcvStore,
    tickers: Iterable[str],
    source: BarSource,
    calendar: SessionCalendar,
    *,
    options: UpdateOptions = UpdateOptions(),
    clock: Clock = SYSTEM_CLOCK,
) -> UpdateReport:
    """Fetch from ``source`` the bars that ``tickers`` (canonical) lack, and store them.

    Takes as long as the current deadline allows. A vendor's errors are in the report and never raised. A
    second update of the same store at the same time requests nothing and reports that. Raises
    :class:`BadPayload` when the store cannot be read, :class:`StoreUnavailable` when its folder cannot be
    written, and :class:`NoDataError` when the calendar does not reach the present.
    """
    expected = newest_final_session(calendar, clock.now())
    if options.until is not None and options.until < expected:
        expected = calendar.latest_session(options.until)
    history_start = expected - timedelta(days=round(options.history_years * _DAYS_A_YEAR))
    turns = TurnLog(store.root / "asked.sqlite", source.name)
    with _exclusive(store, clock) as exclusive, contextlib.closing(turns) as log:
        stored = _stored(store)
        planned = plan(tickers, stored, log.read(), calendar, expected, history_start)
        work = _Update(store, source, log, stored, planned, history_start, clock)
        if exclusive:
            work.run(options.batch_tickers)
        else:
            work.stopped = "another update of this store is running"
        return work.report(expected)


@contextlib.contextmanager
def _exclusive(store: OhlcvStore, clock: Clock) -> Iterator[bool]:
    """Exclude other updates, and yield whether that succeeded; imports are not affected."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(writer_lock(store.root / "update.lock", 0.0, clock))
        except DeadlineExceeded:
            yield False
        else:
            yield True


def _stored(store: OhlcvStore) -> dict[str, StoredRange]:
    try:
        bars = store.snapshot().scan()
    except NoDataError:
        return {}
    day = pl.col("date")
    rows = bars.group_by("ticker").agg(day.min().alias("first"), day.max().alias("last")).collect()
    return {ticker: StoredRange(first, last) for ticker, first, last in rows.iter_rows()}


@dataclass(frozen=True)
class _Answer:
    """The answer to one request: bars, or the error."""

    request: BarsRequest
    fetched: Fetched | None = None
    error: DiscoveryError | None = None


class _Update:
    """One update. Requests run in threads, everything else in the caller's."""

    def __init__(
        self,
        store: OhlcvStore,
        source: BarSource,
        log: TurnLog,
        stored: dict[str, StoredRange],
        planned: Plan,
        history_start: date,
        clock: Clock,
    ) -> None:
        self._store, self._source, self._log, self._clock = store, source, log, clock
        self._stored, self._plan, self._history_start = stored, planned, history_start
        self._answers: deque[_Answer] = deque()  # threads append, the caller pops: both atomic
        self._refetch: list[BarsRequest] = []
        self._stored_at, self._answered = clock.monotonic(), 0
        self._rows = Rows()
        self._updated: dict[str, None] = {}
        self._unchanged: dict[str, None] = {}
        self._rescaled: dict[str, None] = {}
        self._absent: dict[str, str] = {}
        self._failed: dict[str, str] = {}
        self._notes: dict[str, None] = {}
        self.stopped: str | None = None

    def run(self, batch_tickers: int) -> None:
        """Fetch what was planned, then the whole history of tickers whose split adjustment changed."""
        self._fetch_all(self._plan.requests, batch_tickers)
        while self._refetch and self.stopped is None:
            requests, self._refetch = self._refetch, []
            self._fetch_all(requests, batch_tickers)

    def report(self, expected: date) -> UpdateReport:
        """Return the report; a planned ticker that is in no other group was not reached."""
        reached = {*self._updated, *self._unchanged, *self._absent, *self._failed}
        return UpdateReport(
            source=self._source.name,
            expected=expected,
            current=self._plan.current,
            unavailable=self._plan.unavailable,
            updated=tuple(self._updated),
            unchanged=tuple(self._unchanged),
            absent=self._absent,
            failed=self._failed,
            remaining=tuple(one.ticker for one in self._plan.requests if one.ticker not in reached),
            stopped=self.stopped,
            rescaled=tuple(self._rescaled),
            rows=self._rows,
            notes=tuple(self._notes),
        )

    def _fetch_all(self, requests: Sequence[BarsRequest], batch_tickers: int) -> None:
        enough = max(batch_tickers, len(requests) // _MAX_BATCHES)
        fetching = ordered_map(self._fetch, requests, workers=self._source.workers)
        try:
            for _ in fetching:
                waited = self._clock.monotonic() - self._stored_at
                if len(self._answers) >= enough or waited > _BATCH_SECONDS:
                    self._store_answers()
        except (DeadlineExceeded, Cancelled) as cut:
            self._stop(cut)
        finally:  # on Ctrl-C, too
            if isinstance(fetching, OrderedMap):
                fetching.close()
            self._store_answers()

    def _fetch(self, request: BarsRequest) -> None:
        if self.stopped is not None:
            return
        try:
            self._answers.append(
                _Answer(request, self._source.fetch(request.ticker, request.first, request.last))
            )
        except _ENDS as error:
            self._stop(error)
        except DiscoveryError as error:
            self._answers.append(_Answer(request, error=error))

    def _stop(self, error: DiscoveryError) -> None:
        self.stopped = self.stopped or f"{error}"

    def _store_answers(self) -> None:
        """Store the answers so far, even after the update's deadline."""
        self._stored_at = self._clock.monotonic()
        answers = [self._answers.popleft() for _ in range(len(self._answers))]
        if not answers:
            return
        self._answered += len(answers)
        _log.info("%s: %d of %d tickers", self._source.name, self._answered, len(self._plan.requests))
        with deadline_scope(Deadline(_WRITE_SECONDS, self._clock)):
            try:
                self._classify(answers)
            except (DeadlineExceeded, StoreUnavailable) as error:
                self._stop(error)
                self._failed |= {one.request.ticker: str(error) for one in answers if one.fetched is not None}

    def _classify(self, answers: list[_Answer]) -> None:
        for one in answers:
            if isinstance(one.error, NoDataError):
                self._absent[one.request.ticker] = str(one.error)
            elif one.error is not None:
                self._failed[one.request.ticker] = str(one.error)
            elif one.fetched is not None and one.fetched.limited:
                self._notes[one.fetched.limited] = None
        fetched = [(one.request, one.fetched.frame) for one in answers if one.fetched is not None]
        moved = self._store_parts([(request, frame) for request, frame in fetched if not request.whole])
        self._store_whole([(request, frame) for request, frame in fetched if request.whole])
        failed = {one.request.ticker for one in answers if one.request.ticker in self._failed}
        answered = {one.request.ticker for one in answers} - failed - moved
        now = self._clock.now()
        self._log.note(answered, now, answered=True)
        self._log.note(failed, now, answered=False)

    def _store_parts(self, fetched: list[tuple[BarsRequest, pl.DataFrame]]) -> set[str]:
        """Store bars that continue the stored ones; return the tickers to fetch as a whole."""
        if not fetched:
            return set()
        frame = pl.concat([frame for _, frame in fetched])
        moved = set(rescaled_tickers(self._store, frame))
        done = self._store.upsert(frame.filter(~pl.col("ticker").is_in(sorted(moved))))
        moved |= set(done.adjustment_breaks)  # of an import between the check and the update
        self._rows.add(done)
        for request, part in fetched:
            if request.ticker in moved:
                self._refetch.append(self._whole(request))
            else:
                self._record(request.ticker, part)
        return moved

    def _store_whole(self, fetched: list[tuple[BarsRequest, pl.DataFrame]]) -> None:
        if not fetched:
            return
        frames = [prepend_older_bars(self._store, request.ticker, frame) for request, frame in fetched]
        self._rows.add(self._store.upsert(pl.concat(frames), whole_history=True))
        for request, part in fetched:
            self._rescaled[request.ticker] = None
            self._record(request.ticker, part)

    def _whole(self, request: BarsRequest) -> BarsRequest:
        known = self._stored.get(request.ticker)
        first = min(known.first, self._history_start) if known else self._history_start
        return replace(request, first=first, whole=True)

    def _record(self, ticker: str, part: pl.DataFrame) -> None:
        newest = part.get_column("date").max()
        known = self._stored.get(ticker)
        is_new = isinstance(newest, date) and (known is None or newest > known.last)
        (self._updated if is_new else self._unchanged)[ticker] = None
