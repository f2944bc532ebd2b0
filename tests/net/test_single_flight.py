"""Eight equal requests at the same time are sent once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tradingagents.discovery.execution.single_flight import SingleFlight
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded, RateLimited, Transient
from tradingagents.discovery.net import FetchSession, check, counting

OpenSession = Callable[..., FetchSession]


class Crowd:
    """Threads that run one callable each, with the results in order."""

    def __init__(self, *calls: Callable[[], object]) -> None:
        self.results: list[object] = [None] * len(calls)
        self._threads = [threading.Thread(target=self._run, args=(at, call)) for at, call in enumerate(calls)]
        for thread in self._threads:
            thread.start()

    def _run(self, at: int, call: Callable[[], object]) -> None:
        try:
            self.results[at] = call()
        except (Transient, RateLimited, DeadlineExceeded, Cancelled, ZeroDivisionError) as error:
            self.results[at] = type(error).__name__

    def finish(self) -> list[object]:
        for thread in self._threads:
            thread.join(PATIENCE)
        return self.results


def waits(deadline: Deadline) -> bool:
    """Whether a call under ``deadline`` has begun to wait: it then wants to hear of a cancel."""
    return bool(deadline._hooks)


def until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.005)):
        if true():
            return
        pause.wait(0.005)
    pytest.fail("never became true")


def test_eight_equal_gets_make_one_request_and_count_as_such(
    server: VendorServer, open_session: OpenSession
) -> None:
    go = threading.Event()
    server.script = lambda handler: (go.wait(PATIENCE), handler.answer(200, {"a": 1}))[1]
    session = open_session()
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def sink(vendor: str, what: str, amount: float) -> None:
        with lock:
            counts[f"{vendor}.{what}"] += int(amount)

    def fetch(deadline: Deadline) -> object:
        with counting(sink), deadline_scope(deadline):
            return check(session.get(f"{server.url}/quote?symbol=A")).json()

    deadlines = [Deadline(PATIENCE) for _ in range(8)]
    crowd = Crowd(*[lambda deadline=deadline: fetch(deadline) for deadline in deadlines])
    until(lambda: all(map(waits, deadlines)))
    go.set()
    assert crowd.finish() == [{"a": 1}] * 8
    assert len(server.hits) == 1
    assert counts == {"finnhub.sent": 1, "finnhub.coalesced": 7}


def test_different_requests_do_not_wait_for_each_other(
    server: VendorServer, open_session: OpenSession
) -> None:
    both = threading.Barrier(2)
    server.script = lambda handler: (both.wait(PATIENCE), handler.answer(200, {"a": 1}))[1]
    session = open_session()
    crowd = Crowd(*[lambda n=n: session.get(f"{server.url}/quote?n={n}").status_code for n in range(2)])
    assert crowd.finish() == [200, 200]


def test_a_follower_keeps_its_own_deadline(server: VendorServer, open_session: OpenSession) -> None:
    go = threading.Event()
    server.script = lambda handler: (go.wait(PATIENCE), handler.answer(200, {"a": 1}))[1]
    session = open_session()
    leader = Crowd(lambda: session.get(f"{server.url}/quote").status_code)
    until(lambda: len(server.hits) == 1)
    with deadline_scope(Deadline(0.1)), pytest.raises(DeadlineExceeded):
        session.get(f"{server.url}/quote")
    go.set()
    assert leader.finish() == [200]
    assert len(server.hits) == 1


def test_a_cancelled_follower_returns_at_once(server: VendorServer, open_session: OpenSession) -> None:
    go = threading.Event()
    server.script = lambda handler: (go.wait(PATIENCE), handler.answer(200, {"a": 1}))[1]
    session = open_session()
    leader = Crowd(lambda: session.get(f"{server.url}/quote").status_code)
    until(lambda: len(server.hits) == 1)
    deadline = Deadline(PATIENCE)

    def follow() -> object:
        with deadline_scope(deadline):
            return session.get(f"{server.url}/quote").status_code

    follower = Crowd(follow)
    until(lambda: waits(deadline))
    deadline.cancel()
    assert follower.finish() == ["Cancelled"]
    go.set()
    assert leader.finish() == [200]


def test_a_leader_past_its_own_deadline_hands_over(server: VendorServer, open_session: OpenSession) -> None:
    first = threading.Event()

    def script(handler: Handler) -> None:
        if not first.is_set():
            first.set()
            handler.server.over.wait(PATIENCE)
        else:
            handler.answer(200, {"a": 1})

    server.script = script
    session = open_session()

    def fetch(seconds: float) -> object:
        with deadline_scope(Deadline(seconds)):
            return session.get(f"{server.url}/quote").status_code

    leader = Crowd(lambda: fetch(0.3))
    assert first.wait(PATIENCE)
    followers = Crowd(*[lambda: fetch(PATIENCE)] * 3)
    assert leader.finish() == ["DeadlineExceeded"]
    assert followers.finish() == [200, 200, 200]
    assert len(server.hits) == 2


def test_an_outage_reaches_every_follower_after_one_request() -> None:
    flights: SingleFlight[int] = SingleFlight()
    inside, go = threading.Event(), threading.Event()
    errors: list[Transient] = []

    def work() -> int:
        inside.set()
        go.wait(PATIENCE)
        raise Transient("finnhub", "down")

    def fetch(deadline: Deadline) -> None:
        try:
            flights.run("key", work, deadline)
        except Transient as error:
            errors.append(error)

    leader = Crowd(lambda: fetch(Deadline(PATIENCE)))
    assert inside.wait(PATIENCE)
    deadlines = [Deadline(PATIENCE) for _ in range(2)]
    followers = Crowd(*[lambda deadline=deadline: fetch(deadline) for deadline in deadlines])
    until(lambda: all(map(waits, deadlines)))
    go.set()
    leader.finish()
    followers.finish()
    assert [str(error) for error in errors] == ["finnhub: down"] * 3
    assert len({id(error) for error in errors}) == 3  # a shared one would mix up their tracebacks


def test_a_crash_of_the_leader_does_not_reach_the_followers() -> None:
    flights: SingleFlight[int] = SingleFlight()
    inside, go = threading.Event(), threading.Event()

    def crash() -> int:
        inside.set()
        go.wait(PATIENCE)
        return 1 // 0

    leader = Crowd(lambda: flights.run("key", crash, Deadline(PATIENCE)))
    assert inside.wait(PATIENCE)
    deadline = Deadline(PATIENCE)
    follower = Crowd(lambda: flights.run("key", lambda: 7, deadline))
    until(lambda: waits(deadline))
    go.set()
    assert leader.finish() == ["ZeroDivisionError"]
    assert follower.finish() == [(7, True)]


def test_redirects_to_each_other_do_not_deadlock(server: VendorServer, open_session: OpenSession) -> None:
    """One thread leads A and is sent to B while another leads B and is sent to A."""
    both = threading.Barrier(2)
    met: set[str] = set()

    def script(handler: Handler) -> None:
        if handler.path in met:
            handler.answer(200, {"a": 1})
            return
        met.add(handler.path)
        both.wait(PATIENCE)
        handler.answer(302, b"", Location="/b" if handler.path == "/a" else "/a")

    server.script = script
    session = open_session()
    crowd = Crowd(
        lambda: session.get(f"{server.url}/a").status_code, lambda: session.get(f"{server.url}/b").status_code
    )
    assert crowd.finish() == [200, 200]


def test_a_flight_inside_a_flight_does_not_wait_for_itself() -> None:
    flights: SingleFlight[int] = SingleFlight()

    def again() -> int:
        return flights.run("key", lambda: 7, Deadline(1.0))[0]

    assert flights.run("key", again, Deadline(1.0)) == (7, True)


def test_nothing_is_left_behind() -> None:
    flights: SingleFlight[int] = SingleFlight()
    flights.run("a", lambda: 1, Deadline())
    with pytest.raises(ZeroDivisionError):
        flights.run("b", lambda: 1 // 0, Deadline())
    assert flights._flights == {}
