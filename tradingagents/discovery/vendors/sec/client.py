"""SEC EDGAR: the index of filings, the feed of current filings, headers, Forms 4. No key, but a user agent.

The SEC requires at most ten requests a second, and a name with an e-mail address in the user agent.
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
from tradingagents.discovery.vendors.sec.index import FilingHeader, IndexRow, parse_header, parse_index

if TYPE_CHECKING:
    from requests import Response

__all__ = ["CurrentFilings", "Sec"]

_OWNERSHIP = {"type": "4", "owner": "only"}
_REPORTS = {"type": "8-K", "owner": "include"}
_NAMES = {"4": ("4",), "8-K": ("8-K", "8-K12B", "8-K12G3")}  # the feed matches the type as a prefix
_PAGE = 100  # most entries in a page of the feed
_PAGES = 60  # enough for the Forms 4 of the busiest day, listed under every filer; the feed ends near there


@dataclass(frozen=True)
class CurrentFilings:
    """The feed's entries of one day; ``complete`` is False where the feed ended early."""

    entries: tuple[FeedEntry, ...]
    complete: bool

    @property
    def rows(self) -> tuple[IndexRow, ...]:
        """The entries as rows of the daily index."""
        return tuple(entry.row for entry in self.entries)


class Sec:
    """A client of EDGAR over a session that enforces the deadline. Thread-safe: no state.

    Every method raises what the session's ``fetch`` raises.
    """

    def __init__(self, session: FetchSession, base_url: str, user_agent: str) -> None:
        self._session, self._base_url = session, base_url.rstrip("/")
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}

    def daily_index(self, day: date) -> list[IndexRow]:
        """Return every filing of a business day, of all forms, once under each filer.

        Raises ``NoDataError`` for a weekend, a holiday, and a day whose index is not published yet (about
        22:00 in New York). Some rows may be of an earlier day, but never all.
        """
        quarter = (day.month - 1) // 3 + 1
        path = f"/Archives/edgar/daily-index/{day.year}/QTR{quarter}/master.{day:%Y%m%d}.idx"
        rows = parse_index(self._get(path).content.decode("latin-1"))
        if rows and all(row.filed != day for row in rows):
            raise BadPayload("sec", f"the index of {day} lists filings of {rows[0].filed} and no other day")
        return rows

    def current_filings(self, day: date) -> CurrentFilings:
        """Return the Forms 4 and 4/A filed on ``day``, for a day whose index is not published yet.

        Pages back from the newest filing to the day before. Raises ``NoDataError`` when the feed has none of
        that day: it covers about two days.
        """
        return self._current(day, _OWNERSHIP, reach=timedelta(days=1))

    def current_reports(self, day: date) -> CurrentFilings:
        """Return the Forms 8-K, 8-K12B and 8-K12G3 of ``day``, with their items; see ``current_filings``."""
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
                break  # past its end the feed returns the same error page as under overload
            updated = page.updated.date()
            if not day <= updated <= day + reach:
                raise NoDataError(f"sec: the feed of current filings is that of {updated}, not of {day}")
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
        """Return the Form 4 at a path of the index. Raises ``BadPayload`` for any other form."""
        return parse_form4(self._get(f"/Archives/{path}").content)

    def company_tickers(self) -> dict[int, tuple[str, ...]]:
        """Return each listed company's symbols by CIK, the most traded first (spelled ``BRK-B``)."""
        response = self._get("/files/company_tickers.json")
        try:
            return _tickers_by_cik(response.json())
        except (AttributeError, KeyError, TypeError, ValueError):
            raise BadPayload("sec", "the list of company tickers is not as documented") from None

    def filing_url(self, path: str) -> str:
        """Return the URL of the full submission text at a path of the index."""
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
    """Return whether an entry was both filed and accepted before a day.

    An entry accepted on the day may have an earlier filing date, and one accepted the evening before the
    day's own.
    """
    return entry.row.filed < day and entry.header.accepted.date() < day


def _tickers_by_cik(listed: Any) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row in listed.values():
        cik = int(row["cik_str"])
        if cik <= 0:  # it would match no filing, and every company would look unlisted
            raise ValueError(cik)
        found[cik] = (*found.get(cik, ()), str(row["ticker"]))
    return found
