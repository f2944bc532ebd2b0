"""The header of an EDGAR filing: its form, when it was accepted, and the items of a Form 8-K. Pure functions.

One tag and its value a line (``<ITEMS>5.02``); a few hundred lines at most, where the filing itself may have
megabytes. Source: SEC, "EDGAR Public Dissemination Service Technical Specification".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tradingagents.discovery.model.errors import BadPayload

__all__ = ["FilingHeader", "parse_header"]

_NEW_YORK = ZoneInfo("America/New_York")
_LINE = re.compile(r"^<(TYPE|ITEMS|ACCEPTANCE-DATETIME)>[ \t]*([^\s<]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FilingHeader:
    """``accepted`` is aware, in New York's offset; ``items`` are numbers such as ``5.02``, as filed."""

    form: str
    accepted: datetime
    items: tuple[str, ...]


def parse_header(text: str) -> FilingHeader:
    """Parse a header; raises :class:`BadPayload` for one without a form or a time of acceptance.

    Items are none for most forms. A document's own ``<TYPE>`` comes later than the filing's, which counts.
    """
    found: dict[str, list[str]] = {}
    for tag, value in _LINE.findall(text):
        found.setdefault(tag, []).append(value)
    forms, stamps = found.get("TYPE"), found.get("ACCEPTANCE-DATETIME")
    if not forms or not stamps:
        raise BadPayload("sec", f"a filing's header has no form or no time of acceptance: {text[:60]!r}")
    try:
        accepted = datetime.strptime(stamps[0], "%Y%m%d%H%M%S").replace(tzinfo=_NEW_YORK)
    except ValueError:
        raise BadPayload("sec", f"a filing was accepted at {stamps[0][:40]!r}, which is no time") from None
    return FilingHeader(forms[0], accepted, tuple(dict.fromkeys(found.get("ITEMS", ()))))
