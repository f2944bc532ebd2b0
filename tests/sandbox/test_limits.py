"""The vendors' request limits: off by default, and each vendor's own refusal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from tradingagents.discovery.sandbox import Market, SandboxServer
from tradingagents.discovery.sandbox.faults import limits
from tradingagents.discovery.sandbox.faults.limits import Meter


class _Time:
    """Replaces the time module in ``limits``; only the test advances it."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds

    def time(self) -> float:
        return 1_770_000_000.0 + self.seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> _Time:
    clock = _Time()
    monkeypatch.setattr(limits, "time", clock)
    return clock


@contextmanager
def _limited(market: Market, setting: object) -> Iterator[str]:
    with SandboxServer(market, limits=setting) as server:
        yield server.url


def test_no_limit_is_enforced_by_default(sandbox: SandboxServer, session: requests.Session):
    url = f"{sandbox.url}/finnhub/api/v1/quote?symbol=IT&token=k"
    answers = [session.get(url, timeout=10) for _ in range(70)]
    assert {(answer.status_code, answer.headers["X-Ratelimit-Remaining"]) for answer in answers} == {
        (200, "59")
    }


def test_alpha_vantage_limits_bursts_and_days_with_http_200(
    market: Market, session: requests.Session, time: _Time
):
    with _limited(market, True) as base:

        def request(function: str) -> str:
            query = {"function": function, "apikey": "SECRETKEY", "symbol": "IT"}
            answer = session.get(f"{base}/alpha_vantage/query", params=query, timeout=10)
            assert answer.status_code == 200
            return answer.text

        assert "Global Quote" in request("GLOBAL_QUOTE")
        assert "more sparingly (1 request per second)" in request("GLOBAL_QUOTE")
        assert request("EARNINGS_CALENDAR").split("\r\n")[1] == "I,n,f,o,r,m"
        for _ in range(24):
            time.seconds += 1.5
            assert "Global Quote" in request("GLOBAL_QUOTE")
        time.seconds += 1.5
        assert "We have detected your API key as SECRETKEY" in request("GLOBAL_QUOTE")
        assert request("LISTING_STATUS").split("\r\n")[1] == "I,n,f,o,r,m"
        time.seconds += 86_400
        assert "Global Quote" in request("GLOBAL_QUOTE")


def test_finnhub_counts_down_and_answers_429(market: Market, session: requests.Session, time: _Time):
    with _limited(market, {"finnhub": [(3, 60.0)]}) as base:
        url = f"{base}/finnhub/api/v1/quote?symbol=IT&token=k"
        answers = [session.get(url, timeout=10) for _ in range(4)]
        assert [answer.headers["X-Ratelimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json() == {
            "error": "API limit reached. Please try again later. Remaining Limit: 0"
        }
        assert int(answers[-1].headers["X-Ratelimit-Reset"]) == int(time.time() + 60)
        time.seconds += 60
        assert session.get(url, timeout=10).status_code == 200
        assert session.get(f"{base}/nasdaq/dynamic/SymDir/otherlisted.txt", timeout=10).ok


def test_reddit_counts_in_whole_numbers_and_not_the_token(
    market: Market, session: requests.Session, time: _Time
):
    with _limited(market, {"reddit": [(2, 600.0)]}) as base:
        grant = {"grant_type": "client_credentials"}
        token = session.post(f"{base}/reddit/api/v1/access_token", auth=("a", "b"), data=grant, timeout=10)
        headers = {"Authorization": f"bearer {token.json()['access_token']}"}
        time.seconds += 10
        answers = []
        for _ in range(3):
            answers.append(session.get(f"{base}/reddit/r/stocks/hot", headers=headers, timeout=10))
            time.seconds += 5
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["x-ratelimit-used"] for answer in answers] == ["1", "2", "2"]
        assert answers[-1].headers["x-ratelimit-remaining"] == "0.0"
        assert answers[-1].headers["x-ratelimit-reset"] == "590"
        assert "whoa there, pardner!" in answers[-1].text


def test_sec_sends_its_page_to_the_eleventh_request_of_a_second(
    market: Market, session: requests.Session, time: _Time
):
    with _limited(market, {"sec": True}) as base:
        url = f"{base}/sec/files/company_tickers_exchange.json"
        answers = [session.get(url, timeout=10) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [403]
        assert "Request Rate Threshold Exceeded" in answers[-1].text
        time.seconds += 1.0
        assert session.get(url, timeout=10).ok


def test_the_window_of_a_second_slides(time: _Time):
    """A request late in one second counts early in the next; windows of a minute are fixed."""

    def admitted(span: float, reason: str) -> int:
        meter = Meter([(10, span)], enforced=True)
        answers = []
        for requests_now, later in ((1, 0.9), (9, 0.2), (10, 0.0)):
            answers = [meter.admit()[0] for _ in range(requests_now)]
            time.seconds += later * span
        assert set(answers) <= {None, reason}
        return answers.count(None)

    assert admitted(1.0, "second") == 1
    assert admitted(60.0, "minute") == 10


def test_a_vendor_without_published_limits_needs_explicit_ones(market: Market):
    with pytest.raises(ValueError, match="finra publishes no limits"):
        SandboxServer(market, limits={"finra": True})
    SandboxServer(market, limits={"finra": [(1, 1.0)]})


def test_a_request_counts_on_arrival_however_long_its_answer_takes(
    market: Market, session: requests.Session, time: _Time
):
    limits_, latency = {"finnhub": [(1, 1.0)]}, {"finnhub": 0.3}
    with (
        SandboxServer(market, limits=limits_, latency_seconds=latency) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        url = f"{server.url}/finnhub/api/v1/quote?symbol=IT&token=k"
        first = pool.submit(session.get, url, timeout=10)
        while not server.requests:  # wait until it has arrived; its answer is delayed
            threading.Event().wait(0.005)
        time.seconds += 1.0
        second = requests.get(url, timeout=10)
        assert (first.result().status_code, second.status_code) == (200, 200)
