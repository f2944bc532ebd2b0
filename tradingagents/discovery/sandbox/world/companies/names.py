"""Fictional tickers and company names.

Tickers are built from letter pairs that real symbols rarely use (two different letters of Q, X, Z,
J and V, never followed by A or U), so they look like United States symbols without being any. A few
are English words, because text scanners must distinguish a word from a symbol. Every name ends in
"(fictional)".
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tradingagents.discovery.sandbox.world import stream

__all__ = ["SHORT_TICKERS", "WORD_TICKERS", "company_name", "person_name", "plain_tickers"]

WORD_TICKERS = ("IT", "ALL", "ON", "DD", "I", "HOLD", "HUGE", "BACK", "MOON", "KITE")
"""Listed symbols that are also words of everyday English."""

SHORT_TICKERS = ("Y", "QX", "ZQ", "XQ", "QXB", "XZD", "ZQK", "QZM", "XQP", "ZXR", "QXT", "ZQN")
"""Symbols of one to three letters, as listed in New York."""

_PAIR = "QXZJV"
_VOWEL = "EIOY"
_LAST = "BDGKMNPRTVX"
_FIRST_PART = (
    "Quor",
    "Vexa",
    "Jorv",
    "Zelo",
    "Brix",
    "Tarn",
    "Oska",
    "Plin",
    "Mervo",
    "Kesto",
    "Dulca",
    "Ronda",
)
_SECOND_PART = (
    "vane",
    "mark",
    "lith",
    "dyne",
    "port",
    "fold",
    "wick",
    "stra",
    "mont",
    "quill",
    "gard",
    "bree",
)
_TRADE = (
    "Systems",
    "Therapeutics",
    "Materials",
    "Energy",
    "Foods",
    "Logistics",
    "Bancorp",
    "Devices",
    "Media",
)
_LEGAL = ("Inc.", "Corp.", "Holdings Inc.", "Group Ltd.")
_GIVEN = (
    "Ada",
    "Bruno",
    "Carla",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Luis",
)
_FAMILY = ("Abernal", "Brockvale", "Cortellini", "Dunmoor", "Eskandar", "Fjordan", "Gündersen", "Holtspur")


def plain_tickers(seed: int) -> Iterator[str]:
    """Yield the four-letter tickers, about 880 of them, in an order that depends on the seed."""
    pairs = [first + second for first, second in product(_PAIR, _PAIR) if first != second]
    tickers = [pair + vowel + last for pair in pairs for vowel in _VOWEL for last in _LAST]
    stream(seed, "tickers").shuffle(tickers)
    yield from tickers


def company_name(seed: int, number: int) -> str:
    """Return the name of the ``number``-th company; distinct for the first 1,296."""
    draw = stream(seed, "company", number)
    stem = _FIRST_PART[number % 12] + _SECOND_PART[number // 12 % 12]
    trade = _TRADE[(number // 144 + number) % 9]
    return f"{stem} {trade} {draw.choice(_LEGAL)} (fictional)"


def person_name(seed: int, number: int) -> str:
    """Return a filer's name as EDGAR writes it: family name first."""
    draw = stream(seed, "person", number)
    return f"{draw.choice(_FAMILY)} {draw.choice(_GIVEN)} {chr(ord('A') + number % 26)}. (fictional)"
