"""EDGAR's daily index: which filings there are on a day. Pure functions.

Two layouts of one table are read: ``master`` (fields parted by ``|``) and ``form`` (columns of spaces).
Their headings differ from year to year and are wrapped at odd places, so reading starts below the dashed
line. Source: SEC, "Accessing EDGAR Data".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from tradingagents.discovery.model.errors import BadPayload

__all__ = ["FilingRef", "IndexRow", "group_filings", "parse_index"]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One filing under one of its filers: an insider's filing stands under the issuer and each owner.

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
        """The filing's number, such as ``0001999999-26-000012``."""
        return self.path.rpartition("/")[2].removesuffix(".txt")


@dataclass(frozen=True, slots=True)
class FilingRef:
    """One filing, however often it is listed; ``ciks`` are all under which it is."""

    accession: str
    form: str
    filed: date
    path: str
    ciks: frozenset[int]

    def __str__(self) -> str:
        return self.accession


def parse_index(text: str) -> list[IndexRow]:
    """Parse a daily or quarterly index. Raises :class:`BadPayload` when it is none, or was cut off."""
    lines = iter(text.splitlines())
    if not any(line.startswith("-----") for line in lines):
        raise BadPayload("sec", "the index has no dashed line below its heading")
    return [_row(line) for line in lines if line.strip()]


def group_filings(rows: Iterable[IndexRow], forms: Collection[str]) -> list[FilingRef]:
    """Return each filing of the forms once, by day and number, whatever the order of the rows."""
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


_GAP = re.compile(r"\s{2,}")


def _row(line: str) -> IndexRow:
    try:
        form, company, cik, filed, path = _fields(line)
        row = IndexRow(form, company, int(cik), date.fromisoformat(filed), path)  # either of its layouts
    except ValueError:
        row = None
    if row is None or not (row.path.startswith("edgar/") and row.path.endswith(".txt")):
        raise BadPayload("sec", f"a row of the index cannot be read: {line.strip()[:80]!r}")
    return row


def _fields(line: str) -> tuple[str, str, str, str, str]:
    """Return form, company, CIK, date and path; ``ValueError`` for a row of neither layout."""
    if "|" in line:
        left, form, filed, path = (field.strip() for field in line.rsplit("|", 3))
        cik, company = left.split("|", maxsplit=1)
    else:
        left, cik, filed, path = line.rsplit(None, 3)
        form, company = _GAP.split(left, maxsplit=1)
    return form, company.strip(), cik, filed, path
