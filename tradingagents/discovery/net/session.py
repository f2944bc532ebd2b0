"""Build a vendor's session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.model.errors import NotConfiguredError
from tradingagents.discovery.model.redact import register_secret
from tradingagents.discovery.net.adapter import VendorAdapter
from tradingagents.discovery.net.breaker import Breaker
from tradingagents.discovery.net.cache import CACHE_SCHEMA, ResponseStore
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.net.limits.ledger import QuotaLedger
from tradingagents.discovery.net.limits.pacer import Pacer
from tradingagents.discovery.net.limits.sqlite import QUOTA_SCHEMA, SQLiteLedger
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.transport.exchange import Send
from tradingagents.discovery.net.vendor import Vendor
from tradingagents.discovery.state.circuits import CIRCUIT_SCHEMA
from tradingagents.discovery.state.table import Table

__all__ = ["open_session", "shared_ledger"]


def open_session(
    vendor: Vendor,
    *,
    state_dir: Path | None = None,
    clock: Clock = SYSTEM_CLOCK,
    credentials: Credentials | None = None,
    ledger: QuotaLedger | None = None,
    send: Send | None = None,
) -> FetchSession:
    """Return the session of one vendor; build one per process, share it, and close it at the end.

    ``state_dir`` holds two files per vendor: spent quota with open circuits, and cached answers. Without it,
    or when a file cannot be used (which is logged once), everything is kept in memory. ``clock`` is used for
    quota, breaker, the age of answers and the waits set by vendors; waits end by the caller's deadline, which
    has a clock of its own. ``ledger`` (such as :func:`shared_ledger`) replaces the file's, and ``send``
    ``HTTPAdapter.send``.
    """
    for secret in _secrets(credentials):
        register_secret(secret)
    schema, lost = (*QUOTA_SCHEMA, *CIRCUIT_SCHEMA), "quota and circuits are kept in memory only"
    state = _table(vendor, state_dir, "state", schema, f"{lost}, other runs do not see them")
    lost = "responses are kept in memory only, the next run requests them again"
    store = ResponseStore(_table(vendor, state_dir, "cache", CACHE_SCHEMA, lost))
    store.purge(clock.now().timestamp() - vendor.settings.stale_if_error_seconds)
    pacer = Pacer(vendor, ledger or SQLiteLedger(state, vendor.settings.rates, clock), clock)
    breaker = Breaker(
        vendor.name,
        fail_max=vendor.settings.breaker.fail_max,
        reset_after_seconds=vendor.settings.breaker.reset_after_seconds,
        clock=clock,
        table=state,
    )
    adapter = VendorAdapter(
        vendor, pacer=pacer, breaker=breaker, clock=clock, credentials=credentials, send=send
    )

    def close() -> None:
        pacer.close()
        if (close_send := getattr(send, "close", None)) is not None:
            close_send()
        state.close()

    return FetchSession(
        vendor, store=store, adapter=adapter, clock=clock, credentials=credentials, on_close=close
    )


def shared_ledger(vendor: Vendor, url: str) -> QuotaLedger:
    """Return the ledger in the Redis at ``url``, for one quota shared by several machines.

    Raises :class:`NotConfiguredError` when the ``redis`` extra is not installed.
    """
    try:
        from tradingagents.discovery.net.limits.redis import connect_ledger  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        missing = 'package redis (pip install "tradingagents-discovery[redis]")'
        raise NotConfiguredError(missing) from None
    return connect_ledger(vendor.file_stem, url, vendor.settings.rates)


def _table(vendor: Vendor, folder: Path | None, kind: str, schema: Sequence[str], lost: str) -> Table:
    file = None if folder is None else folder / f"{vendor.file_stem}.{kind}.sqlite"
    return Table(file, schema, consequence=f"{vendor.name}: {lost}", keep_open=True)


def _secrets(credentials: Credentials | None) -> list[str]:
    return [] if credentials is None else [*credentials.params.values(), *credentials.headers.values()]
