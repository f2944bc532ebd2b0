"""A text cut into words, with the questions that can be asked of a word's neighbourhood.

Every question looks at a bounded number of neighbours, so that reading a text is linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cached_property
from typing import Final

from tradingagents.discovery.tickers import vocabulary as text_vocabulary
from tradingagents.discovery.tickers.abbreviations import introduced
from tradingagents.discovery.tickers.cutting import Word, cleaned, words_of
from tradingagents.discovery.tickers.needs import Need, need_of
from tradingagents.discovery.tickers.rows import columns_of, lines_of, stands_alone

__all__ = ["Passage"]

_NEAR: Final = 8
"""Words to either side that are looked at."""
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


class Passage:
    """One text and its words. Not thread-safe: what is asked first is kept."""

    def __init__(self, text: str, listed: Container[str]) -> None:
        self.text = text
        self.clean = cleaned(text)
        self.words = words_of(self.clean)
        self._listed = listed

    # -- words beside it -------------------------------------------------------------------------------

    def next(self, index: int) -> str:
        """Return the word after, in lower case, if no sentence mark stands between."""
        if not 0 <= index < len(self.words) - 1 or not _LOOSE.fullmatch(self.gap(index)):
            return ""
        return self.words[index + 1].text.lower()

    def previous(self, index: int) -> str:
        """Return the word before, in lower case, if no sentence mark stands between."""
        if index < 1 or not _LOOSE.fullmatch(self.gap(index - 1)):
            return ""
        return self.words[index - 1].text.lower()

    def gap(self, index: int) -> str:
        """Return what stands between a word and the next, the beginning of it if it is long."""
        return self._between(index, index + 1)

    def beside(self, index: int, nouns: frozenset[str]) -> bool:
        """`GME calls`, `calls on GME`, `shares of GME`, `bullish on GME`, `all in on GME`."""
        if self.next(index) in nouns:
            return True
        if self.previous(index) not in _LEADS:
            return False
        return self.previous(index - 1) in nouns | text_vocabulary.STANCES

    def beside_security(self, index: int) -> bool:
        """Whether beside it stands what only stands beside a security."""
        return self.beside(index, text_vocabulary.SECURITIES) or self.priced(index) or self.moved(index)

    def moved(self, index: int) -> bool:
        """`F up 3%`, `F is down 3%`."""
        if self.next(index) in {"is", "was"}:
            index += 1
        if self.next(index) not in {"up", "down"}:
            return False
        return self.next(index + 1)[:1].isdigit() and self.next(index + 1)[-1:] == "%"

    def priced(self, index: int) -> bool:
        """`GME at $40`, `GME @ 40`, `GME 45c`."""
        last = len(self.words) - 1
        if index < last and "@" in self.gap(index)[:4] and self.words[index + 1].text[0].isdigit():
            return True
        if index + 1 < last and self.next(index) == "at":
            return self.gap(index + 1).endswith("$")
        return self.optioned(index)

    def optioned(self, index: int) -> bool:
        """`GME 45c 2/19`, `GME 1/28 $27.5 calls`."""
        last = len(self.words) - 1
        for step in range(index, min(index + 4, last)):
            following = self.next(step)
            if _STRIKE.fullmatch(following):
                return True
            if step > index and following in text_vocabulary.OPTIONS | {"c", "p"}:
                return True
            if not (_AMOUNT.fullmatch(following) or _DATE.fullmatch(following)):
                return False
        return False

    def in_name_brackets(self, index: int) -> bool:
        """`Sunrun (RUN)`: the symbol alone in brackets after a name."""
        end = self.words[index].end
        if index == 0 or self.gap(index - 1) != " (" or self.clean[end : end + 1] != ")":
            return False
        return self.words[index - 1].text[0].isupper()

    def stands_for_a_term(self, symbol: str) -> bool:
        """Whether the text explains the letters by words in lower case: `free cash flow (FCF)`."""
        return symbol in self._introduced[0]

    def stands_for_a_name(self, symbol: str) -> bool:
        """Whether the text explains the letters by a name: `Winchester Swimming Club (WSC)`."""
        return symbol in self._introduced[1]

    @cached_property
    def _introduced(self) -> tuple[frozenset[str], frozenset[str]]:
        return introduced(self.clean, self.words)

    # -- lists, columns and headings -------------------------------------------------------------------

    def in_list(self, index: int) -> bool:
        """Whether it is listed beside an undoubted symbol: `BAC or C, GE, AAPL`."""
        return any(self._leads_to_symbol(index, step) for step in (-1, 1))

    def first_of_list(self, index: int) -> int:
        """Return where the list begins that it is an item of: `F`, for the `O` of `F, T and O`."""
        for _ in range(_NEAR):
            before = self._next_item(index, -1)
            if before < 0 or not self._can_be_item(before):
                break
            index = before
        return index

    def _can_be_item(self, index: int) -> bool:
        text = self.words[index].text
        return text.isupper() and text in self._listed and need_of(text) is not Need.TAG

    def in_column(self, index: int) -> bool:
        """Whether it heads one of several lines that hold a symbol and figures only."""
        return index in self._columns

    def heads(self, index: int) -> bool:
        """Whether it is a line of its own, or the text begins with it: `QS: what now`, `QS - what now`."""
        return index in self._alone or (index == 0 and _HEADING.match(self.gap(index)) is not None)

    @cached_property
    def _lines(self) -> list[range]:
        return lines_of(self.clean, self.words)

    @cached_property
    def _columns(self) -> frozenset[int]:
        return columns_of(self.words, self._lines, self._listed)

    @cached_property
    def _alone(self) -> frozenset[int]:
        return frozenset(line[0] for line in self._lines if stands_alone(self.words, line))

    def _leads_to_symbol(self, index: int, step: int) -> bool:
        for _ in range(_NEAR):
            index = self._next_item(index, step)
            if index < 0:
                return False
            word = self.words[index]
            symbol = word.text.upper()
            need = need_of(symbol)
            if symbol not in self._listed or not (word.text.isupper() or need is Need.FORM):
                return False
            if need is Need.FORM or self.clean[word.start - 1 : word.start] == "$":
                return True
            if need is Need.QUIET and len(symbol) > 2 and word.text.isupper() and self.quiet(index):
                return True
            if need is Need.TAG:
                return False
        return False

    def _next_item(self, index: int, step: int) -> int:
        """Return the index of the list item before or after; -1 if what stands there is no list."""
        for other in (index + step, index + 2 * step):
            if not 0 <= other < len(self.words):
                return -1
            if _SEPARATOR.fullmatch(self._between(min(index, other), max(index, other))):
                return other
        return -1

    def _between(self, left: int, right: int) -> str:
        start = self.words[left].end
        return self.clean[start : min(self.words[right].start, start + _GAP_CHARS)]

    # -- the tone around it ----------------------------------------------------------------------------

    def near_market(self, index: int) -> bool:
        """Whether a market word, a price, a percentage, a strike or a date stands near."""
        return any(
            word.text.lower() in text_vocabulary.MARKET or self._is_figure(word)
            for word in self._window(index)
        )

    def quiet(self, index: int) -> bool:
        """Whether the words around are mostly not in capitals; symbols do not count."""
        around = [word for word in self._window(index) if self._wordy(word)]
        loud = sum(word.text.isupper() for word in around)
        return loud == 0 or loud * 2 < len(around)

    def loud_sides(self, index: int, but: frozenset[str] = text_vocabulary.MARKET) -> int:
        """Count the words in capitals, `but` some, that touch this one: they may stress it too."""
        touching = [self.words[index - 1]] if self.previous(index) else []
        touching += [self.words[index + 1]] if self.next(index) else []
        return sum(
            self._wordy(word) and word.text.isupper() and word.text.lower() not in but for word in touching
        )

    def _window(self, index: int) -> list[Word]:
        return self.words[max(0, index - _NEAR) : index] + self.words[index + 1 : index + 1 + _NEAR]

    def _is_figure(self, word: Word) -> bool:
        if not word.text[0].isdigit():
            return False
        priced = word.text[-1] == "%" or self.clean[word.start - 1 : word.start] == "$"
        return priced or bool(_STRIKE.fullmatch(word.text) or _DATE.fullmatch(word.text))

    def _wordy(self, word: Word) -> bool:
        if len(word.text) == 1 or not word.text.isalpha():
            return False
        if not word.text.isupper() or word.text not in self._listed:
            return True
        return need_of(word.text) not in {Need.FORM, Need.QUIET, Need.MARKET}
