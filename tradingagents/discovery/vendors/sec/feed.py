"""EDGAR's Atom feed of current filings, parsed into rows of the daily index. Pure functions.

The feed's type filter is a prefix (``4`` also gives 424B2, 485BPOS, 40-F), so each entry's own form type
decides. Source: SEC, "Latest Filings" (``browse-edgar?action=getcurrent``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.vendors.sec.index import FilingHeader, IndexRow

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["FeedEntry", "FeedPage", "parse_feed"]

_ATOM = "{http://www.w3.org/2005/Atom}"
_TITLE = re.compile(r".*? - (?P<company>.*) \((?P<cik>\d+)\) \([^()]*\)", re.DOTALL)
_SUMMARY = re.compile(
    r"Filed:</b>\s*(?P<filed>\d{4}-\d\d-\d\d).*?AccNo:</b>\s*(?P<accession>[\d-]+)", re.DOTALL
)
_ITEM = re.compile(r"<br>\s*Item (\d{1,2}\.\d\d)\b")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One filing under one of its filers, with the part of its header that the feed has."""

    row: IndexRow
    header: FilingHeader


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page, newest filing first. ``updated`` is its creation time, aware, in New York's offset."""

    updated: datetime
    entries: tuple[FeedEntry, ...]

    @property
    def rows(self) -> tuple[IndexRow, ...]:
        return tuple(entry.row for entry in self.entries)


def parse_feed(body: bytes) -> FeedPage:
    """Parse one page with all its forms. Raises :class:`BadPayload` when it is not this feed."""
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException) as error:
        raise BadPayload("sec", f"the feed of current filings is malformed ({error})") from None
    if root.tag != f"{_ATOM}feed":
        raise BadPayload("sec", f"the feed of current filings is a <{root.tag[:40]}>, not an Atom feed")
    return FeedPage(_updated(root), tuple(_entry(entry) for entry in root.findall(f"{_ATOM}entry")))


def _updated(root: Element) -> datetime:
    text = root.findtext(f"{_ATOM}updated") or ""
    try:
        updated = datetime.fromisoformat(text)
    except ValueError:
        updated = None
    if updated is None or updated.tzinfo is None:
        raise BadPayload("sec", f"the feed of current filings has the invalid time {text[:40]!r}")
    return updated


def _entry(entry: Element) -> FeedEntry:
    category = entry.find(f"{_ATOM}category")
    title = _TITLE.fullmatch((entry.findtext(f"{_ATOM}title") or "").strip())
    description = entry.findtext(f"{_ATOM}summary") or ""
    summary = _SUMMARY.search(description)
    if category is None or title is None or summary is None:
        raise BadPayload("sec", "an entry of the feed of current filings has no title, summary or form")
    cik, accession = int(title["cik"]), summary["accession"]
    row = IndexRow(
        form=category.get("term", ""),
        company=title["company"],
        cik=cik,
        filed=date.fromisoformat(summary["filed"]),
        path=f"edgar/data/{cik}/{accession}.txt",
    )
    return FeedEntry(row, FilingHeader(row.form, _updated(entry), tuple(_ITEM.findall(description))))
