"""A table in a file that several use at once, or in memory where the file cannot be used."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tradingagents.discovery.state.table import Table

SCHEMA = ("CREATE TABLE IF NOT EXISTS seen (number INTEGER PRIMARY KEY)",)
THREADS, FILES = 8, 40


def add(number: int) -> Callable[[sqlite3.Connection], None]:
    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (number,))

    return insert


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT number FROM seen ORDER BY number")]


def folder_instead(file: Path) -> None:
    file.mkdir()


def no_database(file: Path) -> None:
    file.write_bytes(b"this is not a database, and longer than a header" * 40)


def other_columns(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE seen (name TEXT, place TEXT)")


SPOILT = pytest.mark.parametrize("spoil", [folder_instead, no_database, other_columns])


@pytest.mark.parametrize("keep_open", [True, False])
def test_rows_outlive_the_object_in_a_file_and_not_in_memory(keep_open: bool, tmp_path: Path) -> None:
    for file, expected in ((tmp_path / "new" / "s.sqlite", [1, 2]), (None, [2])):
        for number in (1, 2):
            table = Table(file, SCHEMA, keep_open=keep_open)
            table.run(add(number))
            found = table.run(numbers, writes=False)
            table.close()
        assert found == expected


@pytest.mark.parametrize("keep_open", [True, False])
@SPOILT
def test_memory_stands_in_for_a_file_that_cannot_be_used(
    keep_open: bool, spoil: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, problems = tmp_path / "s.sqlite", list[str]()
    spoil(file)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            table = Table(file, SCHEMA, consequence="numbers are forgotten", keep_open=keep_open)
            table.run(add(1), report=problems.append)
            table.run(add(2), report=problems.append)
            assert table.run(numbers) == [1, 2]
            assert table.run(numbers, in_memory=lambda: [7]) == [7]
    assert len(problems) == (2 if keep_open else 4)
    assert all(text.startswith("numbers are forgotten (s.sqlite: ") for text in problems)
    assert [record.getMessage() for record in caplog.records] == problems[:1]  # once per file and process


def test_a_file_that_could_not_be_used_once_is_tried_again_unless_it_is_kept_open(tmp_path: Path) -> None:
    tables = {
        keep_open: Table(tmp_path / f"{keep_open}.sqlite", SCHEMA, keep_open=keep_open, busy_seconds=0.05)
        for keep_open in (True, False)
    }
    for keep_open, table in tables.items():
        table.run(add(1))
        with closing(sqlite3.connect(tmp_path / f"{keep_open}.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            table.run(add(2))
        table.run(add(3))
    assert tables[True].run(numbers) == [2, 3]
    assert tables[False].run(numbers) == [1, 3]
    tables[True].close()


def test_an_error_of_the_work_is_raised_and_undoes_it(tmp_path: Path) -> None:
    table = Table(tmp_path / "s.sqlite", SCHEMA)

    def fail(connection: sqlite3.Connection) -> None:
        add(1)(connection)
        raise KeyError("x")

    with pytest.raises(KeyError):
        table.run(fail)
    assert table.run(numbers) == []


def test_what_comes_after_the_close_finds_it_empty_and_logs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = Table(tmp_path / "s.sqlite", SCHEMA, keep_open=True)
    table.run(add(1))
    table.close()
    table.close()
    assert table.run(numbers) == []
    assert caplog.records == []


def test_a_close_in_the_middle_of_a_use_is_no_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = Table(tmp_path / "s.sqlite", SCHEMA, keep_open=True)
    entered, closing_begun = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        entered.set()
        closing_begun.wait(5)
        add(1)(connection)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(table.run, slow)
        assert entered.wait(5)
        second = pool.submit(table.run, add(2))
        closed = pool.submit(table.close)
        closing_begun.set()
        for future in (first, second, closed):
            future.result(5)
    assert caplog.records == []


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite refuses some of them the write-ahead log, at once and whatever its timeout."""
    together = threading.Barrier(THREADS)

    def open_and_write(number: int) -> None:
        for name in range(FILES):
            together.wait(30)
            table = Table(tmp_path / f"{name}.sqlite", SCHEMA, busy_seconds=20)
            table.run(add(number), in_memory=lambda: pytest.fail("not in the file"))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(open_and_write, range(THREADS)))
    for name in range(FILES):
        assert Table(tmp_path / f"{name}.sqlite", SCHEMA).run(numbers) == list(range(THREADS))
