"""What insiders of a company filed in the days before the newest, read for few companies only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tradingagents.discovery.model.errors import FetchError
from tradingagents.discovery.scanners.edgar.days import weekdays_before
from tradingagents.discovery.scanners.insider_buying.edgar import EdgarCalls
from tradingagents.discovery.scanners.insider_buying.purchases import Statement
from tradingagents.discovery.scanning.base import BaseScanner

__all__ = ["InsiderHistory"]


class InsiderHistory:
    """The ``count`` weekdays before ``first_new_day``. To be used by one thread.

    ``of`` is how many filings the scan has to read without these; those found here are added in its coverage.
    """

    def __init__(
        self, scanner: BaseScanner, calls: EdgarCalls, first_new_day: date, count: int, of: int
    ) -> None:
        self._scanner, self._calls, self._of = scanner, calls, of
        self._days = weekdays_before(first_new_day, count)
        self.first_new_day = first_new_day
        self.first_day = min(self._days, default=first_new_day)

    def before(self, new: Sequence[Statement]) -> list[Statement]:
        """Return the earlier statements on the issuer of ``new``; what could not be had is told."""
        if not self._days:
            return []
        cik, known = new[0].filing.issuer.cik, {one.ref.accession for one in new}
        found = self._calls.earlier(self._days, cik)
        refs = [ref for ref in found if ref.accession not in known]
        if not refs:
            return []
        self._of += len(refs)
        try:
            answers = list(self._scanner.gather(self._calls.read, refs, of=self._of))
        except FetchError:  # none of them could be had, as is told already
            return []
        self._scanner.step("earlier filings read, of companies with a purchase", len(answers))
        return [Statement(ref, filing) for ref, filing in answers if filing.issuer.cik == cik]
