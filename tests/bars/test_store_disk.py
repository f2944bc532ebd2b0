"""A read-only folder or a full disk is reported in one line, and nothing stored is lost."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bars.bar_vendor import BarVendor, bars_of, run, sessions, stored
from tradingagents.discovery.bars.__main__ import main
from tradingagents.discovery.bars.store.lock import StoreUnavailable
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import BadPayload

DAYS = sessions(400)

FULL = """
import resource, sys
import polars as pl
from pathlib import Path
from tests.bars.bar_vendor import bars_of, sessions, run, BarVendor
from tradingagents.discovery.bars.store.lock import StoreUnavailable
from tradingagents.discovery.bars.store.store import OhlcvStore

store, days = OhlcvStore(Path(sys.argv[1])), sessions(400)
many = {name: bars_of(name, days) for name in ("AAA", "BBB", "CCC")}
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))
report = run(store, list(many), BarVendor(many))
print("update:", report.stopped, sorted(report.failed), sep="|")
try:
    store.upsert(pl.concat(many.values()))
except StoreUnavailable as error:
    print("import:", error, sep="|")
"""


@pytest.mark.skipif(os.name != "posix", reason="the size of files is limited by setrlimit")
def test_a_write_that_does_not_fit_leaves_the_bars_as_they_were(tmp_path: Path) -> None:
    """The partial file is removed, so that the disk is no fuller than before."""
    store = OhlcvStore(tmp_path / "bars")
    store.upsert(bars_of("AAA", DAYS[:100]))
    before = stored(store, "AAA"), sorted(path.name for path in store.root.glob("*.p*"))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(store.root)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    update, imported = done.stdout.splitlines()
    assert update.startswith(f"update:|{store.root} cannot be written: ")
    assert update.endswith("|['AAA', 'BBB', 'CCC']")
    assert imported.startswith(f"import:|{store.root} cannot be written: ")
    assert stored(store, "AAA").equals(before[0])
    assert sorted(path.name for path in store.root.glob("*.p*")) == before[1]
    assert store.upsert(bars_of("AAA", DAYS)).inserted == 300


def test_an_invalid_lock_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "writer.lock").write_text("not a database but text. " * 30)
    with pytest.raises(StoreUnavailable, match="the lock of the daily bars cannot be taken"):
        OhlcvStore(tmp_path).upsert(bars_of("AAA", DAYS[:5]))


def test_an_update_succeeds_although_an_old_file_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows does not remove a file that a reader holds open."""
    store = OhlcvStore(tmp_path)

    def held(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(f"{self.name} is in use")

    monkeypatch.setattr(Path, "unlink", held)
    for last in (5, 10, 15):
        assert store.upsert(bars_of("AAA", DAYS[:last])).inserted == 5


def test_a_path_that_is_not_a_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = OhlcvStore(tmp_path / "file" / "bars")
    with pytest.raises(StoreUnavailable, match=r"file/bars cannot be written: .*[Nn]ot a directory"):
        store.upsert(bars_of("AAA", DAYS))
    with pytest.raises(StoreUnavailable):
        run(store, ["AAA"], BarVendor({"AAA": bars_of("AAA", DAYS)}))
    with pytest.raises(BadPayload, match="manifest.json cannot be read"):
        store.snapshot()


def test_the_command_reports_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    price = tmp_path / "EXMP.csv"
    price.write_text("Date,Open,High,Low,Close,Volume\n2026-02-05,1,2,1,2,5\n")
    for words in (["import", str(price)], ["show"]):
        err = io.StringIO()
        assert main(["--store", str(tmp_path / "file" / "bars"), *words], io.StringIO(), err) == 2
        assert len(err.getvalue().splitlines()) == 1
