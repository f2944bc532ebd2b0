"""Headers of filings, and the items in the feed of current filings."""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pytest

from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.vendors.sec.feed import parse_feed
from tradingagents.discovery.vendors.sec.index import parse_header

HEADER = """<SEC-HEADER>0009980002-26-036001.hdr.sgml : 20260205
<ACCEPTANCE-DATETIME>20260205163107
<ACCESSION-NUMBER>0009980002-26-036001
<TYPE>8-K
<PUBLIC-DOCUMENT-COUNT>14
<PERIOD>20260204
<ITEMS>2.01
<ITEMS>9.01
<FILING-DATE>20260205
<FILER>
<COMPANY-DATA>
<CONFORMED-NAME>EXAMPLE <TYPE>NAME
</COMPANY-DATA>
</FILER>
</SEC-HEADER>
"""
FEED = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<feed xmlns="http://www.w3.org/2005/Atom">
<updated>2026-02-05T17:00:00-05:00</updated>
<entry>
<title>8-K - EXAMPLE CORP (0009900001) (Filer)</title>
<summary type="html">{summary}</summary>
<updated>2026-02-05T16:31:07-05:00</updated>
<category scheme="https://www.sec.gov/" label="form type" term="8-K"/>
</entry>
</feed>
"""
FILED = " <b>Filed:</b> 2026-02-05 <b>AccNo:</b> 0009980002-26-036001 <b>Size:</b> 2 MB\n"


def items_in(*lines: str) -> tuple[str, ...]:
    items = escape(FILED + "".join(f"<br>{line}\n" for line in lines))
    (entry,) = parse_feed(FEED.format(summary=items).encode("latin-1")).entries
    assert entry.header.accepted == datetime(2026, 2, 5, 16, 31, 7, tzinfo=ZoneInfo("America/New_York"))
    assert entry.row.accession == "0009980002-26-036001"
    return entry.header.items


def test_a_header_has_form_time_and_items():
    header = parse_header(HEADER)
    assert (header.form, header.items) == ("8-K", ("2.01", "9.01"))
    assert header.accepted.isoformat() == "2026-02-05T16:31:07-05:00"


def test_acceptance_times_follow_daylight_saving():
    assert (
        parse_header(HEADER.replace("20260205163107", "20260705163107"))
        .accepted.isoformat()
        .endswith("-04:00")
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("closed", ["", "</ITEMS>"])
def test_line_ends_and_closing_tags_are_not_part_of_an_item(end, closed):
    text = HEADER.replace("<ITEMS>2.01", f"<ITEMS> 2.01{closed}").replace("\n", end)
    assert parse_header(text).items == ("2.01", "9.01")


def test_a_repeated_item_is_listed_once():
    assert parse_header(HEADER.replace("9.01", "2.01")).items == ("2.01",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html><body>Access Denied</body></html>",
        HEADER.replace("<TYPE>8-K\n", "").replace("<TYPE>NAME", ""),
        HEADER.replace("<ACCEPTANCE-DATETIME>20260205163107\n", ""),
        HEADER.replace("20260205163107", "20261305163107"),
        HEADER.replace("20260205163107", "yesterday"),
    ],
)
def test_anything_but_a_header_is_a_bad_payload(text):
    with pytest.raises(BadPayload):
        parse_header(text)


def test_items_are_parsed_from_the_feeds_summary_lines():
    items = items_in(
        "Item 5.02: Departure of Directors; see Item 1.01: of an agreement", "Item 9.01: Exhibits"
    )
    assert items == ("5.02", "9.01")


def test_forms_without_items_have_none():
    assert items_in() == ()
