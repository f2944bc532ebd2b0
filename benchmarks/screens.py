"""Ten technical screens over stored daily bars, each run a new process with its files out of the page cache.

``seconds`` runs from opening the store to the last result in hand, without imports (a row of their own).
``screens/pandas/seconds`` is the usual code, one frame per ticker, on the same bars already in memory; both
must pick the same tickers in the same order, or the suite fails. Memory is the peak of the whole process.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

__all__ = ["rows"]

BARS = 300
AS_OF = date(2026, 2, 5)
FUNDS = ("SPY", "XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY")


def rows(quick: bool) -> Iterator[dict[str, Any]]:
    """Measure 1,000 and 10,000 tickers, and pandas beside the first."""
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "1000", Path(folder) / "10000"
        bars = _Pandas(_stored(small, 1_000))
        _stored(large, 10_000)
        # In turns, so that other load on the machine affects all of them.
        turns = [(_runs(small, 3), bars.seconds(), _runs(large, 1)) for _ in range(rounds)]
    thousand = [run for runs, _, _ in turns for run in runs]
    ten_thousand = [run for _, _, runs in turns for run in runs]
    bars.require_equal(thousand[0]["found"])
    seconds, usual = _median(thousand, "seconds"), statistics.median(turn for _, turn, _ in turns)
    yield _row(
        "1000/seconds", seconds, "s", 0.25, note=f"median of {len(thousand)} processes, {BARS} bars each"
    )
    yield _row("1000/warm_seconds", _median(thousand, "warm"), "s", note="once more in the same process")
    yield _row("1000/peak", _median(thousand, "peak_mb"), "MB", 300.0)
    yield _row("imports", _median(thousand, "imports"), "s", note="Polars and the screens")
    yield _row("10000/seconds", _median(ten_thousand, "seconds"), "s", 2.5)
    yield _row("10000/times_1000", _median(ten_thousand, "seconds") / seconds, "times", 10.0)
    yield _row("10000/peak", _median(ten_thousand, "peak_mb"), "MB")
    yield _row("pandas/seconds", usual, "s", note="same tickers picked in the same order")
    yield _row("pandas/times_slower", usual / seconds, "times", 50.0, better="higher")


def _row(name: str, value: float, unit: str, goal: float | None = None, **rest: Any) -> dict[str, Any]:
    return {"name": f"screens/{name}", "value": value, "unit": unit, "goal": goal, **rest}


def _median(runs: Sequence[dict[str, Any]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


def _stored(root: Path, tickers: int) -> Any:
    """Random walks with bursts of volume, gaps and trends, put into a store; returned as a Polars frame."""
    import numpy as np
    import polars as pl

    from tradingagents.discovery.bars.store.store import OhlcvStore

    rng = np.random.default_rng(tickers)
    days = [day for back in range(2 * BARS) if (day := AS_OF - timedelta(days=back)).weekday() < 5][:BARS][
        ::-1
    ]
    noise, drift = rng.uniform(0.004, 0.03, (tickers, 1)), rng.uniform(-0.001, 0.003, (tickers, 1))
    news = rng.random((tickers, BARS)) < 0.08
    gaps = rng.normal(0, 1, (tickers, BARS)) * np.where(news, 3 * noise, noise / 3)
    moves = rng.normal(0, 1, (tickers, BARS)) * noise + drift
    close = 100 * np.exp(np.cumsum(gaps + moves, axis=1))
    opened = close / np.exp(moves)
    spread = 1 + np.abs(rng.normal(0, 1, (tickers, BARS))) * noise / 4
    volume = np.exp(rng.uniform(11, 16, (tickers, 1)) + rng.normal(0, 0.5, (tickers, BARS))) * np.where(
        news, 3, 1
    )
    frame = pl.DataFrame(
        {
            "date": days * tickers,
            "ticker": np.repeat([*FUNDS, *(f"T{at:05d}" for at in range(tickers - len(FUNDS)))], BARS),
            "open": opened.ravel().round(4),
            "high": (np.maximum(opened, close) * spread).ravel().round(4),
            "low": (np.minimum(opened, close) / spread).ravel().round(4),
            "close": close.ravel().round(4),
            "volume": volume.ravel().round(0),
        }
    )
    OhlcvStore(root).upsert(frame)
    return frame


def _runs(root: Path, repeats: int) -> list[dict[str, Any]]:
    """Evaluate in fresh processes, one after another."""
    runs = []
    for _ in range(repeats):
        _forget(root)
        command = [sys.executable, "-m", "benchmarks.screens", str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        runs.append(json.loads(done.stdout))
    return runs


def _forget(root: Path) -> None:
    """Drop the files from the page cache, where the system lets an ordinary user do that."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in root.iterdir():
        with path.open("rb") as handle, contextlib.suppress(OSError):
            os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _once(root: Path) -> dict[str, Any]:
    """Measure one evaluation, in the fresh process."""
    began = time.perf_counter()
    import tradingagents.discovery.screens.features  # noqa: F401 - the screens import it when they are built
    from tradingagents.discovery.bars.store.store import OhlcvStore
    from tradingagents.discovery.screens.catalogue import all_screens
    from tradingagents.discovery.screens.evaluate import evaluate

    imported = time.perf_counter()
    results = evaluate(OhlcvStore(root).snapshot().scan(end=AS_OF), all_screens(), AS_OF, distinct=True)
    ended = time.perf_counter()
    peak = _peak_mb()
    evaluate(OhlcvStore(root).snapshot().scan(end=AS_OF), all_screens(), AS_OF, distinct=True)
    return {
        "imports": imported - began,
        "seconds": ended - imported,
        "warm": time.perf_counter() - ended,
        "peak_mb": peak,
        "found": {name: [hit.ticker for hit in result.hits] for name, result in results.items()},
    }


def _peak_mb() -> float:
    # Not getrusage: on Linux its figure starts from what the parent used before it became this process.
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


class _Pandas:
    """The usual code on the same bars, loaded as a pandas frame before the measurement."""

    def __init__(self, frame: Any) -> None:
        import pandas as pd

        self._whole = pd.DataFrame(frame.to_dict(as_series=False))
        self._found: dict[str, list[str]] = {}

    def seconds(self) -> float:
        from benchmarks.pandas_screens import run

        began = time.perf_counter()
        self._found = run(self._whole, AS_OF)
        return time.perf_counter() - began

    def require_equal(self, expected: dict[str, list[str]]) -> None:
        if different := [name for name in expected if self._found[name] != expected[name]]:
            raise AssertionError(f"pandas picks other tickers for {', '.join(different)}")
        if not any(expected.values()):
            raise AssertionError("no screen picked anything: the comparison proves nothing")


def main(arguments: Sequence[str]) -> None:
    """Measure one evaluation of the store named, or print every row."""
    if arguments and not arguments[0].startswith("-"):
        print(json.dumps(_once(Path(arguments[0]))))
        return
    for row in rows(quick="--quick" in arguments):
        goal = f"  (goal {row['goal']:g})" if row["goal"] is not None else ""
        print(f"{row['name']:32} {row['value']:10.4g} {row['unit']}{goal}  {row.get('note', '')}")


if __name__ == "__main__":
    main(sys.argv[1:])
