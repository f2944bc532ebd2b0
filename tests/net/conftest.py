"""What the tests of the net layer share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.net.clocks import JumpingClock
from tests.net.made import vendor
from tests.net.vendor_server import VendorServer
from tradingagents.discovery import net
from tradingagents.discovery.net import FetchSession, retry


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_BACKOFF_BASE_SECONDS", 0.01)


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def server() -> Iterator[VendorServer]:
    running = VendorServer()
    yield running
    running.stop()


@pytest.fixture
def open_session(server: VendorServer) -> Iterator[Callable[..., FetchSession]]:
    """Build sessions towards the server; keywords are settings, and those of ``net.open_session``."""
    sessions: list[FetchSession] = []

    def build(name: str = "finnhub", **options: Any) -> FetchSession:
        of_session = {
            key: options.pop(key) for key in ("state_dir", "clock", "credentials", "ledger") if key in options
        }
        session = net.open_session(vendor(name, **({"base_url": server.url} | options)), **of_session)
        sessions.append(session)
        return session

    yield build
    for session in sessions:
        session.close()
