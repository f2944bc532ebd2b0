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
    ADR = "adr"  # depositary shares of a foreign company, of whichever of its classes
    ETF = "etf"
    ETN = "etn"  # exchange-traded notes: debt that follows an index and is traded like an ETF
    FUND = "fund"  # closed-end funds, municipal and royalty trusts sold as funds
    PREFERRED = "preferred"
    WARRANT = "warrant"
    UNIT = "unit"  # a share sold together with warrants or rights
    RIGHT = "right"
    NOTE = "note"  # other debt: notes, debentures, mortgage bonds, trust certificates
    TEST = "test"  # test issues of the exchanges; nothing that can be bought


COMMON_STOCK_KINDS = frozenset({Kind.COMMON, Kind.ADR})
"""Kinds that are a company's stock to an investor: an ADR is traded and screened like any share."""

_BY_SUFFIX = {"+": Kind.WARRANT, "=": Kind.UNIT, "^": Kind.RIGHT, "-": Kind.PREFERRED}


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_CONSISTS = r"each\s+consist|consisting of"

_NOTHING_ELSE = (
    r"(?:(?!\bdeposit|\bad[rs]|\beach\b|represent|\bunit|warrant|\bright|\bfund\b|\bmunicipal\b)[^(])*"
)

_NO_TRUST_UNIT = r"(?! of beneficial| representing)"

_AMERICAN = _words(r"\bamerican deposit[ao]ry\b|\badss?\b|\badrs?\b")

# Tried in this order: a preferred's name often speaks of the common stock it converts into, a
# depositary share's of what it represents (preferred shares, "the right to receive"), so the narrower
# kinds stand before the wider ones, and American depositary shares before all they may represent.
_BY_NAME = (
    (Kind.COMMON, _words(rf"\A{_NOTHING_ELSE}\b(?:common stock|ordinary shares?)\Z")),
    (
        Kind.UNIT,
        _words(rf"\bunits?\b.*(?:{_CONSISTS})|\s-\s(?:sub)?units?\b{_NO_TRUST_UNIT}|equity units?\b"),
    ),
    (Kind.WARRANT, _words(r"\bwarrants?\b|\(adw\)")),
    (Kind.ADR, _AMERICAN),
    (Kind.RIGHT, _words(r"\s-\s(?:subscription )?rights?\b|\bcontingent value rights?\b")),
    (Kind.RIGHT, _words(r"\brights? to (?:receive|one)\b")),
    (Kind.ETN, _words(r"\betns?\b|\bexchange[- ]traded notes?\b")),
    (Kind.NOTE, _words(r"\bnotes?\b|\bdebentures?\b|\bbonds?,? .*\bdue\b|\bsenior\b.*\bdue 20\d\d")),
    (Kind.NOTE, _words(r"\bcorts\b|\bstrats\b|structured products corp|trust securities|fixed-income sec")),
    (Kind.NOTE, _words(r"\bbacked tr(?:ust)? certs\b|\bbonds? due\b")),
    (Kind.FUND, _words(r"\b(?:preferred|pfd)\b.*\bfund\b")),
    (Kind.PREFERRED, _words(r"\bpreferred\b|\bpreference shares?\b|\bpfd\b|\bperpetual\b|% series [a-z]\b")),
    (Kind.ADR, _words(r"\bdepositary (?:shares?|receipts?)\b")),
    (Kind.FUND, _words(r"closed[- ]end fund|\bfund\b|\bmunicipal\b.*\btrust\b")),
)

# Depositary shares of a company of the United States stand for its preferred stock, which a fifth letter
# on Nasdaq's list says and the name may not.
_PREFERRED_SYMBOL = re.compile(r"[A-Z]{4}[L-P]")

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
    if found is Kind.ADR and _PREFERRED_SYMBOL.fullmatch(nasdaq_symbol) and not _AMERICAN.search(name):
        return Kind.PREFERRED
    if found is Kind.COMMON and _FUND_TRUST.search(name) and not _COMPANY.search(name):
        return Kind.FUND
    return found
