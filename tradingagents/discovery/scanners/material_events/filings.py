"""The Forms 8-K of a scan, with their items: from the feed of current filings, or read from their headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from tradingagents.discovery.model.errors import FetchError, NoDataError
from tradingagents.discovery.scanners.edgar.reader import EdgarReader
from tradingagents.discovery.scanners.edgar.symbols import ticker_of
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.vendors.sec.client import CurrentFilings
from tradingagents.discovery.vendors.sec.index import FilingHeader, FilingRef, group_filings

__all__ = ["FORMS", "Form8KFilings"]

FORMS = frozenset({"8-K", "8-K/A", "8-K12B", "8-K12B/A", "8-K12G3", "8-K12G3/A"})
"""Current reports; the longer names are reports of a successor company."""

_IN_FEED = timedelta(days=3)  # the feed may still hold a day this old, as Friday on Monday


class Form8KFilings:
    """Lists and reads the reports of one scan. ``listed_on`` and ``header`` are thread-safe."""

    def __init__(self, scanner: AnyScanner) -> None:
        self._edgar = EdgarReader(scanner, FORMS, "8-K and 8-K/A")
        self._tickers: Mapping[int, Sequence[str]] | None = None
        self.known: dict[str, FilingHeader] = {}
        """Headers with items by accession number, from the feed; written by several threads."""

    def listed_on(self, until: date, day: date) -> list[FilingRef]:
        """Return the reports of a day: from the feed, which includes their items, or from the index.

        Raises ``NoDataError`` when EDGAR was closed that day, and the feed's error when the feed failed and
        the day's index is not published.
        """
        current = self._in_feed(day) if until - day <= _IN_FEED else None
        if isinstance(current, CurrentFilings) and current.complete:
            return self._from_feed(day, current)
        try:
            rows = self._edgar.daily_index(day)
        except NoDataError:  # EDGAR was closed, or the index is not published: then only the feed has the day
            if isinstance(current, FetchError):
                raise current from None
            if current is None:
                raise
            return self._from_feed(day, current)
        return group_filings(rows, FORMS)

    def header(self, ref: FilingRef) -> FilingHeader:
        """Return a filing's header, requested unless the feed had its items."""
        return self.known.get(ref.accession) or self._edgar.filing_header(ref)

    def ticker(self, cik: int) -> str | None:
        """Return the first symbol that the SEC lists for a company, None when it lists none.

        Raises the error of requesting that list: without it no filing leads to a ticker.
        """
        if self._tickers is None:
            self._tickers = self._edgar.company_tickers()
        return next(filter(None, map(ticker_of, self._tickers.get(cik, ()))), None)

    def _in_feed(self, day: date) -> CurrentFilings | FetchError | None:
        """Return the feed's list of a day, perhaps cut short; its error; or None when it has nothing."""
        try:
            return self._edgar.current_reports(day)
        except NoDataError:
            return None
        except FetchError as error:
            return error

    def _from_feed(self, day: date, current: CurrentFilings) -> list[FilingRef]:
        # Every report has an item: where the feed shows none, the filing's header is read.
        self.known.update(
            {entry.row.accession: entry.header for entry in current.entries if entry.header.items}
        )
        self._edgar.note_feed_used(day, complete=current.complete)
        return group_filings(current.rows, FORMS)
