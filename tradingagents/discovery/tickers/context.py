"""A tokenised text, with predicates on what stands around each token.

Every predicate reads a bounded number of neighbours, so that the work is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cached_property
from typing import Final

from tradingagents.discovery.tickers.abbreviations import defined_abbreviations
from tradingagents.discovery.tickers.columns import holds_one_word, line_spans, symbol_columns
from tradingagents.discovery.tickers.lexicon import Requirement, lexicon
from tradingagents.discovery.tickers.tokenize import Token, blank_noise, tokenize

__all__ = ["TextContext"]

_NEAR: Final = 8
"""Number of tokens to either side that count as near."""
_GAP_CHARS: Final = 12

_LOOSE = re.compile(r"[ \t*_~\"'’”\])\\]*\n?[ *$(\[]*")
_SEPARATOR = re.compile(r"\s*[,/&+|]\s*(?:and |or )?[$#]?|\s+(?:and|or|vs)\.?\s+[$#]?")
_HEADING = re.compile(r"\s?:\s|\s[-–—]\s")
_STRIKE = re.compile(r"\d+(?:\.\d+)?[cp]s?|\d{6}[cp]\d{8}", re.IGNORECASE)
_AMOUNT = re.compile(r"\d+(?:[.,/]\d+)*(?:k|%|c|p|m|mm|b)?", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,2}/\d{1,2}(?:/\d{2,4})?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w{0,8}", re.IGNORECASE
)
_LEADS = frozenset({"on", "of", "in", "for", "into"})


class TextContext:
    """One text and its tokens, addressed by index. Not thread-safe: lines and columns are computed lazily."""

    def __init__(self, text: str, listed: Container[str]) -> None:
        self.text = text
        self.clean = blank_noise(text)
        self.tokens = tokenize(self.clean)
        self._listed, self._lexicon = listed, lexicon()

    # -- tokens beside it ------------------------------------------------------------------------------

    def next(self, index: int) -> str:
        """Return the token after, in lower case; empty where punctuation separates them."""
        if not 0 <= index < len(self.tokens) - 1 or not _LOOSE.fullmatch(self.gap(index)):
            return ""
        return self.tokens[index + 1].text.lower()

    def previous(self, index: int) -> str:
        """Return the token before, in lower case; empty where punctuation separates them."""
        if index < 1 or not _LOOSE.fullmatch(self.gap(index - 1)):
            return ""
        return self.tokens[index - 1].text.lower()

    def gap(self, index: int) -> str:
        """Return the characters between a token and the next, cut at 12."""
        return self._between(index, index + 1)

    def beside(self, index: int, nouns: frozenset[str]) -> bool:
        """`GME calls`, `calls on GME`, `shares of GME`, `bullish on GME`, `all in on GME`."""
        if self.next(index) in nouns:
            return True
        if self.previous(index) not in _LEADS:
            return False
        return self.previous(index - 1) in nouns | self._lexicon.stances

    def beside_security(self, index: int) -> bool:
        """Return whether a word or figure that only accompanies a security is beside it."""
        return self.beside(index, self._lexicon.securities) or self.priced(index) or self.moved(index)

    def moved(self, index: int) -> bool:
        """`F up 3%`, `F is down 3%`."""
        if self.next(index) in {"is", "was"}:
            index += 1
        if self.next(index) not in {"up", "down"}:
            return False
        return self.next(index + 1)[:1].isdigit() and self.next(index + 1)[-1:] == "%"

    def priced(self, index: int) -> bool:
        """`GME at $40`, `GME @ 40`, `GME 45c`."""
        last = len(self.tokens) - 1
        if index < last and "@" in self.gap(index)[:4] and self.tokens[index + 1].text[0].isdigit():
            return True
        if index + 1 < last and self.next(index) == "at":
            return self.gap(index + 1).endswith("$")
        return self.optioned(index)

    def optioned(self, index: int) -> bool:
        """`GME 45c 2/19`, `GME 1/28 $27.5 calls`."""
        last = len(self.tokens) - 1
        for step in range(index, min(index + 4, last)):
            following = self.next(step)
            if _STRIKE.fullmatch(following):
                return True
            if step > index and following in self._lexicon.options | {"c", "p"}:
                return True
            if not (_AMOUNT.fullmatch(following) or _DATE.fullmatch(following)):
                return False
        return False

    def in_name_brackets(self, index: int) -> bool:
        """`Sunrun (RUN)`: the symbol alone in brackets after a name."""
        end = self.tokens[index].end
        if index == 0 or self.gap(index - 1) != " (" or self.clean[end : end + 1] != ")":
            return False
        return self.tokens[index - 1].text[0].isupper()

    def abbreviates_a_term(self, symbol: str) -> bool:
        """Return whether the text defines the letters by words in lower case: `free cash flow (FCF)`."""
        return symbol in self._abbreviations[0]

    def abbreviates_a_name(self, symbol: str) -> bool:
        """Return whether the text defines the letters by a name: `Winchester Swimming Club (WSC)`."""
        return symbol in self._abbreviations[1]

    @cached_property
    def _abbreviations(self) -> tuple[frozenset[str], frozenset[str]]:
        return defined_abbreviations(self.clean, self.tokens)

    # -- lists, columns and headings -------------------------------------------------------------------

    def in_list(self, index: int) -> bool:
        """Return whether it is an item beside an unambiguous symbol: `BAC or C, GE, AAPL`."""
        return any(self._leads_to_symbol(index, step) for step in (-1, 1))

    def first_of_list(self, index: int) -> int:
        """Return the first item of the list it is in: `F`, for the `O` of `F, T and O`."""
        for _ in range(_NEAR):
            before = self._next_item(index, -1)
            if before < 0 or not self._can_be_item(before):
                break
            index = before
        return index

    def _can_be_item(self, index: int) -> bool:
        text = self.tokens[index].text
        return (
            text.isupper() and text in self._listed and self._lexicon.requirement(text) is not Requirement.TAG
        )

    def in_column(self, index: int) -> bool:
        """Return whether it begins one of several lines that hold a symbol and figures only."""
        return index in self._columns

    def heads(self, index: int) -> bool:
        """Return whether it is a line of its own, or heads the text: `QS: what now`, `QS - what now`."""
        return index in self._alone or (index == 0 and _HEADING.match(self.gap(index)) is not None)

    @cached_property
    def _lines(self) -> list[range]:
        return line_spans(self.clean, self.tokens)

    @cached_property
    def _columns(self) -> frozenset[int]:
        return symbol_columns(self.tokens, self._lines, self._listed)

    @cached_property
    def _alone(self) -> frozenset[int]:
        return frozenset(line[0] for line in self._lines if holds_one_word(self.tokens, line))

    def _leads_to_symbol(self, index: int, step: int) -> bool:
        for _ in range(_NEAR):
            index = self._next_item(index, step)
            if index < 0:
                return False
            token = self.tokens[index]
            symbol = token.text.upper()
            required = self._lexicon.requirement(symbol)
            if symbol not in self._listed or not (token.text.isupper() or required is Requirement.FORM):
                return False
            if required is Requirement.FORM or self.clean[token.start - 1 : token.start] == "$":
                return True
            if (
                required is Requirement.QUIET
                and len(symbol) > 2
                and token.text.isupper()
                and self.quiet(index)
            ):
                return True
            if required is Requirement.TAG:
                return False
        return False

    def _next_item(self, index: int, step: int) -> int:
        """Return the index of the list item before or after; -1 where there is none."""
        for other in (index + step, index + 2 * step):
            if not 0 <= other < len(self.tokens):
                return -1
            if _SEPARATOR.fullmatch(self._between(min(index, other), max(index, other))):
                return other
        return -1

    def _between(self, left: int, right: int) -> str:
        start = self.tokens[left].end
        return self.clean[start : min(self.tokens[right].start, start + _GAP_CHARS)]

    # -- capitals and market words near it -------------------------------------------------------------

    def near_market(self, index: int) -> bool:
        """Return whether a market word, a price, a percentage, a strike or a date is near."""
        return any(
            token.text.lower() in self._lexicon.market or self._is_figure(token)
            for token in self._window(index)
        )

    def quiet(self, index: int) -> bool:
        """Return whether fewer than half of the words near are in capitals; symbols do not count."""
        around = [token for token in self._window(index) if self._is_word(token)]
        loud = sum(token.text.isupper() for token in around)
        return loud == 0 or loud * 2 < len(around)

    def loud_sides(self, index: int, ignored: frozenset[str] | None = None) -> int:
        """Count the words in capitals beside it, which may stress it too; `ignored` are the market words."""
        ignored = self._lexicon.market if ignored is None else ignored
        touching = [self.tokens[index - 1]] if self.previous(index) else []
        touching += [self.tokens[index + 1]] if self.next(index) else []
        return sum(
            self._is_word(token) and token.text.isupper() and token.text.lower() not in ignored
            for token in touching
        )

    def _window(self, index: int) -> list[Token]:
        return self.tokens[max(0, index - _NEAR) : index] + self.tokens[index + 1 : index + 1 + _NEAR]

    def _is_figure(self, token: Token) -> bool:
        if not token.text[0].isdigit():
            return False
        priced = token.text[-1] == "%" or self.clean[token.start - 1 : token.start] == "$"
        return priced or bool(_STRIKE.fullmatch(token.text) or _DATE.fullmatch(token.text))

    def _is_word(self, token: Token) -> bool:
        if len(token.text) == 1 or not token.text.isalpha():
            return False
        if not token.text.isupper() or token.text not in self._listed:
            return True
        return self._lexicon.requirement(token.text) not in {
            Requirement.FORM,
            Requirement.QUIET,
            Requirement.MARKET,
        }
