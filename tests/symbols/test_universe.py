"""A universe says which tickers a run looked at, and can be told from any other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.shared_data import SHARED, needs_shared
from tests.symbols.test_symbols import directory
from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.symbols.security_type import Kind
from tradingagents.discovery.symbols.universe import Universe

DAY = date(2026, 2, 5)


def test_a_list_is_made_canonical_unique_and_sorted() -> None:
    """Whatever vendor's spelling it was written in."""
    universe = Universe.of("mine", ["EXMP", "brk-b", "BRK/B", "A", " ", "NOPE"], DAY, directory())
    assert universe.tickers == ("A", "BRK.B", "EXMP")
    assert universe.unknown == ("NOPE",)
    assert "BRK.B" in universe
    assert "BRK-B" not in universe
    assert list(universe) == ["A", "BRK.B", "EXMP"]


def test_without_a_directory_a_list_is_canonical_all_the_same() -> None:
    """BRK-B would have been another share than the stored BRK.B, and never judged."""
    universe = Universe.of("mine", ["brk-b", "BRK/B", "NA", "^GSPC"], DAY)
    assert (universe.tickers, universe.unknown) == (("BRK.B", "NA"), ("^GSPC",))


def test_the_digest_is_of_the_tickers_alone() -> None:
    """Equal lists agree whatever their order, name or date; one ticker more makes another."""
    first = Universe.of("first", ["A", "EXMP"], DAY)
    assert first.digest == Universe.of("second", ["EXMP", "A"], date(2020, 1, 1)).digest
    assert first.digest != Universe.of("first", ["A", "EXMP", "B"], DAY).digest
    assert first.receipt() == {
        "name": "first",
        "as_of": "2026-02-05",
        "size": 2,
        "digest": first.digest,
        "unknown": [],
    }


def test_a_file_may_have_comments_and_blank_lines(tmp_path: Path) -> None:
    """One ticker a line; the universe is named after the file."""
    path = tmp_path / "watchlist.txt"
    path.write_text("\ufeff# mine\nEXMP  # the example\n\nA\n", encoding="utf-8")
    universe = Universe.from_file(path, DAY, directory())
    assert (universe.name, universe.tickers) == ("watchlist", ("A", "EXMP"))


def test_a_file_that_is_not_there_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    """An empty universe would make every scanner report an empty market."""
    with pytest.raises(ConfigError, match="cannot be read"):
        Universe.from_file(tmp_path / "none.txt", DAY)
    (tmp_path / "odd.txt").write_text("NOPE\nZAZZT\n")
    with pytest.raises(ConfigError, match=r"no listed ticker \(asked for 2\)"):
        Universe.from_file(tmp_path / "odd.txt", DAY, directory())


def test_all_listed_common_stocks_are_taken_from_the_directory() -> None:
    """As of its own date; other kinds on request."""
    universe = Universe.listed(directory())
    assert universe.tickers == ("A", "BADD", "BRK.B", "EXMP")
    assert universe.as_of == directory().as_of
    assert Universe.listed(directory(), frozenset({Kind.ETF}), "funds").tickers == ("QQQX",)


@needs_shared
def test_a_recorded_universe_file_is_read_and_its_delisted_tickers_are_named() -> None:
    """592 tickers of a real run's file."""
    assert SHARED is not None
    path = SHARED / "real-data" / "discovery_runs" / "tickers.txt"
    assert len(Universe.from_file(path, DAY)) == 592
