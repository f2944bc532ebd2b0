"""``Universe``: the tickers a run looks at, with what its receipt needs to say which ones they were."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import ConfigError, InvalidCandidate
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.security_type import COMMON_STOCK_KINDS, Kind

__all__ = ["Universe"]


@dataclass(frozen=True)
class Universe:
    """A dated list of canonical tickers, unique and in alphabetical order. Immutable, thread-safe.

    ``unknown`` holds what was asked for and is not a listed symbol, so that a typo or a delisting is
    shown instead of shrinking the list in silence.
    """

    name: str
    as_of: date
    tickers: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        symbols: Iterable[str],
        as_of: date,
        directory: SymbolDirectory | None = None,
    ) -> Self:
        """Build from symbols in any vendor's spelling; without a directory, from what can be a US ticker.

        Raises :class:`ConfigError` when nothing usable is left.
        """
        asked = list(dict.fromkeys(symbol.strip() for symbol in symbols if symbol.strip()))
        canonical = _possible if directory is None else directory.normalise
        found = ((symbol, canonical(symbol)) for symbol in asked)
        known = {symbol: ticker for symbol, ticker in found if ticker is not None}
        if not known:
            raise ConfigError(f"universe {name!r} has no listed ticker (asked for {len(asked)})")
        unknown = tuple(symbol for symbol in asked if symbol not in known)
        return cls(name, as_of, tuple(sorted(set(known.values()))), unknown)

    @classmethod
    def from_file(cls, path: Path, as_of: date, directory: SymbolDirectory | None = None) -> Self:
        """Build from a UTF-8 text file: one ticker a line, ``#`` starts a comment, blank lines are skipped.

        Raises :class:`ConfigError` when the file cannot be read or holds no listed ticker.
        """
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"universe file {path} cannot be read: {error}") from error
        return cls.of(path.stem, (line.partition("#")[0] for line in lines), as_of, directory)

    @classmethod
    def listed(
        cls,
        directory: SymbolDirectory,
        kinds: frozenset[Kind] = COMMON_STOCK_KINDS,
        name: str = "listed_common_stocks",
    ) -> Self:
        """Build from every listed security of these kinds, as of the directory's own date."""
        return cls(name, directory.as_of, directory.of_kind(*kinds))

    @property
    def size(self) -> int:
        """How many tickers there are."""
        return len(self.tickers)

    @property
    def digest(self) -> str:
        """SHA-256 of the tickers: equal for equal lists, whatever their name, date or order of entry."""
        return hashlib.sha256("\n".join(self.tickers).encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.tickers)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tickers)

    def __contains__(self, ticker: object) -> bool:
        if not isinstance(ticker, str):
            return False
        at = bisect_left(self.tickers, ticker)
        return at < len(self.tickers) and self.tickers[at] == ticker

    def receipt(self) -> dict[str, str | int | list[str]]:
        """Return the plain facts for a run's receipt."""
        return {
            "name": self.name,
            "as_of": self.as_of.isoformat(),
            "size": self.size,
            "digest": self.digest,
            "unknown": list(self.unknown),
        }


def _possible(symbol: str) -> str | None:
    try:
        return normalise_ticker(symbol)
    except InvalidCandidate:
        return None
