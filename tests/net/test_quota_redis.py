"""The shared ledger keeps the promises of the one in a file, for every machine that has its address."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.net.clocks import JumpingClock
from tests.net.vendor_server import PATIENCE
from tradingagents.discovery.clock import Deadline
from tradingagents.discovery.errors import QuotaSpent
from tradingagents.discovery.net import Rate, VendorPolicy
from tradingagents.discovery.net.pacing import Pacer
from tradingagents.discovery.net.quota import Delay, Ticket
from tradingagents.discovery.net.state import Notices

fakeredis = pytest.importorskip(
    "fakeredis", reason="the shared ledger needs the redis extra and fakeredis[lua]"
)
pytest.importorskip("lupa", reason="fakeredis needs lupa to run the bucket's script")

DAY = 86_400.0


@pytest.fixture
def machine() -> Any:
    """Return what makes ledgers of one Redis, each over a connection of its own."""
    from tradingagents.discovery.net.quota_redis import RedisLedger

    server = fakeredis.FakeServer()

    def build(*rates: Rate) -> Any:
        ledger = RedisLedger("finnhub", fakeredis.FakeRedis(server=server), rates)
        ledger.server = server
        return ledger

    return build


def test_a_day_is_spent_once_by_all_machines(machine: Any) -> None:
    ledgers = [machine(Rate(40, DAY)) for _ in range(4)]
    taken: list[int] = []

    def take_all(ledger: Any) -> None:
        while isinstance(ledger.take(), Ticket):
            taken.append(1)

    threads = [threading.Thread(target=take_all, args=(ledger,)) for ledger in ledgers for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(taken) == 40
    refused = machine(Rate(40, DAY)).take()
    assert refused.why == "quota"
    assert 0 < refused.seconds <= DAY + 2


def test_a_hold_of_one_machine_holds_the_others(machine: Any) -> None:
    first, second = machine(), machine()
    assert second.take() == Ticket(0.0, 0)
    first.hold(30.0)
    first.hold(5.0)
    held = second.take()
    assert held.why == "hold"
    assert 29 < held.seconds <= 30
    first.hold(60.0, quota=True)
    assert second.take().why == "quota"
    first.hold(10 * 365 * DAY)
    assert second.take().seconds <= DAY


def test_a_server_that_goes_away_leaves_a_quota_in_memory(machine: Any) -> None:
    clock = JumpingClock()
    ledger = machine(Rate(1, DAY))
    notices = Notices("finnhub")
    pacer = Pacer(VendorPolicy("finnhub", ("http://127.0.0.1",), (Rate(1, DAY),)), ledger, clock, notices)
    ledger.server.connected = False
    with pacer.turn(Deadline(clock=clock)):
        pass
    with pytest.raises(QuotaSpent):
        pacer.await_turn(Deadline(clock=clock))
    assert notices.texts == (
        "quota is kept in memory only, other runs do not see it (redis: ConnectionError)",
    )


def test_a_short_wait_is_exact(machine: Any) -> None:
    ledger = machine(Rate(2, 10.0))
    for _ in range(2):
        ticket = ledger.take()
        assert isinstance(ticket, Ticket)
        ledger.sent(ticket)
    refused = ledger.take()
    assert isinstance(refused, Delay)
    assert refused.why == "pace"
    assert 10.0 < refused.seconds <= 11.01
