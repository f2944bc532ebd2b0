"""An update requests missing bars, stores answers as they arrive, and reports what it did not reach."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.bars.bar_vendor import (
    EVENING,
    SESSION,
    At,
    BarVendor,
    bars_of,
    make_store,
    run,
    sessions,
    stored,
)
from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.bars.update.run import UpdateOptions, update
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    CircuitOpen,
    NoDataError,
    QuotaSpent,
    RateLimited,
    Transient,
)

DAYS = sessions(60)
THREE = ("AAA", "BBB", "CCC")


def vendor_of(*tickers: str, **options: object) -> BarVendor:
    return BarVendor({ticker: bars_of(ticker, DAYS) for ticker in tickers}, **options)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> OhlcvStore:
    return make_store(tmp_path)


def test_the_first_time_the_whole_history_is_fetched(store: OhlcvStore) -> None:
    vendor = vendor_of(*THREE)
    report = run(store, THREE, vendor, history_years=1.0)
    assert report.updated == THREE
    assert report.complete
    assert vendor.requests == [(ticker, SESSION - timedelta(days=365), SESSION) for ticker in THREE]
    assert stored(store, "BBB").equals(bars_of("BBB", DAYS))


def test_the_next_day_requests_missing_sessions_and_five_before(store: OhlcvStore) -> None:
    vendor = vendor_of("AAA")
    run(store, ["AAA"], vendor, datetime(2026, 2, 2, 23, tzinfo=UTC))
    assert stored(store, "AAA")["date"][-1] == date(2026, 2, 2)
    report = run(store, ["AAA"], vendor)
    assert vendor.requests[-1] == ("AAA", date(2026, 1, 26), SESSION)
    assert (report.rows.inserted, report.rows.replaced, report.rows.unchanged) == (3, 0, 6)
    assert stored(store, "AAA").equals(bars_of("AAA", DAYS))


def test_nothing_is_requested_when_the_newest_finished_session_is_stored(store: OhlcvStore) -> None:
    vendor = vendor_of(*THREE)
    run(store, THREE, vendor)
    for now in (EVENING, datetime(2026, 2, 6, 20, tzinfo=UTC), datetime(2026, 2, 6, 21, 30, tzinfo=UTC)):
        report = run(store, THREE, vendor, now)  # the last two: while the next session trades, and just after
        assert report.current == THREE
        assert report.requested == 0
    assert len(vendor.requests) == 3


def test_nothing_is_requested_over_a_weekend_and_a_holiday(store: OhlcvStore) -> None:
    """13 February 2026 is a Friday, and the Monday after it Presidents' Day."""
    friday = date(2026, 2, 13)
    vendor = BarVendor({"AAA": bars_of("AAA", sessions(30, friday))})
    run(store, ["AAA"], vendor, datetime(2026, 2, 14, tzinfo=UTC))
    run(store, ["AAA"], vendor, datetime(2026, 2, 17, 15, tzinfo=UTC))
    assert len(vendor.requests) == 1
    run(store, ["AAA"], vendor, datetime(2026, 2, 17, 23, tzinfo=UTC))
    assert vendor.requests[-1][2] == date(2026, 2, 17)


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        (datetime(2026, 2, 5, 20, 59, tzinfo=UTC), date(2026, 2, 4)),  # trading
        (datetime(2026, 2, 5, 21, 59, tzinfo=UTC), date(2026, 2, 4)),  # closed, not settled
        (datetime(2026, 2, 5, 22, 0, tzinfo=UTC), date(2026, 2, 5)),
        (datetime(2026, 2, 6, 3, 0, tzinfo=UTC), date(2026, 2, 5)),  # already tomorrow in UTC
    ],
)
def test_a_session_that_still_trades_is_not_stored(store: OhlcvStore, now: datetime, newest: date) -> None:
    run(store, ["AAA"], vendor_of("AAA"), now)
    assert stored(store, "AAA")["date"][-1] == newest


def test_an_unfinished_bar_is_replaced_by_the_final_one(store: OhlcvStore) -> None:
    """From an import during the session, or a vendor's late correction."""
    final = bars_of("AAA", DAYS)
    half = final.with_columns(
        pl.when(pl.col("date") == DAYS[-2]).then(12.0).otherwise(pl.col("volume")).alias("volume")
    ).head(59)
    store.upsert(half)
    report = run(store, ["AAA"], BarVendor({"AAA": final}))
    assert report.rows.replaced == 1
    assert stored(store, "AAA").equals(final)


def test_an_update_may_end_at_an_earlier_session(store: OhlcvStore) -> None:
    report = run(store, ["AAA"], vendor_of("AAA"), until=date(2026, 2, 1))  # a Sunday
    assert report.expected == date(2026, 1, 30)
    assert stored(store, "AAA")["date"][-1] == date(2026, 1, 30)


def test_one_failing_ticker_does_not_affect_others(store: OhlcvStore) -> None:
    vendor = vendor_of("AAA", "CCC", errors={"BBB": BadPayload("vendor", "cut off")}, workers=3)
    report = run(store, ["AAA", "BBB", "CCC", "GONE"], vendor)
    assert set(report.updated) == {"AAA", "CCC"}
    assert report.failed == {"BBB": "vendor: cut off"}
    assert report.absent == {"GONE": "vendor: GONE is not known"}
    assert report.stopped is None
    assert not report.complete


def test_a_ticker_without_a_new_bar_is_requested_again_only_after_the_next_session(
    store: OhlcvStore,
) -> None:
    """Halted or delisted: it gets no newest bar."""
    late = datetime(2026, 2, 6, 14, tzinfo=UTC)
    vendor = BarVendor({"HALT": bars_of("HALT", DAYS[:-3])})
    run(store, ["HALT", "GONE"], vendor, late)
    report = run(store, ["HALT", "GONE"], vendor, late)
    assert set(report.unavailable) == {"HALT", "GONE"}
    assert len(vendor.requests) == 2
    report = run(store, ["HALT", "GONE"], vendor, datetime(2026, 2, 6, 23, tzinfo=UTC))
    assert report.unchanged == ("HALT",)
    assert set(report.absent) == {"GONE"}


def test_a_late_session_is_requested_again_that_evening(store: OhlcvStore) -> None:
    vendor = BarVendor({"AAA": bars_of("AAA", DAYS[:-1])})
    assert run(store, ["AAA"], vendor).updated == ("AAA",)
    assert run(store, ["AAA"], vendor).unchanged == ("AAA",)
    vendor.frames["AAA"] = bars_of("AAA", DAYS)
    assert run(store, ["AAA"], vendor, EVENING + timedelta(hours=1)).updated == ("AAA",)


@pytest.mark.parametrize(
    "error",
    [
        QuotaSpent("vendor", "the quota is spent"),
        RateLimited("vendor", "asked too fast"),
        CircuitOpen("vendor", "kept failing"),
        Auth("vendor", "the key is refused"),
    ],
)
def test_an_error_of_the_whole_vendor_stops_the_update_and_loses_nothing(
    store: OhlcvStore, error: Exception
) -> None:
    vendor = vendor_of(*THREE, errors={"BBB": error})
    report = run(store, THREE, vendor)
    assert report.updated == ("AAA",)
    assert report.remaining == ("BBB", "CCC")
    assert report.stopped == str(error)
    assert vendor.tickers == ["AAA", "BBB"]
    assert stored(store, "AAA").height == 60


def test_a_small_quota_covers_the_universe_over_several_updates(store: OhlcvStore) -> None:
    """Two requests an update, five tickers: none is requested twice before all were requested once."""
    universe = ["A", "B", "C", "D", "E"]
    requested = []
    for day in range(3):
        left = [2]

        def two_only(ticker: str, left: list[int] = left) -> None:
            if not left[0]:
                raise QuotaSpent("vendor", "the quota is spent")
            left[0] -= 1

        vendor = BarVendor({t: bars_of(t, sessions(20, date(2026, 2, 9))) for t in universe}, before=two_only)
        run(store, universe, vendor, EVENING + timedelta(days=day))
        requested += vendor.tickers[:2]
    assert sorted(requested[:5]) == universe
    assert requested[5] == requested[0]


def test_a_ticker_that_always_fails_does_not_block_others(store: OhlcvStore) -> None:
    calls = []

    def one_only(ticker: str) -> None:
        calls.append(ticker)
        if len(calls) % 2 == 0:
            raise QuotaSpent("vendor", "spent")

    vendor = vendor_of("BBB", errors={"AAA": Transient("vendor", "HTTP 500")}, before=one_only)
    run(store, ["AAA", "BBB"], vendor, EVENING)
    report = run(store, ["AAA", "BBB"], vendor, EVENING + timedelta(minutes=5))
    assert report.updated == ("BBB",)


def test_at_a_deadline_answers_are_kept_and_the_rest_is_named(store: OhlcvStore) -> None:
    clock = At(EVENING)
    vendor = vendor_of(*THREE, before=lambda ticker: clock.advance(4.0))
    with deadline_scope(Deadline(6.0, clock)):
        report = update(store, THREE, vendor, nyse(), clock=clock)
    assert report.updated == ("AAA", "BBB")
    assert report.remaining == ("CCC",)
    assert report.stopped == "deadline passed"
    assert stored(store, "BBB").height == 60


def test_a_cancel_while_one_ticker_hangs_keeps_the_others(store: OhlcvStore) -> None:
    """The first hangs; answers for those after it are stored."""
    release, reached = threading.Event(), threading.Event()

    def gate(ticker: str) -> None:
        if ticker == "AAA":
            release.wait(10)
        if ticker == "CCC":
            reached.set()

    vendor = vendor_of(*THREE, before=gate, workers=2)
    deadline = Deadline(None)
    threading.Thread(target=lambda: (reached.wait(10), deadline.cancel()), daemon=True).start()
    with deadline_scope(deadline):
        report = run(store, THREE, vendor)
    release.set()
    assert {"BBB"} <= set(report.updated) <= {"BBB", "CCC"}
    assert "AAA" in report.remaining
    assert report.stopped == "cancelled"
    assert stored(store, "BBB").height == 60


def test_answers_are_stored_as_they_arrive(store: OhlcvStore) -> None:
    """A process killed at the fourth ticker has stored the batches before it."""
    seen: dict[str, int] = {}

    def look(ticker: str) -> None:
        try:
            seen[ticker] = store.snapshot().manifest.rows // 60
        except NoDataError:
            seen[ticker] = 0

    vendor = vendor_of("A", "B", "C", "D", "E", before=look)
    run(store, "ABCDE", vendor, batch_tickers=2)
    assert seen == {"A": 0, "B": 0, "C": 2, "D": 2, "E": 4}


class Killed(BaseException):
    """Stands for the end of the process."""


def test_bars_stored_by_a_killed_update_are_not_requested_again(store: OhlcvStore) -> None:
    def die(ticker: str) -> None:
        if ticker == "D":
            raise Killed

    with pytest.raises(Killed):
        run(store, "ABCDE", vendor_of("A", "B", "C", "D", "E", before=die), batch_tickers=2)
    vendor = vendor_of("A", "B", "C", "D", "E")
    report = run(store, "ABCDE", vendor)
    assert report.current == ("A", "B", "C")
    assert vendor.tickers == ["D", "E"]


def test_of_two_updates_at_once_the_second_requests_nothing_and_reports_it(store: OhlcvStore) -> None:
    inside, go_on = threading.Event(), threading.Event()
    first = vendor_of(*THREE, before=lambda ticker: (inside.set(), go_on.wait(10)))
    reports = []
    thread = threading.Thread(target=lambda: reports.append(run(store, THREE, first)))
    thread.start()
    assert inside.wait(10)
    second = vendor_of(*THREE)
    report = run(store, THREE, second)
    go_on.set()
    thread.join(10)
    assert (second.requests, report.stopped) == ([], "another update of this store is running")
    assert report.remaining == THREE
    assert reports[0].updated == THREE
    assert run(store, THREE, second).current == THREE


def test_an_import_during_an_update_loses_no_bars(store: OhlcvStore) -> None:
    def import_once(ticker: str) -> None:
        if ticker == "BBB":
            store.upsert(bars_of("ZZZ", DAYS))

    report = run(store, THREE, vendor_of(*THREE, before=import_once), batch_tickers=1)
    assert report.updated == THREE
    assert all(stored(store, ticker).height == 60 for ticker in (*THREE, "ZZZ"))


def test_unusable_rows_are_counted(store: OhlcvStore) -> None:
    frame = bars_of("AAA", DAYS).with_columns(
        pl.when(pl.col("date") == DAYS[5]).then(None).otherwise(pl.col("close")).alias("close")
    )
    report = run(store, ["AAA"], BarVendor({"AAA": frame}))
    assert report.rows.dropped == {"price missing": 1}
    assert stored(store, "AAA").height == 59


def test_every_ticker_is_in_exactly_one_group(store: OhlcvStore) -> None:
    store.upsert(bars_of("HAS", DAYS))
    errors = {"BAD": Transient("vendor", "HTTP 503"), "YYY": QuotaSpent("vendor", "spent")}
    vendor = vendor_of("AAA", "ZZZ", errors=errors)
    universe = ["HAS", "AAA", "BAD", "GONE", "YYY", "ZZZ"]
    report = run(store, universe, vendor)
    groups = [report.current, report.unavailable, report.updated, report.unchanged, report.absent, report.failed,
              report.remaining]  # fmt: skip
    assert sorted(ticker for group in groups for ticker in group) == sorted(universe)
    text = "\n".join(report.lines())
    assert "failed: BAD: vendor: HTTP 503" in text
    assert "2 tickers remain; the next update begins with YYY, ZZZ" in text


def test_options_have_the_documented_defaults() -> None:
    assert UpdateOptions() == UpdateOptions(until=None, history_years=5.0, batch_tickers=50)
