"""``Vendors``: lazily built vendor clients shared by one scan."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from tradingagents.discovery.execution.single_flight import SingleFlight
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock, current_deadline
from tradingagents.discovery.model.errors import Cancelled, NotConfiguredError
from tradingagents.discovery.model.redact import register_secret
from tradingagents.discovery.net.session import open_session, shared_ledger
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.transport.exchange import Send
from tradingagents.discovery.net.vendor import Vendor
from tradingagents.discovery.settings.problems import config_error, unknown
from tradingagents.discovery.settings.vendors import (
    AlphaVantageSettings,
    CustomVendorSettings,
    FinnhubSettings,
    VendorSettings,
    VendorsSettings,
    YahooSettings,
)
from tradingagents.discovery.state.names import state_file

if TYPE_CHECKING:
    from tradingagents.discovery.net.fetch_session import FetchSession
    from tradingagents.discovery.vendors.alpha_vantage.client import AlphaVantage
    from tradingagents.discovery.vendors.finnhub.client import Finnhub
    from tradingagents.discovery.vendors.finra.client import Finra
    from tradingagents.discovery.vendors.nasdaq import Nasdaq
    from tradingagents.discovery.vendors.reddit.client import Reddit
    from tradingagents.discovery.vendors.sec.client import Sec
    from tradingagents.discovery.vendors.yahoo import Yahoo

__all__ = ["Vendors"]

T = TypeVar("T")

_SANDBOX_VALUE = "sandbox"  # the sandbox accepts any key; it is no secret
_SANDBOX_AGENT = "linux:tradingagents-sandbox:v1 (sandbox@example.com)"


class Vendors:
    """Clients of one scan over one session a vendor: ``vendors.sec.daily_index(day)``. Thread-safe.

    Keys are read from the environment on first use of a vendor; a missing one raises
    :class:`NotConfiguredError` naming the variable. With the sandbox as data source no key is read.
    ``state_dir`` is the directory where spent quota, open circuits and cached responses are kept
    for the next run; None keeps them in memory.
    """

    def __init__(
        self,
        settings: VendorsSettings,
        *,
        data_source: str = "live",
        state_dir: Path | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._settings, self._data_source, self._state_dir = settings, data_source, state_dir
        self._clock = clock
        self._lock = threading.Lock()  # guards the next two; nothing is built while it is held
        self._built: dict[str, Any] = {}
        self._closed = False
        self._building: SingleFlight[Any] = SingleFlight()

    def state_file(self, stem: str) -> Path | None:
        """Return the file for a scanner's state between runs; None where nothing is kept."""
        return state_file(self._state_dir, stem, self._data_source)

    @property
    def alpha_vantage(self) -> AlphaVantage:
        """Movers, news with sentiment. Raises ``NotConfiguredError`` without a key."""
        from tradingagents.discovery.vendors.alpha_vantage.client import AlphaVantage

        base_url = self._settings.alpha_vantage.base_url
        return self._client("alpha_vantage", lambda: AlphaVantage(self.session("alpha_vantage"), base_url))

    @property
    def finnhub(self) -> Finnhub:
        """Earnings calendar, recommendation trends. Raises ``NotConfiguredError`` without a key."""
        from tradingagents.discovery.vendors.finnhub.client import Finnhub

        base_url = self._settings.finnhub.base_url
        return self._client("finnhub", lambda: Finnhub(self.session("finnhub"), base_url))

    def reddit(self) -> Reddit:
        """Return a new client for the calling thread: praw is not thread-safe. Raises as above."""
        from tradingagents.discovery.vendors.reddit.client import Reddit

        own = self._settings.reddit
        return Reddit(
            self.session("reddit"),
            base_url=own.base_url,
            token_url=own.token_url,
            client_id=self._secret(own.client_id_env),
            client_secret=self._secret(own.client_secret_env),
            user_agent=self._agent(own.user_agent_env),
        )

    @property
    def sec(self) -> Sec:
        """EDGAR indexes and filings. Raises ``NotConfiguredError`` without a declared user agent."""
        from tradingagents.discovery.vendors.sec.client import Sec

        own = self._settings.sec
        return self._client(
            "sec", lambda: Sec(self.session("sec"), own.base_url, self._agent(own.user_agent_env))
        )

    @property
    def finra(self) -> Finra:
        """Daily off-exchange volume files."""
        from tradingagents.discovery.vendors.finra.client import Finra

        return self._client("finra", lambda: Finra(self.session("finra"), self._settings.finra.base_url))

    @property
    def nasdaq(self) -> Nasdaq:
        """The symbol directory."""
        from tradingagents.discovery.vendors.nasdaq import Nasdaq

        return self._client("nasdaq", lambda: Nasdaq(self.session("nasdaq"), self._settings.nasdaq.base_url))

    @property
    def yahoo(self) -> Yahoo:
        """Daily bars. Raises ``NotConfiguredError`` where the extra is not installed."""
        from tradingagents.discovery.vendors.yahoo import Yahoo

        return self._client("yahoo", lambda: Yahoo(self.session("yahoo"), self._settings.yahoo.base_url))

    def session(self, vendor: str) -> FetchSession:
        """Return the session of ``vendor``, a key of the section ``vendors``: built in, or the user's own.

        ::

            vendors.session("mine").fetch("/quote?symbol=ABC").json()

        It is a ``requests.Session`` with the vendor's limits, cache, retries and circuit breaker. Its key is
        added to each request, and every wait ends by the caller's deadline. A URL that begins with ``/`` or
        ``?`` is below ``base_url``. ``fetch`` returns a usable answer or raises a :class:`DiscoveryError`;
        ``get``, ``post`` and the others return a refusal as a response. All callers share the session and its
        responses: do not close the one or change the others.

        Raises :class:`NotConfiguredError` naming the variable of a missing key, and :class:`ConfigError` for
        an unknown vendor.
        """
        known = self._settings.by_name()
        if vendor not in known:
            raise config_error([unknown(f"discovery.vendors.{vendor}", "vendor", known)])
        return self._once(f"{vendor} session", lambda: self._open(Vendor(vendor, known[vendor])))

    def close(self) -> None:
        """Close every session. Requests under way complete; later calls raise ``Cancelled``."""
        with self._lock:
            self._closed = True
            built = list(self._built.values())
            self._built.clear()
        for client_or_session in built:
            _close(client_or_session)

    def _client(self, vendor: str, build: Callable[[], T]) -> T:
        return self._once(f"{vendor} client", build)

    def _open(self, vendor: Vendor) -> FetchSession:
        url = self._quota_redis_url(vendor.settings.quota_redis_url_env)
        return open_session(
            vendor,
            state_dir=self._state_dir,
            clock=self._clock,
            credentials=self._credentials(vendor.settings),
            ledger=None if url is None else shared_ledger(vendor, url),
            send=_transport(vendor.settings),
        )

    def _credentials(self, settings: VendorSettings) -> Credentials | None:
        match settings:
            case AlphaVantageSettings():
                return Credentials(params={"apikey": self._secret(settings.api_key_env)})
            case FinnhubSettings():
                return Credentials(headers={"X-Finnhub-Token": self._secret(settings.api_key_env)})
            case CustomVendorSettings(api_key_env=str(variable)):
                key, header, parameter = (
                    self._secret(variable),
                    settings.api_key_header,
                    settings.api_key_parameter,
                )
                return Credentials(
                    params={} if parameter is None else {parameter: key},
                    headers={} if header is None else {header: f"{settings.api_key_prefix}{key}"},
                )
        return None

    def _once(self, name: str, build: Callable[[], T]) -> T:
        """Return the object built under ``name``; ``build`` opens files, so it runs outside the lock.

        Concurrent calls share one build: two sessions on the same files would lock each other out.
        """
        kept, _ = self._building.run(name, lambda: self._kept_or_built(name, build), current_deadline())
        return cast("T", kept)

    def _kept_or_built(self, name: str, build: Callable[[], T]) -> T:
        with self._lock:
            if name in self._built:
                return cast("T", self._built[name])
        built = build()
        with self._lock:
            kept = None if self._closed else self._built.setdefault(name, built)
        if kept is not built:
            _close(built)
        if kept is None:
            raise Cancelled("the scan is over")
        return cast("T", kept)

    def _quota_redis_url(self, variable: str | None) -> str | None:
        if variable is None:
            return None
        url = self._required(variable)
        register_secret(urlsplit(url).password or url)
        return url

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


def _transport(settings: VendorSettings) -> Send | None:
    """Return what sends the requests of a vendor that answers browsers only."""
    if not isinstance(settings, YahooSettings):
        return None
    from tradingagents.discovery.vendors.yahoo import transport

    return transport(settings.max_body_bytes)


def _close(built: Any) -> None:
    """Close a session; clients have nothing to close."""
    if (close := getattr(built, "close", None)) is not None:
        close()
