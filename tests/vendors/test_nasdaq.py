"""The symbol directory: the real files, and one fetch for whoever asks at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.shared_data import SHARED, needs_shared
from tests.vendors.canned import judged
from tradingagents.discovery.clock import Deadline, deadline_scope
from tradingagents.discovery.errors import (
    Auth,
    BadPayload,
    Cancelled,
    DeadlineExceeded,
    NoDataError,
    RateLimited,
    Transient,
)
from tradingagents.discovery.vendors.nasdaq import Listing, Listings, Nasdaq, parse_directory

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


def answer(status: int, body: bytes, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, body
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


class Directory:
    """A session over the two files; ``before`` runs ahead of each answer, ``asked`` holds each URL."""

    def __init__(self, before=lambda: None):
        self.before, self.asked = before, []

    def fetch(self, url, headers):
        self.asked.append(url)
        self.before()
        return answer(200, (NASDAQ if "nasdaqlisted" in url else OTHER).replace("\n", "\r\n").encode())


def real(name: str) -> str:
    assert SHARED is not None
    return (SHARED / "real-data" / "nasdaq" / name).read_text("latin-1")


@needs_shared
def test_the_real_directories_are_read_to_the_last_row():
    nasdaq = parse_directory(real("2025-08-11_nasdaqlisted.txt"))
    other = parse_directory(real("2025-08-11_otherlisted.txt"))
    assert (len(nasdaq), len(other)) == (5032, 6645)
    assert nasdaq[0] == Listing("AACB", "Artius II Acquisition Inc. - Class A Ordinary Shares", False, False)
    assert sum(one.is_etf for one in nasdaq) == 946


MEANT = set("AAPL A F V BRK.B BF.A AB ET ARLP BABA HUYA AVAL FFC DFP BBN DHC SPY QQQ".split())  # noqa: SIM905
NOT_MEANT = set(
    "AACBR AACBU AACIW ABLLL AIRTP AFGB EAI ACGLN ABR$D ACHR.W AAM.U CELG.R ZVZZT CTEST".split()  # noqa: SIM905
)


@needs_shared
def test_of_the_real_securities_shares_and_funds_are_meant_and_other_papers_not():
    files = ("2025-08-11_nasdaqlisted.txt", "2025-08-11_otherlisted.txt")
    listings = Listings({one.symbol: one for name in files for one in parse_directory(real(name))})
    assert set(listings.by_symbol) >= MEANT | NOT_MEANT
    assert listings.common_and_etf >= MEANT
    assert not listings.common_and_etf & NOT_MEANT


@needs_shared
def test_a_real_web_page_in_place_of_the_directory_is_refused():
    page = real("html_instead_of_nasdaqlisted.txt")
    with pytest.raises(BadPayload):
        parse_directory(page)
    with pytest.raises(BadPayload, match="web page"):
        judged("nasdaq", answer(200, page.encode("latin-1")))


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
def test_a_directory_that_was_cut_or_changed_is_refused(text):
    with pytest.raises(BadPayload):
        parse_directory(text)


@pytest.mark.parametrize(
    ("status", "error"), [(404, NoDataError), (429, RateLimited), (503, Transient), (403, Auth)]
)
def test_each_refusal_has_its_meaning(status, error):
    with pytest.raises(error) as caught:
        judged("nasdaq", answer(status, b"<html>"))
    assert type(caught.value) is error


def test_both_files_make_one_directory():
    session = Directory()
    listings = Nasdaq(session, "https://nasdaq.example/").listed()
    assert session.asked == [
        f"https://nasdaq.example/dynamic/SymDir/{one}" for one in ("nasdaqlisted.txt", "otherlisted.txt")
    ]
    assert listings.common_and_etf == {"EXMP", "QETF", "QXB.B"}
    assert listings.by_symbol["ZAZZT"].is_test_issue


def test_eight_callers_at_once_make_one_fetch():
    go = threading.Event()
    session = Directory(before=lambda: go.wait(10))
    client = Nasdaq(session, "https://nasdaq.example")
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(client.listed) for _ in range(8)]
        go.set()
        assert len({id(one.result(10)) for one in answers}) == 1
    assert client.listed() is answers[0].result()
    assert len(session.asked) == 2


def test_a_caller_whose_time_ends_waits_no_longer_for_another_s_fetch():
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
        assert leading.result(10).by_symbol


@pytest.mark.parametrize("error", [Transient("nasdaq", "down"), DeadlineExceeded("late"), KeyError("a bug")])
def test_a_fetch_that_fails_is_not_remembered(error):
    failures = [error]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    client = Nasdaq(Directory(before=fail_once), "https://nasdaq.example")
    with pytest.raises(type(error)):
        client.listed()
    assert client.listed().by_symbol


@pytest.mark.parametrize(
    ("error", "waiter_succeeds"), [(DeadlineExceeded("late"), True), (Transient("nasdaq", "down"), False)]
)
def test_who_waits_is_told_of_the_vendor_s_failure_but_not_of_another_s_deadline(error, waiter_succeeds):
    started, go, failures = threading.Event(), threading.Event(), [error]

    def hold_and_fail_once() -> None:
        if failures:
            started.set()
            go.wait(10)
            raise failures.pop()

    class Waiting(Deadline):
        """Opens the gate as soon as its owner waits."""

        def wait_for(self, ready) -> None:
            go.set()
            super().wait_for(ready)

    client = Nasdaq(Directory(before=hold_and_fail_once), "https://nasdaq.example")
    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(client.listed)
        assert started.wait(10)
        with deadline_scope(Waiting()):
            if waiter_succeeds:
                assert client.listed().by_symbol
            else:
                with pytest.raises(Transient):
                    client.listed()
        assert type(leading.exception(10)) is type(error)
