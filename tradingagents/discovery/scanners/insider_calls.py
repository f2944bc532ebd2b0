"""EDGAR as ``insider_buying`` asks it: each call noted in the scanner's tool log, in short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from tradingagents.discovery.errors import FetchError, NoDataError
from tradingagents.discovery.execution.outcome import Reason, verdict_of_error
from tradingagents.discovery.scanners.base import BaseScanner
from tradingagents.discovery.scanners.insider_symbols import ticker_of
from tradingagents.discovery.vendors.form4 import Issuer, OwnershipFiling
from tradingagents.discovery.vendors.sec import Sec
from tradingagents.discovery.vendors.sec_index import FilingRef, IndexRow

__all__ = ["FORMS", "EdgarCalls"]

FORMS = frozenset({"4", "4/A"})
_UNPUBLISHED = timedelta(days=3)  # an index comes late in the evening, and a weekend may lie between


class EdgarCalls:
    """Asks for one scan of one scanner. ``rows_of`` and ``read`` may be called from several threads."""

    def __init__(self, scanner: BaseScanner) -> None:
        self._scanner = scanner
        self._sec: Sec = scanner.vendors.sec
        self._tickers: Mapping[int, Sequence[str]] | None = None

    def rows_of(self, until: date, day: date) -> list[IndexRow]:
        """Return who filed on a day: from its index or, while that is not out, from the feed.

        Raises ``NoDataError`` when EDGAR was closed that day.
        """
        asked = {"day": day.isoformat()}
        try:
            return self._scanner.ask("sec.daily_index", asked, partial(self._sec.daily_index, day), _count)
        except NoDataError:
            if until - day > _UNPUBLISHED:
                raise
        call = partial(self._sec.current_filings, day)
        current = self._scanner.ask("sec.current_filings", asked, call, lambda listed: _count(listed.rows))
        if not current.complete:
            message = f"the feed of current filings broke off before all of {day} was listed"
            self._scanner.trouble(Reason.VENDOR_DOWN, message)
        self._scanner.step("days listed by the feed of current filings, their index not being out")
        return list(current.rows)

    def read(self, ref: FilingRef) -> OwnershipFiling:
        """Return what a filing says."""
        call = partial(self._sec.ownership_filing, ref.path)
        return self._scanner.ask("sec.ownership_filing", {"accession": ref.accession}, call, _describe)

    def ticker(self, issuer: Issuer) -> str | None:
        """Return the symbol as filed or, where that is none, as the SEC lists it; None when it lists none."""
        if ticker := ticker_of(issuer.symbol):
            return ticker
        if self._tickers is None:
            self._tickers = self._listed_companies()
        found = next(filter(None, map(ticker_of, self._tickers.get(issuer.cik, ()))), None)
        what = {"symbol": issuer.symbol, "cik": issuer.cik, "company": issuer.name}
        self._scanner.log("resolve_symbol", what, output=found or "left out: it has no listed symbol")
        return found

    def _listed_companies(self) -> Mapping[int, Sequence[str]]:
        try:
            return self._scanner.ask(
                "sec.company_tickers", {}, self._sec.company_tickers, lambda found: f"{len(found)} companies"
            )
        except NoDataError as error:
            self._scanner.trouble(Reason.NO_DATA, f"symbols by company: {error}")
        except FetchError as error:
            self._scanner.trouble(verdict_of_error(error).reason, f"symbols by company: {error}")
        return {}


def _count(rows: Sequence[IndexRow]) -> str:
    return f"{len(rows)} rows, {sum(row.form in FORMS for row in rows)} of forms 4 and 4/A"


def _describe(filing: OwnershipFiling) -> str:
    codes = "".join(sorted({row.code for row in filing.transactions})) or "none"
    whose = filing.issuer.symbol or filing.issuer.name
    return f"{whose}: {len(filing.transactions)} transactions, codes {codes}"
