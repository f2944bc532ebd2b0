"""One sandbox for the tests that only read, and a session that ignores the machine's proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from tradingagents.discovery.sandbox import Market, SandboxServer, shared_market

CONTACT = {"User-Agent": "Sandbox Tests tests@example.com"}

Get = Callable[..., requests.Response]


@pytest.fixture(scope="session")
def market() -> Market:
    return shared_market()


@pytest.fixture(scope="session")
def sandbox(market: Market) -> Iterator[SandboxServer]:
    with SandboxServer(market) as server:
        yield server


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as client:
        client.trust_env = False
        client.headers.update(CONTACT)
        yield client


@pytest.fixture
def get(sandbox: SandboxServer, session: requests.Session) -> Get:
    """Request a path of the shared sandbox: ``get("/sec/files/company_tickers.json")``."""

    def send(path: str, **options: object) -> requests.Response:
        return session.get(sandbox.url + path, timeout=10, **options)

    return send


@pytest.fixture
def alpha(get: Get) -> Get:
    """Request a function of Alpha Vantage."""

    def send(function: str, **query: object) -> requests.Response:
        return get("/alpha_vantage/query", params={"function": function, "apikey": "k", **query})

    return send


@pytest.fixture
def finnhub_get(get: Get) -> Get:
    """Request a path of Finnhub."""

    def send(path: str, **query: object) -> requests.Response:
        return get(f"/finnhub/api/v1/{path}", params=query, headers={"X-Finnhub-Token": "k"})

    return send
