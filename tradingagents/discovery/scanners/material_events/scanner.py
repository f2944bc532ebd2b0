"""``material_events``: companies that reported a material event (SEC Form 8-K).

The items of the form state what happened, not whether it is good or bad; :mod:`.items` lists and weighs
them. For the last days the feed of current filings includes the items; for earlier days each filing's header
is requested, up to ``max_filings``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.scanners.edgar.days import business_days
from tradingagents.discovery.scanners.edgar.groups import first_filings, linked_filings, read_groups
from tradingagents.discovery.scanners.material_events.filings import Form8KFilings
from tradingagents.discovery.scanners.material_events.items import ITEMS, MATERIAL
from tradingagents.discovery.scanners.material_events.reports import events_of, is_unknown
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.base import Seconds
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.vendors.sec.index import FilingHeader, FilingRef

__all__ = ["MaterialEvents", "MaterialEventsSettings"]


def _item(text: str) -> str:
    if text not in ITEMS:
        raise ValueError(f"{text!r} is not an item of Form 8-K such as '5.02'")
    return text


class MaterialEventsSettings(ScannerSettings):
    """``scanners.material_events``."""

    limit: int | None = Field(15, ge=1)
    timeout_seconds: Seconds | None = Field(
        120.0,
        description="Timeout, from the scanner's own start: days that the feed no longer covers cost one "
        "request a filing. None: `scanner_execution.timeout_seconds`.",
    )
    lookback_days: int = Field(
        1,
        ge=1,
        le=10,
        description="Business days of filings up to the trade date. A day that is still open for filing is "
        "added.",
    )
    items: list[Annotated[str, AfterValidator(_item)]] | None = Field(
        None,
        min_length=1,
        description="Item numbers of Form 8-K that count, such as `5.02`. None: all but the routine ones, "
        "such as results (2.02), votes and exhibits.",
    )
    max_filings: int | None = Field(
        None,
        ge=1,
        description="Most filings whose header a scan requests, for days that the feed no longer covers. "
        "None: all.",
    )


class MaterialEvents(BaseScanner[MaterialEventsSettings]):
    """Finds listed companies with a counted item. The score is the sum of the items' weights."""

    name, pipeline, strategy = "material_events", "events", "material_event"
    evidence_kinds = ("form_8k",)
    listed_only = True

    @classmethod
    def unit(cls, settings: MaterialEventsSettings) -> str:
        """See :class:`BaseScanner`."""
        return "filings"

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield company by company; those already read survive a deadline.

        Raises as :func:`business_days` does, and the error of requesting the list of companies.
        """
        source, until = Form8KFilings(self), self.trade_date(state)
        listed = business_days(self, until, self.settings.lookback_days, partial(source.listed_on, until))
        filings = [ref for day in sorted(listed) for ref in listed[day] if ref.filed <= until]
        self.count("filings listed", len(filings))
        groups = first_filings(linked_filings(filings), self.settings.max_filings, source.known)
        self.count("not read, over max_filings", len(filings) - sum(map(len, groups)))
        for answers in read_groups(self, groups, source.header, of=len(filings)):
            self.count("filings read", len(answers))
            self.count("filings without a known item", sum(is_unknown(header) for _, header in answers))
            yield from self._candidates(answers, source)

    def _candidates(
        self, answers: Sequence[tuple[FilingRef, FilingHeader]], source: Form8KFilings
    ) -> Iterator[Candidate]:
        """Yield a candidate for each company with a listed symbol; a joint filing has several companies."""
        items = MATERIAL if self.settings.items is None else frozenset(self.settings.items)
        for cik in sorted({cik for ref, _ in answers for cik in ref.ciks}):
            filings = [(ref, header) for ref, header in answers if cik in ref.ciks]
            if (events := events_of(filings, items)) is None:
                self.count("companies with routine items only")
            elif (ticker := source.ticker(cik)) is None:
                self.count("companies without a listed symbol")
            else:
                self.count("companies with events")
                yield self.candidate(
                    ticker,
                    events.context,
                    priority=events.priority,
                    direction=events.direction,
                    score=events.score,
                    evidence=events.evidence(self.vendors.sec.filing_url),
                )
