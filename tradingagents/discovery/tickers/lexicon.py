"""The words of ``words.toml``, and what each makes a bare symbol show before it counts as a ticker."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["Lexicon", "Requirement", "lexicon"]

_FILE: Final = "words.toml"


class Requirement(Enum):
    """What a bare symbol must show to count as a ticker, from the least to the most."""

    FORM = auto()
    """Three or more capitals that are no word."""
    QUIET = auto()
    """Text around it that is not in capitals."""
    MARKET = auto()
    """Quiet text, and a market word near."""
    NEIGHBOUR = auto()
    """A word beside it that only stands beside a security."""
    TAG = auto()
    """``$X`` or ``NYSE: X``: no neighbour suffices."""


@dataclass(frozen=True)
class Lexicon:
    """The word lists: symbols in upper case, context words in lower case; ``words.toml`` explains each."""

    coins: frozenset[str]
    jokes: frozenset[str]
    first_names: frozenset[str]
    well_known: frozenset[str]
    tag_only: frozenset[str]
    neighbour_needed: frozenset[str]
    quiet_needed: frozenset[str]
    market_needed: frozenset[str]

    options: frozenset[str]
    securities: frozenset[str]
    stances: frozenset[str]
    trades: frozenset[str]
    held: frozenset[str]
    """Words shouted beside a ticker that do not make it a part of what they stress."""
    market: frozenset[str]
    letter_prefixes: frozenset[str]
    chart_lines: frozenset[str]
    legal_forms: frozenset[str]

    def requirement(self, symbol: str) -> Requirement:
        """Return what ``symbol``, in capitals, must show."""
        if symbol in self.tag_only:
            return Requirement.TAG
        if symbol in self.neighbour_needed or len(symbol) == 1:
            return Requirement.NEIGHBOUR
        if symbol in self.quiet_needed:
            return Requirement.QUIET
        if len(symbol) == 2 or symbol in self.market_needed:
            return Requirement.MARKET
        return Requirement.FORM


@cache
def lexicon() -> Lexicon:
    """Return the lexicon, read from the package on the first call."""
    tables = tomllib.loads(files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))
    symbols, context = (
        {name: frozenset(words.split()) for name, words in tables[table].items()}
        for table in ("symbols", "context")
    )
    names = symbols["first_names"] | symbols["other_names"]
    terms = symbols["function_words"] | symbols["slang"] | symbols["market_terms"]
    securities = context["options"] | context["securities"]
    held = securities | context["trades"] | (context["stances"] - {"in"})
    return Lexicon(
        coins=symbols["coins"],
        jokes=symbols["jokes"],
        first_names=symbols["first_names"],
        well_known=symbols["well_known"],
        tag_only=symbols["coins"] | terms | symbols["institutions_and_places"] | names,
        neighbour_needed=symbols["words"] | symbols["codes"],
        quiet_needed=symbols["nouns"] | symbols["pairs"],
        market_needed=symbols["abbreviations"],
        options=context["options"],
        securities=securities,
        stances=context["stances"],
        trades=context["trades"],
        held=held,
        market=held | context["market"],
        letter_prefixes=context["letter_prefixes"],
        chart_lines=context["chart_lines"],
        legal_forms=context["legal_forms"],
    )
