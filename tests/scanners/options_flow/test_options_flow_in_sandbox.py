"""``options_flow`` against the sandbox: planted contracts, refusals and faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scanners.harness import run
from tests.scanners.sandbox_scans import FAULTS, connected, requested
from tradingagents.discovery.model.errors import (
    Auth,
    FetchError,
    QuotaSpent,
    StaleDataError,
)
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.options_flow.scanner import OptionsFlow
from tradingagents.discovery.vendors.clients import Vendors


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def clients(sandbox: SandboxServer) -> Iterator[Vendors]:
    with connected(sandbox) as made:
        yield made


def flow(sandbox: SandboxServer, clients: Vendors, **settings: Any) -> Any:
    state = {"trade_date": str(sandbox.market.as_of)}
    return run(OptionsFlow, clients, state, **({**sandbox.market.truth["options_flow"].settings, **settings}))


def test_exactly_the_planted_contracts_are_found(sandbox: SandboxServer, clients: Vendors) -> None:
    truth = sandbox.market.truth["options_flow"]
    ran = flow(sandbox, clients)
    assert set(ran.tickers) == truth.expected
    assert not truth.forbidden & set(ran.tickers)
    assert {one["ticker"]: one["score"] for one in ran.candidates} == pytest.approx(dict(truth.measure))
    assert ran.recorder.coverage() == {"asked": 10, "answered": 10, "of": 10}
    assert requested(sandbox) == {"alpha_vantage/historical_options": 10}
    assert "apikey" not in str(ran.candidates)


def test_the_context_states_the_planted_balance_of_calls_and_puts(
    sandbox: SandboxServer, clients: Vendors
) -> None:
    contexts = [one["context"] for one in flow(sandbox, clients).candidates]
    assert sum("100% of it in calls" in one for one in contexts) == 2
    assert sum("100% of it in puts" in one for one in contexts) == 1
    assert all("bought or sold is not known" in one for one in contexts)


def test_nothing_unusual_is_found_on_the_day_before(sandbox: SandboxServer, clients: Vendors) -> None:
    before = sandbox.market.sessions[-2]
    watchlist = sandbox.market.truth["options_flow"].settings
    ran = run(OptionsFlow, clients, {"trade_date": str(before)}, **watchlist)
    assert ran.tickers == []
    assert ran.recorder.coverage() == {"asked": 10, "answered": 10, "of": 10}
    assert ran.recorder.degradations == []


def test_on_a_sunday_the_session_before_it_is_found_with_one_request_a_ticker(
    sandbox: SandboxServer, clients: Vendors
) -> None:
    watchlist = sandbox.market.truth["options_flow"].settings
    run(OptionsFlow, clients, {"trade_date": "2026-02-01"}, **watchlist)
    assert {one.path.partition("date=")[2][:10] for one in sandbox.requests} == {"2026-01-30"}
    assert len(sandbox.requests) == 10


@pytest.mark.parametrize(("reason", "error"), [("premium", Auth), ("day", QuotaSpent), ("key", Auth)])
def test_a_refusal_is_raised_after_one_request(
    reason: str, error: type[Exception], sandbox: SandboxServer, clients: Vendors
) -> None:
    sandbox.faults.add(Fault("vendor_error", "alpha_vantage", "historical_options", reason=reason))
    with pytest.raises(error):
        flow(sandbox, clients)
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(("kind", "options", "error"), FAULTS, ids=lambda value: str(value)[:40])
def test_no_fault_looks_like_an_empty_result(
    kind: str, options: dict[str, Any], error: Any, sandbox: SandboxServer
) -> None:
    sandbox.faults.add(Fault(kind, "alpha_vantage", **options))
    watchlist: Any = sandbox.market.truth["options_flow"].settings["tickers"]
    patience = {"read_timeout_seconds": 0.3} if kind == "hang" else {}
    with connected(sandbox, **patience) as clients, pytest.raises(error) as caught:
        flow(sandbox, clients, tickers=watchlist[:1])
    assert isinstance(caught.value, FetchError)


def test_a_chain_of_another_day_is_refused(sandbox: SandboxServer, clients: Vendors) -> None:
    sandbox.faults.add(Fault("clock_skew", "alpha_vantage"))
    with pytest.raises(StaleDataError):
        flow(sandbox, clients)


@pytest.mark.parametrize("kind", ["duplicate_fields", "unknown_fields"])
def test_duplicate_and_unknown_fields_are_ignored(
    kind: str, sandbox: SandboxServer, clients: Vendors
) -> None:
    sandbox.faults.add(Fault(kind, "alpha_vantage"))
    assert set(flow(sandbox, clients).tickers) == sandbox.market.truth["options_flow"].expected
