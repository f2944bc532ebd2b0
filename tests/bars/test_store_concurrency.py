"""Many readers and one writer at a time, in one process and in several."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from tests.bars.frames import bars, together
from tradingagents.discovery.bars.store.lock import writer_lock
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, DeadlineExceeded

YEARS = 3
ROUNDS = 15


def version(number: int) -> pl.DataFrame:
    """One ticker over three years, every price of it the version's number."""
    return bars("AAA", [float(number)] * (YEARS * 255), spread=0.0)


@pytest.mark.slow
def test_readers_never_see_a_mixture_of_versions(tmp_path: Path) -> None:
    """An update that rewrites three files becomes visible in one step."""
    store, done = OhlcvStore(tmp_path), threading.Event()
    store.upsert(version(1))
    seen: list[set[float]] = []
    errors: list[BaseException] = []

    def read() -> None:
        try:
            while not done.is_set():
                frame = store.snapshot().scan().collect()
                seen.append(set(frame.get_column("close")))
                assert frame.height == YEARS * 255
        except BaseException as error:  # noqa: BLE001 - asserted in the main thread
            errors.append(error)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(2, ROUNDS):
        store.upsert(version(number))
    done.set()
    for reader in readers:
        reader.join(20)
    assert errors == []
    assert seen
    assert all(len(prices) == 1 for prices in seen)
    assert store.snapshot().manifest.generation == ROUNDS - 1


def test_writers_in_threads_take_turns_and_lose_nothing(tmp_path: Path) -> None:
    """Each adds a ticker to the same year's file."""
    store = OhlcvStore(tmp_path)
    start = threading.Barrier(6)

    def write(name: str) -> None:
        start.wait(10)
        store.upsert(bars(name, [1.0, 2.0]))

    threads = [threading.Thread(target=write, args=(f"T{i}",), daemon=True) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert set(store.snapshot().scan().collect().get_column("ticker")) == {f"T{i}" for i in range(6)}


def test_a_writer_in_another_process_is_waited_for_and_its_death_frees_the_store(tmp_path: Path) -> None:
    """A crash must not leave the store locked."""
    code = (
        "import sys, pathlib\n"
        "from tradingagents.discovery.bars.store.lock import writer_lock\n"
        "with writer_lock(pathlib.Path(sys.argv[1]), 5):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    lock = tmp_path / "writer.lock"
    command = [sys.executable, "-c", code, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(DeadlineExceeded, match=r"held writer\.lock for 0\.1 s"), writer_lock(lock, 0.1):
            pytest.fail("two writers hold the lock")
        other.kill()
    with writer_lock(lock, 5):
        assert lock.exists()


def test_waiting_for_the_lock_ends_with_the_deadline_and_when_cancelled(tmp_path: Path) -> None:
    """A scanner does not wait beyond its deadline for another writer."""
    store = OhlcvStore(tmp_path)
    cancelled = Deadline()
    with writer_lock(tmp_path / "writer.lock", 1):
        with deadline_scope(Deadline(0.05)), pytest.raises(DeadlineExceeded, match=r"does not fit|passed"):
            store.upsert(bars("A", [1.0]))
        cancelled.cancel()
        with deadline_scope(cancelled), pytest.raises(Cancelled):
            store.upsert(bars("A", [1.0]))
    assert store.upsert(together([bars("A", [1.0])])).inserted == 1
