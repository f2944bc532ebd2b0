"""Build a vendor's session from its policy or settings."""

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
from tradingagents.discovery.net.limits.policy import VendorPolicy
from tradingagents.discovery.net.limits.sqlite import QUOTA_SCHEMA, SQLiteLedger
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.transport.exchange import Send
from tradingagents.discovery.settings.vendors import VendorSettings
from tradingagents.discovery.state.circuits import CIRCUIT_SCHEMA
from tradingagents.discovery.state.table import Table

__all__ = ["build_session", "open_session"]


def build_session(
    policy: VendorPolicy,
    *,
    state_dir: Path | None,
    clock: Clock = SYSTEM_CLOCK,
    credentials: Credentials | None = None,
    ledger: QuotaLedger | None = None,
    send: Send | None = None,
) -> FetchSession:
    """Return the session of one vendor; build one per process, share it, and close it at the end.

    ``state_dir`` holds two files per vendor: spent quota with open circuits, and cached answers. Without it,
    or when a file cannot be used (which is logged once), everything is kept in memory. ``clock`` is used for
    quota, breaker, the age of answers and the waits set by vendors; waits end by the caller's deadline, which
    has a clock of its own. ``ledger`` replaces the file's, for instance by one that several machines share,
    and ``send`` replaces ``HTTPAdapter.send``.
    """
    for secret in _secrets(credentials):
        register_secret(secret)
    schema, lost = (*QUOTA_SCHEMA, *CIRCUIT_SCHEMA), "quota and circuits are kept in memory only"
    state = _table(policy, state_dir, "state", schema, f"{lost}, other runs do not see them")
    lost = "responses are kept in memory only, the next run requests them again"
    store = ResponseStore(_table(policy, state_dir, "cache", CACHE_SCHEMA, lost))
    store.purge(clock.now().timestamp() - policy.stale_if_error_seconds)
    pacer = Pacer(policy, ledger or SQLiteLedger(state, policy.rates, clock), clock)
    breaker = Breaker(
        policy.name,
        fail_max=policy.breaker.fail_max,
        reset_after_seconds=policy.breaker.reset_after_seconds,
        clock=clock,
        table=state,
    )
    adapter = VendorAdapter(
        policy, pacer=pacer, breaker=breaker, clock=clock, credentials=credentials, send=send
    )

    def close() -> None:
        pacer.close()
        if (close_send := getattr(send, "close", None)) is not None:
            close_send()
        state.close()

    return FetchSession(policy, store=store, adapter=adapter, clock=clock, on_close=close)


def open_session(
    vendor: str,
    settings: VendorSettings,
    *,
    state_dir: Path | None = None,
    clock: Clock = SYSTEM_CLOCK,
    credentials: Credentials | None = None,
    quota_redis_url: str | None = None,
    send: Send | None = None,
) -> FetchSession:
    """Return the session of ``vendor`` with its settings; see :func:`build_session`.

    With ``quota_redis_url`` the quota is shared through that Redis. Raises :class:`NotConfiguredError`
    when the ``redis`` extra is not installed.
    """
    policy = VendorPolicy.from_settings(vendor, settings.model_dump())
    ledger = None if quota_redis_url is None else _shared_ledger(policy, quota_redis_url)
    return build_session(
        policy, state_dir=state_dir, clock=clock, credentials=credentials, ledger=ledger, send=send
    )


def _shared_ledger(policy: VendorPolicy, url: str) -> QuotaLedger:
    try:
        from tradingagents.discovery.net.limits.redis import connect_ledger  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        missing = 'package redis (pip install "tradingagents-discovery[redis]")'
        raise NotConfiguredError(missing) from None
    return connect_ledger(policy.file_stem, url, policy.rates)


def _table(policy: VendorPolicy, folder: Path | None, kind: str, schema: Sequence[str], lost: str) -> Table:
    file = None if folder is None else folder / f"{policy.file_stem}.{kind}.sqlite"
    return Table(file, schema, consequence=f"{policy.name}: {lost}", keep_open=True)


def _secrets(credentials: Credentials | None) -> list[str]:
    return [] if credentials is None else [*credentials.params.values(), *credentials.headers.values()]
