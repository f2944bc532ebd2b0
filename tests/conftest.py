"""Isolation of every test: loopback connections only, no API keys, its own cache folder; a fake clock."""

from __future__ import annotations

import gc
import ipaddress
import itertools
import socket
from collections.abc import Iterator
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
def _own_cache_folder(monkeypatch: pytest.MonkeyPatch, _caches: Path) -> None:
    """Keep state that outlives a run in a cache folder of the test's own.

    Names are counted here because ``mktemp`` lists all existing folders each time.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(_caches / str(next(_numbers))))


@pytest.fixture
def no_collection() -> Iterator[None]:
    """For tests that reach the recursion limit: a garbage collection there fails the finalizers of others."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to any other host."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0] if isinstance(address, tuple) else str(address)
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to connect to {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
