"""Deadlines: their arithmetic, their sleep, their waiters, and the deadline of the moment."""

from __future__ import annotations

import contextvars
import math
import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.execution.helpers import PATIENCE, in_background, sleepers, until
from tests.fake_clock import FakeClock
from tradingagents.discovery.model.clock import (
    SYSTEM_CLOCK,
    Deadline,
    current_deadline,
    deadline_scope,
    parse_trade_date,
)
from tradingagents.discovery.model.errors import Cancelled, ConfigError, DeadlineExceeded


def never() -> bool:
    return False


def test_what_is_left_counts_down_to_zero_and_not_below(clock: FakeClock) -> None:
    deadline = Deadline(5.0, clock)
    assert (deadline.remaining(), deadline.ends_at) == (5.0, 5.0)
    clock.advance(2.0)
    assert deadline.remaining() == deadline.check() == 3.0
    clock.advance(10.0)
    assert deadline.remaining() == 0.0
    assert deadline.expired()


def test_a_deadline_passes_at_its_instant_not_after_it(clock: FakeClock) -> None:
    deadline = Deadline(5.0, clock)
    clock.advance(5.0)
    assert deadline.expired()
    with pytest.raises(DeadlineExceeded):
        deadline.check()


def test_no_seconds_means_no_limit(clock: FakeClock) -> None:
    deadline = Deadline(None, clock)
    clock.advance(1e9)
    assert deadline.remaining() == deadline.check() == deadline.ends_at == math.inf
    assert not deadline.expired()


def test_cancelling_differs_from_passing_the_deadline(clock: FakeClock) -> None:
    deadline = Deadline(5.0, clock)
    deadline.cancel()
    deadline.cancel()
    assert deadline.cancelled
    assert deadline.expired()
    clock.advance(10.0)
    with pytest.raises(Cancelled):
        deadline.check()
    with pytest.raises(Cancelled):
        deadline.sleep(0.0)
    with pytest.raises(Cancelled):
        deadline.wait_for(never)


@pytest.mark.parametrize("seconds", [5.0, 5.1, 1e9, math.inf])
def test_a_sleep_that_cannot_fit_is_refused_before_it_starts(clock: FakeClock, seconds: float) -> None:
    with pytest.raises(DeadlineExceeded, match="does not fit"):
        Deadline(5.0, clock).sleep(seconds)


def test_sleeping_for_ever_is_refused_even_without_a_limit(clock: FakeClock) -> None:
    with pytest.raises(DeadlineExceeded):
        Deadline(None, clock).sleep(math.inf)


def test_nothing_is_refused_for_being_too_short(clock: FakeClock) -> None:
    Deadline(5.0, clock).sleep(0.0)
    Deadline(5.0, clock).sleep(-1.0)
    assert clock.monotonic() == 0.0


def test_a_sleep_ends_when_its_seconds_have_passed_and_no_sooner(clock: FakeClock) -> None:
    deadline = Deadline(10.0, clock)
    asleep = in_background(lambda: deadline.sleep(4.0))
    until(lambda: sleepers(clock) == 1)
    clock.advance(3.0)
    deadline.wake()
    until(lambda: sleepers(clock) == 1)
    assert not asleep.done()
    clock.advance(1.0)
    asleep.result(PATIENCE)


def test_cancelling_wakes_a_sleeper_at_once(clock: FakeClock) -> None:
    deadline = Deadline(None, clock)
    asleep = in_background(lambda: deadline.sleep(1_000.0))
    until(lambda: sleepers(clock) == 1)
    deadline.cancel()
    with pytest.raises(Cancelled):
        asleep.result(PATIENCE)


def test_a_waiter_goes_on_once_it_is_ready_and_woken(clock: FakeClock) -> None:
    deadline, ready = Deadline(5.0, clock), threading.Event()
    waiting = in_background(lambda: deadline.wait_for(ready.is_set))
    until(lambda: sleepers(clock) == 1)
    deadline.wake()
    until(lambda: sleepers(clock) == 1)
    assert not waiting.done()
    ready.set()
    deadline.wake()
    waiting.result(PATIENCE)


def test_a_waiter_gives_up_at_the_deadline(clock: FakeClock) -> None:
    deadline = Deadline(5.0, clock)
    waiting = in_background(lambda: deadline.wait_for(never))
    until(lambda: sleepers(clock) == 1)
    clock.advance(5.0)
    with pytest.raises(DeadlineExceeded):
        waiting.result(PATIENCE)


def test_what_is_ready_is_taken_even_past_the_deadline(clock: FakeClock) -> None:
    deadline = Deadline(5.0, clock)
    clock.advance(6.0)
    deadline.wait_for(lambda: True)


def test_many_waiters_all_hear_the_cancelling(clock: FakeClock) -> None:
    deadline = Deadline(None, clock)
    waiting = [in_background(lambda: deadline.wait_for(never)) for _ in range(5)]
    until(lambda: sleepers(clock) == 5)
    deadline.cancel()
    for waiter in waiting:
        with pytest.raises(Cancelled):
            waiter.result(PATIENCE)


def test_a_restart_counts_from_now(clock: FakeClock) -> None:
    deadline = Deadline(20.0, clock)
    clock.advance(7.0)
    deadline.restart(5.0)
    assert (deadline.ends_at, deadline.remaining()) == (12.0, 5.0)


def test_a_waiter_heeds_a_deadline_that_was_brought_forward() -> None:
    """On the machine's clock: the fake one would wake everybody anyway."""
    deadline = Deadline(60.0)
    waiting = in_background(lambda: deadline.wait_for(never))
    until(lambda: deadline._condition._waiters)  # it is inside the wait
    deadline.restart(0.02)
    try:
        with pytest.raises(DeadlineExceeded):
            waiting.result(1.0)
    finally:
        deadline.cancel()


@pytest.mark.parametrize("seconds", [1e12, math.inf])
def test_the_machines_clock_takes_waits_longer_than_a_lock_does(seconds: float) -> None:
    deadline, ready = Deadline(seconds), threading.Event()
    waiting = in_background(lambda: deadline.wait_for(ready.is_set))
    ready.set()
    until(lambda: deadline.wake() or waiting.done())
    waiting.result(PATIENCE)


def test_the_machines_clock_gives_aware_utc_and_never_runs_back() -> None:
    assert SYSTEM_CLOCK.now().tzinfo is UTC
    first = SYSTEM_CLOCK.monotonic()
    Deadline(5.0).sleep(0.01)
    assert SYSTEM_CLOCK.monotonic() - first >= 0.01


def test_the_current_deadline_is_unlimited_outside_and_restored_after_a_scope(clock: FakeClock) -> None:
    outside = current_deadline()
    assert outside.remaining() == math.inf
    with deadline_scope(Deadline(5.0, clock)) as outer:
        assert current_deadline() is outer
        with pytest.raises(LookupError), deadline_scope(Deadline(1.0, clock)):
            raise LookupError
        assert current_deadline() is outer
    assert current_deadline() is outside


def test_the_current_deadline_follows_a_copied_context_into_another_thread(clock: FakeClock) -> None:
    with deadline_scope(Deadline(5.0, clock)) as deadline:
        context = contextvars.copy_context()
        assert in_background(lambda: context.run(current_deadline)).result(PATIENCE) is deadline
        assert in_background(current_deadline).result(PATIENCE) is not deadline


class Evening(FakeClock):
    """21:00 in New York on 5 February, which is 6 February in UTC."""

    def now(self) -> datetime:
        return datetime(2026, 2, 6, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_trade_date_it_is_today_in_new_york(value: Any) -> None:
    assert parse_trade_date(value, Evening()) == date(2026, 2, 5)


@pytest.mark.parametrize("value", ["2026-02-03", date(2026, 2, 3)])
def test_a_trade_date_is_iso_text_or_a_date(value: Any) -> None:
    assert parse_trade_date(value, Evening()) == date(2026, 2, 3)


@pytest.mark.parametrize("value", ["yesterday", "2026-02-30", ["2026-02-03"]])
def test_an_invalid_trade_date_is_a_config_error(value: Any) -> None:
    with pytest.raises(ConfigError, match="is not a date such as '2026-02-05'"):
        parse_trade_date(value, Evening())
