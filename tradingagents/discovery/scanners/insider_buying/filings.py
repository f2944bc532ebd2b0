"""The Form 4 filings of a scan: of its newest days and, for companies with a purchase, of the days before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import chain

from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.model.errors import FetchError, NoDataError
from tradingagents.discovery.scanners.edgar.days import weekdays_before
from tradingagents.discovery.scanners.edgar.reader import EdgarReader
from tradingagents.discovery.scanners.edgar.symbols import choose, ticker_of
from tradingagents.discovery.scanners.insider_buying.purchases import Statement
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.vendors.sec.form4 import Issuer, OwnershipFiling
from tradingagents.discovery.vendors.sec.index import FilingRef, IndexRow, group_filings

__all__ = ["FORMS", "EarlierFilings", "Form4Filings"]

FORMS = frozenset({"4", "4/A"})
_UNPUBLISHED = timedelta(days=3)  # an index is published late in the evening, perhaps before a weekend


class Form4Filings:
    """Lists and reads the filings of one scan. ``listed_on`` and ``read`` are thread-safe."""

    def __init__(self, scanner: AnyScanner) -> None:
        self._scanner = scanner
        self._edgar = EdgarReader(scanner, FORMS, "4 and 4/A")
        self._tickers: Mapping[int, Sequence[str]] | None = None

    def listed_on(self, until: date, day: date) -> list[IndexRow]:
        """Return the filings of a day: from its index or, until that is published, from the feed.

        Raises ``NoDataError`` when EDGAR was closed that day.
        """
        try:
            return self._edgar.daily_index(day)
        except NoDataError:
            if until - day > _UNPUBLISHED:
                raise
        current = self._edgar.current_filings(day)
        self._edgar.note_feed_used(day, complete=current.complete)
        return list(current.rows)

    def in_index_of(self, day: date) -> list[IndexRow]:
        """Return the filings in a day's index; without it none, and a failed request is reported."""
        try:
            return self._edgar.daily_index(day)
        except NoDataError:
            return []
        except FetchError as error:
            self._scanner.degrade(verdict_of_error(error).reason, f"earlier filings of {day}: {error}")
            return []

    def read(self, ref: FilingRef) -> OwnershipFiling:
        """Return a parsed filing."""
        return self._edgar.ownership_filing(ref)

    def ticker(self, issuer: Issuer) -> str | None:
        """Return the symbol that the SEC lists for an issuer, else the one filed; None without either.

        Filers type outdated symbols, add an exchange's name, or leave out the dot of a class. When the
        SEC lists several symbols, the one that was filed decides.
        """
        if self._tickers is None:
            self._tickers = self._listed_companies()
        listed = [found for one in self._tickers.get(issuer.cik, ()) if (found := ticker_of(one))]
        ticker = choose(ticker_of(issuer.symbol), listed)
        if ticker is None or ticker_of(issuer.symbol) != ticker:
            filed = {"symbol": issuer.symbol, "cik": issuer.cik, "company": issuer.name}
            self._scanner.log("resolve_symbol", filed, output=ticker or "left out: no listed symbol")
        return ticker

    def _listed_companies(self) -> Mapping[int, Sequence[str]]:
        try:
            return self._edgar.company_tickers()
        except (FetchError, NoDataError) as error:
            self._scanner.degrade(verdict_of_error(error).reason, f"symbols by company: {error}")
        return {}


class EarlierFilings:
    """The filings of the ``count`` weekdays before ``first_new_day``. Not thread-safe.

    ``of`` is the number of newer filings in the scan; those read here are added to it in the coverage.
    """

    def __init__(
        self, scanner: AnyScanner, filings: Form4Filings, first_new_day: date, count: int, of: int
    ) -> None:
        self._scanner, self._filings, self._of = scanner, filings, of
        self._days = weekdays_before(first_new_day, count)
        self._listed: list[FilingRef] | None = None
        self.first_new_day = first_new_day
        self.first_day = min(self._days, default=first_new_day)

    def before(self, new: Sequence[Statement]) -> list[Statement]:
        """Return the earlier statements on the issuer of ``new``; failed requests are reported."""
        cik, known = new[0].filing.issuer.cik, {one.ref.accession for one in new}
        refs = [ref for ref in self._all() if cik in ref.ciks and ref.accession not in known]
        if not refs:
            return []
        self._of += len(refs)
        try:
            answers = list(self._scanner.gather(self._filings.read, refs, of=self._of))
        except FetchError:  # all of them failed, as gather has reported
            return []
        self._scanner.count("earlier filings read for companies with a purchase", len(answers))
        return [Statement(ref, filing) for ref, filing in answers if filing.issuer.cik == cik]

    def _all(self) -> list[FilingRef]:
        """Return the filings of all these days; their indexes are requested on first use."""
        if self._listed is None:
            rows = self._scanner.map(self._filings.in_index_of, self._days)
            self._listed = group_filings(chain.from_iterable(rows), FORMS)
        return self._listed
