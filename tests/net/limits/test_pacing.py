"""The quota broker: never over a rate in any window, waits that fit, refusals that come at once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.net.clocks import JumpingClock
from tests.net.made import rate, vendor
from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tests.timing import time_allowance
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded, QuotaSpent, RateLimited
from tradingagents.discovery.net import FetchSession, check
from tradingagents.discovery.net.limits.ledger import (
    JITTER_SECONDS,
    SENDING_SECONDS,
    SETTLING_SECONDS,
    Delay,
    MemoryLedger,
    QuotaLedger,
    Ticket,
)
from tradingagents.discovery.net.limits.pacer import Pacer, quota_reserve
from tradingagents.discovery.net.limits.sqlite import QUOTA_SCHEMA, SQLiteLedger
from tradingagents.discovery.settings.vendors import RateSettings
from tradingagents.discovery.state.table import Table

OpenSession = Callable[..., FetchSession]
FIVE_A_SECOND = (rate(5, 1.0),)
TWO_A_DAY = (rate(2, 86_400.0),)


def pacer_of(ledger: QuotaLedger, clock: JumpingClock, rates: tuple[RateSettings, ...] = ()) -> Pacer:
    return Pacer(vendor("finnhub", rates=rates), ledger, clock)


def pass_by(pacer: Pacer, deadline: Deadline) -> None:
    """Send a request that is sent without delay."""
    with pacer.turn(deadline):
        pass


@pytest.fixture(params=["memory", "file"])
def ledger_of(request: pytest.FixtureRequest, clock: JumpingClock, tmp_path: Path):
    """Both ledgers keep the same promises."""
    files: list[Table] = []

    def build(*rates: RateSettings) -> QuotaLedger:
        if request.param == "memory":
            return MemoryLedger(rates, clock)
        files.append(Table(tmp_path / "finnhub.state.sqlite", QUOTA_SCHEMA, keep_open=True))
        return SQLiteLedger(files[-1], rates, clock)

    yield build
    for file in files:
        file.close()


rates_lists = st.lists(
    st.builds(rate, st.integers(1, 12), st.sampled_from([1.0, 1.5, 4.0, 10.0, 60.0])), min_size=1, max_size=3
)


@settings(max_examples=60, deadline=None)
@given(rates=rates_lists, pauses=st.lists(st.sampled_from([0.0, 0.01, 0.3, 1.0]), min_size=30, max_size=60))
def test_no_window_ever_holds_more_permits_than_its_rate(
    rates: list[RateSettings], pauses: list[float]
) -> None:
    """The law, for any rates and any pattern of arrivals."""
    clock = JumpingClock()
    pacer = pacer_of(MemoryLedger(rates, clock), clock)
    taken: list[float] = []
    for pause in pauses:
        clock.advance(pause)
        pass_by(pacer, Deadline(clock=clock))
        taken.append(clock.monotonic())
    for each in rates:
        for start in taken:
            assert sum(start <= at < start + each.seconds for at in taken) <= each.requests


steps = st.lists(
    st.tuples(
        st.sampled_from(["take", "send", "report"]), st.integers(0, 7), st.sampled_from([0.0, 0.2, 0.9])
    ),
    min_size=30,
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(limit=st.integers(1, 5), steps=steps, in_file=st.booleans())
def test_no_window_holds_more_requests_than_the_rate_however_threads_are_delayed(
    limit: int, steps: list[tuple[str, int, float]], in_file: bool
) -> None:
    """A thread may be delayed before it sends its request, and again before it reports it as sent."""
    clock = JumpingClock()
    ledger: QuotaLedger = MemoryLedger((rate(limit, 1.0),), clock)
    file = Table(Path(":memory:"), QUOTA_SCHEMA, keep_open=True)
    if in_file:
        ledger = SQLiteLedger(file, (rate(limit, 1.0),), clock)
    taken: list[Ticket] = []
    silent: list[Ticket] = []
    left: list[float] = []
    for action, which, pause in steps:
        clock.advance(pause)
        if action == "take" and isinstance(ticket := ledger.take(), Ticket):
            taken.append(ticket)
        elif action == "send" and taken:
            silent.append(taken.pop(which % len(taken)))
            left.append(clock.monotonic())
        elif action == "report" and silent:
            ledger.sent(silent.pop(which % len(silent)))
    file.close()
    for start in left:
        assert sum(start <= at < start + 1.0 for at in left) <= limit


def test_a_request_being_sent_counts_as_if_sent_now(ledger_of, clock: JumpingClock) -> None:
    ledger = ledger_of(rate(1, 1.0))
    ticket = ledger.take()
    clock.advance(5.0)
    assert ledger.peek() == ledger.take() == Delay(pytest.approx(1.0 + JITTER_SECONDS), "pace")
    ledger.sent(ticket)
    clock.advance(0.5)
    assert ledger.peek() == Delay(pytest.approx(0.5 + JITTER_SECONDS), "pace")
    clock.advance(0.6)
    assert ledger.peek() is None


def test_a_permit_of_a_dead_thread_expires(ledger_of, clock: JumpingClock) -> None:
    ledger = ledger_of(rate(1, 1.0))
    ledger.take()
    clock.advance(SENDING_SECONDS)
    assert isinstance(ledger.take(), Delay)
    clock.advance(1.1)
    assert isinstance(ledger.take(), Ticket)


def test_the_first_request_over_a_connection_counts_until_it_must_have_arrived(
    ledger_of, clock: JumpingClock
) -> None:
    ledger = ledger_of(rate(1, 1.0))
    pacer = pacer_of(ledger, clock)
    with pacer.turn(Deadline(clock=clock), new_connection=True):
        pass
    clock.advance(SETTLING_SECONDS)
    assert ledger.take() == Delay(pytest.approx(1.0 + JITTER_SECONDS), "pace")
    before = clock.monotonic()
    for _ in range(2):
        pass_by(pacer, Deadline(clock=clock))
    assert clock.monotonic() - before == pytest.approx(2 * (1.0 + JITTER_SECONDS), abs=0.01)


def test_peek_takes_no_permit(ledger_of) -> None:
    ledger = ledger_of(rate(1, 1.0))
    assert [ledger.peek() for _ in range(3)] == [None, None, None]
    assert isinstance(ledger.take(), Ticket)


def test_of_several_windows_the_longest_wait_is_returned(ledger_of, clock: JumpingClock) -> None:
    ledger = ledger_of(rate(1, 1.0), rate(1, 10.0), rate(3, 86_400.0))
    ledger.sent(ledger.take())
    assert ledger.peek() == Delay(pytest.approx(10.0 + JITTER_SECONDS), "pace")


def test_a_permit_is_waited_for_exactly(ledger_of, clock: JumpingClock) -> None:
    pacer = pacer_of(ledger_of(rate(1, 1.0)), clock)
    pass_by(pacer, Deadline(clock=clock))
    before = clock.monotonic()
    pass_by(pacer, Deadline(clock=clock))
    assert clock.monotonic() - before == pytest.approx(1.0 + JITTER_SECONDS, abs=0.002)


def test_a_wait_beyond_the_deadline_is_refused_at_once(ledger_of, clock: JumpingClock) -> None:
    pacer = pacer_of(ledger_of(rate(1, 10.0)), clock)
    pass_by(pacer, Deadline(clock=clock))
    before = clock.monotonic()
    with pytest.raises(DeadlineExceeded):
        pass_by(pacer, Deadline(5.0, clock))
    assert clock.monotonic() == before


def test_a_spent_day_is_a_spent_quota_even_without_a_deadline(ledger_of, clock: JumpingClock) -> None:
    pacer = pacer_of(ledger_of(*TWO_A_DAY), clock)
    pass_by(pacer, Deadline(clock=clock))
    pass_by(pacer, Deadline(clock=clock))
    with pytest.raises(QuotaSpent, match=r"allowed in 24\.0 h"):
        pass_by(pacer, Deadline(clock=clock))
    clock.advance(86_402)
    pass_by(pacer, Deadline(clock=clock))


def test_a_hold_stops_every_caller_until_it_is_over(ledger_of, clock: JumpingClock) -> None:
    pacer = pacer_of(ledger_of(), clock)
    pacer.hold(20.0)
    pacer.hold(5.0)  # a shorter hold does not shorten the longer one
    with pytest.raises(RateLimited) as refused:
        pass_by(pacer, Deadline(10.0, clock))
    assert refused.value.retry_after_seconds == pytest.approx(20.0)
    before = clock.monotonic()
    pass_by(pacer, Deadline(30.0, clock))
    assert clock.monotonic() - before == pytest.approx(20.0)


def test_a_hold_of_ten_years_lasts_a_day(ledger_of, clock: JumpingClock) -> None:
    ledger = ledger_of()
    ledger.hold(10 * 365 * 86_400.0)
    assert ledger.take() == Delay(86_400.0, "hold")


def test_a_held_quota_is_a_spent_quota(ledger_of, clock: JumpingClock) -> None:
    pacer = pacer_of(ledger_of(), clock)
    pacer.hold(3_600.0, quota=True)
    with pytest.raises(QuotaSpent):
        pass_by(pacer, Deadline(10.0, clock))


def test_a_refused_permit_is_not_spent(ledger_of, clock: JumpingClock) -> None:
    pacer = pacer_of(ledger_of(rate(1, 1.0), rate(3, 86_400.0)), clock)
    pass_by(pacer, Deadline(clock=clock))
    for _ in range(10):
        with pytest.raises(DeadlineExceeded):
            pass_by(pacer, Deadline(0.5, clock))
    clock.advance(10)
    pass_by(pacer, Deadline(clock=clock))
    clock.advance(10)
    pass_by(pacer, Deadline(clock=clock))


def test_a_cancel_ends_a_wait_for_a_permit() -> None:
    pacer = pacer_of(MemoryLedger((rate(1, 30.0),), SYSTEM_CLOCK), SYSTEM_CLOCK)
    pass_by(pacer, Deadline())
    deadline = Deadline(PATIENCE * 3)
    timer = threading.Timer(0.1, deadline.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        pass_by(pacer, deadline)
    assert time.monotonic() - started < time_allowance(1.0)
    timer.join()


def test_the_next_run_counts_the_spent_quota(tmp_path: Path, clock: JumpingClock) -> None:
    for _ in range(2):
        file = Table(tmp_path / "s.sqlite", QUOTA_SCHEMA, keep_open=True)
        pass_by(pacer_of(SQLiteLedger(file, TWO_A_DAY, clock), clock), Deadline(clock=clock))
        file.close()
    file = Table(tmp_path / "s.sqlite", QUOTA_SCHEMA, keep_open=True)
    with pytest.raises(QuotaSpent):
        pass_by(pacer_of(SQLiteLedger(file, TWO_A_DAY, clock), clock), Deadline(clock=clock))
    file.close()


def test_a_clock_put_back_neither_frees_nor_freezes_the_quota(tmp_path: Path, clock: JumpingClock) -> None:
    file = Table(tmp_path / "s.sqlite", QUOTA_SCHEMA, keep_open=True)
    ledger = SQLiteLedger(file, TWO_A_DAY, clock)
    assert isinstance(ledger.take(), Ticket)
    assert isinstance(ledger.take(), Ticket)
    clock.set_wall_clock_back(30 * 86_400.0)
    refused = ledger.take()
    assert isinstance(refused, Delay)
    assert refused.why == "quota"
    assert refused.seconds <= 86_402
    file.close()


def test_a_clock_put_back_does_not_lengthen_a_hold(tmp_path: Path, clock: JumpingClock) -> None:
    file = Table(tmp_path / "s.sqlite", QUOTA_SCHEMA, keep_open=True)
    ledger = SQLiteLedger(file, (), clock)
    ledger.hold(60.0)
    clock.set_wall_clock_back(30 * 86_400.0)
    assert ledger.take() == Delay(60.0, "hold")
    file.close()


def test_old_permits_are_cleaned_up(tmp_path: Path, clock: JumpingClock) -> None:
    file = Table(tmp_path / "s.sqlite", QUOTA_SCHEMA, keep_open=True)
    ledger = SQLiteLedger(file, FIVE_A_SECOND, clock)
    for _ in range(600):
        ticket = ledger.take()
        assert isinstance(ticket, Ticket)
        ledger.sent(ticket)
        clock.advance(1.0)
    [count] = file.run(lambda connection: connection.execute("SELECT COUNT(*) FROM tickets").fetchone())
    assert count < 300
    file.close()


def most_in_a_window(times: list[float], seconds: float) -> int:
    return max(sum(start <= at < start + seconds for at in times) for start in times)


def test_the_server_never_sees_more_than_the_rate_from_eight_threads(
    server: VendorServer, open_session: OpenSession, tmp_path: Path
) -> None:
    session = open_session(rates=(rate(10, 1.5),), state_dir=tmp_path)
    go = threading.Barrier(8)

    def fetch(thread: int) -> None:
        go.wait()
        for number in range(2):
            session.fetch(f"{server.url}/quote?n={thread}.{number}")

    threads = [threading.Thread(target=fetch, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    times = [hit.at for hit in server.hits]
    assert len(times) == 16
    assert most_in_a_window(times, 1.5) <= 10


@pytest.mark.slow
def test_the_server_never_sees_more_than_the_rate_from_two_processes(
    server: VendorServer, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    calls = [("fetch", server.url, str(tmp_path), str(number)) for number in range(2)]
    run_workers(pytestconfig.rootpath, *calls)
    times = [hit.at for hit in server.hits]
    assert len(times) == 20
    assert most_in_a_window(times, 1.5) <= 10


def test_a_retry_after_holds_every_thread(server: VendorServer, open_session: OpenSession) -> None:
    """Eight threads, one 429 with a wait of half a second: no request is sent before it is over."""
    refused = threading.Event()

    def script(handler: Handler) -> None:
        if not refused.is_set():
            refused.set()
            handler.answer(429, {"error": "limit"}, Retry_After="0.5")
        else:
            handler.answer(200, {"a": 1})

    server.script = script
    session = open_session(attempts=3)
    session.get(f"{server.url}/first")
    threads = [
        threading.Thread(target=session.fetch, args=(f"{server.url}/quote?n={number}",))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    first, *others = sorted(hit.at for hit in server.hits)
    assert len(others) == 9
    assert min(others) - first >= 0.5


def test_a_retry_after_of_ten_years_is_refused_at_once(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(429, {"error": "limit"}, Retry_After="315360000")
    session = open_session(attempts=3)
    started = time.monotonic()
    with deadline_scope(Deadline(5.0)):
        response = session.get(f"{server.url}/quote")
        assert response.status_code == 429
        with pytest.raises(RateLimited):
            check(response)
        with pytest.raises(RateLimited):
            session.get(f"{server.url}/other")
    assert time.monotonic() - started < time_allowance(1.0)
    assert len(server.hits) == 1


def start_together(processes: list[subprocess.Popen[str]]) -> list[str]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=PATIENCE)[0].strip() for process in processes]


def run_workers(root: Path, *calls: tuple[str, ...]) -> list[str]:
    """Run ``tests.net.workers`` in a process for each call, all at once, and return what they print."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.net.workers", *call],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for call in calls
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    printed = start_together(processes)
    assert [process.returncode for process in processes] == [0] * len(calls)
    return printed


@pytest.mark.slow
def test_two_processes_share_a_daily_quota_and_a_third_gets_nothing(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    take = ("take-all", str(tmp_path / "shared.sqlite"), "1000")
    assert sum(map(int, run_workers(pytestconfig.rootpath, take, take))) == 1000
    assert run_workers(pytestconfig.rootpath, take) == ["0"]


def test_a_reserve_of_a_quota_is_kept_for_callers_without_one(
    ledger_of: Callable[..., QuotaLedger], clock: JumpingClock
) -> None:
    ledger = ledger_of(rate(5, 86_400.0), rate(1, 1.0))
    pacer, deadline = pacer_of(ledger, clock), Deadline(clock=clock)
    with quota_reserve(2):
        for _ in range(3):
            pass_by(pacer, deadline)
        for use in (lambda: pass_by(pacer, deadline), lambda: pacer.await_turn(deadline)):
            with pytest.raises(QuotaSpent, match="spent except for a reserve of 2"):
                use()
    for _ in range(2):
        pass_by(pacer, deadline)
    with pytest.raises(QuotaSpent, match="the quota is spent; the next"):
        pass_by(pacer, deadline)


def test_a_reserve_does_not_apply_to_a_pace_and_leaves_at_least_one_request(
    ledger_of: Callable[..., QuotaLedger], clock: JumpingClock
) -> None:
    ledger = ledger_of(rate(2, 60.0), rate(3, 86_400.0))
    assert isinstance(ledger.take(50), Ticket)
    assert isinstance(ledger.take(50), Delay)
    assert isinstance(ledger.take(), Ticket)
    pace = ledger.take(0)
    assert isinstance(pace, Delay)
    assert pace.why == "pace"
