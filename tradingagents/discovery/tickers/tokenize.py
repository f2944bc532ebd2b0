"""Split a post or headline into tokens, without its links, HTML entities and wrongly decoded characters.

Every token keeps its offset in the original text. Pure functions over strings; no pattern backtracks over
more than a few characters.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["ROCKET", "Token", "blank_noise", "tokenize"]

ROCKET = "\U0001f680"

_LINK = re.compile(r"https?://[^\s)\]]+|(?<!\w)www\.[^\s)\]]+|(?<![\w/])/?[ru]/\w+|(?<!\w)@[A-Za-z_]\w*")
_ENTITY = re.compile(r"&(?:amp;)?(?:#[xX]?[0-9a-fA-F]{1,7}|[A-Za-z]{2,8});")
# UTF-8 read as Windows-1252: quotes and dashes begin with the first, rockets and other emoji with the second.
_MOJIBAKE = re.compile("â€.|ðŸ..", re.DOTALL)

# Full-width letters and signs, as wide as ideographs: each has an ASCII counterpart.
_WIDE = re.compile("[\uff01-\uff5e]")
_TO_NARROW = 0xFEE0

_NUMBER = r"\d+(?:[.,/]\d+)*[A-Za-z%]*"
_SPACED = r"(?P<spaced>[A-Z](?:(?: [A-Z]){2,4}|(?:-[A-Z]){2,4})(?![A-Za-z0-9'’-]))"
_TOKEN = re.compile(rf"{_NUMBER}|{_SPACED}|[A-Za-z][A-Za-z0-9]*|{ROCKET}", re.ASCII)
_CONTRACT = re.compile(r"([A-Z]{2,5})(\d{6}[CP]\d{8}|\d{2,5}[CcPp])")
_INFLECTED = re.compile(r"([A-Z]{3,5})(?:s|ers?|ed|ing|ry|to(?:the)?mo+n)")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or rocket. ``text`` joins letters spelled apart (``G M E``, ``G-M-E``).

    ``part`` marks a symbol that continues without a space: ``SPYs``, ``GMEtothemoon``, ``SPY400c``.
    """

    text: str
    start: int
    end: int
    part: bool = False


def blank_noise(text: str) -> str:
    """Replace links, entities and mojibake by spaces or the sign they stand for; offsets stay the same."""
    narrow = _WIDE.sub(_narrow, text)
    return _MOJIBAKE.sub(_repaired, _ENTITY.sub(_decoded, _LINK.sub(_blank, narrow)))


def tokenize(clean: str) -> list[Token]:
    """Return the tokens of a text that went through :func:`blank_noise`, in order."""
    return [token for match in _TOKEN.finditer(clean) for token in _tokens(match)]


def _tokens(match: re.Match[str]) -> Iterator[Token]:
    text, start, end = match[0], match.start(), match.end()
    if match["spaced"]:
        yield Token(text[::2], start, end)
    elif contract := _CONTRACT.fullmatch(text):
        middle = start + contract.end(1)
        yield Token(contract[1], start, middle, part=True)
        yield Token(contract[2], middle, end)
    elif inflected := _INFLECTED.fullmatch(text):
        yield Token(inflected[1], start, start + inflected.end(1), part=True)
    else:
        yield Token(text, start, end)


def _narrow(match: re.Match[str]) -> str:
    return chr(ord(match[0]) - _TO_NARROW)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _decoded(match: re.Match[str]) -> str:
    sign = html.unescape(match[0].replace("&amp;", "&"))
    return (sign if len(sign) == 1 and sign.isprintable() else " ") * len(match[0])


def _repaired(match: re.Match[str]) -> str:
    return f"{ROCKET}   " if match[0].startswith("ð") else "'''"
