"""SEC EDGAR: who filed what, what a Form 4 says, what a filing's header. No key, but a user agent.

The SEC asks for at most ten requests a second and a name with an e-mail address in the user agent.
Source: SEC, "Accessing EDGAR Data" and "Webmaster FAQ: Developers".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tradingagents.discovery.model.errors import BadPayload, NoDataError, Transient
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.vendors.sec.feed import FeedEntry, parse_feed
from tradingagents.discovery.vendors.sec.form4 import OwnershipFiling, parse_form4
from tradingagents.discovery.vendors.sec.header import FilingHeader, parse_header
from tradingagents.discovery.vendors.sec.index import IndexRow, parse_index

if TYPE_CHECKING:
    from requests import Response

__all__ = ["CurrentFilings", "Sec"]

_OWNERSHIP = {"type": "4", "owner": "only"}
_REPORTS = {"type": "8-K", "owner": "include"}
_NAMES = {"4": ("4",), "8-K": ("8-K", "8-K12B", "8-K12G3")}  # the feed takes the type for a beginning
_PAGE = 100  # the most entries that one page of the feed has
_PAGES = 60  # the busiest day's forms 4, each listed under all its filers; the feed ends near there


@dataclass(frozen=True)
class CurrentFilings:
    """What the feed lists for one day; incomplete when it broke off."""

    entries: tuple[FeedEntry, ...]
    complete: bool

    @property
    def rows(self) -> tuple[IndexRow, ...]:
        """The same in the daily index's own form."""
        return tuple(entry.row for entry in self.entries)


class Sec:
    """A client of EDGAR over a session that keeps the deadline. Thread-safe: it holds no state.

    Every method may raise what the session's ``fetch`` raises.
    """

    def __init__(self, session: FetchSession, base_url: str, user_agent: str) -> None:
        self._session, self._base_url = session, base_url.rstrip("/")
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}

    def daily_index(self, day: date) -> list[IndexRow]:
        """Return every filing of a business day, of all forms, once under each filer.

        Raises ``NoDataError`` for a weekend, a holiday, and a day whose index is not out yet (it comes
        about 22:00 in New York). Some rows may be of an earlier day, but never all.
        """
        quarter = (day.month - 1) // 3 + 1
        path = f"/Archives/edgar/daily-index/{day.year}/QTR{quarter}/master.{day:%Y%m%d}.idx"
        rows = parse_index(self._get(path).content.decode("latin-1"))
        if rows and all(row.filed != day for row in rows):
            raise BadPayload("sec", f"the index of {day} lists filings of {rows[0].filed} and no other day")
        return rows

    def current_filings(self, day: date) -> CurrentFilings:
        """Return the Forms 4 and 4/A filed on ``day``, for a day whose index is not out yet.

        Pages back from the newest filing to the day before. Raises ``NoDataError`` when the feed has
        none of that day: it covers the last two days or so.
        """
        return self._current(day, _OWNERSHIP, reach=timedelta(days=1))

    def current_reports(self, day: date) -> CurrentFilings:
        """Return the Forms 8-K and alike of ``day``, with their items; else as ``current_filings``."""
        return self._current(day, _REPORTS, reach=timedelta(days=3))

    def _current(self, day: date, what: Mapping[str, str], reach: timedelta) -> CurrentFilings:
        forms = {name + suffix for name in _NAMES[what["type"]] for suffix in ("", "/A")}
        entries: list[FeedEntry] = []
        complete = False
        for number in range(_PAGES):
            try:
                page = parse_feed(self._feed_page(what, number * _PAGE))
            except Transient:
                if not number:
                    raise
                break  # past its end the feed answers with an error page, exactly as when it is overloaded
            made = page.updated.date()
            if not day <= made <= day + reach:
                raise NoDataError(f"sec: the feed of current filings is that of {made}, not of {day}")
            own = (entry for entry in page.entries if entry.row.filed == day)
            entries += (entry for entry in own if entry.row.form in forms)
            complete = len(page.entries) < _PAGE or any(_is_before(day, entry) for entry in page.entries)
            if complete:
                break
        if not entries:
            raise NoDataError(f"sec: the feed of current filings has no Form {what['type']} of {day}")
        return CurrentFilings(tuple(entries), complete)

    def filing_header(self, path: str) -> FilingHeader:
        """Return the header of the filing at a path of the index."""
        folder, accession = path.removesuffix(".txt").rsplit("/", 1)
        header = f"/Archives/{folder}/{accession.replace('-', '')}/{accession}.hdr.sgml"
        return parse_header(self._get(header).content.decode("latin-1"))

    def ownership_filing(self, path: str) -> OwnershipFiling:
        """Return the Form 4 at a path of the index. Raises ``BadPayload`` for a form that is no Form 4."""
        return parse_form4(self._get(f"/Archives/{path}").content)

    def company_tickers(self) -> dict[int, tuple[str, ...]]:
        """Return the symbols of each listed company by CIK, the most traded first (``BRK-B`` spelling)."""
        response = self._get("/files/company_tickers.json")
        try:
            return _tickers_by_cik(response.json())
        except (AttributeError, KeyError, TypeError, ValueError):
            raise BadPayload("sec", "the list of company tickers is not as documented") from None

    def filing_url(self, path: str) -> str:
        """Return the address of the full submission text at a path of the index."""
        return f"{self._base_url}/Archives/{path}"

    def _feed_page(self, what: Mapping[str, str], start: int) -> bytes:
        query = {"action": "getcurrent", **what, "company": "", "dateb": ""}
        response = self._get(
            "/cgi-bin/browse-edgar", {**query, "start": str(start), "count": str(_PAGE), "output": "atom"}
        )
        return bytes(response.content)

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Response:
        return self._session.fetch(self._base_url + path, params=query, headers=self._headers)


def _is_before(day: date, entry: FeedEntry) -> bool:
    """Whether an entry is of the time before a day: accepted then, and dated so.

    One accepted that day may bear an earlier date, and one accepted the evening before the day's own.
    """
    return entry.row.filed < day and entry.header.accepted.date() < day


def _tickers_by_cik(listed: Any) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row in listed.values():
        cik = int(row["cik_str"])
        found[cik] = (*found.get(cik, ()), str(row["ticker"]))
    return found
