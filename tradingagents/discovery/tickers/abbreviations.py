"""Abbreviations that a text defines: `online sports betting (OSB)`, `Winchester Swimming Club (WSC)`.

In the whole text such letters stand for the words before them, whatever share is listed under them.
Companies are introduced like that too (`Desktop Metal (DM)`), but always with capitals.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from tradingagents.discovery.tickers.tokenize import Token

__all__ = ["defined_abbreviations"]

_MOST_SMALL_WORDS: Final = 3
_SMALL_WORDS = frozenset({"a", "an", "and", "at", "by", "for", "in", "of", "on", "per", "the", "to"})
_BRACKETED = re.compile(r"\( ?([A-Z]{3,5}) ?\)")


def defined_abbreviations(clean: str, tokens: Sequence[Token]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the abbreviations of terms (in lower case) and of names (in capitals) that a text defines.

    Before each bracket a bounded number of tokens is read.
    """
    terms: set[str] = set()
    names: set[str] = set()
    for bracketed in _BRACKETED.finditer(clean):
        letters = bracketed[1]
        index = bisect_left(tokens, bracketed.start(1), key=lambda token: token.start)
        spelled = _spelled_out(tokens[max(0, index - _MOST_SMALL_WORDS - len(letters)) : index], letters)
        if spelled:
            (names if any(text[0].isupper() for text in spelled[1:]) else terms).add(letters)
    return frozenset(terms), frozenset(names)


def _spelled_out(tokens: Sequence[Token], abbreviation: str) -> list[str]:
    """Return the last words whose initials are the abbreviation, in order; empty where there are none."""
    letters = list(abbreviation)
    spelled: list[str] = []
    for token in reversed(tokens):
        if token.text[0].upper() == letters[-1]:
            letters.pop()
            spelled.insert(0, token.text)
            if not letters:
                return spelled
        elif token.text.lower() not in _SMALL_WORDS:
            return []
    return []
