"""A second scan within the TTL repeats no request of the first, and finds the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer

NEVER_KEPT = {("reddit", "token")}  # a token is no answer to keep on disk


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def config(sandbox: SandboxServer, folder: Path) -> dict[str, Any]:
    """Return the sandbox's configuration with default TTLs, and with rates that need no waiting."""
    made: dict[str, Any] = sandbox.config()
    made["discovery"]["state_dir"] = str(folder)
    for settings in made["discovery"]["vendors"].values():
        settings["rates"] = []
    return made


def scan(sandbox: SandboxServer, folder: Path) -> tuple[dict[str, Any], Counter[tuple[str, str]]]:
    """Scan with a graph of its own; return the update, and the requests by vendor and endpoint."""
    before = len(sandbox.requests)
    update = DiscoveryGraph(config(sandbox, folder)).scanner_node({"trade_date": str(sandbox.market.as_of)})
    ends = {one["scanner"]: (one["status"], one["reason"]) for one in update["scan_report"]["outcomes"]}
    assert ends.pop("options_flow") == ("skipped", "not_configured")  # it has no watchlist here
    assert set(ends.values()) == {("ok", "none")}
    return update, Counter((one.vendor, one.endpoint) for one in sandbox.requests[before:])


def test_a_second_run_requests_nothing_again_and_finds_the_same(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    cold, requested = scan(sandbox, tmp_path)
    warm, asked_again = scan(sandbox, tmp_path)
    in_scans = config(sandbox, tmp_path)["discovery"]["vendors"].keys() - {"yahoo"}  # bars come between scans
    assert {vendor for vendor, _ in requested} == in_scans
    assert set(asked_again) <= NEVER_KEPT
    # The days of its files are those of the exchange's calendar: no holiday is requested.
    assert {one.status for one in sandbox.requests if one.vendor == "finra"} == {200}
    assert cold["candidate_metadata"]
    assert warm["candidate_metadata"] == cold["candidate_metadata"]
    assert warm["tickers"] == cold["tickers"]


@pytest.mark.slow
def test_the_report_of_a_second_run_counts_cache_hits(sandbox: SandboxServer, tmp_path: Path) -> None:
    cold, _ = scan(sandbox, tmp_path)
    warm, _ = scan(sandbox, tmp_path)
    requesting = {one["scanner"] for one in cold["scan_report"]["outcomes"] if one["requests"]}
    expected = {
        "insider_buying",
        "material_events",
        "short_squeeze",
        "short_volume",
        "volume_accumulation",
        "news_catalyst",
        "reddit_dd",
        "earnings_surprise",
    }
    assert requesting >= expected
    for receipt in warm["scan_report"]["outcomes"]:
        counts = receipt["requests"].values()
        assert sum(one.get("sent", 0) for one in counts) <= 1, f"{receipt['scanner']}: more than a token"
        # The first scanner that needs the symbol directory requests it; the others share it.
        if receipt["scanner"] in expected:
            assert sum(one.get("cached", 0) + one.get("coalesced", 0) for one in counts) >= 1, receipt[
                "scanner"
            ]


@pytest.mark.slow
def test_another_folder_shares_nothing(sandbox: SandboxServer, tmp_path: Path) -> None:
    _, requested = scan(sandbox, tmp_path / "one")
    _, requested_elsewhere = scan(sandbox, tmp_path / "other")
    assert requested_elsewhere == requested
