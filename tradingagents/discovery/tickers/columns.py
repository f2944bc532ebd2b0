"""Symbols in a column: lines that hold a symbol and figures only, as in a watchlist or a portfolio."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from tradingagents.discovery.tickers.lexicon import Requirement, lexicon
from tradingagents.discovery.tickers.tokenize import ROCKET, Token

__all__ = ["holds_one_word", "line_spans", "symbol_columns"]

_MIN_LINES = 3
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}")
_BESIDE_FIGURES = frozenset({"at", "avg", "x", "c", "p", "to"})


def line_spans(clean: str, tokens: Sequence[Token]) -> list[range]:
    """Return the token indices of each line, without its number; lines without a token are left out."""
    lines: list[range] = []
    first = 0
    for index in range(1, len(tokens) + 1):
        ends = index == len(tokens) or "\n" in clean[tokens[index - 1].end : tokens[index].start]
        if ends:
            lines.append(range(first + _is_numbered(clean, tokens, first, index), index))
            first = index
    return lines if tokens else []


def _is_numbered(clean: str, tokens: Sequence[Token], first: int, end: int) -> bool:
    """`1. GME`, `2) GME`."""
    return first + 1 < end and tokens[first].text.isdigit() and clean[tokens[first].end] in ".)"


def symbol_columns(tokens: Sequence[Token], lines: Sequence[range], listed: Container[str]) -> frozenset[int]:
    """Return the indices of the tokens that begin such lines, where three or more follow each other.

    At least a third of the first tokens must be listed symbols that are no words or abbreviations:
    `EPS 3`, `ROE 5`, `F 2` is no column of symbols.
    """
    found: set[int] = set()
    for column in _runs(tokens, lines):
        heads = [line[0] for line in column]
        sure = sum(_is_sure(tokens[head].text, listed) for head in heads)
        if len(heads) >= _MIN_LINES and sure * 3 >= len(heads):
            found.update(heads)
    return frozenset(found)


def holds_one_word(tokens: Sequence[Token], line: range) -> bool:
    """Return whether a line holds one token, and otherwise only rockets."""
    return all(tokens[index].text == ROCKET for index in line[1:])


def _runs(tokens: Sequence[Token], lines: Sequence[range]) -> Iterator[list[range]]:
    run: list[range] = []
    for line in lines:
        if _is_row(tokens, line):
            run.append(line)
        else:
            yield run
            run = []
    yield run


def _is_row(tokens: Sequence[Token], line: range) -> bool:
    head = tokens[line[0]].text
    return head.isalpha() and len(head) <= 5 and all(_is_figure(tokens[index].text) for index in line[1:])


def _is_figure(text: str) -> bool:
    lower = text.lower()
    if text[0].isdigit() or text == ROCKET or _MONTH.fullmatch(lower):
        return True
    return lower in _BESIDE_FIGURES or lower in lexicon().securities


def _is_sure(text: str, listed: Container[str]) -> bool:
    if not (text.isupper() and text in listed):
        return False
    return lexicon().requirement(text) in {Requirement.FORM, Requirement.QUIET}
