"""What a bare symbol must show before it is believed, by what else its letters can be."""

from __future__ import annotations

from enum import Enum, auto

from tradingagents.discovery.tickers import words as text_words

__all__ = ["Need", "need_of"]


class Need(Enum):
    """From the least to the most that is asked."""

    FORM = auto()
    """Three or more capitals that are no word."""
    QUIET = auto()
    """Text around it that is not in capitals."""
    MARKET = auto()
    """Quiet text, and a market word near."""
    NEIGHBOUR = auto()
    """A word beside it that only stands beside a security."""
    TAG = auto()
    """``$X`` or ``NYSE: X``: no neighbour will do."""


_WITH_A_NEIGHBOUR = text_words.PLAIN_WORDS | text_words.CODES
_IN_QUIET_TEXT = text_words.RARELY_SHOUTED | text_words.PAIRS


def need_of(symbol: str) -> Need:
    """Return what ``symbol``, in capitals, needs."""
    if symbol in text_words.NEVER_BARE:
        return Need.TAG
    if symbol in _WITH_A_NEIGHBOUR or len(symbol) == 1:
        return Need.NEIGHBOUR
    if symbol in _IN_QUIET_TEXT:
        return Need.QUIET
    return Need.MARKET if len(symbol) == 2 or symbol in text_words.ABBREVIATIONS else Need.FORM
