"""Find the tickers an author means in a post or headline; prose needs a cashtag or a listed symbol with context.

A symbol is believed for one of these reasons, the first that holds:

1. Tag: `$gme`, `#GME`, `NYSE: GME`. The author says that it is a symbol.
2. Neighbour: `GME calls`, `puts on GME`, `GME 45c`, `GME at $40`, `GameStop (GME)`, `AMC, GME and BB`. Such words
   only stand beside a security.
3. Form: three or more capital letters that are no word, in text that is not itself in capitals. Nobody writes `XPEV`
   by chance. Two letters need a market word nearby as well, one letter always needs a neighbour.

How much is asked depends on what else the letters can be (`text_words`): nouns that are rarely stressed (`SNOW`) need
quiet text, words that are (`BEST`) a neighbour, function words, slang and abbreviations (`IT`, `DD`, `CEO`) a tag.
Lower case (`spy calls`) needs a tag, or options or shares beside it. Company names are not looked up.

Pure functions over strings: thread-safe, no I/O. The work is linear in the length of the text: every pattern has a
bounded width or no way back, and every word looks at a bounded number of neighbours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Container
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tradingagents.discovery.market.text_words import COINS, JOKES, NEVER_BARE, PLAIN_WORDS, RARELY_SHOUTED

__all__ = ["Mention", "find_tickers"]

_EXCERPT_CHARS: Final = 80
_REACH: Final = 8
"""How many words to either side are looked at, so that the work per word has a bound."""

_FOREIGN = "ASX|TSXV?|LSE|BSE|NSE|CSE|HKEX|HKG|FRA|ETR|SGX|OTC|OTCMKTS|OTCQ[BX]|CRYPTO"
_AMERICAN = "NYSE|NASDAQ|AMEX|ARCA|BATS|CBOE"
_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*[A-Za-z%]*|[A-Za-z]+\d*[A-Za-z0-9]*|\U0001F680")
_CLASS_SUFFIX = re.compile(r"[.\-/]([A-Z])(?![A-Za-z0-9])")
_MASKED = re.compile(
    r"https?://[^\s)\]]+|(?<!\w)www\.[^\s)\]]+|(?<!\w)/?[ru]/\w+|(?<!\w)@[A-Za-z_]\w*"
)
_ENTITY = re.compile(r"&(?:amp;)?(?:#x?[0-9a-fA-F]{1,7}|[A-Za-z]{2,8});")
