"""EDGAR requests of one scanner, each recorded in its tool log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import partial

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.vendors.sec.client import CurrentFilings, Sec
from tradingagents.discovery.vendors.sec.form4 import OwnershipFiling
from tradingagents.discovery.vendors.sec.index import FilingHeader, FilingRef, IndexRow

__all__ = ["EdgarReader"]


class EdgarReader:
    """Reads EDGAR for one scan. Thread-safe; every method may raise what the ``Sec`` client raises.

    ``forms`` are the form types the scanner uses, counted in the log as "... of forms ``label``".
    """

    def __init__(self, scanner: AnyScanner, forms: Collection[str], label: str) -> None:
        self._scanner, self._forms, self._label = scanner, forms, label
        self._sec: Sec = scanner.vendors.sec

    def daily_index(self, day: date) -> list[IndexRow]:
        """Return the rows of a business day's index; see :meth:`.Sec.daily_index`."""
        call = partial(self._sec.daily_index, day)
        return self._scanner.ask("sec.daily_index", {"day": day.isoformat()}, call, self._count)

    def current_filings(self, day: date) -> CurrentFilings:
        """Return the Forms 4 of a day from the feed of current filings."""
        return self._feed("sec.current_filings", self._sec.current_filings, day)

    def current_reports(self, day: date) -> CurrentFilings:
        """Return the Forms 8-K of a day from the feed of current filings."""
        return self._feed("sec.current_reports", self._sec.current_reports, day)

    def note_feed_used(self, day: date, *, complete: bool) -> None:
        """Count a day listed from the feed; degrade the outcome when the feed ended too early."""
        if not complete:
            message = f"the feed of current filings ended before all filings of {day} were listed"
            self._scanner.degrade(Reason.VENDOR_DOWN, message)
        self._scanner.count("days listed from the feed of current filings")

    def ownership_filing(self, ref: FilingRef) -> OwnershipFiling:
        """Return a parsed Form 4."""
        call = partial(self._sec.ownership_filing, ref.path)
        return self._scanner.ask("sec.ownership_filing", {"accession": ref.accession}, call, _transactions)

    def filing_header(self, ref: FilingRef) -> FilingHeader:
        """Return a filing's header."""
        call = partial(self._sec.filing_header, ref.path)
        parameters = {"accession": ref.accession}
        return self._scanner.ask(
            "sec.filing_header", parameters, call, lambda header: ", ".join(header.items)
        )

    def company_tickers(self) -> Mapping[int, Sequence[str]]:
        """Return the symbols of each listed company by CIK, the most traded first."""
        return self._scanner.ask(
            "sec.company_tickers", {}, self._sec.company_tickers, lambda found: f"{len(found)} companies"
        )

    def _feed(self, tool: str, call: Callable[[date], CurrentFilings], day: date) -> CurrentFilings:
        return self._scanner.ask(
            tool, {"day": day.isoformat()}, partial(call, day), lambda current: self._count(current.rows)
        )

    def _count(self, rows: Sequence[IndexRow]) -> str:
        return f"{len(rows)} rows, {sum(row.form in self._forms for row in rows)} of forms {self._label}"


def _transactions(filing: OwnershipFiling) -> str:
    codes = "".join(sorted({row.code for row in filing.transactions})) or "none"
    issuer = filing.issuer.symbol or filing.issuer.name
    return f"{issuer}: {len(filing.transactions)} transactions, codes {codes}"
