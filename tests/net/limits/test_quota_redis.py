"""The shared ledger keeps the promises of the one in a file, for every machine that has its address."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.net.clocks import JumpingClock
from tests.net.made import rate, vendor
from tests.net.vendor_server import PATIENCE
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.model.clock import Deadline
from tradingagents.discovery.model.errors import ConfigError, NotConfiguredError, QuotaSpent
from tradingagents.discovery.net.limits.ledger import Delay, Ticket
from tradingagents.discovery.net.limits.pacer import Pacer
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.settings.vendors import RateSettings, VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors

fakeredis = pytest.importorskip(
    "fakeredis", reason="the shared ledger needs the redis extra and fakeredis[lua]"
)
pytest.importorskip("lupa", reason="fakeredis needs lupa to run the bucket's script")

DAY = 86_400.0
DATE = date(2026, 2, 5)


@pytest.fixture
def machine() -> Any:
    """Return what makes ledgers of one Redis, each over a connection of its own."""
    from tradingagents.discovery.net.limits.redis import RedisLedger

    server = fakeredis.FakeServer()

    def build(*rates: RateSettings) -> Any:
        ledger = RedisLedger("finnhub", fakeredis.FakeRedis(server=server), rates)
        ledger.server = server
        return ledger

    return build


def test_a_day_is_spent_once_by_all_machines(machine: Any) -> None:
    ledgers = [machine(rate(40, DAY)) for _ in range(4)]
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
    refused = machine(rate(40, DAY)).take()
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


def test_an_unreachable_server_is_replaced_by_a_quota_in_memory(
    machine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    clock = JumpingClock()
    ledger = machine(rate(1, DAY))
    pacer = Pacer(vendor("finnhub", "http://127.0.0.1", rates=(rate(1, DAY),)), ledger, clock)
    ledger.server.connected = False
    with pacer.turn(Deadline(clock=clock)):
        pass
    with pytest.raises(QuotaSpent):
        pacer.await_turn(Deadline(clock=clock))
    assert [record.getMessage() for record in caplog.records] == [
        "finnhub: quota is kept in memory only, other runs do not see it (redis: ConnectionError)"
    ]


def test_a_short_wait_is_exact(machine: Any) -> None:
    ledger = machine(rate(2, 10.0))
    for _ in range(2):
        ticket = ledger.take()
        assert isinstance(ticket, Ticket)
        ledger.sent(ticket)
    refused = ledger.take()
    assert isinstance(refused, Delay)
    assert refused.why == "pace"
    assert 10.0 < refused.seconds <= 11.01


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address at which the client finds a Redis within this process."""
    import redis

    server = fakeredis.FakeServer()
    monkeypatch.setattr(redis.Redis, "from_url", lambda url, **_: fakeredis.FakeRedis(server=server))
    return "redis://127.0.0.1:1/0"


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def machine_of(sandbox: SandboxServer) -> Vendors:
    """Return clients without a state folder: they share the spent quota through Redis only."""
    settings = sandbox.config()["discovery"]["vendors"]
    own = {"rates": [{"requests": 1, "seconds": 86_400}], "quota_redis_url_env": "QUOTA_REDIS"}
    whole = {
        name: {**DEFAULT_CONFIG["discovery"]["vendors"][name], **part} for name, part in settings.items()
    }
    return Vendors(
        VendorsSettings.model_validate({**whole, "finra": {**whole["finra"], **own}}), data_source="sandbox"
    )


def test_a_setting_makes_machines_share_a_quota(
    sandbox: SandboxServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTA_REDIS", address)
    one, other = machine_of(sandbox), machine_of(sandbox)
    assert one.finra.daily_volume(DATE).total
    with pytest.raises(QuotaSpent):
        other.finra.daily_volume(DATE - timedelta(days=1))
    one.close()
    other.close()


def test_a_configured_but_unreachable_redis_is_reported(
    sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hub = machine_of(sandbox)
    with pytest.raises(NotConfiguredError, match="QUOTA_REDIS"):
        hub.finra.daily_volume(DATE)
    monkeypatch.setenv("QUOTA_REDIS", "not an address")
    with pytest.raises(ConfigError, match="finra"):
        hub.finra.daily_volume(DATE)
    monkeypatch.setenv("QUOTA_REDIS", "redis://127.0.0.1:1/0")
    assert hub.finra.daily_volume(DATE).total
    assert "finra: quota is kept in memory only" in caplog.text
    hub.close()


def test_without_the_extra_the_error_names_what_to_install(
    sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTA_REDIS", "redis://127.0.0.1:1/0")
    monkeypatch.setitem(sys.modules, "tradingagents.discovery.net.limits.redis", None)
    hub = machine_of(sandbox)
    with pytest.raises(NotConfiguredError, match=r"pip install .tradingagents-discovery\[redis\]"):
        hub.finra.daily_volume(DATE)
    hub.close()


def test_a_reserve_is_kept_for_other_machines_too(machine: Any) -> None:
    reserving, other = machine(rate(5, DAY)), machine(rate(5, DAY))
    assert [isinstance(reserving.take(2), Ticket) for _ in range(4)] == [True, True, True, False]
    assert reserving.peek(2).why == "quota"
    assert [isinstance(other.take(), Ticket) for _ in range(3)] == [True, True, False]
