"""Sanitize untrusted text for quoting.

A headline is shown to users, on web pages and to language models. It may contain line breaks that forge a log
line, characters that change the direction of writing, or instructions to a model. Sanitizing does not make
it true: it remains a quotation, and is marked as one.
"""

from __future__ import annotations

import unicodedata

__all__ = ["one_line", "quoted"]


def one_line(text: str, limit: int) -> str:
    """Return ``text`` on one line, without control and formatting characters, at most ``limit`` long."""
    visible = (_visible(character) for character in text)
    line = " ".join("".join(visible).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def quoted(text: str, limit: int) -> str:
    """Return :func:`one_line` of ``text`` in quotation marks; those inside become apostrophes."""
    inner = one_line(text, limit).translate(_QUOTES)
    return f"“{inner}”"


_QUOTES = str.maketrans(dict.fromkeys('"“”„‟«»＂', "'"))


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return " " if kind in {"Cc", "Zl", "Zp"} else character
