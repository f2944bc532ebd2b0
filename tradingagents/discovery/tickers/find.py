"""Find the tickers an author means in a post or headline: cashtags, and listed symbols in context.

A symbol counts for one of these reasons, the first that holds:

1. Tag: `$gme`, `#GME`, `NYSE: GME`, `ticker: GME`. The author marks it as a symbol.
2. Neighbour: `GME calls`, `puts on GME`, `GME 45c`, `GME at $40`, `GameStop (GME)`, `AMC, GME and BB`, a
   column of symbols and figures. Such words and figures only accompany a security.
3. Form: three or more capitals that are no word, such as `XPEV`. Between two other words in capitals it needs
   a market word near. Two letters need a market word near and quiet text, or a line of their own; one letter
   needs a neighbour. An abbreviation that the text itself defines is no ticker (`abbreviations`).

The requirement depends on what else the letters can be (`lexicon`): nouns rarely written in capitals for
stress (`SNOW`) need quiet text, words that often are (`BEST`) a neighbour, function words, slang and
abbreviations (`IT`, `DD`, `CEO`) a tag. Lower case needs a tag, options beside it (`coin calls`), or, where
the letters are no word, a neighbour; the best-known symbols (`gme`) need none. Company names are ignored.

Thread-safe; the first call reads the word lists. The work is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from tradingagents.discovery.tickers.context import TextContext
from tradingagents.discovery.tickers.lexicon import Requirement, lexicon
from tradingagents.discovery.tickers.tokenize import Token

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
    """A ticker found in a text, with an excerpt as evidence.

    `text` is the symbol and its surroundings, at most 80 characters; `how` is `"cashtag"` for `$GME` and
    `#GME`, else `"symbol"`; `start` is the offset of the symbol's first letter in the text; `listed` is False
    for a cashtag that is not listed, which only `unlisted_tags` returns.
    """

    ticker: str
    text: str
    how: str
    start: int
    listed: bool = True


def find_tickers(text: str, listed: Container[str], *, unlisted_tags: bool = False) -> list[Mention]:
    """Return the tickers in `text` in order of appearance, the first mention of each.

    `text` may have any length and any characters; pass a post as its title, an empty line and its body.
    `listed` holds the symbols of the day in their canonical spelling (`BRK.B`): a set, or a
    :class:`SymbolDirectory`, whose `shares_and_funds` excludes warrants and preferreds. Only listed symbols
    are returned: not a tagged index or typo (`$SPX`, `$APPL`), and a share delisted since only with the list
    of its day. With `unlisted_tags` capitals behind a dollar sign count without the list, unless they are a
    coin, an index, a word or slang: for old texts whose list is unavailable. About a quarter of such results
    are typos, over-the-counter shares and inventions.
    """
    matcher = _Matcher(TextContext(text, listed), listed, unlisted_tags)
    found: dict[str, Mention] = {}
    for index in range(len(matcher.tokens)):
        mention = matcher.mention_at(index)
        if mention is not None:
            found.setdefault(mention.ticker, mention)
    return list(found.values())


class _Matcher:
    """Decides for each token whether it is a ticker."""

    def __init__(self, context: TextContext, listed: Container[str], unlisted_tags: bool) -> None:
        self._context, self._clean, self._lexicon = context, context.clean, lexicon()
        self._listed, self._unlisted_tags = listed, unlisted_tags
        self.tokens = context.tokens

    def mention_at(self, index: int) -> Mention | None:
        """Return the ticker that the token at `index` means, or None."""
        token = self.tokens[index]
        if len(token.text) > _LONGEST_SYMBOL or not token.text.isalpha():
            return None
        symbol, end = self._symbol(token)
        is_listed = symbol in self._listed
        if not (is_listed or self._unlisted_tags) or self._foreign(token, end):
            return None
        sigil = self._sigil(token)
        meant = (
            self._tagged(index, symbol, sigil) or self._qualifies(index, symbol, end)
            if is_listed
            else sigil == "$" and _looks_like_a_share(token)
        )
        if not meant:
            return None
        how = "cashtag" if sigil else "symbol"
        return Mention(symbol, self._excerpt(token.start, end), how, token.start, is_listed)

    def _symbol(self, token: Token) -> tuple[str, int]:
        """Return the canonical symbol, share classes (`BRK-B`, `BRKB`) included, and its end offset."""
        symbol = token.text.upper()
        suffix = _CLASS.match(self._clean, token.end)
        if suffix and f"{symbol}.{suffix[1]}" in self._listed:
            return f"{symbol}.{suffix[1]}", suffix.end()
        if token.text.isupper() and len(symbol) >= 4 and symbol not in self._listed:
            apart = f"{symbol[:-1]}.{symbol[-1]}"
            return (apart if apart in self._listed else symbol), token.end
        return symbol, token.end

    def _foreign(self, token: Token, end: int) -> bool:
        """Return whether it is `ASX: CPU`, `SHOP.TO` or the name of a web site."""
        if self._clean[end : end + 1] == "." and self._clean[end + 1 : end + 2].isalnum():
            return True
        return _FOREIGN_BEFORE.search(self._before(token)) is not None

    def _before(self, token: Token) -> str:
        return self._clean[max(0, token.start - _TAG_CHARS) : token.start]

    def _sigil(self, token: Token) -> str:
        at = token.start - 1
        if at < 0 or self._clean[at] not in "$#":
            return ""
        before = self._clean[at - 1] if at else " "
        return "" if before.isalnum() or before in "%$#@&" else self._clean[at]

    def _tagged(self, index: int, symbol: str, sigil: str) -> bool:
        token = self.tokens[index]
        if token.text.isupper() and _TAG_BEFORE.search(self._before(token)):
            return True
        if not sigil or symbol in self._lexicon.coins:
            return False
        if symbol in self._lexicon.jokes:
            return self._context.next(index) in self._lexicon.options or self._context.priced(index)
        if sigil == "#":
            return self._lexicon.requirement(symbol) in {Requirement.FORM, Requirement.QUIET}
        return token.text not in _THOUSANDS

    def _qualifies(self, index: int, symbol: str, end: int) -> bool:
        required, token = self._lexicon.requirement(symbol), self.tokens[index]
        if (
            required is Requirement.TAG
            or (token.part and required is not Requirement.FORM)
            or self._glued(index, end)
        ):
            return False
        if self._is_other_abbreviation(index, symbol) or self._is_part_of_a_name(index):
            return False
        if not token.text.isupper():
            return self._qualifies_in_lower_case(index, symbol, required)
        if self._context.in_column(index):
            return True
        return self._qualifies_in_capitals(index, symbol, required)

    def _qualifies_in_capitals(self, index: int, symbol: str, required: Requirement) -> bool:
        quiet = self._context.quiet(index)
        if required is Requirement.MARKET and self._context.previous(index) in self._lexicon.chart_lines:
            return False
        if required is Requirement.FORM:
            return quiet or self._context.loud_sides(index) < 2 or self._context.near_market(index)
        if (quiet or required is Requirement.QUIET) and self._in_context(index, symbol):
            return True
        if required is Requirement.MARKET:
            return (
                quiet
                and not self._is_legal_form(index)
                and (self._context.near_market(index) or self._context.heads(index))
            )
        return (
            quiet
            and required is Requirement.QUIET
            and not self._context.loud_sides(index, self._lexicon.held)
        )

    def _qualifies_in_lower_case(self, index: int, symbol: str, required: Requirement) -> bool:
        context = self._context
        if required is Requirement.QUIET:
            return context.beside(index, self._lexicon.options) or context.optioned(index)
        if required is not Requirement.FORM:
            return False
        if len(symbol) > 3 and not _VOWELS & set(symbol):  # pltr, nflx: no English word
            return True
        if symbol in self._lexicon.well_known:
            return context.previous(index) not in _ARTICLES or context.near_market(index)
        return context.beside_security(index) or context.in_list(index)

    def _glued(self, index: int, end: int) -> bool:
        """Return whether it is part of a longer string: `P/E`, `AT&T`, `DON'T`, `U.S.`, `COVID-19`, `/ES`."""
        token = self.tokens[index]
        before, after = self._clean[max(0, token.start - 2) : token.start], self._clean[end : end + 2]
        if before[-1:].isalpha() or (after[:1].isalpha() and not token.part):
            return True
        if before[:1].isalnum() and before[-1:] in {".", "'", "’", "_"}:
            return True
        if after[:1] in {"'", "’"} and after[1:].isalpha() and after[1:] not in {"s", "S"}:
            return True
        if after[:1] == "-" and after[1:].isdigit():
            return True
        if len(token.text) > 2 and token.text.isupper():
            return False
        joined = (
            before[-1:] in _JOINTS
            or (before[:1].isalnum() and before[-1:] == "(")
            or (after[:1] in _JOINTS and after[1:].isalnum())
        )
        return joined and not self._context.in_list(index)

    def _in_context(self, index: int, symbol: str) -> bool:
        if len(symbol) == 1:
            if self._is_plain_letter(index):
                return False
            if self._context.previous(self._context.first_of_list(index)) in self._lexicon.trades:
                return True
        return (
            self._context.beside_security(index)
            or self._context.in_list(index)
            or self._context.in_name_brackets(index)
        )

    def _is_plain_letter(self, index: int) -> bool:
        """Return whether it is a single letter but no symbol: `505 C`, `Class B`, `F U`, `B  T C`."""
        before, tokens = self._context.previous(index), self.tokens
        if before[-1:].isdigit() or before in self._lexicon.letter_prefixes:
            return True
        after = tokens[index + 1].text if self._context.next(index) else ""
        beside = {tokens[index - 1].text if before else "", after}
        return any(len(letter) == 1 and letter.isupper() and letter not in _LONE_WORDS for letter in beside)

    def _is_other_abbreviation(self, index: int, symbol: str) -> bool:
        """Return whether the text defines it: `online betting (OSB)`, or a name far from market words."""
        if self._context.abbreviates_a_term(symbol):
            return True
        if symbol in self._lexicon.well_known or not self._context.abbreviates_a_name(symbol):
            return False
        return not self._context.near_market(index)

    def _is_part_of_a_name(self, index: int) -> bool:
        """Return whether it follows a first name: `Jack MA`, `Bob T`."""
        name = self._context.previous(index).upper()
        return len(self.tokens[index].text) <= 2 and name in self._lexicon.first_names

    def _is_legal_form(self, index: int) -> bool:
        """Return whether it is the legal form of a company: `TotalEnergies SE`, not `I bought SE`."""
        if self.tokens[index].text.lower() not in self._lexicon.legal_forms or not self._context.previous(
            index
        ):
            return False
        name = self.tokens[index - 1].text
        return name[0].isupper() and not name.isupper()

    def _excerpt(self, start: int, end: int) -> str:
        spare = (_EXCERPT_CHARS - (end - start)) // 2
        return " ".join(self._context.text[max(0, start - spare) : end + spare].split())


def _looks_like_a_share(token: Token) -> bool:
    """Return whether unlisted capitals behind a dollar sign can be a share that was listed once."""
    symbol, words = token.text, lexicon()
    if not symbol.isupper() or len(symbol) < 2 or symbol in words.coins | words.jokes:
        return False
    return words.requirement(symbol) in {Requirement.FORM, Requirement.MARKET}
