"""EDGAR: www.sec.gov and data.sec.gov under one base address.

Source: sec.gov, "Accessing EDGAR data". Clients without a contact address in their User-Agent are
refused, as are library names and web addresses in place of an e-mail address.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cached_property

from tradingagents.discovery.sandbox.http.wire import (
    HTML,
    TEXT,
    Request,
    Response,
    Vendor,
    json_response,
    parse_day,
)
from tradingagents.discovery.sandbox.vendors.sec import companies as sec_companies
from tradingagents.discovery.sandbox.vendors.sec import pages as sec_pages
from tradingagents.discovery.sandbox.vendors.sec.header import header_text
from tradingagents.discovery.sandbox.vendors.sec.index import current_feed, daily_index, index_folder
from tradingagents.discovery.sandbox.vendors.sec.ownership import ownership_xml, submission_text
from tradingagents.discovery.sandbox.world.filings.records import Filing

__all__ = ["Sec"]

_CONTACT = re.compile(r"^(?!.*https?://).*\S+@\S+\.\w{2,}")
_RECENT_SESSIONS = 10
_FEED_SESSIONS = 2
_ROUTES = {
    "daily_index": re.compile(
        r"/Archives/edgar/daily-index/(\d{4})/QTR([1-4])/(master|form|company)\.(\d{8})\.idx"
    ),
    "index_folder": re.compile(r"/Archives/edgar/daily-index/(\d{4})/QTR([1-4])/index\.json"),
    "filing": re.compile(r"/Archives/edgar/data/(\d+)/(?:\d{18}/)?(\d{10}-\d{2}-\d{6})\.txt"),
    "filing_index": re.compile(r"/Archives/edgar/data/(\d+)/(\d{18})/index\.json"),
    "filing_header": re.compile(r"/Archives/edgar/data/(\d+)/(\d{18})/\d{10}-\d{2}-\d{6}\.hdr\.sgml"),
    "filing_document": re.compile(r"/Archives/edgar/data/(\d+)/(\d{18})/(xslF345X05/)?([\w.-]+\.xml)"),
    "current": re.compile(r"/cgi-bin/browse-edgar"),
    "company_tickers": re.compile(r"/files/company_tickers\.json"),
    "company_tickers_exchange": re.compile(r"/files/company_tickers_exchange\.json"),
    "submissions": re.compile(r"/submissions/CIK(\d{10})\.json"),
}
_WHOLE_FILES = {
    "company_tickers": sec_companies.company_tickers,
    "company_tickers_exchange": sec_companies.company_tickers_exchange,
}


class Sec(Vendor):
    """The archive's indexes and filings, the feed of latest filings, and the JSON files."""

    name = "sec"

    def endpoint(self, request: Request) -> str:
        return next((name for name, route in _ROUTES.items() if route.fullmatch(request.path)), "unknown")

    def answer(self, request: Request) -> Response:
        if not _CONTACT.match(request.headers.get("user-agent", "")):
            return sec_pages.undeclared()
        endpoint = self.endpoint(request)
        if endpoint == "unknown":
            denied = request.path.startswith("/Archives/")
            return sec_pages.access_denied() if denied else sec_pages.not_found()
        key = (request.path, tuple(sorted(request.query.items())) if endpoint == "current" else ())
        return self._cache.get(key, lambda: self._build(endpoint, request))

    def refuse(self, request: Request, reason: str) -> Response:
        return sec_pages.too_fast()

    def _build(self, endpoint: str, request: Request) -> Response:
        market = self._market
        found = _ROUTES[endpoint].fullmatch(request.path)
        parts = found.groups() if found else ()
        if endpoint == "daily_index":
            return self._daily_index(*parts)
        if endpoint == "index_folder":
            return self._folder(int(parts[0]), int(parts[1]))
        if endpoint == "submissions":
            return sec_companies.submissions(market, int(parts[0]), self._recent)
        if endpoint == "current":
            since = market.sessions[-_FEED_SESSIONS]
            return current_feed([one for one in self._recent if one.filed >= since], request.query)
        if endpoint in _WHOLE_FILES:
            return _WHOLE_FILES[endpoint](market)
        return self._from_filing(endpoint, parts)

    @cached_property
    def _recent(self) -> tuple[Filing, ...]:
        """The filings of the last sessions, oldest first."""
        return tuple(
            filing
            for day in self._market.sessions[-_RECENT_SESSIONS:]
            for filing in self._market.filings(day)
        )

    def _daily_index(self, year: str, quarter: str, layout: str, stamp: str) -> Response:
        day = parse_day(stamp)
        filings = self._market.filings(day) if day in self._market.sessions else ()
        if day is None or not filings or (day.year, (day.month - 1) // 3 + 1) != (int(year), int(quarter)):
            return sec_pages.access_denied()
        return daily_index(layout, day, filings)

    def _folder(self, year: int, quarter: int) -> Response:
        days = [
            day for day in self._market.sessions if (day.year, (day.month - 1) // 3 + 1) == (year, quarter)
        ]
        return index_folder(days) if days else sec_pages.access_denied()

    def _from_filing(self, endpoint: str, parts: tuple[str, ...]) -> Response:
        filing = self._find(int(parts[0]), parts[1].replace("-", ""))
        if filing is None:
            return sec_pages.access_denied()
        if endpoint == "filing":
            return Response(200, submission_text(filing).encode("latin-1"), TEXT)
        if endpoint == "filing_header":
            return Response(200, header_text(filing).encode("latin-1"), TEXT)
        if endpoint == "filing_index":
            return _filing_index(filing, parts[0])
        if not filing.ownership or parts[3] != filing.document:
            return sec_pages.access_denied()
        if parts[2]:
            page = (
                f"<html><head><title>SEC FORM {filing.form}</title></head><body>{filing.issuer}</body></html>"
            )
            return Response(200, page.encode(), HTML)
        return Response(200, ownership_xml(filing).encode(), "text/xml")

    def _find(self, cik: int, folder: str) -> Filing | None:
        """Return the filing in a folder that one of its filers owns; older ones are generated on demand."""
        year, ordinal = int(folder[10:12]), int(folder[12:15])
        try:
            day = datetime.strptime(f"{year:02d}{ordinal:03d}", "%y%j").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return None
        if day not in self._market.sessions:
            return None
        mine = (one for one in self._market.filings(day) if one.folder == folder)
        return next((one for one in mine if any(cik == number for number, _ in one.filers)), None)


def _filing_index(filing: Filing, cik: str) -> Response:
    modified = f"{filing.accepted:%Y-%m-%d %H:%M:%S}"
    names = [filing.document if filing.ownership else "document.txt", f"{filing.accession}.txt"]
    items = [{"last-modified": modified, "name": name, "type": "text.gif", "size": "4312"} for name in names]
    parent = f"/Archives/edgar/data/{cik}"
    return json_response(
        {"directory": {"item": items, "name": f"{parent}/{filing.folder}", "parent-dir": parent}}
    )
