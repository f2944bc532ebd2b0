"""Tickers from the trading symbols that filers type. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate

__all__ = ["choose", "ticker_of"]

_NO_SYMBOL = frozenset(
    {"", "NONE", "N/A", "NA", "N.A.", "NOT APPLICABLE", "NOT LISTED", "UNLISTED", "PRIVATE", "TBD"}
)
_NYSE, _NASDAQ = r"NYSE(?: AMERICAN| ARCA| MKT)?", r"NASDAQ(?: ?[CG][MS]| GLOBAL(?: SELECT)?| CAPITAL)?"
_EXCHANGE = rf"(?:{_NYSE}|{_NASDAQ}|AMEX|CBOE|BATS|OTC\w*)"
_BEFORE = re.compile(rf"{_EXCHANGE}\s*[:\-]\s*")
_AFTER = re.compile(rf"\s*(?:[:\-]\s*{_EXCHANGE}|\({_EXCHANGE}\)?)$")
_CLASS = re.compile(r"\.[A-Z]{2,}$")


def ticker_of(typed: str) -> str | None:
    """Return the ticker in the normal spelling, None when the text holds no ticker or several.

    Accepts lower case, quotes, brackets and an exchange's name: ``ticker_of("NYSE: exmp") == "EXMP"``.
    """
    text = typed.strip().strip("\"'()[]$ ").upper()
    text = _AFTER.sub("", _BEFORE.sub("", text, count=1))
    if text in _NO_SYMBOL:
        return None
    try:
        ticker = normalise_ticker(text)
    except InvalidCandidate:
        return None
    return None if _CLASS.search(ticker) else ticker  # BF/BFA is two symbols, not a class


def choose(typed: str | None, listed: Sequence[str]) -> str | None:
    """Return the one of a company's ``listed`` tickers that was meant, or ``typed`` when none is listed.

    ``listed`` starts with the most traded. A share class may be typed without its dot (``BRKB``). A typed
    ticker that is not listed is outdated or a typing error: the most traded one is returned.
    """
    if not listed or typed in listed:
        return typed
    return next((one for one in listed if one.replace(".", "") == typed), listed[0])
