"""Each vendor's spelling of a security: ``BRK.B``, ``BRK-B``, ``BRK/B``, ``ABR$D``, ``ABR-PD``, ``ABRpD``.

A plain symbol is the same everywhere. Others are split into root, form and series, from the directory's
NASDAQ spelling, whose suffix is unambiguous, and joined again by a table with one row a vendor.

Sources: the three spellings of the Nasdaq Trader directory itself; the SEC's company_tickers.json
(``BRK-B``, ``ABR-PD``, ``ACHR-WT``, ``AACT-UN``, ``CELG-RI``), which Yahoo shares; FINRA's daily
files (``BRK/B``, ``ABRpD``, ``ACIC/WS``, ``TDW/WS/A``, ``AAC/U``, ``CELGr``); Alpha Vantage
(``BRK-A``, ``SRG-P-A``, ``BBAI+``, ``FINS^``); Finnhub (``BRK.B``, ``RC.PRE``), whose spelling of
warrants, units and rights is assumed to be that of the CQS: no record of it was found.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

__all__ = ["VENDORS", "Form", "Parts", "spell", "split"]


class Form(StrEnum):
    """What the suffix of a symbol marks."""

    PLAIN = "plain"
    CLASS = "class"
    PREFERRED = "preferred"
    WARRANT = "warrant"
    UNIT = "unit"
    RIGHT = "right"


class Parts(NamedTuple):
    """A symbol in parts: ``NE.WS.A`` is root ``NE``, form warrant, series ``A``."""

    root: str
    form: Form
    series: str


_FORM_BY_SIGN = {
    ".": Form.CLASS,
    "-": Form.PREFERRED,
    "+": Form.WARRANT,
    "=": Form.UNIT,
    "^": Form.RIGHT,
}

# {s} is the series letter; preferreds and warrants may have none.
_TABLE: dict[str, dict[Form, str]] = {
    "yahoo": {
        Form.CLASS: "-{s}",
        Form.PREFERRED: "-P{s}",
        Form.WARRANT: "-WT{s}",
        Form.UNIT: "-UN{s}",
        Form.RIGHT: "-RI{s}",
    },
    "finra": {
        Form.CLASS: "/{s}",
        Form.PREFERRED: "p{s}",
        Form.WARRANT: "/WS/{s}",
        Form.UNIT: "/U{s}",
        Form.RIGHT: "r{s}",
    },
    "alpha_vantage": {
        Form.CLASS: "-{s}",
        Form.PREFERRED: "-P-{s}",
        Form.WARRANT: "+{s}",
        Form.UNIT: "={s}",
        Form.RIGHT: "^{s}",
    },
    "finnhub": {
        Form.CLASS: ".{s}",
        Form.PREFERRED: ".PR{s}",
        Form.WARRANT: ".WS.{s}",
        Form.UNIT: ".U{s}",
        Form.RIGHT: ".R{s}",
    },
    "nasdaq_screener": {
        Form.CLASS: "/{s}",
        Form.PREFERRED: "^{s}",
        Form.WARRANT: "/WS/{s}",
        Form.UNIT: "/U{s}",
        Form.RIGHT: "/R{s}",
    },
}
_TABLE["sec"] = _TABLE["yahoo"]

VENDORS = frozenset(_TABLE)
"""Vendors whose spelling follows a rule; the directory contains its own three spellings."""


def split(nasdaq_symbol: str) -> Parts:
    """Split a symbol in the directory's NASDAQ spelling, such as ``BRK.B``, ``ABR-D`` or ``NE+A``."""
    found = re.fullmatch(r"([A-Z0-9]+)([.+=^-])([A-Z.]*)", nasdaq_symbol)
    if found is None:
        return Parts(nasdaq_symbol, Form.PLAIN, "")
    root, sign, series = found.groups()
    return Parts(root, _FORM_BY_SIGN[sign], series)


def spell(parts: Parts, vendor: str) -> str:
    """Return the symbol in the spelling of ``vendor``, one of :data:`VENDORS`."""
    if parts.form is Form.PLAIN:
        return parts.root
    suffix = _TABLE[vendor][parts.form].format(s=parts.series)
    return parts.root + (suffix if parts.series else suffix.rstrip("./-"))
