"""A state file that several open at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tradingagents.discovery.state.files import StateFile

SCHEMA = ("CREATE TABLE IF NOT EXISTS seen (number INTEGER PRIMARY KEY)",)
THREADS, FILES = 8, 40


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite refuses some of them the write-ahead log, at once and whatever its timeout."""
    together = threading.Barrier(THREADS)

    def open_and_write(number: int) -> None:
        for name in range(FILES):
            together.wait(30)
            file = StateFile(tmp_path / f"{name}.sqlite", SCHEMA, busy_seconds=20)
            with file.transaction() as connection:
                connection.execute("INSERT INTO seen VALUES (?)", (number,))
            file.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(open_and_write, range(THREADS)))
    for name in range(FILES):
        file = StateFile(tmp_path / f"{name}.sqlite", SCHEMA)
        with file.reading() as connection:
            assert connection.execute("SELECT count(*) FROM seen").fetchone() == (THREADS,)
        file.close()
