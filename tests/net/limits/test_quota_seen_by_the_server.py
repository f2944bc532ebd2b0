"""The server's own log proves the quota: eight threads, two processes, two scans, and a restart.

The sandbox notes when the head of each request was read; that log is the witness here, not what the
client believes to have sent. Run as ``python -m tests.net.limits.test_quota_seen_by_the_server URL FOLDER COUNT``
this file is the second process: it sends ``COUNT`` requests and prints how many were answered.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from urllib3.connection import HTTPConnection

from tests.net.vendor_server import PATIENCE
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import DeadlineExceeded, QuotaSpent
from tradingagents.discovery.net import Credentials, FetchSession, Vendor, check, open_session
from tradingagents.discovery.sandbox import SandboxProcess, SandboxServer
from tradingagents.discovery.settings.vendors import FinnhubSettings

REQUESTS, SECONDS = 5, 0.6
DAY = {"requests": 5, "seconds": 86_400.0}
KEY = Credentials(headers={"X-Finnhub-Token": "sandbox"})


def session_to(url: str, folder: Path, rates: Sequence[dict[str, Any]]) -> FetchSession:
    """Open a session of Finnhub with ``rates`` and with nothing cached."""
    settings = FinnhubSettings.model_validate(
        {"base_url": f"{url}/finnhub/api/v1", "rates": list(rates), "ttl_seconds": {}, "attempts": 1}
    )
    return open_session(Vendor("finnhub", settings), state_dir=folder, credentials=KEY)


def fetch(session: FetchSession, url: str, symbol: str) -> None:
    """Request one company's data; raise the vendor's refusal or our own quota's."""
    check(session.get(f"{url}/finnhub/api/v1/stock/recommendation", params={"symbol": symbol}))


def answered(session: FetchSession, url: str, questions: Sequence[str]) -> int:
    """Return how many questions were answered before the quota was spent; a wait is never refused."""
    for number, symbol in enumerate(questions):
        try:
            fetch(session, url, symbol)
        except QuotaSpent:
            return number
    return len(questions)


def second_process(url: str, folder: str, count: str, kind: str) -> int:
    """Be another process that shares the folder."""
    rate = DAY if kind == "day" else {"requests": REQUESTS, "seconds": SECONDS}
    session = session_to(url, Path(folder), [rate])
    print("ready", flush=True)  # noqa: T201 - the test reads it
    sys.stdin.readline()
    with pytest.MonkeyPatch.context() as patch:
        if kind == "held-up":
            hold_up(patch, "connect")
            hold_up(patch, "endheaders")
        number = answered(session, url, [f"P{one}" for one in range(int(count))])
    session.close()
    return number


def start(root: Path, url: str, folder: Path, count: int, kind: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.net.limits.test_quota_seen_by_the_server",
            url,
            str(folder),
            str(count),
            kind,
        ],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def go(process: subprocess.Popen[str]) -> None:
    """Let it begin; it has printed that it is ready."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def ready(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def most_in_a_window(times: Sequence[float], seconds: float) -> int:
    return max(sum(begin <= at < begin + seconds for at in times) for begin in times)


def arrivals(sandbox: SandboxServer | SandboxProcess) -> list[float]:
    return [one.started_at for one in sandbox.requests if one.vendor == "finnhub"]


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A sandbox that refuses no request, so its quota headers cause no wait."""
    with SandboxServer() as running:
        yield running


def test_eight_threads_never_show_the_server_more_than_the_rate(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    session = session_to(sandbox.url, tmp_path, [{"requests": REQUESTS, "seconds": SECONDS}])
    go = threading.Barrier(8)
    counts: list[int] = []

    def work(thread: int) -> None:
        go.wait(PATIENCE)
        counts.append(answered(session, sandbox.url, [f"T{thread}.{number}" for number in range(2)]))

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    session.close()
    times = arrivals(sandbox)
    assert (sum(counts), len(times)) == (16, 16)
    assert most_in_a_window(times, SECONDS) <= REQUESTS
    assert max(times) - min(times) < 8 * SECONDS, "it is delayed far more than the rate requires"


def hold_up(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Have every other connection's ``method`` begin half a window late."""
    original: Callable[..., Any] = getattr(HTTPConnection, method)
    turns = itertools.cycle([True, False])

    def held_up(self: HTTPConnection, *args: Any, **kwargs: Any) -> Any:
        if next(turns):
            threading.Event().wait(SECONDS / 2)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(HTTPConnection, method, held_up)


@pytest.mark.parametrize("method", ["connect", "endheaders"])
def test_delays_do_not_make_requests_arrive_faster_than_the_rate(
    method: str, sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held up with a permit in hand, it would arrive together with what was permitted later.

    ``connect``: a connection takes long to open. ``endheaders``: a thread is not run for a while between
    its permit and its bytes.
    """
    hold_up(monkeypatch, method)
    session = session_to(sandbox.url, tmp_path, [{"requests": REQUESTS, "seconds": SECONDS}])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: fetch(session, sandbox.url, f"C{number}"), range(3 * REQUESTS)))
    session.close()
    times = arrivals(sandbox)
    assert len(times) == 3 * REQUESTS
    assert most_in_a_window(times, SECONDS) <= REQUESTS


@pytest.mark.slow
def test_two_processes_never_show_the_server_more_than_the_rate(
    sandbox: SandboxServer, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """One of them is held up as above."""
    kinds = ("pace", "held-up")
    processes = [start(pytestconfig.rootpath, sandbox.url, tmp_path, 8, kind) for kind in kinds]
    for process in map(ready, processes):
        assert process.poll() is None
    for process in processes:
        go(process)
    printed = [process.communicate(timeout=PATIENCE)[0].strip() for process in processes]
    assert printed == ["8", "8"]
    times = arrivals(sandbox)
    assert len(times) == 16
    assert most_in_a_window(times, SECONDS) <= REQUESTS


@pytest.mark.slow
def test_a_days_quota_is_not_overspent_by_restarting(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Three sessions one after another and another process use one folder, then send more requests."""
    with SandboxServer() as sandbox:
        spent = []
        for run in range(3):
            session = session_to(sandbox.url, tmp_path, [DAY])
            spent.append(answered(session, sandbox.url, [f"R{run}.0", f"R{run}.1"]))
            session.close()
        child = ready(start(pytestconfig.rootpath, sandbox.url, tmp_path, 3, "day"))
        printed = child.communicate("go\n", timeout=PATIENCE)[0].strip()
        assert spent == [2, 2, 1]
        assert printed == "0"
        assert len(arrivals(sandbox)) == DAY["requests"]


@pytest.mark.slow
def test_two_scans_at_once_never_show_the_server_more_than_the_rate(tmp_path: Path) -> None:
    """Each scan has sessions of its own, so they share only the folder."""
    rate, seconds = 20, 1.0
    with SandboxProcess() as sandbox:  # with an interpreter of its own it reads what arrives when it arrives
        config = scan_config(sandbox, tmp_path, [{"requests": rate, "seconds": seconds}])
        state = {"trade_date": str(sandbox.market.as_of)}
        reports: list[dict[str, Any]] = []

        def scan() -> None:
            reports.append(DiscoveryGraph(config).scanner_node(state)["scan_report"])

        threads = [threading.Thread(target=scan) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert [one["status"] for report in reports for one in report["outcomes"]] == ["ok", "ok"]
        times = arrivals(sandbox)
        assert len(times) > 2 * rate
        assert most_in_a_window(times, seconds) <= rate


def scan_config(sandbox: SandboxProcess, folder: Path, rates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the configuration of a scan by ``analyst_revisions`` alone, with nothing cached."""
    config: dict[str, Any] = sandbox.config()
    own = config["discovery"]
    own["vendors"]["finnhub"] |= {
        "rates": list(rates),
        "ttl_seconds": {"/calendar/earnings*": 0, "/stock/recommendation*": 0},
    }
    # Two cold scans at once would wait for each other at the symbol directory, which is not the subject here.
    own["vendors"]["nasdaq"]["rates"] = []
    own["state_dir"] = str(folder)
    built_in = DiscoveryGraph().registry
    own["scanners"] = {scanner.name: {"enabled": scanner.name == "analyst_revisions"} for scanner in built_in}
    return config


def test_a_request_that_does_not_fit_the_deadline_is_not_sent(sandbox: SandboxServer, tmp_path: Path) -> None:
    session = session_to(sandbox.url, tmp_path, [{"requests": REQUESTS, "seconds": SECONDS}])
    refused = 0
    with deadline_scope(Deadline(SECONDS / 2)):
        for number in range(REQUESTS + 2):
            try:
                fetch(session, sandbox.url, f"D{number}")
            except DeadlineExceeded:
                refused += 1
    session.close()
    assert (refused, len(arrivals(sandbox))) == (2, REQUESTS)


if __name__ == "__main__":
    address, shared, questions, kind = sys.argv[1:]
    print(second_process(address, shared, questions, kind))  # noqa: T201 - the test reads it
