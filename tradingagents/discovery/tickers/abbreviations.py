"""Abbreviations that a text introduces: `online sports betting (OSB)`, `Winchester Swimming Club (WSC)`.

Such letters stand for the words before them for the rest of the text, whatever share is listed under them.
Companies are introduced like that too (`Desktop Metal (DM)`), but always with capitals.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from tradingagents.discovery.tickers.cutting import Word

__all__ = ["introduced"]

_MOST_SMALL_WORDS: Final = 3
_SMALL_WORDS = frozenset({"a", "an", "and", "at", "by", "for", "in", "of", "on", "per", "the", "to"})
_BRACKETED = re.compile(r"\( ?([A-Z]{3,5}) ?\)")


def introduced(clean: str, words: Sequence[Word]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the abbreviations of terms (in lower case) and of names (in capitals) that a text explains.

    Every bracket looks back at a bounded number of words.
    """
    terms: set[str] = set()
    names: set[str] = set()
    for bracketed in _BRACKETED.finditer(clean):
        letters = bracketed[1]
        index = bisect_left(words, bracketed.start(1), key=lambda word: word.start)
        spelled = _spelled_out(words[max(0, index - _MOST_SMALL_WORDS - len(letters)) : index], letters)
        if spelled:
            (names if any(text[0].isupper() for text in spelled[1:]) else terms).add(letters)
    return frozenset(terms), frozenset(names)


def _spelled_out(words: Sequence[Word], abbreviation: str) -> list[str]:
    """Return the last of the words, those that begin with its letters in order; nothing if they do not."""
    letters = list(abbreviation)
    spelled: list[str] = []
    for word in reversed(words):
        if word.text[0].upper() == letters[-1]:
            letters.pop()
            spelled.insert(0, word.text)
            if not letters:
                return spelled
        elif word.text.lower() not in _SMALL_WORDS:
            return []
    return []
