"""The server: starts and stops quickly, leaves nothing behind, and logs its requests."""

from __future__ import annotations

import gzip
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox.conftest import CONTACT
from tests.slow import slow_except
from tradingagents.discovery.sandbox import Fault, Market, SandboxProcess, SandboxServer

QUOTE = "/finnhub/api/v1/quote?symbol=IT&token=hunter2"
INDEX = "/sec/Archives/edgar/daily-index/2026/QTR1/master.20260205.idx"


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def test_stop_leaves_no_thread_and_frees_the_port(market: Market, session: requests.Session):
    before = set(threading.enumerate())
    server = SandboxServer(market, own_ports=True).start()
    session.get(server.url + QUOTE, timeout=10)  # its connection stays open
    addresses = [_address(url) for url in (server.url, *server.urls.values())]
    assert len(addresses) == 8
    server.stop()
    server.stop()
    assert set(threading.enumerate()) <= before
    for address in addresses:
        with socket.socket() as probe:
            assert probe.connect_ex(address) != 0
            probe.close()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)


def test_stop_does_not_wait_for_slow_answers(market: Market):
    server = SandboxServer(market, latency_seconds={"finnhub": 600.0}).start()
    with ThreadPoolExecutor(4) as pool:
        pending = [pool.submit(requests.get, server.url + QUOTE, timeout=60) for _ in range(4)]
        _until(lambda: len(server.requests) == 4)
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 3
        for answer in pending:
            with pytest.raises(requests.ConnectionError):
                answer.result()
    assert {record.status for record in server.requests} == {0}


def _until(condition: object, seconds: float = 10.0) -> None:
    """Wait for a condition that another thread or process fulfils; fail after a deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition was never fulfilled"
        pause.wait(0.01)


def test_a_sandbox_has_an_address_only_once_started_and_starts_once(market: Market):
    server = SandboxServer(market)
    with pytest.raises(RuntimeError, match="not been started"):
        _ = server.url
    with server, pytest.raises(RuntimeError, match="once only"):
        server.start()


def test_a_taken_port_is_an_error(market: Market, sandbox: SandboxServer):
    with pytest.raises(OSError, match="in use"):
        SandboxServer(market, port=_address(sandbox.url)[1]).start()


def test_the_configuration_sends_every_vendor_to_the_sandbox(sandbox: SandboxServer):
    config = sandbox.config()["discovery"]
    assert config["data_source"] == "sandbox"
    bases = {vendor: settings["base_url"] for vendor, settings in config["vendors"].items()}
    assert bases["alpha_vantage"] == f"{sandbox.url}/alpha_vantage/query"
    assert bases["finnhub"] == f"{sandbox.url}/finnhub/api/v1"
    assert bases["reddit"].endswith("/reddit/")
    assert config["vendors"]["reddit"]["token_url"] == f"{sandbox.url}/reddit"
    assert set(bases) == {"alpha_vantage", "finnhub", "reddit", "sec", "finra", "nasdaq", "yahoo"}


def test_latency_is_by_vendor_or_by_endpoint(market: Market, session: requests.Session):
    latency = {"sec": 0.3, "sec/company_tickers": 0.0}
    with SandboxServer(market, latency_seconds=latency) as server:
        session.get(f"{server.url}/sec/files/company_tickers.json", timeout=10)
        session.get(f"{server.url}{INDEX}", timeout=10)
        quick, slow = server.requests
        assert slow.seconds >= 0.3 > quick.seconds


def test_slow_answers_overlap(market: Market):
    with SandboxServer(market, latency_seconds={"finnhub": 0.4}) as server, ThreadPoolExecutor(16) as pool:
        started = time.monotonic()
        answers = list(pool.map(lambda _: requests.get(server.url + QUOTE, timeout=10), range(16)))
        assert time.monotonic() - started < 16 * 0.4 / 2
        assert all(answer.ok for answer in answers)


def test_the_log_has_every_request_without_secrets(market: Market, session: requests.Session):
    with SandboxServer(market) as server:
        session.get(server.url + QUOTE, timeout=10)
        session.get(f"{server.url}/alpha_vantage/query?apikey=hunter2&function=NOPE", timeout=10)
        session.get(f"{server.url}/sec/nothing", timeout=10)
        session.get(f"{server.url}/elsewhere", timeout=10)
        log = server.requests
    assert [(one.vendor, one.endpoint, one.status) for one in log] == [
        ("finnhub", "quote", 200),
        ("alpha_vantage", "unknown", 200),
        ("sec", "unknown", 404),
    ]
    assert "hunter2" not in str(log)
    assert log[0].path == "/finnhub/api/v1/quote?symbol=IT&token=***"
    assert log[0].started_at <= log[1].started_at


def test_connections_are_kept_and_bodies_compressed(sandbox: SandboxServer):
    connection = http.client.HTTPConnection(*_address(sandbox.url), timeout=10)
    try:
        for accept, packed in (("gzip, deflate", True), ("identity", False)):
            connection.request("GET", INDEX, headers={**CONTACT, "Accept-Encoding": accept})
            answer = connection.getresponse()
            body = answer.read()
            assert (answer.getheader("Content-Encoding") == "gzip") is packed
            plain = gzip.decompress(body) if packed else body
            assert plain.startswith(b"Description:")
            assert answer.getheader("Connection") == "keep-alive"
            local = connection.sock.getsockname()
        connection.request("GET", INDEX, headers=CONTACT)
        connection.getresponse().read()
        assert connection.sock.getsockname() == local
    finally:
        connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    ],
)
def test_a_malformed_request_gets_400(sandbox: SandboxServer, sent: bytes):
    with socket.create_connection(_address(sandbox.url), timeout=10) as client:
        client.sendall(sent)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_the_process_serves_the_same_bytes_and_is_gone_after_stop(sandbox: SandboxServer, market: Market):
    with SandboxProcess(market, latency_seconds={"finra": 0.0}) as process:
        mine, theirs = (
            requests.get(url + INDEX, headers=CONTACT, timeout=10) for url in (sandbox.url, process.url)
        )
        assert mine.content == theirs.content
        assert [record.endpoint for record in process.requests] == ["daily_index"]
        assert process.config()["discovery"]["vendors"]["sec"]["base_url"] == f"{process.url}/sec"
        process.faults.add(Fault("status", "sec", code=500, times=1))
        statuses = [
            requests.get(process.url + INDEX, headers=CONTACT, timeout=10).status_code for _ in range(2)
        ]
        assert statuses == [500, 200]
        process.faults.add(Fault("status", "sec", code=500))
        process.faults.clear()
        assert requests.get(process.url + INDEX, headers=CONTACT, timeout=10).ok
        with pytest.raises(ValueError, match="no port of its own"):
            process.faults.add(Fault("refuse", "sec"))
        pid = process.pid
        started = time.monotonic()
    assert time.monotonic() - started < 3
    assert pid
    assert not _alive(pid)
    process.stop()


def test_a_process_that_cannot_listen_raises(market: Market, sandbox: SandboxServer):
    with pytest.raises(OSError, match="in use"), SandboxProcess(market, port=_address(sandbox.url)[1]):
        pass


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        # a zombie counts as ended
        return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False


_PARENT = """
import sys, time
from tradingagents.discovery.sandbox import SandboxProcess
if __name__ == "__main__":
    process = SandboxProcess().start()
    print(process.pid, process.url, flush=True)
    time.sleep(60)
"""


def test_the_process_dies_with_its_parent(tmp_path: Path):
    """Even when the parent is killed and cannot clean up."""
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid, url = parent.stdout.readline().split()
        assert requests.get(url + INDEX, headers=CONTACT, timeout=10).ok
        parent.kill()
    _until(lambda: not _listens(url), seconds=4)
    _until(lambda: not _alive(int(pid)), seconds=4)


def _listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(_address(url)) == 0


@pytest.mark.parametrize("ending", slow_except({signal.SIGTERM}, [signal.SIGINT, signal.SIGTERM]))
def test_the_command_states_that_its_data_is_synthetic_and_ends_quietly(ending: signal.Signals):
    command = [sys.executable, "-m", "tradingagents.discovery.sandbox", "--latency", "finra=0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout
        url = served.stdout.readline().split()[2]
        assert "All data is synthetic" in served.stdout.readline()
        assert requests.get(url + INDEX, headers=CONTACT, timeout=10).ok
        served.send_signal(ending)
        _, errors = served.communicate(timeout=20)
    assert (served.returncode, errors) == (0, "")
    assert not _listens(url)


def test_the_command_names_a_port_that_is_taken(sandbox: SandboxServer):
    port = str(_address(sandbox.url)[1])
    command = [sys.executable, "-m", "tradingagents.discovery.sandbox", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"cannot listen on port {port}")
    assert "Traceback" not in ended.stderr


def test_the_control_endpoint_requires_its_header(sandbox: SandboxServer):
    assert requests.get(f"{sandbox.url}/__control__/requests", timeout=10).status_code == 403
    header = {"X-Sandbox-Control": "1"}
    assert requests.get(f"{sandbox.url}/__control__/nothing", headers=header, timeout=10).status_code == 404
    wrong = requests.post(
        f"{sandbox.url}/__control__/faults", json={"kind": "x", "vendor": "sec"}, headers=header, timeout=10
    )
    assert wrong.status_code == 400
    assert "there is no fault 'x'" in wrong.json()["error"]


def test_methods_other_than_get_and_post_are_refused(sandbox: SandboxServer):
    assert requests.put(f"{sandbox.url}/sec/files/company_tickers.json", timeout=10).status_code == 405
