"""What every test gets: no way past loopback, no keys, a cache folder and a clock of its own."""

from __future__ import annotations

import ipaddress
import itertools
import socket
from pathlib import Path

import pytest

from tests.fake_clock import FakeClock

_KEYS = (
    "ALPHA_VANTAGE_API_KEY",
    "FINNHUB_API_KEY",
    "REDDIT_CLIENT_ID",
    "REDDIT_CLIENT_SECRET",
    "REDDIT_USER_AGENT",
    "SEC_EDGAR_USER_AGENT",
    "TRADINGAGENTS_DATA_SOURCE",
)
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _KEYS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def _no_state_of_the_user(monkeypatch: pytest.MonkeyPatch, _caches: Path) -> None:
    """Whatever a run leaves for the next one stays in a folder of the test's own.

    Its name is counted here: ``mktemp`` counts by listing all folders there are, for each test anew.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(_caches / str(next(_numbers))))


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere else fails the test that made it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0] if isinstance(address, tuple) else str(address)
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
