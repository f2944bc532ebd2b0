"""A vendor of the user's own over real HTTP: the whole net layer applies to it, in scans too."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tests.slow import slow_except
from tests.timing import time_allowance
from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    CircuitOpen,
    ConfigError,
    DeadlineExceeded,
    NotConfiguredError,
    Permanent,
    QuotaSpent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.net import FetchSession
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors

KEY = "k3y-0f-my-0wn-vend0r"
DAY = "2026-02-05"
BY_HEADER = {"api_key_env": "MY_KEY", "api_key_header": "Authorization", "api_key_prefix": "Bearer "}
BY_PARAMETER = {"api_key_env": "MY_KEY", "api_key_parameter": "key"}


class Gaps(BaseScanner):
    """Requests six quotes of the vendor ``mine``, and yields those that are answered."""

    name, pipeline, strategy = "gaps", "momentum", "gap"

    def scan(self, state: Any) -> Iterator[dict[str, Any]]:
        mine = self.vendors.session("mine")
        for ticker, answer in self.gather(lambda one: mine.fetch(f"/quote?symbol={one}"), list("ABCDEF")):
            yield {"ticker": ticker, "context": f"gap {answer.json()['gap']}", "priority": "high"}


@pytest.fixture
def server() -> Iterator[VendorServer]:
    running = VendorServer()
    running.script = lambda handler: handler.answer(200, {"gap": 4})
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.delenv("TRADINGAGENTS_DATA_SOURCE", raising=False)


@pytest.fixture
def vendors(server: VendorServer) -> Iterator[Any]:
    """Build clients with a vendor ``mine`` at the server; keywords are its settings and those of ``Vendors``."""
    made: list[Vendors] = []

    def build(state_dir: Path | None = None, data_source: str = "live", **settings: Any) -> Vendors:
        section = {"base_url": f"{server.url}/v1", "attempts": 1} | settings
        parsed = VendorsSettings.model_validate({"mine": section})
        made.append(Vendors(parsed, data_source=data_source, state_dir=state_dir))
        return made[-1]

    yield build
    for one in made:
        one.close()


def scan(
    server: VendorServer, folder: Path, scanner: dict[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """Scan with a graph of its own and return the report of the one scanner."""
    section = {"base_url": server.url, "attempts": 1} | settings
    config = {
        "discovery": {
            "state_dir": str(folder),
            "vendors": {"mine": section},
            "scanners": {"gaps": scanner or {}},
        }
    }
    graph = DiscoveryGraph(config, registry=ScannerRegistry([Gaps]))
    (outcome,) = graph.scanner_node({"trade_date": DAY})["scan_report"]["outcomes"]
    return dict(outcome)


def status_of(outcome: dict[str, Any]) -> tuple[str, str]:
    return outcome["status"], outcome["reason"]


# -- in a scan --------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", slow_except({"thread"}, ["thread", "process"]))
def test_the_answers_become_candidates_and_the_requests_are_counted(
    isolation: str, server: VendorServer, tmp_path: Path
) -> None:
    outcome = scan(server, tmp_path, {"isolation": isolation}, **BY_HEADER)
    assert status_of(outcome) == ("ok", "none")
    assert [one["ticker"] for one in outcome["candidates"]] == list("ABCDEF")
    assert outcome["requests"]["mine"]["sent"] == 6
    assert {hit.headers["Authorization"] for hit in server.hits} == {f"Bearer {KEY}"}


def test_the_server_sees_no_more_than_the_rate(server: VendorServer, tmp_path: Path) -> None:
    outcome = scan(server, tmp_path, rates=[{"requests": 2, "seconds": 0.4}])
    assert status_of(outcome) == ("ok", "none")
    times = sorted(hit.at for hit in server.hits)
    assert len(times) == 6
    assert max(sum(begin <= at < begin + 0.4 for at in times) for begin in times) <= 2
    assert outcome["requests"]["mine"]["waited_seconds"] > 0


def test_a_second_scan_is_answered_from_the_cache(server: VendorServer, tmp_path: Path) -> None:
    first = scan(server, tmp_path, ttl_seconds={"/quote*": 600})
    second = scan(server, tmp_path, ttl_seconds={"/quote*": 600})
    assert len(server.hits) == 6
    assert second["candidates"] == first["candidates"] != []
    assert second["requests"]["mine"] == {"cached": 6}


def test_two_scans_share_a_quota(server: VendorServer, tmp_path: Path) -> None:
    day = [{"requests": 9, "seconds": 86_400}]
    assert status_of(scan(server, tmp_path, rates=day)) == ("ok", "none")
    second = scan(server, tmp_path, rates=day)
    assert status_of(second) == ("degraded", "quota_spent")
    assert len(second["candidates"]) == 3
    assert len(server.hits) == 9


def test_without_its_key_the_scanner_is_skipped(
    server: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_KEY")
    outcome = scan(server, tmp_path, **BY_HEADER)
    assert status_of(outcome) == ("skipped", "not_configured")
    assert "MY_KEY" in outcome["message"]
    assert not server.hits


def test_a_server_that_hangs_ends_at_the_scanners_deadline(server: VendorServer, tmp_path: Path) -> None:
    server.script = lambda handler: handler.server.over.wait(PATIENCE)
    began = time.monotonic()
    outcome = scan(server, tmp_path, {"timeout_seconds": 0.6})
    assert status_of(outcome) == ("timed_out", "deadline")
    assert time.monotonic() - began < time_allowance(2.5)


def test_an_outage_is_not_an_empty_market(server: VendorServer, tmp_path: Path) -> None:
    server.script = lambda handler: handler.answer(200, "<!DOCTYPE html><html>maintenance</html>")
    assert status_of(scan(server, tmp_path)) == ("failed", "bad_payload")


@pytest.mark.parametrize("place", [BY_HEADER, BY_PARAMETER], ids=["header", "parameter"])
def test_the_key_is_in_no_log_no_report_and_no_file(
    place: dict[str, Any], server: VendorServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of the answers repeat it in a refusal."""

    def script(handler: Handler) -> None:
        if handler.path.partition("symbol=")[2][:1] in "ABC":
            handler.answer(200, {"gap": 4})
        else:
            handler.answer(400, {"error": f"bad request {handler.path}, {handler.headers['Authorization']}"})

    server.script = script
    caplog.set_level(logging.DEBUG)
    outcome = scan(server, tmp_path, ttl_seconds={"*": 600}, **place)
    assert len(outcome["candidates"]) == 3
    assert all(KEY in hit.path + str(hit.headers) for hit in server.hits)
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"/quote" in files
    assert KEY.encode() not in files
    assert KEY not in caplog.text
    assert KEY not in json.dumps(outcome, default=str)


# -- one session ------------------------------------------------------------------------------------


def test_a_parameter_joins_those_of_the_url(server: VendorServer, vendors: Any) -> None:
    session = vendors(**BY_PARAMETER).session("mine")
    response = session.get("/quote?symbol=A", params={"day": DAY})
    assert server.hits[0].path == f"/v1/quote?symbol=A&day={DAY}&key={KEY}"
    assert response.url == f"{server.url}/v1/quote?symbol=A&day={DAY}"


def test_the_key_is_sent_to_the_vendors_own_address_only(server: VendorServer, vendors: Any) -> None:
    session = vendors(**BY_HEADER).session("mine")
    session.fetch(f"{server.url}/v1/quote")
    session.fetch(f"{server.url}/v2/quote")
    assert ["Authorization" in hit.headers for hit in server.hits] == [True, False]


def test_the_wait_that_the_vendor_sets_is_kept(server: VendorServer, vendors: Any) -> None:
    server.answers(
        lambda handler: handler.answer(429, {}, Retry_After="1"), lambda handler: handler.answer(200, [1])
    )
    assert vendors(attempts=2).session("mine").fetch("/quote").json() == [1]
    first, second = (hit.at for hit in server.hits)
    assert second - first >= 1.0


def test_the_circuit_opens_after_failures_and_the_next_scan_finds_it_open(
    server: VendorServer, vendors: Any, tmp_path: Path
) -> None:
    server.script = lambda handler: handler.answer(500)
    breaker = {"fail_max": 2, "reset_after_seconds": 60}
    session = vendors(tmp_path, breaker=breaker).session("mine")
    for _ in range(2):
        with pytest.raises(Transient):
            session.fetch("/quote")
    for again in (session, vendors(tmp_path, breaker=breaker).session("mine")):
        with pytest.raises(CircuitOpen):
            again.fetch("/quote")
    assert len(server.hits) == 2


def test_equal_requests_at_the_same_time_are_one(server: VendorServer, vendors: Any) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def script(handler: Handler) -> None:
        arrived.set()
        go_on.wait(PATIENCE)
        handler.answer(200, {"gap": 4})

    server.script = script
    clients = vendors()
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(clients.session("mine").fetch("/quote").json()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert arrived.wait(PATIENCE)
    time.sleep(0.3)  # the others join the first
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert results == [{"gap": 4}] * 4
    assert len(server.hits) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {}, Auth),
        (404, {}, Permanent),  # a wrong path has this status too, so it is no proof that there is no data
        (429, {}, RateLimited),
        (503, {}, Transient),
        (200, "<html>maintenance</html>", BadPayload),
        (200, '{"gap": 4', BadPayload),
        (200, "", BadPayload),
    ],
)
def test_a_refusal_is_one_of_our_errors(
    status: int, body: Any, error: type[Exception], server: VendorServer, vendors: Any
) -> None:
    server.script = lambda handler: handler.answer(status, body)
    with pytest.raises(error, match="mine"):
        vendors().session("mine").fetch("/quote")


def test_get_returns_a_refusal_as_a_response(server: VendorServer, vendors: Any) -> None:
    server.script = lambda handler: handler.answer(404, {"error": "no such symbol"})
    response = vendors().session("mine").get("/quote?symbol=A")
    assert (response.status_code, response.json()) == (404, {"error": "no such symbol"})


def test_a_deadline_and_a_spent_quota_refuse_without_a_request(server: VendorServer, vendors: Any) -> None:
    session = vendors(rates=[{"requests": 1, "seconds": 60}]).session("mine")
    session.fetch("/quote?n=1")
    with deadline_scope(Deadline(0.5)), pytest.raises(DeadlineExceeded):
        session.fetch("/quote?n=2")
    spent = vendors(rates=[{"requests": 1, "seconds": 86_400}]).session("mine")
    spent.fetch("/quote?n=1")
    with pytest.raises(QuotaSpent):
        spent.fetch("/quote?n=2")
    assert len(server.hits) == 2


def test_with_the_sandbox_as_data_source_no_key_is_read(
    server: VendorServer, vendors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_KEY")
    vendors(data_source="sandbox", **BY_PARAMETER).session("mine").fetch("/quote")
    assert server.hits[0].path == "/v1/quote?key=sandbox"


def test_a_missing_key_names_its_variable_until_it_is_set(
    server: VendorServer, vendors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_KEY")
    clients = vendors(**BY_HEADER)
    with pytest.raises(NotConfiguredError, match="MY_KEY"):
        clients.session("mine")
    monkeypatch.setenv("MY_KEY", KEY)
    assert clients.session("mine") is clients.session("mine")


def test_an_unknown_name_is_refused_with_those_that_are_valid(vendors: Any) -> None:
    with pytest.raises(ConfigError, match=r"discovery\.vendors\.mien: unknown vendor; did you mean 'mine'"):
        vendors().session("mien")
    with pytest.raises(ConfigError, match=r"valid are alpha_vantage, finnhub, .*mine, "):
        vendors().session("zzz")


@pytest.mark.parametrize("name", ["alpha_vantage", "finnhub", "finra", "nasdaq", "sec", "yahoo"])
def test_a_built_in_vendors_session_is_its_clients(name: str, vendors: Any) -> None:
    clients = vendors(data_source="sandbox")
    session = clients.session(name)
    getattr(clients, name)
    assert [one for one in clients._built.values() if isinstance(one, FetchSession)] == [session]


def test_reddits_session_is_shared_too(vendors: Any) -> None:
    clients = vendors(data_source="sandbox")
    clients.reddit()
    assert clients.session("reddit") is clients.session("reddit")
