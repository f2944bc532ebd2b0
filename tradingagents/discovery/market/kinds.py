"""What kind of security a line of the Nasdaq Trader symbol directory is.

The directory has flags for test issues and ETFs only; every other kind is told by the suffix of the
NASDAQ symbol (``=`` unit, ``+`` warrant, ``^`` right, ``-`` preferred) and, on Nasdaq's own list,
which has no suffixes, by the words of the security name.
Source: nasdaqtrader.com, "Symbol Look-Up/Directory Data Fields & Definitions".
"""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["COMMON_STOCK_KINDS", "Kind", "kind_of"]


class Kind(StrEnum):
    """What a listed symbol stands for."""

    COMMON = "common"  # common stock, ordinary shares, units of a partnership
    ADR = "adr"  # depositary shares of a foreign company's common stock
    ETF = "etf"
    FUND = "fund"  # closed-end funds, municipal and royalty trusts sold as funds
    PREFERRED = "preferred"
    WARRANT = "warrant"
    UNIT = "unit"  # a share sold together with warrants or rights
    RIGHT = "right"
    NOTE = "note"  # debt: notes, debentures, exchange-traded notes, trust certificates
    TEST = "test"  # test issues of the exchanges; nothing that can be bought


COMMON_STOCK_KINDS = frozenset({Kind.COMMON, Kind.ADR})
"""Kinds that are a company's stock to an investor: an ADR is traded and screened like any share."""

_BY_SUFFIX = {"+": Kind.WARRANT, "=": Kind.UNIT, "^": Kind.RIGHT, "-": Kind.PREFERRED}


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_CONSISTS = r"each\s+consist|consisting of"

_NO_TRUST_UNIT = r"(?! of beneficial| representing)"

# Tried in this order: a preferred's name often speaks of the common stock it converts into, a
# depositary share's of what it represents, so the narrower kinds stand before the wider ones.
_BY_NAME = (
    (
        Kind.UNIT,
        _words(rf"\bunits?\b.*(?:{_CONSISTS})|\s-\s(?:sub)?units?\b{_NO_TRUST_UNIT}|equity units?\b"),
    ),
    (Kind.WARRANT, _words(r"\bwarrants?\b|\(adw\)")),
    (Kind.RIGHT, _words(r"\s-\s(?:subscription )?rights?\b|\bcontingent value rights?\b")),
    (Kind.RIGHT, _words(r"\brights? to (?:receive|one)\b")),
    (Kind.NOTE, _words(r"\bnotes?\b|\bdebentures?\b|\betns?\b|\bbonds? due\b|\bsenior\b.*\bdue 20\d\d")),
    (Kind.NOTE, _words(r"\bcorts\b|\bstrats\b|structured products corp|trust securities|fixed-income sec")),
    (Kind.FUND, _words(r"\b(?:preferred|pfd)\b.*\bfund\b")),
    (Kind.PREFERRED, _words(r"\bpreferred\b|\bpreference shares?\b|\bpfd\b|\bperpetual\b|% series [a-z]\b")),
    (Kind.ADR, _words(r"\bamerican depos|\bdepositary (?:shares?|receipts?)\b|\bads\b|\badss\b|\badrs?\b")),
    (Kind.FUND, _words(r"closed[- ]end fund|\bfund\b|\bmunicipal\b.*\btrust\b")),
)

# Trusts that are funds are told from operating companies by these words only.
_FUND_TRUST = _words(r"\b(?:income|dividend|opportunit\w+|credit|equity) (?:\w+ )?trust\b")
_COMPANY = _words(r"\bcommon (?:stock|shares?|units?)\b|\bordinary shares?\b|\breit\b")


def kind_of(name: str, nasdaq_symbol: str, *, etf: bool, test: bool) -> Kind:
    """Return the kind of the security so named; COMMON when nothing says otherwise.

    ``nasdaq_symbol`` is the directory's NASDAQ spelling, the one whose suffix tells the kind.
    """
    if test:
        return Kind.TEST
    if etf:
        return Kind.ETF
    suffix = re.search(r"[+=^-]", nasdaq_symbol)
    if suffix:
        return _BY_SUFFIX[suffix.group()]
    found = next((kind for kind, words in _BY_NAME if words.search(name)), Kind.COMMON)
    if found is Kind.COMMON and _FUND_TRUST.search(name) and not _COMPANY.search(name):
        return Kind.FUND
    return found
