"""``analyst_revisions`` against the sandbox: failed requests, and rotation through a universe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scanners.sandbox_scans import connected, scan_graph, scan_one, tickers
from tests.timing import without_waiting
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.sandbox.world.earnings.ratings import universe_ratings_truth
from tradingagents.discovery.scanners.analyst_revisions.scanner import AnalystRevisions
from tradingagents.discovery.vendors.clients import Vendors


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def clients(sandbox: SandboxServer) -> Iterator[Vendors]:
    with connected(sandbox) as made:
        yield made


def test_failed_requests_of_ratings_degrade_the_outcome(sandbox: SandboxServer, clients: Vendors) -> None:
    sandbox.faults.add(Fault("status", "finnhub", "stock_recommendation", times=5, code=502))
    ran = scan_one(AnalystRevisions, sandbox, clients)
    assert ran.recorder.coverage() == {"asked": 27, "answered": 22, "of": 27}
    assert {reason for reason, _ in ran.recorder.degradations} == {Reason.VENDOR_DOWN}
    assert set(ran.tickers) <= sandbox.market.truth["analyst_revisions"].expected


@pytest.mark.slow
def test_several_runs_cover_the_whole_universe_and_find_every_rise(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    market = sandbox.market
    truth = universe_ratings_truth(market.seed, market.as_of, market.scenarios)
    universe = [one.symbol for one in market.companies]
    mine = {"universe": universe, "max_tickers": 120, "limit": None}
    vendors = without_waiting(sandbox.config())
    found: set[str] = set()
    for _ in range(4):
        outcome = scan_graph(
            sandbox, (AnalystRevisions,), vendors=vendors, state_dir=tmp_path, analyst_revisions=mine
        )["analyst_revisions"]
        assert outcome["status"] == "ok"
        assert outcome["coverage"] == {"asked": 120, "answered": 120, "of": len(universe)}
        assert outcome["funnel"]["left for later runs"] == len(universe) - 120
        found |= tickers(outcome)
    assert found == truth.expected
    assert found > market.truth["analyst_revisions"].expected
    about = {one.path.partition("symbol=")[2] for one in sandbox.requests if "recommendation" in one.path}
    assert about == set(universe)
    assert [path.name for path in tmp_path.glob("rotation*")][:1] == ["rotation@sandbox.sqlite"]
