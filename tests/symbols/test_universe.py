"""A universe lists the tickers of a run under a digest, and is resolved from the setting that names it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data import SHARED, needs_shared
from tests.symbols.test_symbols import directory
from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.symbols.security_type import SecurityType
from tradingagents.discovery.symbols.universe import Universe, resolve_universe

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


def test_a_missing_file_and_one_without_listed_tickers_are_config_errors(tmp_path: Path) -> None:
    """An empty universe would make every scanner report an empty market."""
    with pytest.raises(ConfigError, match="cannot be read"):
        Universe.from_file(tmp_path / "none.txt", DAY)
    (tmp_path / "odd.txt").write_text("NOPE\nZAZZT\n")
    with pytest.raises(ConfigError, match=r"no listed ticker \(of 2 requested\)"):
        Universe.from_file(tmp_path / "odd.txt", DAY, directory())


def test_all_listed_common_stocks_are_taken_from_the_directory() -> None:
    """As of its own date; other security types on request."""
    universe = Universe.listed(directory())
    assert universe.tickers == ("A", "BADD", "BRK.B", "EXMP")
    assert universe.as_of == directory().as_of
    assert Universe.listed(directory(), frozenset({SecurityType.ETF}), "funds").tickers == ("QQQX",)


def unused() -> Any:
    """A source that this setting must not read."""
    raise AssertionError("not needed")


def test_the_named_universes_read_their_own_source_only() -> None:
    """``listed`` is as of the directory's date, ``stored`` as of the given day."""
    listed = resolve_universe("listed", DAY, directory=directory, stored=unused)
    assert (listed.tickers, listed.as_of) == (Universe.listed(directory()).tickers, directory().as_of)
    stored = resolve_universe("stored", DAY, directory=unused, stored=lambda: ["MSFT", "AAPL"])
    assert (stored.name, stored.tickers, stored.as_of) == ("stored", ("AAPL", "MSFT"), DAY)


@pytest.mark.parametrize(
    ("setting", "tickers"),
    [
        (["exmp", "A"], ("A", "EXMP")),
        ("exmp, A", ("A", "EXMP")),
        ("BRK.B", ("BRK.B",)),
        ("A,BRK/B", ("A", "BRK.B")),
    ],
)
def test_tickers_come_as_a_list_or_parted_by_commas(
    setting: str | list[str], tickers: tuple[str, ...]
) -> None:
    """A class share is a ticker, not a file with an extension."""
    universe = resolve_universe(setting, DAY, directory=unused, stored=unused)
    assert (universe.name, universe.tickers) == ("tickers", tickers)


def test_any_vendors_spelling_is_understood_where_the_directory_is_given() -> None:
    """And what it does not list is kept apart."""
    universe = resolve_universe(
        "brk/b,EXA-PD,NOPE", DAY, directory=unused, stored=unused, spellings=directory()
    )
    assert (universe.tickers, universe.unknown) == (("BRK.B", "EXA$D"), ("NOPE",))


def test_an_existing_file_and_anything_with_folders_or_an_extension_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative to the working directory or to the home directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    Path("watchlist").write_text("A\nEXMP\n")
    for setting in ("watchlist", "./watchlist", "~/watchlist", str(tmp_path / "watchlist")):
        universe = resolve_universe(setting, DAY, directory=unused, stored=unused)
        assert (universe.name, universe.tickers) == ("watchlist", ("A", "EXMP"))
    for missing in ("lists/mine", "mine.txt", "mine.csv"):
        with pytest.raises(ConfigError, match=f"universe file {missing} cannot be read"):
            resolve_universe(missing, DAY, directory=unused, stored=unused)


@needs_shared
def test_a_recorded_universe_file_is_read_and_its_delisted_tickers_are_named() -> None:
    """592 tickers of a real run's file."""
    assert SHARED is not None
    path = SHARED / "real-data" / "discovery_runs" / "tickers.txt"
    assert len(Universe.from_file(path, DAY)) == 592
