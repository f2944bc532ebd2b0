"""One request of the earnings calendar serves all scanners of a scan that read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scanners.sandbox_scans import requested, scan_graph, tickers
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.analyst_revisions.scanner import AnalystRevisions
from tradingagents.discovery.scanners.earnings.calendar import EarningsCalendar
from tradingagents.discovery.scanners.earnings.surprise import EarningsSurprise

CALENDAR = (EarningsCalendar, EarningsSurprise, AnalystRevisions)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.mark.parametrize("concurrent", [True, False], ids=["at once", "one after another"])
def test_one_scan_requests_the_earnings_calendar_once(sandbox: SandboxServer, concurrent: bool) -> None:
    outcomes = scan_graph(sandbox, CALENDAR, concurrent=concurrent)
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert requested(sandbox) == {"finnhub/calendar_earnings": 1, "finnhub/stock_recommendation": 27}
    used = Counter[str]()
    for one in outcomes.values():
        used.update(one["requests"]["finnhub"])
    assert used["sent"] == 28
    assert used["cached"] + used["coalesced"] == 2
    for name, outcome in outcomes.items():
        assert tickers(outcome) <= sandbox.market.truth[name].expected


def test_windows_within_a_week_share_one_calendar_request(sandbox: SandboxServer) -> None:
    scan_graph(
        sandbox,
        CALENDAR,
        earnings_calendar={"days_ahead": 2},
        earnings_surprise={"lookback_days": 3},
        analyst_revisions={"days_ahead": 5},
    )
    assert requested(sandbox)["finnhub/calendar_earnings"] == 1


@pytest.mark.parametrize("concurrent", [True, False], ids=["at once", "one after another"])
def test_different_windows_share_one_calendar_request(sandbox: SandboxServer, concurrent: bool) -> None:
    outcomes = scan_graph(
        sandbox,
        CALENDAR,
        concurrent=concurrent,
        earnings_calendar={"days_ahead": 30, "limit": None},
        earnings_surprise={"lookback_days": 20},
        analyst_revisions={"days_ahead": 10},
    )
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert requested(sandbox)["finnhub/calendar_earnings"] == 1
    (path,) = (one.path for one in sandbox.requests if one.endpoint == "calendar_earnings")
    assert "from=2026-01-16" in path
    assert "to=2026-03-07" in path
    truth = sandbox.market.truth
    assert tickers(outcomes["earnings_calendar"]) > truth["earnings_calendar"].expected
    assert not tickers(outcomes["earnings_surprise"]) & truth["earnings_calendar"].expected


def test_a_scanner_in_its_own_process_makes_the_same_request(sandbox: SandboxServer, tmp_path: Path) -> None:
    isolated = {"lookback_days": 20, "isolation": "process"}
    outcomes = scan_graph(
        sandbox, CALENDAR[:2], state_dir=tmp_path, concurrent=False, earnings_surprise=isolated
    )
    assert {one["status"] for one in outcomes.values()} == {"ok"}
    assert requested(sandbox)["finnhub/calendar_earnings"] == 1


def test_a_disabled_scanner_does_not_widen_the_window(sandbox: SandboxServer) -> None:
    scan_graph(sandbox, CALENDAR[:1], earnings_surprise={"enabled": False, "lookback_days": 20})
    (path,) = (one.path for one in sandbox.requests if one.endpoint == "calendar_earnings")
    assert "from=2026-01-29" in path
    assert "to=2026-02-12" in path


def test_a_refused_calendar_fails_all_three_scanners(sandbox: SandboxServer) -> None:
    sandbox.faults.add(Fault("status", "finnhub", "calendar_earnings", code=401))
    outcomes = scan_graph(sandbox, CALENDAR)
    assert {(one["status"], one["reason"]) for one in outcomes.values()} == {("failed", "auth")}
