"""``Vendors``: the way from a scanner to every vendor; each is built when it is first asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tradingagents.discovery.errors import NotConfiguredError
from tradingagents.discovery.net.session import open_session
from tradingagents.discovery.redact import register_secret
from tradingagents.discovery.vendor_settings import VendorsSettings

if TYPE_CHECKING:
    import requests

    from tradingagents.discovery.vendors.alpha_vantage import AlphaVantage
    from tradingagents.discovery.vendors.finnhub import Finnhub
    from tradingagents.discovery.vendors.finra import Finra
    from tradingagents.discovery.vendors.nasdaq import Nasdaq
    from tradingagents.discovery.vendors.reddit import Reddit
    from tradingagents.discovery.vendors.sec import Sec

__all__ = ["Vendors"]

T = TypeVar("T")

_SANDBOX_VALUE = "sandbox"  # the sandbox takes any key, and nothing of it is secret
_SANDBOX_AGENT = "linux:tradingagents-sandbox:v1 (sandbox@example.com)"


class Vendors:
    """Clients of one scan over one session a vendor. Thread-safe.

    Keys are read from the environment when a vendor is first asked for, never before; a missing one
    raises :class:`NotConfiguredError` naming the variable. With the sandbox as data source no key is
    needed, and none is read.
    """

    def __init__(self, settings: VendorsSettings, *, data_source: str = "live") -> None:
        self._settings, self._data_source = settings, data_source
        self._lock = threading.RLock()  # guards the two tables; building a client does no I/O
        self._sessions: dict[str, requests.Session] = {}
        self._clients: dict[str, Any] = {}

    @property
    def alpha_vantage(self) -> AlphaVantage:
        """Movers, news with sentiment. Raises ``NotConfiguredError`` without a key."""
        from tradingagents.discovery.vendors.alpha_vantage import AlphaVantage

        own = self._settings.alpha_vantage
        return self._client(
            "alpha_vantage",
            lambda: AlphaVantage(self._session("alpha_vantage"), own.base_url, self._secret(own.api_key_env)),
        )

    @property
    def finnhub(self) -> Finnhub:
        """Earnings calendar, recommendation trends. Raises ``NotConfiguredError`` without a key."""
        from tradingagents.discovery.vendors.finnhub import Finnhub

        own = self._settings.finnhub
        return self._client(
            "finnhub", lambda: Finnhub(self._session("finnhub"), own.base_url, self._secret(own.api_key_env))
        )

    def reddit(self) -> Reddit:
        """Return a client for the calling thread alone: praw is not thread-safe. Raises as above."""
        from tradingagents.discovery.vendors.reddit import Reddit

        own = self._settings.reddit
        return Reddit(
            self._session("reddit"),
            base_url=own.base_url,
            token_url=own.token_url,
            client_id=self._secret(own.client_id_env),
            client_secret=self._secret(own.client_secret_env),
            user_agent=self._agent(own.user_agent_env),
        )

    @property
    def sec(self) -> Sec:
        """EDGAR indexes and filings. Raises ``NotConfiguredError`` without a declared user agent."""
        from tradingagents.discovery.vendors.sec import Sec

        own = self._settings.sec
        return self._client(
            "sec", lambda: Sec(self._session("sec"), own.base_url, self._agent(own.user_agent_env))
        )

    @property
    def finra(self) -> Finra:
        """Daily off-exchange volume files."""
        from tradingagents.discovery.vendors.finra import Finra

        return self._client("finra", lambda: Finra(self._session("finra"), self._settings.finra.base_url))

    @property
    def nasdaq(self) -> Nasdaq:
        """The symbol directory."""
        from tradingagents.discovery.vendors.nasdaq import Nasdaq

        return self._client("nasdaq", lambda: Nasdaq(self._session("nasdaq"), self._settings.nasdaq.base_url))

    def close(self) -> None:
        """Close every session; requests under way end as they would."""
        with self._lock:
            sessions = list(self._sessions.values())
            self._sessions.clear()
            self._clients.clear()
        for session in sessions:
            session.close()

    def _client(self, vendor: str, build: Callable[[], T]) -> T:
        with self._lock:
            if vendor not in self._clients:
                self._clients[vendor] = build()
            return cast("T", self._clients[vendor])

    def _session(self, vendor: str) -> requests.Session:
        with self._lock:
            if vendor not in self._sessions:
                self._sessions[vendor] = open_session(vendor, getattr(self._settings, vendor))
            return self._sessions[vendor]

    def _secret(self, variable: str) -> str:
        if self._data_source == "sandbox":
            return _SANDBOX_VALUE
        value = self._required(variable)
        register_secret(value)
        return value

    def _agent(self, variable: str) -> str:
        return _SANDBOX_AGENT if self._data_source == "sandbox" else self._required(variable)

    @staticmethod
    def _required(variable: str) -> str:
        if value := os.environ.get(variable, "").strip():
            return value
        raise NotConfiguredError(variable)
