"""Sending by curl_cffi keeps the promises of sending by requests: limits, deadlines, our errors only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.net.made import rate, vendor
from tests.timing import time_allowance
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    BadPayload,
    Cancelled,
    DeadlineExceeded,
    DiscoveryError,
    QuotaSpent,
    Transient,
)
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.net.session import open_session
from tradingagents.discovery.net.transport.browser import BrowserTransport
from tradingagents.discovery.sandbox import Fault, SandboxServer

CHART = "/yahoo/v8/finance/chart/KITE?range=1y&interval=1d"
LIMIT = 200_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    """A sandbox that has answered: its market is made, so that no timeout of a test counts that."""
    with SandboxServer() as server, opened_to(server) as patient:
        patient.fetch(server.url + CHART)
        yield server


def opened_to(sandbox: SandboxServer, **settings: Any) -> FetchSession:
    yahoo = vendor("yahoo", f"{sandbox.url}/yahoo", **settings)
    return open_session(yahoo, send=BrowserTransport(LIMIT, wanted="the extra"))


@pytest.fixture
def session(sandbox: SandboxServer) -> Iterator[FetchSession]:
    short = {"connect_timeout_seconds": 0.5, "read_timeout_seconds": 0.5, "max_body_bytes": LIMIT}
    opened = opened_to(sandbox, **short)
    yield opened
    opened.close()
    sandbox.faults.clear()


def test_a_request_with_a_browsers_handshake_returns_the_whole_answer(
    sandbox: SandboxServer, session: FetchSession
) -> None:
    """The sandbox answers browsers only; it compresses, and curl has undone that."""
    result = session.fetch(sandbox.url + CHART).json()["chart"]["result"][0]
    assert len(result["timestamp"]) == 252


def test_the_vendor_sees_no_trace_of_requests(sandbox: SandboxServer) -> None:
    with requests.Session() as plain:
        plain.trust_env = False
        assert plain.get(sandbox.url + CHART, timeout=5).status_code == 429


def test_no_proxy_of_the_environment_is_used_for_this_machine(
    sandbox: SandboxServer, session: FetchSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert session.fetch(sandbox.url + CHART).status_code == 200


def test_threads_send_at_the_same_time(sandbox: SandboxServer) -> None:
    """With timeouts of its own: on a busy machine eight handshakes may take more than half a second."""
    symbols = [one.symbol for one in sandbox.market.companies if one.symbol.isalpha()][:24]

    def fetch(symbol: str) -> str:
        url = f"{sandbox.url}/yahoo/v8/finance/chart/{symbol}?range=5d"
        found: str = patient.fetch(url).json()["chart"]["result"][0]["meta"]["symbol"]
        return found

    with opened_to(sandbox) as patient, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fetch, symbols)) == symbols


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("reset", "yahoo"), Transient),
        (Fault("reset_mid_body", "yahoo"), Transient),
        (Fault("hang", "yahoo"), Transient),
        (Fault("drip", "yahoo", interval=0.3), Transient),
        (Fault("truncate", "yahoo"), BadPayload),
        (Fault("wrong_length", "yahoo"), Transient),
        (Fault("huge", "yahoo", megabytes=3), BadPayload),
        (Fault("gzip_bomb", "yahoo", megabytes=3), BadPayload),
        (Fault("empty", "yahoo"), BadPayload),
        (Fault("status", "yahoo", code=503), Transient),
        (Fault("html", "yahoo"), Transient),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_every_fault_is_one_of_our_errors(
    fault: Fault, kind: type[DiscoveryError], sandbox: SandboxServer, session: FetchSession
) -> None:
    sandbox.faults.add(fault)
    began = time.monotonic()
    with pytest.raises(kind):
        session.fetch(sandbox.url + CHART)
    assert time.monotonic() - began < time_allowance(2.0)  # connection and answer have a second together


def test_the_quota_applies_to_this_transport_too(sandbox: SandboxServer) -> None:
    opened = opened_to(sandbox, rates=(rate(3, 86_400),))
    before = len(sandbox.requests)
    for number in range(3):
        opened.fetch(f"{sandbox.url}{CHART}&number={number}")
    with pytest.raises(QuotaSpent):
        opened.fetch(f"{sandbox.url}{CHART}&number=3")
    opened.close()
    assert len(sandbox.requests) - before == 3


def test_an_address_without_a_server(session: FetchSession) -> None:
    with pytest.raises(Transient):
        session.fetch("http://127.0.0.1:9/v8/finance/chart/KITE")


def test_a_deadline_ends_a_hanging_answer(sandbox: SandboxServer, session: FetchSession) -> None:
    sandbox.faults.add(Fault("hang", "yahoo"))
    began = time.monotonic()
    with deadline_scope(Deadline(0.3)), pytest.raises(DeadlineExceeded):
        session.fetch(sandbox.url + CHART)
    assert time.monotonic() - began < time_allowance(0.55)


def test_a_cancel_ends_a_dripping_answer(sandbox: SandboxServer, session: FetchSession) -> None:
    sandbox.faults.add(Fault("drip", "yahoo", interval=0.05))
    deadline = Deadline(None)
    threading.Timer(0.3, deadline.cancel).start()
    began = time.monotonic()
    with deadline_scope(deadline), pytest.raises(Cancelled):
        session.fetch(sandbox.url + CHART)
    assert time.monotonic() - began < time_allowance(0.8)  # its own timeouts would end it after a second


def test_a_closed_session_opens_no_connection(sandbox: SandboxServer) -> None:
    closed = opened_to(sandbox)
    closed.close()
    with pytest.raises(DiscoveryError):
        closed.fetch(sandbox.url + CHART)
