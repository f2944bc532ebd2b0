"""EDGAR's daily indexes and the feed of latest filings.

Source: sec.gov, "Accessing EDGAR data"; recorded indexes and feeds. Quirks kept: the header of the form
index is wrapped over two lines and its columns are not aligned with the rows; each filing has a
row, or an entry, for every filer; some rows are duplicated; names are Latin-1 and may hold double spaces;
the feed's ``type`` matches the beginning of a form's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from xml.sax.saxutils import escape

from tradingagents.discovery.sandbox.http.wire import TEXT, Response, json_response
from tradingagents.discovery.sandbox.vendors.sec.header import title_of
from tradingagents.discovery.sandbox.vendors.sec.pages import overloaded
from tradingagents.discovery.sandbox.world.filings.builder import NEW_YORK
from tradingagents.discovery.sandbox.world.filings.records import Filing

__all__ = ["current_feed", "daily_index", "index_folder"]

_PREAMBLE = """\
Description:           Daily Index of EDGAR Dissemination Feed{order}
Last Data Received:    {day:%b} {day.day}, {day.year}
Comments:              webmaster@sec.gov
Anonymous FTP:         ftp://ftp.sec.gov/edgar/
{blank}{blank}{blank}{blank}"""
_BLANK = " \n"  # the vendor's empty lines hold a blank
_COUNTS = (10, 20, 40, 80, 100)


class _Row(NamedTuple):
    form: str
    name: str
    cik: int
    path: str


def _rows(filings: Sequence[Filing]) -> Iterator[_Row]:
    for filing in filings:
        for cik, name in filing.filers:
            row = _Row(filing.form, name, cik, f"edgar/data/{cik}/{filing.accession}.txt")
            yield row
            if filing.listed_twice:
                yield row


def _master(rows: list[_Row], day: date) -> str:
    rows.sort(key=lambda row: (str(row.cik), row.form))
    lines = [f"{row.cik}|{row.name}|{row.form}|{day:%Y%m%d}|{row.path}" for row in rows]
    head = (
        _PREAMBLE.format(order="", day=day, blank=_BLANK)
        + "CIK|Company Name|Form Type|Date Filed|File Name\n"
    )
    return head + "-" * 80 + "\n" + "".join(f"{line}\n" for line in lines)


def _form(rows: list[_Row], day: date) -> str:
    rows.sort(key=lambda row: (row.form, row.name))
    lines = [f"{row.form:<17}{row.name:<62}{row.cik:<12}{day:%Y%m%d}    {row.path:<52}" for row in rows]
    head = _PREAMBLE.format(order=" by Form Type", day=day, blank=_BLANK)
    head += f"{'Form Type':<12}{'Company Name':<62}{'CIK':<12}\n      Date Filed  File Name\n"
    return head + "-" * 141 + "\n" + "".join(f"{line}\n" for line in lines)


def _company(rows: list[_Row], day: date) -> str:
    rows.sort(key=lambda row: (row.name, row.form))
    lines = [f"{row.name:<62}{row.form:<17}{row.cik:<12}{day:%Y%m%d}    {row.path:<52}" for row in rows]
    head = _PREAMBLE.format(order=" by Company Name", day=day, blank=_BLANK)
    head += f"{'Company Name':<62}{'Form Type':<12}{'CIK':<12}\n      Date Filed  File Name\n"
    return head + "-" * 141 + "\n" + "".join(f"{line}\n" for line in lines)


_LAYOUTS: dict[str, Callable[[list[_Row], date], str]] = {
    "master": _master,
    "form": _form,
    "company": _company,
}


def daily_index(layout: str, day: date, filings: Sequence[Filing]) -> Response:
    """Return the index of one day, Latin-1; ``KeyError`` for a layout other than master, form, company."""
    text = _LAYOUTS[layout](list(_rows(filings)), day)
    return Response(200, text.encode("latin-1"), TEXT)


def index_folder(days: Sequence[date]) -> Response:
    """Return the listing of a quarter's folder of indexes."""
    items = [
        {
            "last-modified": f"{day:%m/%d/%Y} 10:00:00 PM",
            "name": f"{layout}.{day:%Y%m%d}.idx",
            "type": "file",
            "href": f"{layout}.{day:%Y%m%d}.idx",
            "size": "12 KB",
        }
        for day in days
        for layout in _LAYOUTS
    ]
    name = f"daily-index/{days[0].year}/QTR{(days[0].month - 1) // 3 + 1}/"
    return json_response({"directory": {"item": items, "name": name, "parent-dir": "../"}})


def current_feed(filings: Sequence[Filing], query: Mapping[str, str]) -> Response:
    """Return a page of the latest filings, the newest first, as Atom in ISO-8859-1; 503 past the end."""
    prefix, owner = query.get("type", ""), query.get("owner", "include")
    chosen = [
        filing
        for filing in reversed(filings)
        if filing.form.startswith(prefix) and (owner == "include" or filing.ownership == (owner == "only"))
    ]
    entries = [_entry(filing, cik, name) for filing in chosen for cik, name in filing.filers]
    minimum = _number(query, "count", 40)
    count = next((step for step in _COUNTS if step >= minimum), _COUNTS[-1])
    start = _number(query, "start", 0)
    if start and start >= len(entries):
        return overloaded()
    newest = filings[-1].accepted.astimezone(NEW_YORK)
    head = (
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>Latest Filings - {newest:%a, %d %b %Y %H:%M:%S %Z}</title>\n"
        '<link rel="alternate" href="/cgi-bin/browse-edgar?action=getcurrent"/>\n'
        '<link rel="self" href="/cgi-bin/browse-edgar?action=getcurrent"/>\n'
        "<id>https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent</id>\n"
        "<author><name>Webmaster</name><email>webmaster@sec.gov</email></author>\n"
        f"<updated>{newest.isoformat()}</updated>\n"
    )
    body = head + "".join(entries[start : start + count]) + "</feed>\n"
    return Response(200, body.encode("latin-1"), "application/atom+xml")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() else default


def _entry(filing: Filing, cik: int, name: str) -> str:
    if not filing.ownership:
        part = "Filer"
    elif cik == filing.issuer_cik:
        part = "Issuer"
    else:
        part = "Reporting"
    items = "".join(f"&lt;br&gt;Item {item}: {title_of(item)}\n" for item in filing.items)
    folder = f"https://www.sec.gov/Archives/edgar/data/{cik}/{filing.folder}"
    return (
        "<entry>\n"
        f"<title>{filing.form} - {escape(name)} ({cik:010d}) ({part})</title>\n"
        f'<link rel="alternate" type="text/html" href="{folder}/{filing.accession}-index.htm"/>\n'
        '<summary type="html">\n'
        f" &lt;b&gt;Filed:&lt;/b&gt; {filing.filed} &lt;b&gt;AccNo:&lt;/b&gt; {filing.accession}"
        " &lt;b&gt;Size:&lt;/b&gt; 9 KB\n"
        f"{items}"
        "</summary>\n"
        f"<updated>{filing.accepted.isoformat()}</updated>\n"
        f'<category scheme="https://www.sec.gov/" label="form type" term="{filing.form}"/>\n'
        f"<id>urn:tag:sec.gov,2008:accession-number={filing.accession}</id>\n"
        "</entry>\n"
    )
