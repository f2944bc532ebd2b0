"""EDGAR as ``insider_buying`` asks it: each call noted in the scanner's tool log, in short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import chain

from tradingagents.discovery.execution.outcome import Reason, verdict_of_error
from tradingagents.discovery.model.errors import FetchError, NoDataError
from tradingagents.discovery.scanners.insider_buying.symbols import choose, ticker_of
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.vendors.sec.client import Sec
from tradingagents.discovery.vendors.sec.form4 import Issuer, OwnershipFiling
from tradingagents.discovery.vendors.sec.index import FilingRef, IndexRow, group_filings

__all__ = ["FORMS", "EdgarCalls"]

FORMS = frozenset({"4", "4/A"})
_UNPUBLISHED = timedelta(days=3)  # an index comes late in the evening, and a weekend may lie between


class EdgarCalls:
    """Asks for one scan of one scanner. ``rows_of`` and ``read`` may be called from several threads."""

    def __init__(self, scanner: BaseScanner) -> None:
        self._scanner = scanner
        self._sec: Sec = scanner.vendors.sec
        self._tickers: Mapping[int, Sequence[str]] | None = None
        self._earlier: list[FilingRef] | None = None

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

    def earlier(self, days: Iterable[date], cik: int) -> list[FilingRef]:
        """Return what was filed on earlier days under a filer, by their indexes, asked for once.

        A day that could not be had is told, and its filings are missing.
        """
        if self._earlier is None:
            listed = self._scanner.map(self._rows_of_index, days)
            self._earlier = group_filings(chain.from_iterable(listed), FORMS)
        return [ref for ref in self._earlier if cik in ref.ciks]

    def _rows_of_index(self, day: date) -> list[IndexRow]:
        try:
            asked = {"day": day.isoformat()}
            return self._scanner.ask("sec.daily_index", asked, partial(self._sec.daily_index, day), _count)
        except NoDataError:
            return []
        except FetchError as error:
            self._scanner.trouble(verdict_of_error(error).reason, f"earlier filings of {day}: {error}")
            return []

    def ticker(self, issuer: Issuer) -> str | None:
        """Return the symbol that the SEC lists for an issuer, or else the one filed; None when there is none.

        Filers type an old symbol, that of an exchange, or a class without its dot. Where several are
        listed, the one that was filed decides.
        """
        if self._tickers is None:
            self._tickers = self._listed_companies()
        listed = [found for one in self._tickers.get(issuer.cik, ()) if (found := ticker_of(one))]
        ticker = choose(ticker_of(issuer.symbol), listed)
        if ticker is None or ticker_of(issuer.symbol) != ticker:
            what = {"symbol": issuer.symbol, "cik": issuer.cik, "company": issuer.name}
            self._scanner.log("resolve_symbol", what, output=ticker or "left out: it has no listed symbol")
        return ticker

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
