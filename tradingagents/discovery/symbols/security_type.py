"""The security type of a line of the Nasdaq Trader symbol directory.

The directory flags test issues and ETFs only. Other types follow from the suffix of the NASDAQ symbol (``=``
unit, ``+`` warrant, ``^`` right, ``-`` preferred) and, in ``nasdaqlisted.txt``, which has no suffixes, from
the security name.
Source: nasdaqtrader.com, "Symbol Look-Up/Directory Data Fields & Definitions".
"""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["COMMON_STOCK_TYPES", "SecurityType", "classify_security"]


class SecurityType(StrEnum):
    """Type of a listed security."""

    COMMON = "common"  # common stock, ordinary shares, units of a partnership
    ADR = "adr"  # depositary shares of a foreign company, of any class
    ETF = "etf"
    ETN = "etn"  # exchange-traded notes: debt that follows an index and is traded like an ETF
    FUND = "fund"  # closed-end funds, municipal and royalty trusts sold as funds
    PREFERRED = "preferred"
    WARRANT = "warrant"
    UNIT = "unit"  # a share sold together with warrants or rights
    RIGHT = "right"
    NOTE = "note"  # other debt: notes, debentures, mortgage bonds, trust certificates
    TEST = "test"  # test issues of the exchanges; not investable


COMMON_STOCK_TYPES = frozenset({SecurityType.COMMON, SecurityType.ADR})
"""Types that count as common stock: an ADR is traded and screened like any share."""

_BY_SUFFIX = {
    "+": SecurityType.WARRANT,
    "=": SecurityType.UNIT,
    "^": SecurityType.RIGHT,
    "-": SecurityType.PREFERRED,
}


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_CONSISTS = r"each\s+consist|consisting of"

_NOTHING_ELSE = (
    r"(?:(?!\bdeposit|\bad[rs]|\beach\b|represent|\bunit|warrant|\bright|\bfund\b|\bmunicipal\b)[^(])*"
)

_NO_TRUST_UNIT = r"(?! of beneficial| representing)"

_AMERICAN = _words(r"\bamerican deposit[ao]ry\b|\badss?\b|\badrs?\b")

# Tried in this order: a preferred's name often mentions the common stock it converts into, a depositary
# share's what it represents (preferred shares, "the right to receive"). Therefore narrower types come before
# wider ones, and American depositary shares before all they may represent.
_BY_NAME = (
    (SecurityType.COMMON, _words(rf"\A{_NOTHING_ELSE}\b(?:common stock|ordinary shares?)\Z")),
    (
        SecurityType.UNIT,
        _words(rf"\bunits?\b.*(?:{_CONSISTS})|\s-\s(?:sub)?units?\b{_NO_TRUST_UNIT}|equity units?\b"),
    ),
    (SecurityType.WARRANT, _words(r"\bwarrants?\b|\(adw\)")),
    (SecurityType.ADR, _AMERICAN),
    (SecurityType.RIGHT, _words(r"\s-\s(?:subscription )?rights?\b|\bcontingent value rights?\b")),
    (SecurityType.RIGHT, _words(r"\brights? to (?:receive|one)\b")),
    (SecurityType.ETN, _words(r"\betns?\b|\bexchange[- ]traded notes?\b")),
    (SecurityType.NOTE, _words(r"\bnotes?\b|\bdebentures?\b|\bbonds?,? .*\bdue\b|\bsenior\b.*\bdue 20\d\d")),
    (
        SecurityType.NOTE,
        _words(r"\bcorts\b|\bstrats\b|structured products corp|trust securities|fixed-income sec"),
    ),
    (SecurityType.NOTE, _words(r"\bbacked tr(?:ust)? certs\b|\bbonds? due\b")),
    (SecurityType.FUND, _words(r"\b(?:preferred|pfd)\b.*\bfund\b")),
    (
        SecurityType.PREFERRED,
        _words(r"\bpreferred\b|\bpreference shares?\b|\bpfd\b|\bperpetual\b|% series [a-z]\b"),
    ),
    (SecurityType.ADR, _words(r"\bdepositary (?:shares?|receipts?)\b")),
    (SecurityType.FUND, _words(r"closed[- ]end fund|\bfund\b|\bmunicipal\b.*\btrust\b")),
)

# Depositary shares of a US company represent its preferred stock. The fifth letter of the Nasdaq symbol
# marks it; the name may not.
_PREFERRED_SYMBOL = re.compile(r"[A-Z]{4}[L-P]")

# Only these words distinguish trusts that are funds from operating companies.
_FUND_TRUST = _words(r"\b(?:income|dividend|opportunit\w+|credit|equity) (?:\w+ )?trust\b")
_COMPANY = _words(r"\bcommon (?:stock|shares?|units?)\b|\bordinary shares?\b|\breit\b")


def classify_security(name: str, nasdaq_symbol: str, *, etf: bool, test: bool) -> SecurityType:
    """Return the type of a security by its name and symbol; COMMON by default.

    ``nasdaq_symbol`` is the directory's NASDAQ spelling, whose suffix is unambiguous.
    """
    if test:
        return SecurityType.TEST
    if etf:
        return SecurityType.ETF
    suffix = re.search(r"[+=^-]", nasdaq_symbol)
    if suffix:
        return _BY_SUFFIX[suffix.group()]
    found = next(
        (security_type for security_type, words in _BY_NAME if words.search(name)), SecurityType.COMMON
    )
    if (
        found is SecurityType.ADR
        and _PREFERRED_SYMBOL.fullmatch(nasdaq_symbol)
        and not _AMERICAN.search(name)
    ):
        return SecurityType.PREFERRED
    if found is SecurityType.COMMON and _FUND_TRUST.search(name) and not _COMPANY.search(name):
        return SecurityType.FUND
    return found
