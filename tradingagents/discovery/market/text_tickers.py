"""Find the tickers an author means in a post or headline: cashtags, and listed symbols in context.

A symbol is believed for one of these reasons, the first that holds:

1. Tag: `$gme`, `#GME`, `NYSE: GME`, `ticker: GME`. The author says that it is a symbol.
2. Neighbour: `GME calls`, `puts on GME`, `GME 45c`, `GME at $40`, `GameStop (GME)`, `AMC, GME and BB`. Such
   words only stand beside a security.
3. Form: three or more capitals that are no word: nobody writes `XPEV` by chance. Where the words around are
   in capitals too, it must not stand amid them, or a market word must be near. Two letters always need a
   market word near and quiet text; one letter needs a neighbour.

How much is asked depends on what else the letters can be (`text_words`): nouns that are rarely stressed
(`SNOW`) need quiet text, words that are (`BEST`) a neighbour, function words, slang and abbreviations (`IT`,
`DD`, `CEO`) a tag. Lower case needs a tag, options beside it (`coin calls`), or, where the letters are no
word, a market word near or a list (`sold my nio`). Company names are not looked up.

Pure functions over strings: thread-safe, no I/O. The work is linear in the length of the text: no pattern
backtracks over more than a few characters, and every word looks at a bounded number of neighbours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tradingagents.discovery.market import text_words

__all__ = ["Mention", "find_tickers"]

_EXCERPT_CHARS: Final = 80
_LONGEST_SYMBOL: Final = 5
_NEAR: Final = 8
"""Words to either side that are looked at."""
_GAP_CHARS: Final = 12
_TAG_CHARS: Final = 26

_LINK = re.compile(r"https?://[^\s)\]]+|(?<!\w)www\.[^\s)\]]+|(?<![\w/])/?[ru]/\w+|(?<!\w)@[A-Za-z_]\w*")
_ENTITY = re.compile(r"&(?:amp;)?(?:#[xX]?[0-9a-fA-F]{1,7}|[A-Za-z]{2,8});")
# UTF-8 read as Windows-1252: quotes and dashes begin with the first, rockets and other signs with the second.
_MOJIBAKE = re.compile("â€.|ðŸ..", re.DOTALL)
_TOKEN = re.compile("\\d+(?:[.,/]\\d+)*[A-Za-z%]*|[A-Za-z][A-Za-z0-9]*|\U0001f680", re.ASCII)
_CLASS = re.compile(r"[.\-/]([A-Z])(?![A-Za-z0-9])")

_TAG_BEFORE = re.compile(
    r"\b(?:(?:NYSE|NASDAQ|AMEX|ARCA|BATS)[A-Za-z ]{0,10}|tickers?|symbols?)\s?:\s?\$?\Z", re.IGNORECASE
)
_FOREIGN_BEFORE = re.compile(
    r"\b(?:ASX|TSX|TSXV|LSE|BSE|NSE|CSE|HKEX|FRA|SGX|OTC|OTCMKTS|OTCQB|OTCQX)\s?:\s?\$?\Z", re.IGNORECASE
)
_LOOSE = re.compile(r"[ \t*_~\"'’”\])\\]*\n?[ *$(\[]*")
_SEPARATOR = re.compile(r"\s*[,/&+|]\s*(?:and |or )?[$#]?|\s+(?:and|or|vs)\.?\s+[$#]?")
_STRIKE = re.compile(r"\d+(?:\.\d+)?[cp]s?", re.IGNORECASE)
_AMOUNT = re.compile(r"\d+(?:[.,/]\d+)*(?:k|%|c|p|m|mm|b)?", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,2}/\d{1,2}(?:/\d{2,4})?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w{0,8}", re.IGNORECASE
)
_THOUSANDS = frozenset({"k", "m", "b", "t", "mm", "bn"})  # as in "a few $k"
_JOINTS = frozenset("/&-+")
_VOWELS = frozenset("AEIOUY")


class _Need(Enum):
    """What a bare symbol must show before it is believed, by what else its letters can be."""

    FORM = auto()
    QUIET = auto()
    MARKET = auto()
    NEIGHBOUR = auto()
    TAG = auto()


@dataclass(frozen=True, slots=True)
class Mention:
    """A ticker that the text means, with the words that show it.

    `text` is the symbol with a little of what stands around it, at most 80 characters; `how` is `"cashtag"`
    for `$GME` and `#GME`, else `"symbol"`; `start` is the offset of the symbol's first letter in the text.
    """

    ticker: str
    text: str
    how: str
    start: int


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


def find_tickers(text: str, listed: Container[str]) -> list[Mention]:
    """List the tickers in `text`, in order of appearance, one mention each: the first that is believed.

    `listed` holds the symbols of the day in their canonical spelling (`BRK.B`). Nothing outside it is
    returned: a tagged index, coin or slip (`$SPX`, `$APPL`) is none, and a share that was delisted since is
    found only with the list of its day.
    """
    reader = _Reader(text, listed)
    found: dict[str, Mention] = {}
    for index in range(len(reader.words)):
        mention = reader.mention_at(index)
        if mention is not None:
            found.setdefault(mention.ticker, mention)
    return list(found.values())


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _decoded(match: re.Match[str]) -> str:
    sign = html.unescape(match[0].replace("&amp;", "&"))
    return (sign if len(sign) == 1 and sign.isprintable() else " ") * len(match[0])


def _repaired(match: re.Match[str]) -> str:
    return "\U0001f680   " if match[0].startswith("ð") else "'''"


def _cleaned(text: str) -> str:
    """Take links, entities and wrongly decoded signs out; every other character keeps its offset."""
    return _MOJIBAKE.sub(_repaired, _ENTITY.sub(_decoded, _LINK.sub(_blank, text)))


def _need_of(symbol: str) -> _Need:
    if symbol in text_words.NEVER_BARE:
        return _Need.TAG
    if symbol in text_words.PLAIN_WORDS or len(symbol) == 1:
        return _Need.NEIGHBOUR
    if len(symbol) == 2:
        return _Need.MARKET
    return _Need.QUIET if symbol in text_words.RARELY_SHOUTED else _Need.FORM


class _Reader:
    """One text, cut into words, with the questions that can be asked of a word's neighbourhood."""

    def __init__(self, text: str, listed: Container[str]) -> None:
        self._text = text
        self._clean = _cleaned(text)
        self._listed = listed
        self.words = [_Word(m[0], m.start(), m.end()) for m in _TOKEN.finditer(self._clean)]

    def mention_at(self, index: int) -> Mention | None:
        """Return the ticker that the word at `index` means, or nothing."""
        word = self.words[index]
        if len(word.text) > _LONGEST_SYMBOL or not word.text.isalpha():
            return None
        symbol, end = self._symbol(word)
        if symbol not in self._listed or self._foreign(word, end):
            return None
        sigil = self._sigil(word)
        if not (self._tagged(index, symbol, sigil) or self._believed(index, symbol, end)):
            return None
        return Mention(symbol, self._excerpt(word.start, end), "cashtag" if sigil else "symbol", word.start)

    def _symbol(self, word: _Word) -> tuple[str, int]:
        """Spell the word canonically, a listed share class (`BRK-B`, `BRK/B`) included; say where it ends."""
        symbol = word.text.upper()
        suffix = _CLASS.match(self._clean, word.end)
        if suffix and f"{symbol}.{suffix[1]}" in self._listed:
            return f"{symbol}.{suffix[1]}", suffix.end()
        return symbol, word.end

    def _foreign(self, word: _Word, end: int) -> bool:
        """`ASX: CPU`, `SHOP.TO`, and the names of sites."""
        if self._clean[end : end + 1] == "." and self._clean[end + 1 : end + 2].isalnum():
            return True
        return _FOREIGN_BEFORE.search(self._before(word)) is not None

    def _before(self, word: _Word) -> str:
        return self._clean[max(0, word.start - _TAG_CHARS) : word.start]

    def _sigil(self, word: _Word) -> str:
        at = word.start - 1
        if at < 0 or self._clean[at] not in "$#":
            return ""
        before = self._clean[at - 1] if at else " "
        return "" if before.isalnum() or before in "%$#@&" else self._clean[at]

    def _tagged(self, index: int, symbol: str, sigil: str) -> bool:
        word = self.words[index]
        if word.text.isupper() and _TAG_BEFORE.search(self._before(word)):
            return True
        if not sigil or symbol in text_words.COINS:
            return False
        if symbol in text_words.JOKES:
            return self._next(index) in text_words.OPTIONS or self._priced(index)
        if sigil == "#":
            return _need_of(symbol) in {_Need.FORM, _Need.QUIET}
        return word.text not in _THOUSANDS

    def _believed(self, index: int, symbol: str, end: int) -> bool:
        need = _need_of(symbol)
        if need is _Need.TAG or self._glued(index, end):
            return False
        if not self.words[index].text.isupper():
            return self._believed_in_lower_case(index, symbol, need)
        quiet = self._quiet(index)
        if need is _Need.FORM:
            return quiet or self._loud_sides(index) < 2 or self._near_market(index)
        if (quiet or need is _Need.QUIET) and self._in_context(index, symbol):
            return True
        if need is _Need.MARKET:
            return quiet and self._near_market(index)
        return quiet and need is _Need.QUIET and not self._loud_sides(index)

    def _believed_in_lower_case(self, index: int, symbol: str, need: _Need) -> bool:
        if need is _Need.QUIET:
            return self._beside(index, text_words.OPTIONS) or self._optioned(index)
        if need is not _Need.FORM:
            return False
        if len(symbol) > 3 and not _VOWELS & set(symbol):  # pltr, nflx: no English word
            return True
        return self._near_market(index) or self._beside_security(index) or self._in_list(index)

    def _glued(self, index: int, end: int) -> bool:
        """Say whether it is part of something longer: `P/E`, `AT&T`, `DON'T`, `U.S.`, `F-150`, `/ES`."""
        word = self.words[index]
        before, after = self._clean[max(0, word.start - 2) : word.start], self._clean[end : end + 2]
        if before[-1:].isalpha() or after[:1].isalpha():
            return True
        if before[:1].isalnum() and before[-1:] in {".", "'", "’", "_"}:
            return True
        if after[:1] in {"'", "’"} and after[1:].isalpha() and after[1:] not in {"s", "S"}:
            return True
        if len(word.text) > 2 and word.text.isupper():
            return False
        joined = (
            before[-1:] in _JOINTS
            or (before[:1].isalnum() and before[-1:] == "(")
            or (after[:1] in _JOINTS and after[1:].isalnum())
        )
        return joined and not self._in_list(index)

    def _in_context(self, index: int, symbol: str) -> bool:
        before = self._previous(index)
        # 505 C and 200 K are a strike and an amount, Class B and Gen Z no symbols.
        if len(symbol) == 1 and (before[-1:].isdigit() or before in text_words.LETTERED):
            return False
        if len(symbol) == 1 and before in text_words.TRADES:
            return True
        return self._beside_security(index) or self._in_list(index) or self._in_name_brackets(index)

    def _beside_security(self, index: int) -> bool:
        return self._beside(index, text_words.SECURITIES) or self._priced(index)

    def _beside(self, index: int, nouns: frozenset[str]) -> bool:
        """`GME calls`, `calls on GME`, `shares of GME`, `bullish on GME`, `all in on GME`."""
        if self._next(index) in nouns:
            return True
        if self._previous(index) not in {"on", "of", "in", "for", "into"}:
            return False
        return self._previous(index - 1) in nouns | text_words.STANCES

    def _priced(self, index: int) -> bool:
        """`GME at $40`, `GME @ 40`, `GME 45c`."""
        last = len(self.words) - 1
        if index < last and "@" in self._gap(index)[:4] and self.words[index + 1].text[0].isdigit():
            return True
        if index + 1 < last and self._next(index) == "at":
            return self._gap(index + 1).endswith("$")
        return self._optioned(index)

    def _optioned(self, index: int) -> bool:
        """`GME 45c 2/19`, `GME 1/28 $27.5 calls`."""
        last = len(self.words) - 1
        for step in range(index, min(index + 4, last)):
            following = self._next(step)
            if _STRIKE.fullmatch(following) or (
                step > index and following in text_words.OPTIONS | {"c", "p"}
            ):
                return True
            if not (_AMOUNT.fullmatch(following) or _DATE.fullmatch(following)):
                return False
        return False

    def _in_name_brackets(self, index: int) -> bool:
        """`Sunrun (RUN)`: the symbol alone in brackets after a name."""
        end = self.words[index].end
        if index == 0 or self._gap(index - 1) != " (" or self._clean[end : end + 1] != ")":
            return False
        return self.words[index - 1].text[0].isupper()

    def _in_list(self, index: int) -> bool:
        """Say whether it is listed beside an undoubted symbol: `BAC or C, GE, AAPL`."""
        return any(self._leads_to_symbol(index, step) for step in (-1, 1))

    def _leads_to_symbol(self, index: int, step: int) -> bool:
        for _ in range(_NEAR):
            index = self._next_item(index, step)
            if index < 0:
                return False
            word = self.words[index]
            symbol = word.text.upper()
            need = _need_of(symbol)
            if symbol not in self._listed or not (word.text.isupper() or need is _Need.FORM):
                return False
            if need is _Need.FORM or self._sigil(word) == "$":
                return True
            if need is _Need.TAG:
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
        """Return what stands between two words, the beginning of it if it is long."""
        start = self.words[left].end
        return self._clean[start : min(self.words[right].start, start + _GAP_CHARS)]

    def _gap(self, index: int) -> str:
        return self._between(index, index + 1)

    def _next(self, index: int) -> str:
        """Return the word after, in lower case, if no sentence mark stands between."""
        if not 0 <= index < len(self.words) - 1 or not _LOOSE.fullmatch(self._gap(index)):
            return ""
        return self.words[index + 1].text.lower()

    def _previous(self, index: int) -> str:
        if index < 1 or not _LOOSE.fullmatch(self._gap(index - 1)):
            return ""
        return self.words[index - 1].text.lower()

    def _window(self, index: int, reach: int) -> list[_Word]:
        return self.words[max(0, index - reach) : index] + self.words[index + 1 : index + 1 + reach]

    def _near_market(self, index: int, reach: int = _NEAR) -> bool:
        return any(
            word.text.lower() in text_words.MARKET or self._is_figure(word)
            for word in self._window(index, reach)
        )

    def _is_figure(self, word: _Word) -> bool:
        """Say whether it is a price, a percentage, a strike or a date."""
        if not word.text[0].isdigit():
            return False
        priced = word.text[-1] == "%" or self._clean[word.start - 1 : word.start] == "$"
        return priced or bool(_STRIKE.fullmatch(word.text) or _DATE.fullmatch(word.text))

    def _quiet(self, index: int) -> bool:
        """Say whether the words around are mostly not in capitals; symbols do not count."""
        around = [word for word in self._window(index, _NEAR) if self._wordy(word)]
        loud = sum(word.text.isupper() for word in around)
        return loud == 0 or loud * 2 < len(around)

    def _loud_sides(self, index: int) -> int:
        """Count the words in capitals that touch this one, which may then be part of what they stress."""
        touching = [self.words[index - 1]] if self._previous(index) else []
        touching += [self.words[index + 1]] if self._next(index) else []
        return sum(
            self._wordy(word) and word.text.isupper() and word.text.lower() not in text_words.MARKET
            for word in touching
        )

    def _wordy(self, word: _Word) -> bool:
        if len(word.text) == 1 or not word.text.isalpha():
            return False
        if not word.text.isupper() or word.text not in self._listed:
            return True
        return _need_of(word.text) not in {_Need.FORM, _Need.MARKET}

    def _excerpt(self, start: int, end: int) -> str:
        spare = (_EXCERPT_CHARS - (end - start)) // 2
        return " ".join(self._text[max(0, start - spare) : end + spare].split())
