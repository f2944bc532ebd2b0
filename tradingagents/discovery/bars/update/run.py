"""Bringing the stored bars up to the newest finished session, from one vendor, as far as it lets us.

Each ticker is asked for what it lacks. Answers are stored in batches as they come, so a cut, whether by a
deadline, a spent quota or a crash, loses the last of them at most; the next update goes on from there.
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
from tradingagents.discovery.bars.update.plan import Ask, Plan, Stored, newest_final_session, plan
from tradingagents.discovery.bars.update.report import Rows, UpdateReport
from tradingagents.discovery.bars.update.sources import BarSource, Fetched
from tradingagents.discovery.bars.update.split_adjustment import carried_over, rescaled
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
from tradingagents.discovery.state.turns import AskedLog

__all__ = ["UpdateOptions", "update"]

_log = logging.getLogger(__name__)

_MOST_BATCHES = 20
_BATCH_SECONDS = 300.0  # a slow vendor's answers are not kept waiting for a full batch
_WRITE_SECONDS = 60.0  # for one batch, after the update's own deadline if need be
_DAYS_A_YEAR = 365.25

# After these the next ticker would fare no better.
_ENDS = (
    QuotaSpent, RateLimited, CircuitOpen, Auth, NotConfiguredError, DeadlineExceeded, Cancelled,
)  # fmt: skip


@dataclass(frozen=True)
class UpdateOptions:
    """``until`` ends an update at an earlier session than the newest finished one; a ticker without bars
    is fetched from ``history_years`` before it. Answers are stored ``batch_tickers`` at a time, more where
    the universe is large: each time rewrites a year of all tickers.
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
    """Ask ``source`` for the bars that ``tickers`` (canonical) lack, and store them; return what was done.

    Takes as long as the current deadline allows. What a vendor does is told by the report and never
    raised. A second update of the same store at the same time asks nothing and says so. Raises
    :class:`BadPayload` when the store cannot be read, :class:`StoreUnavailable` when its folder cannot be
    written, and :class:`NoDataError` when the calendar does not
    reach the present.
    """
    expected = newest_final_session(calendar, clock.now())
    if options.until is not None and options.until < expected:
        expected = calendar.latest_session(options.until)
    history_start = expected - timedelta(days=round(options.history_years * _DAYS_A_YEAR))
    with _alone(store, clock) as alone, contextlib.closing(AskedLog(store.root, source.name)) as log:
        stored = _stored(store)
        planned = plan(tickers, stored, log.read(), calendar, expected, history_start)
        work = _Update(store, source, log, stored, planned, history_start, clock)
        if alone:
            work.run(options.batch_tickers)
        else:
            work.stopped = "another update of this store is under way"
        return work.report(expected)


@contextlib.contextmanager
def _alone(store: OhlcvStore, clock: Clock) -> Iterator[bool]:
    """Keep other updates out, and tell whether that worked; writers of other kinds are not affected."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(writer_lock(store.root / "update.lock", 0.0, clock))
        except DeadlineExceeded:
            yield False
        else:
            yield True


def _stored(store: OhlcvStore) -> dict[str, Stored]:
    try:
        bars = store.snapshot().scan()
    except NoDataError:
        return {}
    day = pl.col("date")
    rows = bars.group_by("ticker").agg(day.min().alias("first"), day.max().alias("last")).collect()
    return {ticker: Stored(first, last) for ticker, first, last in rows.iter_rows()}


@dataclass(frozen=True)
class _Answer:
    """What came of one ask: bars, or the error."""

    ask: Ask
    fetched: Fetched | None = None
    error: DiscoveryError | None = None


class _Update:
    """One run. The asking happens in threads, all else in the caller's."""

    def __init__(
        self,
        store: OhlcvStore,
        source: BarSource,
        log: AskedLog,
        stored: dict[str, Stored],
        planned: Plan,
        history_start: date,
        clock: Clock,
    ) -> None:
        self._store, self._source, self._log, self._clock = store, source, log, clock
        self._stored, self._plan, self._history_start = stored, planned, history_start
        self._answers: deque[_Answer] = deque()  # threads append, the caller takes from the left: atomic both
        self._again: list[Ask] = []
        self._kept_at, self._asked = clock.monotonic(), 0
        self._rows = Rows()
        self._updated: dict[str, None] = {}
        self._unchanged: dict[str, None] = {}
        self._rescaled: dict[str, None] = {}
        self._absent: dict[str, str] = {}
        self._failed: dict[str, str] = {}
        self._notes: dict[str, None] = {}
        self.stopped: str | None = None

    def run(self, batch_tickers: int) -> None:
        """Ask what was planned, then the whole history of those on another scale."""
        self._ask_all(self._plan.asks, batch_tickers)
        while self._again and self.stopped is None:
            asks, self._again = self._again, []
            self._ask_all(asks, batch_tickers)

    def report(self, expected: date) -> UpdateReport:
        """Return what was done; whoever is in no other group was not reached."""
        reached = {*self._updated, *self._unchanged, *self._absent, *self._failed}
        return UpdateReport(
            source=self._source.name,
            expected=expected,
            current=self._plan.current,
            in_vain=self._plan.in_vain,
            updated=tuple(self._updated),
            unchanged=tuple(self._unchanged),
            absent=self._absent,
            failed=self._failed,
            remaining=tuple(ask.ticker for ask in self._plan.asks if ask.ticker not in reached),
            stopped=self.stopped,
            rescaled=tuple(self._rescaled),
            rows=self._rows,
            notes=tuple(self._notes),
        )

    def _ask_all(self, asks: Sequence[Ask], batch_tickers: int) -> None:
        enough = max(batch_tickers, len(asks) // _MOST_BATCHES)
        asking = ordered_map(self._ask, asks, workers=self._source.workers)
        try:
            for _ in asking:
                waited = self._clock.monotonic() - self._kept_at
                if len(self._answers) >= enough or waited > _BATCH_SECONDS:
                    self._keep()
        except (DeadlineExceeded, Cancelled) as cut:
            self._stop(cut)
        finally:  # on Ctrl-C, too
            if isinstance(asking, OrderedMap):
                asking.close()
            self._keep()

    def _ask(self, ask: Ask) -> None:
        if self.stopped is not None:
            return
        try:
            self._answers.append(_Answer(ask, self._source.fetch(ask.ticker, ask.first, ask.last)))
        except _ENDS as error:
            self._stop(error)
        except DiscoveryError as error:
            self._answers.append(_Answer(ask, error=error))

    def _stop(self, error: DiscoveryError) -> None:
        self.stopped = self.stopped or f"{error}"

    def _keep(self) -> None:
        """Store what has come so far, even when the time for asking is up."""
        self._kept_at = self._clock.monotonic()
        answers = [self._answers.popleft() for _ in range(len(self._answers))]
        if not answers:
            return
        self._asked += len(answers)
        _log.info("%s: %d of %d tickers asked", self._source.name, self._asked, len(self._plan.asks))
        with deadline_scope(Deadline(_WRITE_SECONDS, self._clock)):
            try:
                self._sort_out(answers)
            except (DeadlineExceeded, StoreUnavailable) as error:
                self._stop(error)
                self._failed |= {one.ask.ticker: str(error) for one in answers if one.fetched is not None}

    def _sort_out(self, answers: list[_Answer]) -> None:
        for one in answers:
            if isinstance(one.error, NoDataError):
                self._absent[one.ask.ticker] = str(one.error)
            elif one.error is not None:
                self._failed[one.ask.ticker] = str(one.error)
            elif one.fetched is not None and one.fetched.limited:
                self._notes[one.fetched.limited] = None
        came = [(one.ask, one.fetched.frame) for one in answers if one.fetched is not None]
        moved = self._store_parts([(ask, frame) for ask, frame in came if not ask.whole])
        self._store_wholes([(ask, frame) for ask, frame in came if ask.whole])
        failed = {one.ask.ticker for one in answers if one.ask.ticker in self._failed}
        answered = {one.ask.ticker for one in answers} - failed - moved
        now = self._clock.now()
        self._log.note(answered, now, answered=True)
        self._log.note(failed, now, answered=False)

    def _store_parts(self, came: list[tuple[Ask, pl.DataFrame]]) -> set[str]:
        """Store what joins on to the bars there; return those that do not, which are asked for whole."""
        if not came:
            return set()
        frame = pl.concat([frame for _, frame in came])
        moved = set(rescaled(self._store, frame))
        done = self._store.upsert(frame.filter(~pl.col("ticker").is_in(sorted(moved))))
        moved |= set(done.seams)  # an import came between the look and the update
        self._rows.add(done)
        for ask, part in came:
            if ask.ticker in moved:
                self._again.append(self._whole(ask))
            else:
                self._tell(ask.ticker, part)
        return moved

    def _store_wholes(self, came: list[tuple[Ask, pl.DataFrame]]) -> None:
        if not came:
            return
        frames = [carried_over(self._store, ask.ticker, frame) for ask, frame in came]
        self._rows.add(self._store.upsert(pl.concat(frames), whole_history=True))
        for ask, part in came:
            self._rescaled[ask.ticker] = None
            self._tell(ask.ticker, part)

    def _whole(self, ask: Ask) -> Ask:
        known = self._stored.get(ask.ticker)
        first = min(known.first, self._history_start) if known else self._history_start
        return replace(ask, first=first, whole=True)

    def _tell(self, ticker: str, part: pl.DataFrame) -> None:
        newest = part.get_column("date").max()
        known = self._stored.get(ticker)
        is_new = isinstance(newest, date) and (known is None or newest > known.last)
        (self._updated if is_new else self._unchanged)[ticker] = None
