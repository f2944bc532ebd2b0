"""The circuit: what opens it, what does not, and the one request that closes it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.net.clocks import JumpingClock
from tests.net.made import circuit, rate
from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, CircuitOpen, DeadlineExceeded, Transient
from tradingagents.discovery.net import FetchSession, check, counting
from tradingagents.discovery.net.breaker import Breaker
from tradingagents.discovery.state.circuits import CircuitRules

OpenSession = Callable[..., FetchSession]


def breaker_of(clock: JumpingClock, **options: object) -> Breaker:
    return Breaker("finnhub", **({"fail_max": 3, "reset_after_seconds": 30.0, "clock": clock} | options))


def call(breaker: Breaker, clock: JumpingClock, good: bool | None) -> None:
    with breaker.guard(Deadline(clock=clock)) as permit:
        if good is True:
            permit.succeeded()
        elif good is False:
            permit.failed()


def test_failures_in_a_row_open_it_and_a_success_between_them_does_not(clock: JumpingClock) -> None:
    breaker = breaker_of(clock)
    for good in (False, False, True, False, False):
        call(breaker, clock, good)
    assert breaker.state == "closed"
    call(breaker, clock, False)
    assert breaker.state == "open"


def test_neutral_results_neither_open_nor_reset(clock: JumpingClock) -> None:
    breaker = breaker_of(clock)
    for good in (False, False, None, None, None, False):
        call(breaker, clock, good)
    assert breaker.state == "open"


def test_an_open_circuit_says_when_it_will_be_tried_again(clock: JumpingClock) -> None:
    breaker = breaker_of(clock, fail_max=1)
    call(breaker, clock, False)
    with pytest.raises(CircuitOpen) as refused:
        call(breaker, clock, True)
    assert refused.value.retry_at is not None
    assert (datetime.fromisoformat(refused.value.retry_at) - clock.now()).total_seconds() == 30.0


@pytest.mark.parametrize(("probe", "state"), [(True, "closed"), (False, "open"), (None, "half-open")])
def test_the_probe_decides(probe: bool | None, state: str, clock: JumpingClock) -> None:
    """A neutral probe, a 429 for instance, must not close it: the next caller probes again."""
    breaker = breaker_of(clock, fail_max=1)
    call(breaker, clock, False)
    clock.advance(30.0)
    assert breaker.state == "half-open"
    call(breaker, clock, probe)
    assert breaker.state == state


def test_a_straggler_from_before_does_not_close_it(clock: JumpingClock) -> None:
    breaker = breaker_of(clock, fail_max=1)
    with breaker.guard(Deadline(clock=clock)) as straggler:
        call(breaker, clock, False)
        straggler.succeeded()
    assert breaker.state == "open"


def test_who_waited_for_a_permit_meanwhile_is_refused(clock: JumpingClock) -> None:
    breaker = breaker_of(clock, fail_max=1)
    with breaker.guard(Deadline(clock=clock)) as waiting:
        waiting.confirm()
        call(breaker, clock, False)
        with pytest.raises(CircuitOpen):
            waiting.confirm()


def gather(breaker: Breaker, verdict: bool | None, made: list[int]) -> list[str]:
    """Let eight threads at a half-open circuit at once; the one let through ends with ``verdict``."""
    results: list[str] = []
    go, all_in = threading.Barrier(8), threading.Event()

    def run() -> None:
        go.wait()
        try:
            with breaker.guard(Deadline(PATIENCE)) as permit:
                made.append(1)
                if permit.probe:
                    all_in.wait(0.2)
                if verdict is not None:
                    permit.succeeded() if verdict else permit.failed()
            results.append("through")
        except CircuitOpen:
            results.append("refused")

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return results


def half_open() -> Breaker:
    breaker = Breaker("finnhub", fail_max=1, reset_after_seconds=0.001, clock=SYSTEM_CLOCK)
    with breaker.guard(Deadline()) as permit:
        permit.failed()
    breaker._rules = CircuitRules(1, 30.0)
    threading.Event().wait(0.01)
    return breaker


def test_eight_threads_at_a_half_open_circuit_make_one_call_when_it_fails() -> None:
    made: list[int] = []
    results = gather(half_open(), verdict=False, made=made)
    assert len(made) == 1
    assert sorted(results) == ["refused"] * 7 + ["through"]


def test_those_who_wait_for_a_good_probe_go_on() -> None:
    made: list[int] = []
    assert gather(half_open(), verdict=True, made=made) == ["through"] * 8


def test_waiting_for_a_probe_ends_with_a_cancel() -> None:
    breaker = half_open()
    deadline = Deadline(PATIENCE)
    timer = threading.Timer(0.1, deadline.cancel)
    timer.start()
    with breaker.guard(Deadline()), pytest.raises(Cancelled), breaker.guard(deadline):
        pytest.fail("let a second call through")
    timer.join()


def test_waiting_for_a_probe_ends_at_the_deadline() -> None:
    breaker = half_open()
    with breaker.guard(Deadline()), pytest.raises(DeadlineExceeded), breaker.guard(Deadline(0.1)):
        pytest.fail("let a second call through")


def test_patience_with_a_probe_is_limited(clock: JumpingClock) -> None:
    breaker = breaker_of(clock, fail_max=1)
    call(breaker, clock, False)
    clock.advance(30)
    with breaker.guard(Deadline(clock=clock)), pytest.raises(CircuitOpen):
        call(breaker, clock, True)


# With a vendor behind it


def outage(handler: Handler) -> None:
    handler.answer(503, "<html>down</html>", Content_Type="text/html")


def test_an_open_circuit_sends_nothing(server: VendorServer, open_session: OpenSession) -> None:
    server.script = outage
    session = open_session(breaker=circuit(2, 60.0))
    for number in range(2):
        with pytest.raises(Transient):
            session.fetch(f"{server.url}/quote?n={number}")
    counts: Counter[str] = Counter()
    with (
        counting(lambda _, what, amount: counts.update({what: int(amount)})),
        pytest.raises(CircuitOpen, match="to be tried again at"),
    ):
        session.fetch(f"{server.url}/quote")
    assert len(server.hits) == 2
    assert counts == {"refused.circuit": 1}


def test_an_open_circuit_outlives_the_run_and_is_probed_once_when_due(
    server: VendorServer, open_session: OpenSession, tmp_path: Path
) -> None:
    clock = JumpingClock()
    options = {"breaker": circuit(1, 60.0), "state_dir": tmp_path, "clock": clock}
    server.script = outage
    first = open_session(**options)
    with pytest.raises(Transient):
        first.fetch(f"{server.url}/quote")
    first.close()

    second = open_session(**options)
    with pytest.raises(CircuitOpen):
        second.fetch(f"{server.url}/quote")
    assert len(server.hits) == 1
    clock.advance(61)
    with pytest.raises(Transient):
        second.fetch(f"{server.url}/quote")
    with pytest.raises(CircuitOpen):
        second.fetch(f"{server.url}/quote")
    assert len(server.hits) == 2
    second.close()

    clock.advance(61)
    server.script = lambda handler: handler.answer(200, {"a": 1})
    third = open_session(**options)
    third.fetch(f"{server.url}/quote")
    third.close()
    open_session(**options).fetch(f"{server.url}/quote?again")
    assert len(server.hits) == 4


def test_a_429_and_a_refused_key_leave_it_closed(server: VendorServer, open_session: OpenSession) -> None:
    server.answers(
        lambda handler: handler.answer(429, {"error": "limit"}, Retry_After="0"),
        lambda handler: handler.answer(401, {"error": "Invalid API key"}),
    )
    session = open_session(breaker=circuit(1, 60.0))
    assert [session.get(f"{server.url}/{n}").status_code for n in range(4)] == [429, 401, 401, 401]


def test_a_429_between_two_failures_does_not_count_as_a_success(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.answers(outage, lambda handler: handler.answer(429, {"error": "limit"}, Retry_After="0"), outage)
    session = open_session(breaker=circuit(2, 60.0))
    assert [session.get(f"{server.url}/{n}").status_code for n in range(3)] == [503, 429, 503]
    with pytest.raises(CircuitOpen):
        session.get(f"{server.url}/quote")


def test_who_waits_for_its_turn_while_the_circuit_opens_sends_nothing(
    server: VendorServer, open_session: OpenSession
) -> None:
    session = open_session(breaker=circuit(1, 60.0), rates=(rate(1, 0.3),))
    refused: list[str | None] = []

    def second() -> None:
        try:
            session.get(f"{server.url}/second")
        except CircuitOpen as error:
            refused.append(error.retry_at)

    waiting = threading.Thread(target=second)

    def fail(handler: Handler) -> None:
        waiting.start()
        handler.server.over.wait(0.1)  # the second caller has passed the closed circuit by now
        outage(handler)

    server.script = fail
    session.get(f"{server.url}/first")
    waiting.join(PATIENCE)
    assert len(refused) == 1
    assert [hit.path for hit in server.hits] == ["/first"]


def hang(handler: Handler) -> None:
    handler.server.over.wait(PATIENCE)


@pytest.mark.parametrize(("read_timeout", "state"), [(0.3, "open"), (10.0, "closed")])
def test_our_own_deadline_counts_only_when_the_vendor_had_half_its_time(
    read_timeout: float, state: str, server: VendorServer, open_session: OpenSession
) -> None:
    server.script = hang
    session = open_session(breaker=circuit(1, 60.0), read_timeout_seconds=read_timeout)
    with deadline_scope(Deadline(0.2)), pytest.raises(DeadlineExceeded):
        session.get(f"{server.url}/quote")
    assert session.get_adapter(server.url)._breaker.state == state


def test_a_connection_refused_counts(open_session: OpenSession, server: VendorServer) -> None:
    session = open_session(base_url="http://127.0.0.1:9", breaker=circuit(1, 60.0))
    with pytest.raises(Transient, match="connection refused"):
        session.get("http://127.0.0.1:9/quote")
    with pytest.raises(CircuitOpen):
        session.get("http://127.0.0.1:9/quote")


def test_web_pages_instead_of_data_count(server: VendorServer, open_session: OpenSession) -> None:
    server.script = lambda handler: handler.answer(200, "<!DOCTYPE html><html></html>")
    session = open_session(breaker=circuit(1, 60.0))
    assert session.get(f"{server.url}/quote").status_code == 502
    with pytest.raises(CircuitOpen):
        check(session.get(f"{server.url}/quote"))
