"""EDGAR's daily index in both layouts, and the filings it lists."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tests.shared_data import RECORDED_SEC
from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.vendors.sec.index import group_filings, parse_index

MASTER = """\
Description:           Daily Index of EDGAR Dissemination Feed
Last Data Received:    Feb 5, 2026
Comments:              webmaster@sec.gov
Anonymous FTP:         ftp://ftp.sec.gov/edgar/



CIK|Company Name|Form Type|Date Filed|File
      Name
--------------------------------------------------------------------------------
9900001|EXAMPLE  CORP|4|20260205|edgar/data/9900001/0009980001-26-036001.txt
9950001|Doe Jane|4|20260205|edgar/data/9950001/0009980001-26-036001.txt
9950001|Doe Jane|4|20260205|edgar/data/9950001/0009980001-26-036001.txt
9900002|PIPES | TUBES INC|4/A|2026-02-04|edgar/data/9900002/0009980001-26-036002.txt
9900003|OTHER|424B2|20260205|edgar/data/9900003/0009980001-26-036003.txt
"""


def recorded(name: str) -> str:
    return (RECORDED_SEC / "index" / name).read_text("latin-1")


def test_a_real_form_index_is_read_to_the_last_row():
    rows = parse_index(recorded("form.20200318.idx"))
    forms = Counter(row.form for row in rows)
    assert (len(rows), forms["4"], forms["4/A"]) == (4084, 2040, 34)
    assert {row.filed for row in rows if row.form == "4"} == {date(2020, 3, 18)}
    first = next(row for row in rows if row.form == "4")
    assert (first.company, first.cik) == ("10x Genomics, Inc.", 1770787)
    assert (first.path, first.accession) == (
        "edgar/data/1770787/0000899243-20-008928.txt",
        "0000899243-20-008928",
    )


def test_a_real_day_of_filings_is_counted_once_each():
    filings = group_filings(parse_index(recorded("form.20200318.idx")), {"4", "4/A"})
    assert (len(filings), sum(one.form == "4/A" for one in filings)) == (991, 17)
    assert len({one.accession for one in filings}) == 991
    assert all(len(one.ciks) >= 2 for one in filings)


def test_a_real_quarterly_index_and_an_empty_one_are_read_too():
    rows = parse_index(recorded("form_bad.idx"))
    assert len(rows) == 10
    assert (rows[5].form, rows[5].filed) == ("1-A POS", date(2021, 3, 26))
    assert parse_index(recorded("form_empty.idx")) == []


def test_the_master_layout_is_read_below_its_wrapped_heading():
    rows = parse_index(MASTER.replace("\n", "\r\n"))
    assert [(row.cik, row.company, row.form, row.filed.day) for row in rows] == [
        (9900001, "EXAMPLE  CORP", "4", 5),
        (9950001, "Doe Jane", "4", 5),
        (9950001, "Doe Jane", "4", 5),
        (9900002, "PIPES | TUBES INC", "4/A", 4),
        (9900003, "OTHER", "424B2", 5),
    ]


def test_a_filing_listed_several_times_is_one_in_any_order():
    rows = parse_index(MASTER)
    filings = group_filings(rows, {"4", "4/A"})
    assert [one.accession for one in filings] == ["0009980001-26-036002", "0009980001-26-036001"]
    assert filings[1].ciks == {9900001, 9950001}
    assert group_filings(reversed(rows), {"4", "4/A"}) == filings


@pytest.mark.parametrize("text", ["", "<html></html>", "CIK|Company Name|Form Type|Date Filed|Filename\n"])
def test_an_index_without_a_dashed_line_is_a_bad_payload(text):
    with pytest.raises(BadPayload, match="dashed line"):
        parse_index(text)


@pytest.mark.parametrize(
    "kept", ["9900003|OTHER|424B2|202602", "9900003|OTHER|424B2|20260205|edgar/data/99000"]
)
def test_a_truncated_index_is_a_bad_payload(kept):
    whole = MASTER[: MASTER.index("9900003|")]
    with pytest.raises(BadPayload, match="cannot be read"):
        parse_index(whole + kept)


COMPANY = """\
Description:           Daily Index of EDGAR Dissemination Feed by Company Name

Company Name                                                  Form Type   CIK         Date Filed  File Name
---------------------------------------------------------------------------------------------------------
EXAMPLE CORP                                                  8-K         9900001     20260205    edgar/data/9900001/0009980001-26-036001.txt
"""


@pytest.mark.parametrize("heading", ["company", "none", "crawler", "prose"])
def test_another_layout_is_refused_and_not_misread(heading: str) -> None:
    text = {
        "company": COMPANY,
        "none": "\n----------\n",
        "crawler": COMPANY.replace("Company Name   ", "Name           "),
        "prose": "Service unavailable\n-----\nForm Type 4\n",
    }[heading]
    with pytest.raises(BadPayload, match="neither by form type nor a master index"):
        parse_index(text)
