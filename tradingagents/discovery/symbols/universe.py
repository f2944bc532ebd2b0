"""``Universe``: the tickers a run looks at, and the one interpreter of the setting that names them."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import ConfigError, InvalidCandidate
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.security_type import COMMON_STOCK_TYPES, SecurityType

__all__ = ["Universe", "resolve_universe"]


@dataclass(frozen=True)
class Universe:
    """A dated list of canonical tickers, unique and in alphabetical order. Immutable, thread-safe.

    ``unknown`` holds the requested symbols that are not listed, so that a typo or a delisting shows up
    instead of shrinking the list silently.
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
        """Build from symbols in any vendor's spelling.

        With a directory a symbol must be listed; without one it must have the form of a US ticker.
        Raises :class:`ConfigError` when no symbol qualifies.
        """
        requested = list(dict.fromkeys(symbol.strip() for symbol in symbols if symbol.strip()))
        canonical = _ticker_or_none if directory is None else directory.normalise
        found = ((symbol, canonical(symbol)) for symbol in requested)
        known = {symbol: ticker for symbol, ticker in found if ticker is not None}
        if not known:
            raise ConfigError(f"universe {name!r} has no listed ticker (of {len(requested)} requested)")
        unknown = tuple(symbol for symbol in requested if symbol not in known)
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
        types: frozenset[SecurityType] = COMMON_STOCK_TYPES,
        name: str = "listed_common_stocks",
    ) -> Self:
        """Build from every listed security of these types, as of the directory's date."""
        return cls(name, directory.as_of, directory.of_type(*types))

    @property
    def size(self) -> int:
        """Number of tickers."""
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
        """Return this universe as plain values for a run's report."""
        return {
            "name": self.name,
            "as_of": self.as_of.isoformat(),
            "size": self.size,
            "digest": self.digest,
            "unknown": list(self.unknown),
        }


def resolve_universe(
    setting: str | Iterable[str],
    as_of: date,
    *,
    directory: Callable[[], SymbolDirectory],
    stored: Callable[[], Iterable[str]],
    spellings: SymbolDirectory | None = None,
) -> Universe:
    """Return the universe that a setting names: ``resolve_universe("AAPL, MSFT", day, ...)``.

    ========================================  ===========================================================
    ``"listed"``                              every listed common stock, from ``directory()``
    ``"stored"``                              the tickers that have bars, from ``stored()``
    ``"lists/mine"``, ``"mine.txt"``, a file  the tickers of that text file, ``~`` expanded
    ``"AAPL,BRK.B"``                          these tickers
    ``["AAPL", "BRK.B"]``                     these tickers
    ========================================  ===========================================================

    ``directory`` and ``stored`` are called only where the table names them. With ``spellings`` the symbols
    of a file or list must be listed there and may have any vendor's spelling; what is not goes to
    :attr:`Universe.unknown`. Raises :class:`ConfigError` for a file that cannot be read and when no ticker
    is left, and what ``directory`` and ``stored`` raise.
    """
    if not isinstance(setting, str):
        return Universe.of("tickers", setting, as_of, spellings)
    if setting == "listed":
        return Universe.listed(directory())
    if setting == "stored":
        return Universe.of("stored", stored(), as_of)
    path = Path(setting).expanduser()
    if path.is_file() or _looks_like_a_path(setting):
        return Universe.from_file(path, as_of, spellings)
    return Universe.of("tickers", setting.split(","), as_of, spellings)


def _looks_like_a_path(setting: str) -> bool:
    """Return whether it has folders or a file extension; ``BRK.B`` and ``AAPL,BRK.B`` have neither."""
    path = Path(setting)
    return "," not in setting and (len(path.parts) > 1 or len(path.suffix) > len(".B"))


def _ticker_or_none(symbol: str) -> str | None:
    try:
        return normalise_ticker(symbol)
    except InvalidCandidate:
        return None
