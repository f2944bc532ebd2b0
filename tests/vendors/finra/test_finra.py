"""FINRA's daily files: every recorded one, layouts and refusals."""

from __future__ import annotations

import csv
from datetime import date

import pytest
import requests

from tests.shared_data import SHARED, needs_shared
from tests.vendors.canned import judged
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    NoDataError,
    Permanent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.vendors.finra.client import Finra, parse_daily_volume

DAY = date(2026, 2, 5)
HEADING = "Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market"
ROWS = [
    "20260205|EXMP|251427.692872|707.208540|489378.153460|B,Q,N",
    "20260205|QXB/B|10.000000|0.000000|40.500000|Q",
    "20260205|ABRpD|1.000000|0.000000|2.000000|N",
    "20260205|QXB/WS|1.000000|0.000000|3.000000|N",
    "20260205|QXBr|1.000000|0.000000|4.000000|N",
]
REAL_DAYS = {
    "20201201": 8864,
    "20201218": 8970,
    "20201231": 9082,
    "20210104": 9151,
    "20210122": 9199,
    "20210125": 9274,
    "20210126": 9285,
    "20210128": 9260,
    "20210129": 9297,
    "20210202": 9355,
    "20210205": 9349,
}


def text(*lines: str, end: str = "\n") -> str:
    return end.join([*lines, ""])


def answer(status: int, body: bytes, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, body
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


@needs_shared
@pytest.mark.parametrize(("stamp", "rows"), REAL_DAYS.items())
def test_a_recorded_file_is_parsed_completely(stamp, rows):
    assert SHARED is not None
    body = (SHARED / "real-data" / "finra" / f"CNMSshvol{stamp}.txt").read_text("latin-1")
    day = date.fromisoformat(stamp)
    read = parse_daily_volume(body, day)
    assert (read.day, len(read.total)) == (day, rows)
    listed = list(csv.reader(body.splitlines()[1:-1], delimiter="|"))
    for _, symbol, short, exempt, total, _ in listed:
        if symbol.isalpha() and symbol.isupper():
            assert (read.short[symbol], read.exempt[symbol], read.total[symbol]) == (
                float(short),
                float(exempt),
                float(total),
            )
    assert read.total["BF.B"] == next(float(row[4]) for row in listed if row[1] == "BF/B")


@needs_shared
def test_the_real_files_are_all_in_the_table():
    assert SHARED is not None
    there = {file.stem[-8:] for file in (SHARED / "real-data" / "finra").glob("CNMSshvol*.txt")}
    assert there == set(REAL_DAYS)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_layout_of_today_has_a_blank_line_and_fractions(end):
    read = parse_daily_volume(text(HEADING, "", *ROWS, "5", end=end), DAY)
    assert (read.total["EXMP"], read.short["EXMP"], read.exempt["EXMP"]) == (
        489378.15346,
        251427.692872,
        707.20854,
    )


def test_classes_and_preferred_shares_are_respelled_and_nothing_else():
    read = parse_daily_volume(text(HEADING, *ROWS, "5"), DAY)
    assert list(read.total) == ["EXMP", "QXB.B", "ABR$D", "QXB.WS", "QXBr"]


def test_a_day_without_rows_is_a_day():
    assert parse_daily_volume(text(HEADING, "0"), DAY).total == {}


@pytest.mark.parametrize(
    "lines",
    [
        [HEADING, *ROWS],
        [HEADING, *ROWS, "6"],
        [HEADING, *ROWS[:3], "5"],
        [HEADING, *ROWS, "20260205|NEXT|12"],
        [HEADING],
        [],
        ["<html>"],
        [HEADING.replace("TotalVolume", "Volume"), *ROWS, "5"],
        [HEADING, ROWS[0].replace("20260205", "20260204"), "1"],
        [HEADING, "20260205|EXMP|1|0", "1"],
        [HEADING, ROWS[0] + "|X", "1"],
        [HEADING, "20260205|EXMP|1|0|nan|Q", "1"],
        [HEADING, "20260205|EXMP|1|0|inf|Q", "1"],
        [HEADING, "20260205|EXMP|-1|0|5|Q", "1"],
        [HEADING, "20260205|EXMP|1|0||Q", "1"],
    ],
)
def test_a_truncated_or_other_file_is_a_bad_payload(lines):
    with pytest.raises(BadPayload) as caught:
        parse_daily_volume(text(*lines), DAY)
    assert caught.value.vendor == "finra"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", NoDataError),
        (403, b"<html>", Auth),
        (404, b"", NoDataError),
        (429, b"", RateLimited),
        (502, b"<html>", Transient),
        (400, b"", Permanent),
        (200, b"<!DOCTYPE html>", BadPayload),
        (200, b"", BadPayload),
    ],
)
def test_each_refusal_raises_its_error_type(status, body, error):
    with pytest.raises(error) as caught:
        judged("finra", answer(status, body))
    assert type(caught.value) is error


class Canned:
    """A session that returns the same response each time and records the requests."""

    def __init__(self, reply):
        self.reply, self.sent = reply, []

    def fetch(self, url, headers):
        self.sent.append((url, headers))
        return judged("finra", self.reply)


def test_a_day_is_requested_by_its_date_with_a_user_agent():
    session = Canned(answer(200, text(HEADING, *ROWS, "5").encode()))
    read = Finra(session, "https://finra.example").daily_volume(DAY)
    ((url, headers),) = session.sent
    assert url == "https://finra.example/equity/regsho/daily/CNMSshvol20260205.txt"
    assert headers["User-Agent"]
    assert len(read.total) == 5
