"""Abbreviations that a text introduces itself: `online sports betting (OSB)`, `Westchester Soccer Club (WSC)`.

Such letters stand for the words before them for the rest of the text, whatever share is listed under them.
Companies are introduced like that too (`Desktop Metal (DM)`), but always with capitals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tradingagents.discovery.market.text_cutting import Word

__all__ = ["introduced"]

_FEWEST_LETTERS: Final = 3
_MOST_SMALL_WORDS: Final = 3
_SMALL_WORDS = frozenset({"a", "an", "and", "at", "by", "for", "in", "of", "on", "per", "the", "to"})


def introduced(clean: str, words: Sequence[Word]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the abbreviations of terms (in lower case) and those of names (in capitals) that a text explains.

    Every bracket looks back at a bounded number of words.
    """
    terms: set[str] = set()
    names: set[str] = set()
    for index, word in enumerate(words):
        if index and _is_bracketed(clean, word):
            spelled = _spelled_out(words, index)
            if spelled:
                (names if any(text[0].isupper() for text in spelled[1:]) else terms).add(word.text)
    return frozenset(terms), frozenset(names)


def _is_bracketed(clean: str, word: Word) -> bool:
    if len(word.text) < _FEWEST_LETTERS or not (word.text.isalpha() and word.text.isupper()):
        return False
    return clean[word.start - 1 : word.start] == "(" and clean[word.end : word.end + 1] == ")"


def _spelled_out(words: Sequence[Word], index: int) -> list[str]:
    """Return the words before a bracket that begin with its letters, in order; nothing if they do not."""
    letters = list(words[index].text)
    spelled: list[str] = []
    for before in range(index - 1, max(-1, index - 1 - len(letters) - _MOST_SMALL_WORDS), -1):
        text = words[before].text
        if text[0].upper() == letters[-1]:
            letters.pop()
            spelled.append(text)
            if not letters:
                return spelled[::-1]
        elif text.lower() not in _SMALL_WORDS:
            return []
    return []
