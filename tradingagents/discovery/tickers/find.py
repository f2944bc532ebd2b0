"""Find the tickers an author means in a post or headline: cashtags, and listed symbols in context.

A symbol is believed for one of these reasons, the first that holds:

1. Tag: `$gme`, `#GME`, `NYSE: GME`, `ticker: GME`. The author says that it is a symbol.
2. Neighbour: `GME calls`, `puts on GME`, `GME 45c`, `GME at $40`, `GameStop (GME)`, `AMC, GME and BB`, a
   column of symbols and figures. Such things only stand beside a security.
3. Form: three or more capitals that are no word: nobody writes `XPEV` by chance. Where the words around are
   in capitals too, it must not stand amid them, or a market word must be near. Two letters need a market
   word near and quiet text, or a line of their own; one letter needs a neighbour. What the text itself
   explains as an abbreviation of something else is none (`text_abbreviations`).

How much is asked depends on what else the letters can be (`text_needs`, `text_words`): nouns that are rarely
stressed (`SNOW`) need quiet text, words that are (`BEST`) a neighbour, function words, slang and
abbreviations (`IT`, `DD`, `CEO`) a tag. Lower case needs a tag, options beside it (`coin calls`), or, where
the letters are no word, a neighbour; the best-known symbols (`gme`) need none. No company name is looked up.

Pure functions over strings: thread-safe, no I/O. The work is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from tradingagents.discovery.tickers import vocabulary as text_vocabulary
from tradingagents.discovery.tickers import words as text_words
from tradingagents.discovery.tickers.cutting import Word
from tradingagents.discovery.tickers.needs import Need, need_of
from tradingagents.discovery.tickers.passage import Passage

__all__ = ["Mention", "find_tickers"]

_EXCERPT_CHARS: Final = 80
_LONGEST_SYMBOL: Final = 5
_TAG_CHARS: Final = 26

_CLASS = re.compile(r"[.\-/]([A-Z])(?![A-Za-z0-9])")
_TAG_BEFORE = re.compile(
    r"\b(?:(?:NYSE|NASDAQ|AMEX|ARCA|BATS)[A-Za-z ]{0,10}|tickers?|symbols?)\s?:\s?\$?\Z", re.IGNORECASE
)
_FOREIGN_BEFORE = re.compile(
    r"\b(?:ASX|TSX|TSXV|LSE|BSE|NSE|CSE|HKEX|FRA|SGX|OTC|OTCMKTS|OTCQB|OTCQX)\s?:\s?\$?\Z", re.IGNORECASE
)
_THOUSANDS = frozenset({"k", "m", "b", "t", "mm", "bn"})  # as in "a few $k"
_ARTICLES = frozenset({"a", "an", "the", "to"})  # before a word of the language: "the spy", "to spy"
_LONE_WORDS = frozenset("AI")
_JOINTS = frozenset("/&-+")
_VOWELS = frozenset("AEIOUY")


@dataclass(frozen=True, slots=True)
class Mention:
    """A ticker that the text means, with the words that show it.

    `text` is the symbol with a little of what stands around it, at most 80 characters; `how` is `"cashtag"`
    for `$GME` and `#GME`, else `"symbol"`; `start` is the offset of the symbol's first letter in the text;
    `listed` is False for a cashtag that was asked for although nothing is listed under it.
    """

    ticker: str
    text: str
    how: str
    start: int
    listed: bool = True


def find_tickers(text: str, listed: Container[str], *, unlisted_tags: bool = False) -> list[Mention]:
    """List the tickers in `text`, in order of appearance, one mention each: the first that is believed.

    `text` may be of any length and hold any characters; a post is its title, an empty line, and its body.
    `listed` answers `symbol in listed` for the symbols of the day in their canonical spelling (`BRK.B`): a
    set, or a :class:`SymbolDirectory`, whose `shares_and_funds` leaves out warrants and preferreds. Nothing
    outside it is returned: a tagged index or slip (`$SPX`, `$APPL`) is none, and a share that was delisted
    since is found only with the list of its day. With `unlisted_tags` a dollar sign before capitals counts
    without the list, unless they are a coin, an index, a word or slang: for old texts whose list is not to
    be had. About a quarter of such answers are slips, over-the-counter shares and inventions.
    """
    reader = _Reader(Passage(text, listed), listed, unlisted_tags)
    found: dict[str, Mention] = {}
    for index in range(len(reader.words)):
        mention = reader.mention_at(index)
        if mention is not None:
            found.setdefault(mention.ticker, mention)
    return list(found.values())


class _Reader:
    """Decides, word by word, whether a passage means a ticker."""

    def __init__(self, passage: Passage, listed: Container[str], unlisted_tags: bool) -> None:
        self._passage, self._clean = passage, passage.clean
        self._listed, self._unlisted_tags = listed, unlisted_tags
        self.words = passage.words

    def mention_at(self, index: int) -> Mention | None:
        """Return the ticker that the word at `index` means, or nothing."""
        word = self.words[index]
        if len(word.text) > _LONGEST_SYMBOL or not word.text.isalpha():
            return None
        symbol, end = self._symbol(word)
        is_listed = symbol in self._listed
        if not (is_listed or self._unlisted_tags) or self._foreign(word, end):
            return None
        sigil = self._sigil(word)
        meant = (
            self._tagged(index, symbol, sigil) or self._believed(index, symbol, end)
            if is_listed
            else sigil == "$" and _looks_like_a_share(word)
        )
        if not meant:
            return None
        how = "cashtag" if sigil else "symbol"
        return Mention(symbol, self._excerpt(word.start, end), how, word.start, is_listed)

    def _symbol(self, word: Word) -> tuple[str, int]:
        """Spell the word canonically, share classes (`BRK-B`, `BRK/B`, `BRKB`) too; say where it ends."""
        symbol = word.text.upper()
        suffix = _CLASS.match(self._clean, word.end)
        if suffix and f"{symbol}.{suffix[1]}" in self._listed:
            return f"{symbol}.{suffix[1]}", suffix.end()
        if word.text.isupper() and len(symbol) >= 4 and symbol not in self._listed:
            apart = f"{symbol[:-1]}.{symbol[-1]}"
            return (apart if apart in self._listed else symbol), word.end
        return symbol, word.end

    def _foreign(self, word: Word, end: int) -> bool:
        """`ASX: CPU`, `SHOP.TO`, and the names of sites."""
        if self._clean[end : end + 1] == "." and self._clean[end + 1 : end + 2].isalnum():
            return True
        return _FOREIGN_BEFORE.search(self._before(word)) is not None

    def _before(self, word: Word) -> str:
        return self._clean[max(0, word.start - _TAG_CHARS) : word.start]

    def _sigil(self, word: Word) -> str:
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
            return self._passage.next(index) in text_vocabulary.OPTIONS or self._passage.priced(index)
        if sigil == "#":
            return need_of(symbol) in {Need.FORM, Need.QUIET}
        return word.text not in _THOUSANDS

    def _believed(self, index: int, symbol: str, end: int) -> bool:
        need, word = need_of(symbol), self.words[index]
        if need is Need.TAG or (word.part and need is not Need.FORM) or self._glued(index, end):
            return False
        if self._is_explained_otherwise(index, symbol) or self._is_of_a_person(index):
            return False
        if not word.text.isupper():
            return self._believed_in_lower_case(index, symbol, need)
        if self._passage.in_column(index):
            return True
        return self._believed_in_capitals(index, symbol, need)

    def _believed_in_capitals(self, index: int, symbol: str, need: Need) -> bool:
        quiet = self._passage.quiet(index)
        if need is Need.MARKET and self._passage.previous(index) in text_vocabulary.MEASURED:
            return False
        if need is Need.FORM:
            return quiet or self._passage.loud_sides(index) < 2 or self._passage.near_market(index)
        if (quiet or need is Need.QUIET) and self._in_context(index, symbol):
            return True
        if need is Need.MARKET:
            return (
                quiet
                and not self._is_legal_form(index)
                and (self._passage.near_market(index) or self._passage.heads(index))
            )
        return quiet and need is Need.QUIET and not self._passage.loud_sides(index, text_vocabulary.HELD)

    def _believed_in_lower_case(self, index: int, symbol: str, need: Need) -> bool:
        passage = self._passage
        if need is Need.QUIET:
            return passage.beside(index, text_vocabulary.OPTIONS) or passage.optioned(index)
        if need is not Need.FORM:
            return False
        if len(symbol) > 3 and not _VOWELS & set(symbol):  # pltr, nflx: no English word
            return True
        if symbol in text_words.HOUSEHOLD:
            return passage.previous(index) not in _ARTICLES or passage.near_market(index)
        return passage.beside_security(index) or passage.in_list(index)

    def _glued(self, index: int, end: int) -> bool:
        """Say whether it is part of something longer: `P/E`, `AT&T`, `DON'T`, `U.S.`, `COVID-19`, `/ES`."""
        word = self.words[index]
        before, after = self._clean[max(0, word.start - 2) : word.start], self._clean[end : end + 2]
        if before[-1:].isalpha() or (after[:1].isalpha() and not word.part):
            return True
        if before[:1].isalnum() and before[-1:] in {".", "'", "’", "_"}:
            return True
        if after[:1] in {"'", "’"} and after[1:].isalpha() and after[1:] not in {"s", "S"}:
            return True
        if after[:1] == "-" and after[1:].isdigit():
            return True
        if len(word.text) > 2 and word.text.isupper():
            return False
        joined = (
            before[-1:] in _JOINTS
            or (before[:1].isalnum() and before[-1:] == "(")
            or (after[:1] in _JOINTS and after[1:].isalnum())
        )
        return joined and not self._passage.in_list(index)

    def _in_context(self, index: int, symbol: str) -> bool:
        if len(symbol) == 1:
            if self._is_mere_letter(index):
                return False
            if self._passage.previous(self._passage.first_of_list(index)) in text_vocabulary.TRADES:
                return True
        return (
            self._passage.beside_security(index)
            or self._passage.in_list(index)
            or self._passage.in_name_brackets(index)
        )

    def _is_mere_letter(self, index: int) -> bool:
        """`505 C` and `200 K` are a strike and an amount, `Class B` no symbol, `F U` and `B  T C` no list."""
        before, words = self._passage.previous(index), self.words
        if before[-1:].isdigit() or before in text_vocabulary.LETTERED:
            return True
        after = words[index + 1].text if self._passage.next(index) else ""
        beside = {words[index - 1].text if before else "", after}
        return any(len(letter) == 1 and letter.isupper() and letter not in _LONE_WORDS for letter in beside)

    def _is_explained_otherwise(self, index: int, symbol: str) -> bool:
        """`online sports betting (OSB)`; `Winchester Swimming Club (WSC)` where no market word is near."""
        if self._passage.stands_for_a_term(symbol):
            return True
        if symbol in text_words.HOUSEHOLD or not self._passage.stands_for_a_name(symbol):
            return False
        return not self._passage.near_market(index)

    def _is_of_a_person(self, index: int) -> bool:
        """`Jack MA`, `Bob T`."""
        name = self._passage.previous(index).upper()
        return len(self.words[index].text) <= 2 and name in text_words.FIRST_NAMES

    def _is_legal_form(self, index: int) -> bool:
        """`TotalEnergies SE`, and not `I bought SE`."""
        if self.words[index].text.lower() not in text_vocabulary.LEGAL_FORMS or not self._passage.previous(
            index
        ):
            return False
        name = self.words[index - 1].text
        return name[0].isupper() and not name.isupper()

    def _excerpt(self, start: int, end: int) -> str:
        spare = (_EXCERPT_CHARS - (end - start)) // 2
        return " ".join(self._passage.text[max(0, start - spare) : end + spare].split())


def _looks_like_a_share(word: Word) -> bool:
    """Whether capitals behind a dollar sign, unknown to the list, can be a share that was listed once."""
    symbol = word.text
    if not symbol.isupper() or len(symbol) < 2 or symbol in text_words.COINS | text_words.JOKES:
        return False
    return need_of(symbol) in {Need.FORM, Need.MARKET}
