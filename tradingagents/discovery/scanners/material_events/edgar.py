"""EDGAR as ``material_events`` asks it: each call noted in the scanner's tool log, in short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import FetchError, NoDataError
from tradingagents.discovery.scanners.insider_buying.symbols import ticker_of
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.vendors.sec.client import CurrentFilings, Sec
from tradingagents.discovery.vendors.sec.header import FilingHeader
from tradingagents.discovery.vendors.sec.index import FilingRef, IndexRow, group_filings

__all__ = ["FORMS", "ReportCalls"]

FORMS = frozenset({"8-K", "8-K/A", "8-K12B", "8-K12B/A", "8-K12G3", "8-K12G3/A"})
"""Current reports; the longer names are those of a company that takes the place of another."""

_FED = timedelta(days=3)  # a day so long ago may still be in the feed, as Friday is on Monday


class ReportCalls:
    """Asks for one scan of one scanner. ``listed_on`` and ``header`` may be called from several threads."""

    def __init__(self, scanner: BaseScanner) -> None:
        self._scanner = scanner
        self._sec: Sec = scanner.vendors.sec
        self.known: dict[str, FilingHeader] = {}
        """Headers by number that the feed told already, items and all; from several threads."""
        self._tickers: Mapping[int, Sequence[str]] | None = None

    def listed_on(self, until: date, day: date) -> list[FilingRef]:
        """Return the reports filed on a day: from the feed, which tells their items, or from the index.

        Raises ``NoDataError`` when EDGAR was closed that day, and what kept the feed from being had where the
        day's index is not out.
        """
        current = self._current(day) if until - day <= _FED else None
        if isinstance(current, CurrentFilings) and current.complete:
            return self._told_by(current)
        try:
            call = partial(self._sec.daily_index, day)
            rows = self._scanner.ask("sec.daily_index", {"day": day.isoformat()}, call, _count)
        except NoDataError:  # closed, or a day whose index is not out yet: then the feed was all there is
            if isinstance(current, FetchError):
                raise current from None
            if current is None:
                raise
            message = f"the feed of current filings broke off before all of {day} was listed"
            self._scanner.trouble(Reason.VENDOR_DOWN, message)
            return self._told_by(current)
        return group_filings(rows, FORMS)

    def _told_by(self, current: CurrentFilings) -> list[FilingRef]:
        told = {entry.row.accession: entry.header for entry in current.entries if entry.header.items}
        self.known.update(told)  # a report has an item: where the feed names none, its header is read
        self._scanner.step("days listed by the feed of current filings")
        return group_filings(current.rows, FORMS)

    def _current(self, day: date) -> CurrentFilings | FetchError | None:
        """Return what the feed has of a day, perhaps not all of it, or why not; None where it has nothing."""
        call = partial(self._sec.current_reports, day)
        try:
            found: CurrentFilings = self._scanner.ask(
                "sec.current_reports", {"day": day.isoformat()}, call, lambda listed: _count(listed.rows)
            )
        except NoDataError:
            return None
        except FetchError as error:
            return error
        return found

    def header(self, ref: FilingRef) -> FilingHeader:
        """Return what a filing's header says."""
        if (known := self.known.get(ref.accession)) is not None:
            return known
        call = partial(self._sec.filing_header, ref.path)
        asked = {"accession": ref.accession}
        return self._scanner.ask("sec.filing_header", asked, call, lambda told: ", ".join(told.items))

    def ticker(self, cik: int) -> str | None:
        """Return the first symbol that the SEC lists for a company; None when it lists none.

        Raises what kept the list from being had: without it no filing leads to a ticker.
        """
        if self._tickers is None:
            self._tickers = self._scanner.ask(
                "sec.company_tickers", {}, self._sec.company_tickers, lambda found: f"{len(found)} companies"
            )
        return next(filter(None, map(ticker_of, self._tickers.get(cik, ()))), None)


def _count(rows: Sequence[IndexRow]) -> str:
    return f"{len(rows)} rows, {sum(row.form in FORMS for row in rows)} of forms 8-K and 8-K/A"
