"""Every fault as a client sees it; all of them end when the server stops."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import prawcore
import pytest
import requests
import urllib3
from defusedxml import DefusedXmlException, ElementTree

from tests.sandbox.test_clients import _praw
from tradingagents.discovery.sandbox import Fault, Market, SandboxServer
from tradingagents.discovery.sandbox.faults.rules import FaultRules

QUOTE = "/finnhub/api/v1/quote?symbol=IT&token=k"
RATINGS = "/finnhub/api/v1/stock/recommendation?symbol=IT&token=k"
INDEX = "/sec/Archives/edgar/daily-index/2026/QTR1/master.20260205.idx"
VOLUMES = "/finra/equity/regsho/daily/CNMSshvol20260205.txt"


@pytest.fixture(scope="module")
def server(market: Market) -> Iterator[SandboxServer]:
    with SandboxServer(market, own_ports=True) as started:
        yield started


@pytest.fixture
def faulty(server: SandboxServer) -> Iterator[SandboxServer]:
    yield server
    server.faults.clear()


@pytest.fixture
def fetch(faulty: SandboxServer, session: requests.Session):
    """Set one fault, then request a path."""

    def put(path: str, kind: str, *, timeout: float = 10, stream: bool = False, **options: object):
        faulty.faults.clear()
        faulty.faults.add(Fault(kind, path.split("/")[1], **options))
        return session.get(faulty.url + path, timeout=timeout, stream=stream)

    return put


def test_connections_are_refused_until_the_fault_is_cleared(faulty: SandboxServer, session: requests.Session):
    base, address = faulty.urls["finnhub"], urlsplit(faulty.urls["finnhub"])
    assert session.get(base + QUOTE, timeout=10).ok
    faulty.faults.add(Fault("refuse", "finnhub"))
    with socket.socket() as probe:
        assert probe.connect_ex((address.hostname, address.port)) != 0
    with pytest.raises(requests.ConnectionError):
        session.get(base + QUOTE, timeout=10)
    assert session.get(faulty.urls["sec"] + INDEX, timeout=10).ok
    faulty.faults.clear()
    assert session.get(base + QUOTE, timeout=10).ok


def test_reset_breaks_the_connection_before_any_byte(fetch):
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        fetch(QUOTE, "reset")


def test_reset_mid_body_breaks_it_after_half(fetch):
    answer = fetch(INDEX, "reset_mid_body", stream=True)
    assert answer.status_code == 200
    with pytest.raises(urllib3.exceptions.ProtocolError, match="reset by peer"):
        answer.raw.read()


def test_hang_sends_nothing(fetch, faulty: SandboxServer):
    with pytest.raises(requests.ReadTimeout):
        fetch(QUOTE, "hang", timeout=0.2)
    assert faulty.requests[-1].fault == "hang"


def test_a_hang_may_end_by_itself(fetch):
    with pytest.raises(requests.ConnectionError):
        fetch(QUOTE, "hang", seconds=0.05)


def test_hang_after_headers_sends_those(fetch):
    answer = fetch(INDEX, "hang_after_headers", timeout=0.3, stream=True)
    assert answer.status_code == 200
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        _ = answer.content


def test_a_client_that_leaves_ends_the_hang(fetch, faulty: SandboxServer, session: requests.Session):
    with pytest.raises(requests.ReadTimeout):
        fetch(QUOTE, "hang", timeout=0.1)
    session.close()
    deadline = time.monotonic() + 10
    while faulty.requests[-1].seconds is None or faulty.requests[-1].seconds < 0.1:
        assert time.monotonic() < deadline, "the server still waits for a client that has left"
        time.sleep(0.01)


def test_slow_is_late_but_whole(fetch, faulty: SandboxServer):
    assert fetch(QUOTE, "slow", seconds=0.2).json()["t"] > 0
    assert faulty.requests[-1].seconds >= 0.2


def test_drip_defeats_a_read_timeout(fetch):
    """Each byte comes in time; the whole does not."""
    started = time.monotonic()
    answer = fetch("/finnhub/api/v1/nope?token=k", "drip", interval=0.01, timeout=0.3)
    assert answer.status_code == 404
    assert time.monotonic() - started > 0.3


def test_truncate_cuts_the_content_and_its_content_length(fetch):
    answer = fetch(RATINGS, "truncate", share=0.5)
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 10
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_content_length_beyond_the_body_is_an_incomplete_read(fetch):
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        fetch(RATINGS, "wrong_length", extra=100)


def test_a_content_length_short_of_the_body_cuts_it(fetch):
    with pytest.raises(requests.JSONDecodeError):
        fetch(RATINGS, "wrong_length", extra=-20).json()


def test_an_empty_body_is_a_success_without_content(fetch):
    answer = fetch(QUOTE, "empty")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_client_can_close_a_huge_answer(fetch):
    answer = fetch(QUOTE, "huge", megabytes=100, stream=True)
    assert int(answer.headers["Content-Length"]) > 100 * 2**20
    assert answer.raw.read(1_000) == b" " * 1_000
    answer.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_huge_ends_in_the_usual_body(fetch, chunked: bool):
    answer = fetch(QUOTE, "huge", megabytes=2, chunked=chunked)
    assert len(answer.content) > 2 * 2**20
    assert answer.json()["t"] > 0
    assert ("Transfer-Encoding" in answer.headers) is chunked


def test_a_gzip_bomb_is_small_on_the_wire_and_large_in_memory(fetch):
    answer = fetch(QUOTE, "gzip_bomb", megabytes=20)
    assert int(answer.headers["Content-Length"]) < 50_000
    assert len(answer.content) > 20 * 2**20
    assert answer.json()["t"] > 0


def test_the_parser_detects_an_xml_bomb(
    fetch, market: Market, faulty: SandboxServer, session: requests.Session
):
    filing = next(one for one in market.filings(market.as_of) if one.form == "4")
    path = f"/sec/Archives/edgar/data/{filing.issuer_cik}/{filing.accession}.txt"
    text = fetch(path, "xml_bomb").text
    document = text.partition("<XML>")[2].partition("</XML>")[0].strip()
    with pytest.raises(DefusedXmlException):
        ElementTree.fromstring(document)
    feed = session.get(f"{faulty.url}/sec/cgi-bin/browse-edgar?action=getcurrent&type=4", timeout=10)
    with pytest.raises(DefusedXmlException):
        ElementTree.fromstring(feed.content)


def test_the_content_type_can_be_wrong(fetch):
    answer = fetch(QUOTE, "wrong_type", content_type="application/octet-stream")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.json()["t"] > 0


def test_html_may_come_for_json(fetch):
    answer = fetch(QUOTE, "html")
    assert answer.status_code == 200
    assert "Will be right back" in answer.text


@pytest.mark.parametrize("code", [401, 403, 404, 429, 500, 502, 503])
def test_any_status_without_retry_after(fetch, code: int):
    answer = fetch(QUOTE, "status", code=code)
    assert answer.status_code == code
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("wait", [7, 0.5, "soon", 315_360_000, -1])
def test_retry_after_has_the_configured_value(fetch, wait: object):
    assert fetch(QUOTE, "status", code=429, retry_after=wait).headers["Retry-After"] == str(wait)


def test_retry_after_may_be_a_date(fetch):
    answer = fetch(QUOTE, "status", code=503, retry_date_seconds=60)
    later = parsedate_to_datetime(answer.headers["Retry-After"]) - parsedate_to_datetime(
        answer.headers["Date"]
    )
    assert 58 <= later.total_seconds() <= 61


def test_praw_treats_a_fault_as_an_error_of_reddit(faulty: SandboxServer):
    with _praw(faulty.url) as reddit:
        faulty.faults.add(Fault("status", "reddit", "hot", times=1, code=429, retry_after=3))
        with pytest.raises(prawcore.TooManyRequests) as refused:
            next(reddit.subreddit("stocks").hot(limit=1))
        assert float(refused.value.retry_after) == 3.0
        faulty.faults.add(Fault("status", "reddit", "hot", times=1, code=401))
        assert next(reddit.subreddit("stocks").hot(limit=1)).id, "a refused token is requested again"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/alpha_vantage/query?function=OVERVIEW&apikey=k", "more sparingly"),
        ("/alpha_vantage/query?function=EARNINGS_CALENDAR&apikey=k", "I,n,f,o,r,m"),
        (QUOTE, "API limit reached"),
        (INDEX, "Request Rate Threshold Exceeded"),
        (VOLUMES, "AccessDenied"),
        ("/nasdaq/dynamic/SymDir/otherlisted.txt", "<html>"),
        ("/reddit/r/stocks/hot", '"reason":"private"'),
    ],
)
def test_a_vendors_error_may_come_as_success(fetch, path: str, text: str):
    answer = fetch(path, "vendor_error")
    assert answer.status_code == 200
    assert text in answer.text


@pytest.mark.parametrize("reason", ["day", "minute", "premium", "demo", "key", "function", "call"])
def test_alpha_vantage_has_all_its_errors(fetch, reason: str):
    body = fetch("/alpha_vantage/query?function=OVERVIEW&apikey=k", "vendor_error", reason=reason).json()
    assert list(body) in (["Information"], ["Note"], ["Error Message"])


def test_nulls_take_the_place_of_figures(fetch):
    row = fetch(RATINGS, "nulls").json()[0]
    assert row["buy"] is None
    assert row["symbol"] == "IT"


def test_nan_takes_the_place_of_figures(fetch):
    answer = fetch("/alpha_vantage/query?function=NEWS_SENTIMENT&apikey=k&limit=1", "nan")
    article = answer.json()["feed"][0]
    assert str(article["overall_sentiment_score"]) == "nan"
    assert article["ticker_sentiment"][0]["relevance_score"] == "NaN"


def test_figures_may_be_negative(fetch, market: Market):
    assert fetch(RATINGS, "negative").json()[0]["buy"] < 0
    lines = fetch(VOLUMES, "negative").text.splitlines()
    assert lines[0].startswith("Date|Symbol")
    assert float(lines[2].split("|")[4]) < 0


def test_fields_may_be_duplicated(fetch):
    pairs = json.loads(fetch(QUOTE, "duplicate_fields").text, object_pairs_hook=list)
    assert [name for name, _ in pairs[:2]] == ["c", "c"]
    lines = fetch(VOLUMES, "duplicate_fields").text.splitlines()
    assert lines[2] == lines[3]


def test_unknown_fields_are_added(fetch, market: Market, faulty: SandboxServer, session: requests.Session):
    assert "sandbox_unknown" in fetch(QUOTE, "unknown_fields").json()
    lines = fetch(VOLUMES, "unknown_fields").text.splitlines()
    assert lines[0].endswith("|sandbox_unknown")
    assert lines[2].endswith("|1")
    filing = next(one for one in market.filings(market.as_of) if one.form == "4")
    faulty.faults.add(Fault("unknown_fields", "sec", "filing_document"))
    url = f"{faulty.url}/sec/Archives/edgar/data/{filing.issuer_cik}/{filing.folder}/{filing.document}"
    root = ElementTree.fromstring(session.get(url, timeout=10).content)
    assert root.find("issuer/sandbox_unknown") is not None
    assert root.findtext("issuer/issuerTradingSymbol") == filing.symbol


def test_xml_figures_change_too(market: Market, faulty: SandboxServer, session: requests.Session):
    filing = next(
        one for one in market.filings(market.as_of) if one.symbol == market.scenarios["insider/chief"][0]
    )
    url = f"{faulty.url}/sec/Archives/edgar/data/{filing.issuer_cik}/{filing.folder}/{filing.document}"
    found = {}
    for kind in ("nulls", "nan", "negative", "duplicate_fields"):
        faulty.faults.add(Fault(kind, "sec", times=1))
        root = ElementTree.fromstring(session.get(url, timeout=10).content)
        found[kind] = [value.text for shares in root.iter("transactionShares") for value in shares]
    shares = f"{filing.trades[0].shares:.0f}"
    assert found == {
        "nulls": [None],
        "nan": ["NaN"],
        "negative": [f"-{shares}"],
        "duplicate_fields": [shares] * 2,
    }


def test_clock_skew_moves_the_date_header_and_every_date(
    fetch, session: requests.Session, faulty: SandboxServer
):
    usual = session.get(f"{faulty.url}{VOLUMES}", timeout=10)
    skewed = fetch(VOLUMES, "clock_skew", seconds=-3 * 86_400)
    assert skewed.text.splitlines()[2] == usual.text.splitlines()[2].replace("20260205", "20260202")
    apart = parsedate_to_datetime(usual.headers["Date"]) - parsedate_to_datetime(skewed.headers["Date"])
    assert abs(apart.total_seconds() - 3 * 86_400) < 60
    ratings = fetch(RATINGS, "clock_skew", seconds=31 * 86_400).json()
    assert ratings[0]["period"] == "2026-03-04"
    quote = fetch(QUOTE, "clock_skew", seconds=3_600).json()
    faulty.faults.clear()
    assert quote["t"] == session.get(f"{faulty.url}{QUOTE}", timeout=10).json()["t"] + 3_600


def test_a_redirect_loop_redirects_to_itself(fetch):
    with pytest.raises(requests.TooManyRedirects):
        fetch(QUOTE, "redirect_loop")


def test_rules_apply_in_order_and_are_used_up(faulty: SandboxServer, session: requests.Session):
    faulty.faults.add(Fault("status", "finnhub", "quote", after=1, times=1, code=500))
    faulty.faults.add(Fault("status", "finnhub", times=1, code=502))
    faulty.faults.add(Fault("status", "sec", code=503))
    paths = [QUOTE, QUOTE, QUOTE, RATINGS]
    assert [session.get(faulty.url + path, timeout=10).status_code for path in paths] == [502, 500, 200, 200]


def test_a_probability_hits_the_same_requests_each_time():
    def fired(seed: int) -> list[bool]:
        rules = FaultRules()
        rules.add(Fault("reset", "*", probability=0.3, seed=seed))
        return [rules.take("sec", "filing") is not None for _ in range(500)]

    assert fired(1) == fired(1)
    assert fired(1) != fired(2)
    assert 100 < sum(fired(1)) < 200


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("explode", "sec"), {}),
        (("reset", "bloomberg"), {}),
        (("reset", "sec"), {"seconds": 1}),
        (("drip", "sec"), {"interval": "long"}),
        (("vendor_error", "alpha_vantage"), {"reason": "mood"}),
        (("refuse", "sec"), {"times": 1}),
        (("refuse", "sec", "filing"), {}),
    ],
)
def test_an_invalid_fault_is_rejected_at_once(arguments: tuple[str, ...], options: dict[str, object]):
    with pytest.raises(ValueError, match=r"fault|vendor|option|number|error|refused"):
        Fault(*arguments, **options)


def test_a_connection_cannot_be_refused_on_a_shared_port(sandbox: SandboxServer):
    with pytest.raises(ValueError, match="own_ports=True"):
        sandbox.faults.add(Fault("refuse", "finnhub"))


@pytest.mark.parametrize("kind", ["hang", "hang_after_headers", "drip", "huge", "slow"])
def test_stop_ends_a_fault_in_progress(market: Market, kind: str):
    options = {"drip": {"interval": 60}, "slow": {"seconds": 600}, "huge": {"megabytes": 10_000}}.get(
        kind, {}
    )
    server = SandboxServer(market).start()
    server.faults.add(Fault(kind, "sec", **options))
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(f"GET {INDEX} HTTP/1.1\r\nUser-Agent: T t@example.com\r\n\r\n".encode())
        deadline = time.monotonic() + 10
        while not server.requests:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 2
