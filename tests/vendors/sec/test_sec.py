"""The EDGAR client: its requests, and the meaning of each response."""

from __future__ import annotations

import json
import math
from datetime import date

import pytest
import requests

from tests.shared_data import RECORDED_SEC
from tests.vendors.canned import judged
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    NoDataError,
    Permanent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.vendors.sec.client import Sec
from tradingagents.discovery.vendors.sec.feed import parse_feed
from tradingagents.discovery.vendors.sec.index import group_filings

AGENT = "Example Research admin@example.com"
DENIED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>X</RequestId></Error>"""
DAY = date(2026, 2, 5)


def page(title: str) -> bytes:
    return f"<!DOCTYPE html>\n<html><head><title>SEC.gov | {title}</title></head></html>".encode()


def answer(status: int, body: bytes, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, body
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


class Canned:
    """A session that returns ``reply`` of each URL and query and records the requests."""

    def __init__(self, reply):
        self.reply, self.sent = reply, []

    def fetch(self, url, params=None, headers=None):
        self.sent.append((url, dict(params or {}), dict(headers or {})))
        return judged("sec", self.reply(url, dict(params or {})))


def client(reply) -> tuple[Sec, Canned]:
    session = Canned(reply)
    return Sec(session, "https://sec.example/", AGENT), session


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, page("Request Rate Threshold Exceeded"), RateLimited),
        (200, page("Request Rate Threshold Exceeded"), RateLimited),
        (403, page("Your Request Originates from an Undeclared Automated Tool"), Auth),
        (403, DENIED, NoDataError),
        (404, DENIED, NoDataError),
        (404, page("Page not found"), NoDataError),
        (403, page("Something else"), Auth),
        (503, page("File Unavailable"), Transient),
        (500, b"", Transient),
        (401, b"", Auth),
        (400, b"bad", Permanent),
        (200, page("Home"), BadPayload),
        (200, b"\n\n <HTML>", BadPayload),
        (200, b"", BadPayload),
    ],
)
def test_body_and_status_together_determine_the_error(status, body, error):
    with pytest.raises(error) as caught:
        judged("sec", answer(status, body))
    assert type(caught.value) is error


def test_data_that_mentions_errors_is_data():
    judged("sec", answer(200, b"<error> is a word</error> Request Rate Threshold Exceeded"))


def test_a_429_carries_its_retry_after():
    with pytest.raises(RateLimited) as caught:
        judged("sec", answer(429, b"", Retry_After="600"))
    assert caught.value.retry_after_seconds == 600


def test_recorded_refusals_are_classified():
    with pytest.raises(Transient):
        judged("sec", answer(503, (RECORDED_SEC / "feeds" / "getcurrent_type4_503.html").read_bytes()))
    with pytest.raises(NoDataError):
        judged("sec", answer(404, (RECORDED_SEC / "submissions" / "not_found.xml").read_bytes()))


INDEX = b"""CIK|Company Name|Form Type|Date Filed|File Name
-----------------------------------------------------------
9900001|SOCI\xc9T\xc9|4|20260205|edgar/data/9900001/0009980001-26-036001.txt
"""


@pytest.mark.parametrize(
    ("day", "path"),
    [
        (date(2026, 2, 5), "2026/QTR1/master.20260205.idx"),
        (date(2025, 4, 1), "2025/QTR2/master.20250401.idx"),
        (date(2024, 12, 31), "2024/QTR4/master.20241231.idx"),
    ],
)
def test_a_daily_index_is_requested_by_day_and_quarter_with_the_user_agent(day, path):
    index = INDEX.replace(b"20260205", f"{day:%Y%m%d}".encode())
    sec, session = client(lambda url, query: answer(200, index))
    (row,) = sec.daily_index(day)
    ((url, query, headers),) = session.sent
    assert url == f"https://sec.example/Archives/edgar/daily-index/{path}"
    assert (query, headers["User-Agent"]) == ({}, AGENT)
    assert row.company == "SOCIÉTÉ"


def test_an_index_of_another_day_is_refused():
    sec, _ = client(lambda url, query: answer(200, INDEX))
    with pytest.raises(BadPayload, match="lists filings of 2026-02-05 and no other day"):
        sec.daily_index(date(2026, 2, 4))


def test_a_day_without_an_index_has_no_data():
    sec, _ = client(lambda url, query: answer(403, DENIED))
    with pytest.raises(NoDataError):
        sec.daily_index(DAY)


# -- the feed ----------------------------------------------------------------------------------------------


def entry(number: int, form: str, filed: date, who: str = "Doe Jane (of X) (0009950001) (Reporting)") -> str:
    return f"""<entry><title>{form} - {who}</title>
<summary type="html"> &lt;b&gt;Filed:&lt;/b&gt; {filed} &lt;b&gt;AccNo:&lt;/b&gt; 0009980001-26-{number:06d}
 &lt;b&gt;Size:&lt;/b&gt; 9 KB</summary>
<updated>{filed}T08:00:00-05:00</updated>
<category scheme="https://www.sec.gov/" label="form type" term="{form}"/></entry>"""


def feed(entries: list[str], made: date = DAY) -> bytes:
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?><feed xmlns="http://www.w3.org/2005/Atom">'
    return f"{head}<updated>{made}T18:00:00-05:00</updated>{''.join(entries)}</feed>".encode("latin-1")


def paged(entries: list[str], made: date = DAY):
    def reply(url, query):
        start, count = int(query["start"]), int(query["count"])
        if start >= len(entries):
            return answer(503, page("File Unavailable"))
        return answer(200, feed(entries[start : start + count], made))

    return reply


def test_the_feed_is_paged_back_until_the_day_before_begins():
    today = [entry(number, "4", DAY) for number in range(250)]
    before = [entry(900 + number, "4", date(2026, 2, 4)) for number in range(200)]
    sec, session = client(paged(today + before))
    current = sec.current_filings(DAY)
    assert [query["start"] for _, query, _ in session.sent] == ["0", "100", "200"]
    assert session.sent[0][1] | {"start": "-"} == {
        "action": "getcurrent",
        "type": "4",
        "company": "",
        "dateb": "",
        "owner": "only",
        "start": "-",
        "count": "100",
        "output": "atom",
    }
    assert current.complete
    assert len(group_filings(current.rows, {"4"})) == 250


def test_a_filing_with_an_earlier_date_does_not_end_the_paging():
    backdated = entry(999, "4", date(2026, 2, 2)).replace("<updated>2026-02-02", f"<updated>{DAY}")
    today = [entry(number, "4", DAY) for number in range(250)]
    sec, _ = client(paged([*today[:50], backdated, *today[50:], entry(1000, "4", date(2026, 2, 4))]))
    current = sec.current_filings(DAY)
    assert current.complete
    assert len(group_filings(current.rows, {"4"})) == 250


def test_other_forms_of_the_same_prefix_are_left_out():
    listed = ("4", "4/A", "424B2", "425", "40-F", "485BPOS", "4")
    entries = [entry(number, form, DAY) for number, form in enumerate(listed)]
    sec, _ = client(paged(entries))
    assert [row.form for row in sec.current_filings(DAY).rows] == ["4", "4/A", "4"]


def test_reports_include_those_of_successor_issuers():
    listed = ("8-K", "8-K/A", "8-K12B", "8-K12G3/A", "8-K15D5", "8-KX")
    sec, _ = client(paged([entry(number, form, DAY) for number, form in enumerate(listed)]))
    assert [row.form for row in sec.current_reports(DAY).rows] == ["8-K", "8-K/A", "8-K12B", "8-K12G3/A"]


def test_an_entry_names_the_filer_even_with_brackets_in_the_name():
    (row,) = parse_feed(feed([entry(7, "4/A", DAY, "A - B (Holdings) Ltd (0000123456) (Issuer)")])).rows
    assert (row.company, row.cik, row.form) == ("A - B (Holdings) Ltd", 123456, "4/A")
    assert row.path == "edgar/data/123456/0009980001-26-000007.txt"


def test_a_feed_that_ends_early_keeps_its_entries_and_is_incomplete():
    sec, _ = client(paged([entry(number, "4", DAY) for number in range(200)]))
    current = sec.current_filings(DAY)
    assert (len(current.rows), current.complete) == (200, False)


def test_a_feed_that_never_answers_is_an_error():
    sec, _ = client(lambda url, query: answer(503, page("File Unavailable")))
    with pytest.raises(Transient):
        sec.current_filings(DAY)


@pytest.mark.parametrize("made", [date(2026, 2, 4), date(2026, 2, 7)])
def test_a_feed_of_another_day_is_not_paged_through(made):
    sec, session = client(paged([entry(number, "4", made) for number in range(300)], made))
    with pytest.raises(NoDataError):
        sec.current_filings(DAY)
    assert len(session.sent) == 1


def test_after_midnight_the_feed_still_covers_the_day_before():
    tomorrow = date(2026, 2, 6)
    entries = [entry(1, "4", tomorrow), entry(2, "4", DAY), entry(3, "4", date(2026, 2, 4))]
    sec, _ = client(paged(entries, tomorrow))
    assert [row.accession for row in sec.current_filings(DAY).rows] == ["0009980001-26-000002"]


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b"<rss></rss>",
        feed(["<entry><title>4 - X (1) (Issuer)</title></entry>"]),
        feed([]).replace(b"T18:00:00-05:00", b""),
    ],
)
def test_anything_but_the_feed_is_a_bad_payload(body):
    with pytest.raises(BadPayload):
        parse_feed(body)


def test_a_feed_that_defines_entities_is_refused_before_they_are_expanded():
    bomb = b'<!DOCTYPE feed [<!ENTITY a "Doe"><!ENTITY b "&a;&a;&a;&a;">]><feed '
    with pytest.raises(BadPayload, match="EntitiesForbidden"):
        parse_feed(feed([entry(1, "4", DAY, "&b; (1) (Issuer)")]).replace(b"<feed ", bomb, 1))


@pytest.mark.parametrize(
    ("name", "filings", "amendments"),
    [
        ("getcurrent_type4_start00000", 46, 0),
        ("getcurrent_type4_start00100", 36, 1),
        ("getcurrent_type4_start00200", 43, 0),
        ("getcurrent_type4_start03000", 42, 0),
    ],
)
def test_real_pages_of_the_feed_are_read_and_only_forms_4_kept(name, filings, amendments):
    read = parse_feed((RECORDED_SEC / "feeds" / f"{name}.atom").read_bytes())
    kept = group_filings(read.rows, {"4", "4/A"})
    assert (len(read.rows), len(kept)) == (100, filings)
    assert sum(one.form == "4/A" for one in kept) == amendments
    assert read.updated.utcoffset().total_seconds() == -5 * 3600


# -- the list of companies ---------------------------------------------------------------------------------


def test_companies_are_listed_with_all_their_symbols():
    rows = [(1067983, "BRK-B"), (320193, "AAPL"), (1067983, "BRK-A")]
    body = {str(n): {"cik_str": cik, "ticker": ticker, "title": ""} for n, (cik, ticker) in enumerate(rows)}
    sec, session = client(lambda url, query: answer(200, json.dumps(body).encode()))
    assert sec.company_tickers() == {1067983: ("BRK-B", "BRK-A"), 320193: ("AAPL",)}
    assert session.sent[0][0] == "https://sec.example/files/company_tickers.json"


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"0": {"cik": 1}}',
        b'{"0": 3}',
        b'{"0": {"cik_str": -320193, "ticker": "AAPL", "title": ""}}',
        json.dumps(math.pi).encode(),
    ],
)
def test_a_list_of_companies_of_another_shape_is_refused(body):
    sec, _ = client(lambda url, query: answer(200, body))
    with pytest.raises(BadPayload):
        sec.company_tickers()


def test_the_real_list_of_companies_is_read():
    body = (RECORDED_SEC / "company_tickers.json").read_bytes()
    sec, _ = client(lambda url, query: answer(200, body))
    listed = sec.company_tickers()
    assert sum(map(len, listed.values())) == 9610
    assert listed[320193] == ("AAPL",)
    assert "BRK-B" in listed[1067983]
