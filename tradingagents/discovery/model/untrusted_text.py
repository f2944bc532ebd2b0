"""Words that others wrote, fit to stand in our own sentences.

A headline reaches people, web pages and language models. It may hold line breaks that forge a line of
ours, marks that turn the direction of writing, or orders to whoever reads it. Cleaning it does not make it
true: it stays a quotation, and is marked as one.
"""

from __future__ import annotations

import unicodedata

__all__ = ["one_line", "quoted"]


def one_line(text: str, limit: int) -> str:
    """Return ``text`` on one line, without control and formatting characters, at most ``limit`` long."""
    visible = (_shown(character) for character in text)
    line = " ".join("".join(visible).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def quoted(text: str, limit: int) -> str:
    """Return :func:`one_line` of ``text`` between quotation marks, of which it has none inside."""
    inner = one_line(text, limit).translate(_QUOTES)
    return f"“{inner}”"


_QUOTES = str.maketrans(dict.fromkeys('"“”„‟«»＂', "'"))


def _shown(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return " " if kind in {"Cc", "Zl", "Zp"} else character
