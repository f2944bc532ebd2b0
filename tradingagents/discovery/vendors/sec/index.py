"""EDGAR's daily index of filings, and the header of one filing. Pure functions.

Two layouts of the index are parsed: ``master`` (fields separated by ``|``) and ``form`` (columns of spaces).
Their headings differ between years, so parsing starts below the dashed line. A header has one tag and value a
line (``<ITEMS>5.02``) and a few hundred lines at most, where the filing itself may have megabytes.
Sources: SEC, "Accessing EDGAR Data" and "EDGAR Public Dissemination Service Technical Specification".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tradingagents.discovery.model.errors import BadPayload

__all__ = ["FilingHeader", "FilingRef", "IndexRow", "group_filings", "parse_header", "parse_index"]

_GAP = re.compile(r"\s{2,}")
_NEW_YORK = ZoneInfo("America/New_York")
_HEADER_LINE = re.compile(r"^<(TYPE|ITEMS|ACCEPTANCE-DATETIME)>[ \t]*([^\s<]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One filing under one of its filers: an insider's filing is listed under the issuer and each owner.

    ``filed`` may be earlier than the day of the index; ``path`` is that of the full submission text
    below ``/Archives/``.
    """

    form: str
    company: str
    cik: int
    filed: date
    path: str

    @property
    def accession(self) -> str:
        """The accession number, such as ``0001999999-26-000012``."""
        return self.path.rpartition("/")[2].removesuffix(".txt")


@dataclass(frozen=True, slots=True)
class FilingRef:
    """One filing, once; ``ciks`` holds every filer it is listed under."""

    accession: str
    form: str
    filed: date
    path: str
    ciks: frozenset[int]

    def __str__(self) -> str:
        return self.accession


@dataclass(frozen=True, slots=True)
class FilingHeader:
    """A filing's form, acceptance time (aware, New York) and Form 8-K items, such as ``5.02``, as filed."""

    form: str
    accepted: datetime
    items: tuple[str, ...]


_HEADINGS = ("Form Type", "CIK|")


def parse_index(text: str) -> list[IndexRow]:
    """Parse a daily or quarterly index. Raises :class:`BadPayload` when it is another file or truncated."""
    lines = iter(text.splitlines())
    above: list[str] = []
    for line in lines:
        if line.startswith("-----"):
            break
        above.append(line)
    else:
        raise BadPayload("sec", "the index has no dashed line below its heading")
    if not any(line.startswith(_HEADINGS) for line in above):  # EDGAR also has them by company
        shown = next((line.strip() for line in reversed(above) if line.strip()), "")
        raise BadPayload("sec", f"the index is neither by form type nor a master index: {shown[:60]!r}")
    return [_row(line) for line in lines if line.strip()]


def group_filings(rows: Iterable[IndexRow], forms: Collection[str]) -> list[FilingRef]:
    """Return each filing of the forms once, sorted by filing day and accession number."""
    listed: dict[str, list[IndexRow]] = {}
    for row in rows:
        if row.form in forms:
            listed.setdefault(row.accession, []).append(row)
    filings = [
        FilingRef(
            accession=accession,
            form=same[0].form,
            filed=min(row.filed for row in same),
            path=min(row.path for row in same),
            ciks=frozenset(row.cik for row in same),
        )
        for accession, same in listed.items()
    ]
    return sorted(filings, key=lambda filing: (filing.filed, filing.accession))


def parse_header(text: str) -> FilingHeader:
    """Parse a header. Raises :class:`BadPayload` where the form or the acceptance time is missing.

    Most forms have no items. The first ``<TYPE>`` is the filing's; later ones belong to its documents.
    """
    found: dict[str, list[str]] = {}
    for tag, value in _HEADER_LINE.findall(text):
        found.setdefault(tag, []).append(value)
    forms, stamps = found.get("TYPE"), found.get("ACCEPTANCE-DATETIME")
    if not forms or not stamps:
        raise BadPayload("sec", f"a filing's header has no form or no acceptance time: {text[:60]!r}")
    try:
        accepted = datetime.strptime(stamps[0], "%Y%m%d%H%M%S").replace(tzinfo=_NEW_YORK)
    except ValueError:
        raise BadPayload("sec", f"a filing has the invalid acceptance time {stamps[0][:40]!r}") from None
    return FilingHeader(forms[0], accepted, tuple(dict.fromkeys(found.get("ITEMS", ()))))


def _row(line: str) -> IndexRow:
    try:
        form, company, cik, filed, path = _fields(line)
        row = IndexRow(form, company, int(cik), date.fromisoformat(filed), path)
    except ValueError:
        row = None
    if row is None or not (row.path.startswith("edgar/") and row.path.endswith(".txt")):
        raise BadPayload("sec", f"a row of the index cannot be read: {line.strip()[:80]!r}")
    return row


def _fields(line: str) -> tuple[str, str, str, str, str]:
    """Return form, company, CIK, date and path. Raises ``ValueError`` for a row of neither layout."""
    if "|" in line:
        left, form, filed, path = (field.strip() for field in line.rsplit("|", 3))
        cik, company = left.split("|", maxsplit=1)
    else:
        left, cik, filed, path = line.rsplit(None, 3)
        form, company = _GAP.split(left, maxsplit=1)
    return form, company.strip(), cik, filed, path
