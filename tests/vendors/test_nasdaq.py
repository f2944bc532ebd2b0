"""The symbol directory: the real files, and one fetch for concurrent callers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.shared_data import SHARED, needs_shared
from tests.vendors.canned import judged
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    Cancelled,
    DeadlineExceeded,
    NoDataError,
    RateLimited,
    Transient,
)
from tradingagents.discovery.vendors.nasdaq import Nasdaq

NASDAQ = """\
Symbol|Security Name|Market Category|Test Issue|Financial Status|Round Lot Size|ETF|NextShares
EXMP|Example Corp - Common Stock|Q|N|N|100|N|N
EXMPW|Example Corp - Warrant|Q|N|N|100|N|N
QETF|Example Growth ETF|G|N|N|100|Y|N
ZAZZT|Tick Pilot Test Stock|G|Y|N|100|N|N
File Creation Time: 0205202617:32|||||||
"""
OTHER = """\
ACT Symbol|Security Name|Exchange|CQS Symbol|ETF|Round Lot Size|Test Issue|NASDAQ Symbol
QXB.B|Example Industries Class B Common Stock|N|QXB.B|N|100|N|QXB.B
QXB$D|Example Industries Preferred|N|QXBpD|N|100|N|QXB-D
QXB.W|Example Industries Warrants|N|QXB.WS|N|100|N|QXB+
File Creation Time: 0205202617:32||||||
"""


def served(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def answer(status: int, body: bytes, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, body
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


class Directory:
    """A session over the two files; ``before`` runs ahead of each response, ``sent`` holds each URL."""

    def __init__(self, nasdaq=None, other=None, before=lambda: None):
        self.nasdaq = served(NASDAQ) if nasdaq is None else nasdaq
        self.other = served(OTHER) if other is None else other
        self.before, self.sent = before, []

    def fetch(self, url, headers):
        self.sent.append(url)
        self.before()
        return answer(200, self.nasdaq if "nasdaqlisted" in url else self.other)


def real(name: str) -> bytes:
    assert SHARED is not None
    return (SHARED / "real-data" / "nasdaq" / name).read_bytes()


@needs_shared
def test_a_real_web_page_in_place_of_the_directory_is_refused():
    page = real("html_instead_of_nasdaqlisted.txt")
    with pytest.raises(BadPayload, match="not the symbol directory"):
        Nasdaq(Directory(page), "https://nasdaq.example").listed()
    with pytest.raises(BadPayload, match="web page"):
        judged("nasdaq", answer(200, page))


@needs_shared
def test_the_real_files_are_read_whole_as_they_are_served():
    session = Directory(real("2025-08-11_nasdaqlisted.txt"), real("2025-08-11_otherlisted.txt"))
    directory = Nasdaq(session, "https://nasdaq.example").listed()
    assert len(directory) == 5032 + 6645 - 33
    assert directory.as_of.isoformat() == "2025-08-11"


@pytest.mark.parametrize(
    "text",
    [
        "",
        NASDAQ[: NASDAQ.index("File Creation")],
        NASDAQ[:180],
        NASDAQ.replace("|ETF|", "|Fund|"),
        NASDAQ.replace("Example Corp - Warrant|", ""),
    ],
)
def test_a_truncated_or_changed_directory_is_a_bad_payload(text):
    with pytest.raises(BadPayload):
        Nasdaq(Directory(text.encode()), "https://nasdaq.example").listed()


@pytest.mark.parametrize(
    ("status", "error"), [(404, NoDataError), (429, RateLimited), (503, Transient), (403, Auth)]
)
def test_each_refusal_raises_its_error_type(status, error):
    with pytest.raises(error) as caught:
        judged("nasdaq", answer(status, b"<html>"))
    assert type(caught.value) is error


def test_both_files_make_one_directory():
    session = Directory()
    directory = Nasdaq(session, "https://nasdaq.example/").listed()
    assert session.sent == [
        f"https://nasdaq.example/dynamic/SymDir/{one}" for one in ("nasdaqlisted.txt", "otherlisted.txt")
    ]
    assert directory.shares_and_funds == {"EXMP", "QETF", "QXB.B"}
    assert "EXMPW" in directory
    assert "ZAZZT" not in directory


def test_eight_callers_at_once_make_one_fetch():
    go = threading.Event()
    session = Directory(before=lambda: go.wait(10))
    client = Nasdaq(session, "https://nasdaq.example")
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(client.listed) for _ in range(8)]
        go.set()
        assert len({id(one.result(10)) for one in answers}) == 1
    assert client.listed() is answers[0].result()
    assert len(session.sent) == 2


def test_a_caller_waits_for_another_callers_fetch_until_its_own_deadline():
    started, go = threading.Event(), threading.Event()

    def hold() -> None:
        started.set()
        go.wait(10)

    client = Nasdaq(Directory(before=hold), "https://nasdaq.example")
    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(client.listed)
        assert started.wait(10)
        with deadline_scope(Deadline(0.05)), pytest.raises(DeadlineExceeded):
            client.listed()
        cancelled = Deadline()
        cancelled.cancel()
        with deadline_scope(cancelled), pytest.raises(Cancelled):
            client.listed()
        go.set()
        assert leading.result(10).shares_and_funds


@pytest.mark.parametrize("error", [Transient("nasdaq", "down"), DeadlineExceeded("late"), KeyError("a bug")])
def test_a_failed_fetch_is_tried_again_by_the_next_call(error):
    failures = [error]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    client = Nasdaq(Directory(before=fail_once), "https://nasdaq.example")
    with pytest.raises(type(error)):
        client.listed()
    assert client.listed().shares_and_funds


@pytest.mark.parametrize(
    ("error", "waiter_succeeds"), [(DeadlineExceeded("late"), True), (Transient("nasdaq", "down"), False)]
)
def test_waiting_callers_receive_the_vendors_failure_but_not_another_callers_deadline(error, waiter_succeeds):
    started, go, failures = threading.Event(), threading.Event(), [error]

    def hold_and_fail_once() -> None:
        if failures:
            started.set()
            go.wait(10)
            raise failures.pop()

    class Waiting(Deadline):
        """Opens the gate as soon as its owner waits."""

        def check(self) -> float:
            go.set()
            return super().check()

    client = Nasdaq(Directory(before=hold_and_fail_once), "https://nasdaq.example")
    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(client.listed)
        assert started.wait(10)
        with deadline_scope(Waiting()):
            if waiter_succeeds:
                assert client.listed().shares_and_funds
            else:
                with pytest.raises(Transient):
                    client.listed()
        assert type(leading.exception(10)) is type(error)
