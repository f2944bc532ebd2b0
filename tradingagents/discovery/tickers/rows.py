"""Symbols in a column: lines that hold a symbol and figures only, as in a watch list or a portfolio."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from tradingagents.discovery.tickers import vocabulary as text_vocabulary
from tradingagents.discovery.tickers.cutting import ROCKET, Word
from tradingagents.discovery.tickers.needs import Need, need_of

__all__ = ["columns_of", "lines_of", "stands_alone"]

_FEWEST = 3
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}")
_BESIDE = text_vocabulary.SECURITIES | frozenset({"at", "avg", "x", "c", "p", "to"})


def lines_of(clean: str, words: Sequence[Word]) -> list[range]:
    """Return the indices of each line's words, without its number; lines without a word are left out."""
    lines: list[range] = []
    first = 0
    for index in range(1, len(words) + 1):
        ends = index == len(words) or "\n" in clean[words[index - 1].end : words[index].start]
        if ends:
            lines.append(range(first + _is_numbered(clean, words, first, index), index))
            first = index
    return lines if words else []


def _is_numbered(clean: str, words: Sequence[Word], first: int, end: int) -> bool:
    """`1. GME`, `2) GME`."""
    return first + 1 < end and words[first].text.isdigit() and clean[words[first].end] in ".)"


def columns_of(words: Sequence[Word], lines: Sequence[range], listed: Container[str]) -> frozenset[int]:
    """Return the indices of the words that head such lines, three or more of them in a row.

    A third of a column's heads must be listed symbols that look like nothing else: `EPS 3`, `ROE 5` is none.
    """
    found: set[int] = set()
    for column in _runs(words, lines):
        heads = [line[0] for line in column]
        sure = sum(_is_sure(words[head].text, listed) for head in heads)
        if len(heads) >= _FEWEST and sure * 3 >= len(heads):
            found.update(heads)
    return frozenset(found)


def stands_alone(words: Sequence[Word], line: range) -> bool:
    """Whether a line holds nothing but one word, and rockets."""
    return all(words[index].text == ROCKET for index in line[1:])


def _runs(words: Sequence[Word], lines: Sequence[range]) -> Iterator[list[range]]:
    run: list[range] = []
    for line in lines:
        if _is_row(words, line):
            run.append(line)
        else:
            yield run
            run = []
    yield run


def _is_row(words: Sequence[Word], line: range) -> bool:
    head = words[line[0]].text
    return head.isalpha() and len(head) <= 5 and all(_is_figure(words[index].text) for index in line[1:])


def _is_figure(text: str) -> bool:
    lower = text.lower()
    return text[0].isdigit() or text == ROCKET or lower in _BESIDE or _MONTH.fullmatch(lower) is not None


def _is_sure(text: str, listed: Container[str]) -> bool:
    return text.isupper() and text in listed and need_of(text) in {Need.FORM, Need.QUIET}
