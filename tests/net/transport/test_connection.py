"""A request is sent with a permit, taken when its connection is open, over one that still is."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.connection import HTTPConnection, HTTPSConnection

from tests.net.made import circuit, rate
from tests.net.vendor_server import Handler, VendorServer
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Deadline, deadline_scope
from tradingagents.discovery.model.errors import DeadlineExceeded, QuotaSpent, RateLimited
from tradingagents.discovery.net import FetchSession, counting
from tradingagents.discovery.net.limits.ledger import SETTLING_SECONDS, Delay, MemoryLedger
from tradingagents.discovery.net.transport.connection import hung_up

OpenSession = Callable[..., FetchSession]
WAIT_SECONDS = 0.4


class Rival(MemoryLedger):
    """A ledger whose ``peek`` always sees a permit that another thread then takes first."""

    def peek(self, reserve: int = 0) -> Delay | None:
        return None


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each connection was opened."""
    times: list[float] = []
    for kind in (HTTPConnection, HTTPSConnection):

        def noted(self: Any, connect: Callable[[Any], None] = kind.connect) -> None:
            connect(self)
            times.append(time.monotonic())

        monkeypatch.setattr(kind, "connect", noted)
    return times


def after_a_rival(open_session: OpenSession, **options: Any) -> FetchSession:
    """Return a session whose first request has to wait with its connection open."""
    ledger = Rival((rate(1, WAIT_SECONDS),), SYSTEM_CLOCK)
    ledger.sent(ledger.take())  # type: ignore[arg-type]  # the first is always a ticket
    return open_session(ledger=ledger, **options)


def test_no_connection_is_opened_for_a_request_without_a_permit(
    server: VendorServer, open_session: OpenSession, opened: list[float], tmp_path: Path
) -> None:
    session = open_session(state_dir=tmp_path, rates=(rate(1, 30.0), rate(2, 86_400.0)))
    session.fetch(f"{server.url}/first")
    session.get_adapter(server.url).close()  # the pooled connection; the next request needs another
    with deadline_scope(Deadline(1.0)), pytest.raises(DeadlineExceeded):
        session.get(f"{server.url}/paced")
    session.get_adapter(server.url)._pacer.hold(5.0)
    with deadline_scope(Deadline(1.0)), pytest.raises(RateLimited):
        session.get(f"{server.url}/held")
    session.get_adapter(server.url)._pacer.hold(4_000.0, quota=True)
    with pytest.raises(QuotaSpent):
        session.get(f"{server.url}/spent")
    assert len(opened) == 1
    assert [hit.path for hit in server.hits] == ["/first"]


def test_a_connection_lost_while_waiting_for_the_permit_is_replaced(
    server: VendorServer, open_session: OpenSession, opened: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one of the attempts is spent on it: nothing was sent, and it counts as one request."""
    monkeypatch.setattr(Handler, "timeout", WAIT_SECONDS / 8)  # the server closes idle connections
    counts: dict[str, float] = {}
    session = after_a_rival(open_session, attempts=1)
    with counting(lambda _, what, amount: counts.update({what: counts.get(what, 0) + amount})):
        assert session.fetch(f"{server.url}/quote").ok
    assert len(opened) == 2
    assert counts["sent"] == 1


def test_the_wait_for_the_permit_is_not_part_of_the_exchange(
    server: VendorServer, open_session: OpenSession
) -> None:
    session = after_a_rival(open_session, exchange_timeout_seconds=WAIT_SECONDS / 2)
    assert session.fetch(f"{server.url}/quote").ok


def test_a_permit_that_does_not_come_in_time_is_not_the_vendors_failure(
    server: VendorServer, open_session: OpenSession
) -> None:
    session = after_a_rival(open_session, breaker=circuit(1, 60.0), read_timeout_seconds=0.1)
    with deadline_scope(Deadline(WAIT_SECONDS / 2)), pytest.raises(DeadlineExceeded):
        session.get(f"{server.url}/quote")
    assert session.get_adapter(server.url)._breaker.state == "closed"
    assert server.hits == []


def test_only_the_first_request_over_a_connection_gets_settling_time(
    server: VendorServer, open_session: OpenSession
) -> None:
    session = open_session(rates=(rate(1, WAIT_SECONDS),))
    for number in range(3):
        session.fetch(f"{server.url}/{number}")
    first, second, third = (hit.at for hit in server.hits)
    assert second - first >= WAIT_SECONDS + SETTLING_SECONDS
    assert WAIT_SECONDS <= third - second < WAIT_SECONDS + SETTLING_SECONDS


def test_a_refused_connection_takes_no_permit(open_session: OpenSession) -> None:
    session = open_session(base_url="http://127.0.0.1:9", rates=(rate(1, 86_400.0),))
    ledger = session.get_adapter("http://127.0.0.1:9")._pacer._ledger
    with pytest.raises(Exception, match="connection refused"):
        session.get("http://127.0.0.1:9/quote")
    assert ledger.peek() is None


def test_a_closed_connection_is_distinguished_from_one_with_data() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        assert not hung_up(ours)
        theirs.sendall(b"an unsolicited ticket")
        assert not hung_up(ours)
        theirs.close()
        assert hung_up(ours)


@pytest.fixture
def secure_server(tmp_path: Path) -> Iterator[VendorServer]:
    """The server over TLS 1.3, which sends tickets as soon as the connection is open."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("a certificate is made with the openssl command, which is not there")
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    command += " -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    running = VendorServer()
    running.socket = context.wrap_socket(running.socket, server_side=True)
    yield running
    running.stop()


def test_over_tls_a_request_waits_for_its_permit_with_the_connection_open(
    secure_server: VendorServer, open_session: OpenSession, opened: list[float], tmp_path: Path
) -> None:
    url = secure_server.url.replace("http:", "https:")
    session = after_a_rival(open_session, base_url=url)
    began = time.monotonic()
    assert session.fetch(f"{url}/quote", verify=str(tmp_path / "certificate.pem")).ok
    (hit,) = secure_server.hits
    assert hit.at - began >= WAIT_SECONDS * 0.9
    assert len(opened) == 1
