"""Stored bars: updates are idempotent, corrections replace, nothing is lost or half-written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bars.frames import AS_OF, bars, together, walk, weekdays
from tradingagents.discovery.bars.store import manifest
from tradingagents.discovery.bars.store.merge import merge
from tradingagents.discovery.bars.store.schema import KEY, clean
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.clock import SystemClock
from tradingagents.discovery.model.errors import BadPayload, NoDataError


class SetClock(SystemClock):
    """A clock whose wall time is set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 2, 5, 22, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def years() -> pl.DataFrame:
    """Two tickers over three calendar years."""
    return together([walk("AAA", 520, seed=1), walk("BBB", 520, seed=2)])


def stored(store: OhlcvStore) -> pl.DataFrame:
    return store.snapshot().scan().collect()


def test_what_was_stored_is_read_back_sorted(tmp_path: Path) -> None:
    """One file a year; the frame has the order that screens need."""
    store = OhlcvStore(tmp_path / "bars")
    report = store.upsert(years().reverse())
    assert (report.inserted, report.replaced, report.unchanged) == (1040, 0, 0)
    assert stored(store).equals(clean(years()).frame)
    assert [file.year for file in store.snapshot().manifest.files] == [2024, 2025, 2026]
    assert store.snapshot().newest == AS_OF
    assert stored(store).get_column("date").flags["SORTED_ASC"]


def test_the_same_update_twice_changes_nothing(tmp_path: Path) -> None:
    """Not even a file or the generation."""
    store = OhlcvStore(tmp_path)
    store.upsert(years())
    before = store.snapshot()
    report = store.upsert(years())
    assert (report.inserted, report.replaced, report.unchanged) == (0, 0, 1040)
    assert store.snapshot() == before


def test_unknown_volumes_are_the_same_the_second_time(tmp_path: Path) -> None:
    """Null equals null, otherwise every update would rewrite them."""
    store = OhlcvStore(tmp_path)
    store.upsert(bars("A", [1.0, 2.0], volumes=[None, 5.0]))
    assert store.upsert(bars("A", [1.0, 2.0], volumes=[None, 5.0])).unchanged == 2
    assert store.upsert(bars("A", [1.0, 2.0], volumes=[7.0, None])).replaced == 2


def test_a_late_correction_replaces_one_row_and_rewrites_one_year(tmp_path: Path) -> None:
    """The other years' files stay as they are."""
    store = OhlcvStore(tmp_path)
    store.upsert(years())
    old = {file.year: file.name for file in store.snapshot().manifest.files}
    right = (
        years()
        .filter((pl.col("ticker") == "AAA") & (pl.col("date") == AS_OF))
        .with_columns(volume=pl.lit(7.0))
    )
    report = store.upsert(right)
    assert (report.inserted, report.replaced, report.unchanged) == (0, 1, 0)
    new = {file.year: file.name for file in store.snapshot().manifest.files}
    assert [year for year in new if new[year] != old[year]] == [2026]
    assert stored(store).filter(pl.col("volume") == 7.0).height == 1
    assert stored(store).height == 1040


def test_new_sessions_are_added(tmp_path: Path) -> None:
    """A daily update, with some overlap."""
    store = OhlcvStore(tmp_path)
    store.upsert(years().filter(pl.col("date") < weekdays(3)[0]))
    report = store.upsert(years().filter(pl.col("date") >= weekdays(5)[0]))
    assert (report.inserted, report.unchanged) == (6, 4)
    assert stored(store).equals(clean(years()).frame)


def test_a_split_in_the_overlap_is_reported_as_an_adjustment_break(tmp_path: Path) -> None:
    """Its older bars are on the old scale until its whole history is stored again."""
    store = OhlcvStore(tmp_path)
    store.upsert(years())
    split = years().with_columns(pl.col("open", "high", "low", "close") / 10)
    recent = split.filter((pl.col("ticker") == "AAA") & (pl.col("date") >= weekdays(5)[0]))
    assert store.upsert(recent).adjustment_breaks == ("AAA",)
    whole = split.filter(pl.col("ticker") == "AAA")
    assert store.upsert(whole, whole_history=True).adjustment_breaks == ()
    closes = stored(store).filter(pl.col("ticker") == "AAA").get_column("close").to_list()
    assert closes == whole.sort("date").get_column("close").to_list()


def test_a_correction_of_one_day_is_not_an_adjustment_break(tmp_path: Path) -> None:
    """Only a common factor is a change of scale."""
    store = OhlcvStore(tmp_path)
    store.upsert(years())
    recent = years().filter((pl.col("ticker") == "AAA") & (pl.col("date") >= weekdays(5)[0]))
    scale = pl.when(pl.col("date") == AS_OF).then(1.08).otherwise(1.01)
    assert (
        store.upsert(recent.with_columns(pl.col("high") * 2, pl.col("close") * scale)).adjustment_breaks == ()
    )


def test_a_whole_history_removes_what_it_does_not_have(tmp_path: Path) -> None:
    """In every year, including one left empty; other tickers stay."""
    store = OhlcvStore(tmp_path)
    store.upsert(pl.concat([years(), bars("OLD", [1.0] * 5, end=date(2020, 3, 6))]))
    report = store.upsert(bars("OLD", [2.0] * 3), whole_history=True)
    assert (report.inserted, report.removed) == (3, 5)
    assert 2020 not in {file.year for file in store.snapshot().manifest.files}
    assert stored(store).filter(pl.col("ticker") != "OLD").equals(clean(years()).frame)


def test_unusable_rows_are_dropped_and_reported(tmp_path: Path) -> None:
    """The rest of the update is stored."""
    bad = years().with_columns(pl.when(pl.col("date") == AS_OF).then(0.0).otherwise("close").alias("close"))
    report = OhlcvStore(tmp_path).upsert(bad)
    assert report.dropped == {"price not positive": 2}
    assert report.inserted == 1038


def test_an_update_without_usable_rows_stores_nothing(tmp_path: Path) -> None:
    store = OhlcvStore(tmp_path)
    assert store.upsert(bars("A", [0.0])).inserted == 0
    with pytest.raises(NoDataError, match="import some first"):
        store.snapshot()


def test_a_scan_reads_a_span_and_a_list_of_tickers(tmp_path: Path) -> None:
    """Both ends included; a span without bars gives an empty frame."""
    store = OhlcvStore(tmp_path)
    store.upsert(years())
    start, end = weekdays(10)[0], weekdays(3)[0]
    part = store.snapshot().scan(start, end, ["AAA", "NOPE"]).collect()
    assert part.get_column("date").to_list() == [day for day in weekdays(10) if day <= end]
    assert set(part.get_column("ticker")) == {"AAA"}
    assert store.snapshot().scan(date(1999, 1, 1), date(1999, 12, 31)).collect().is_empty()


def test_a_snapshot_is_not_changed_by_later_updates(tmp_path: Path) -> None:
    """Its files stay while readers may need them, and are then removed."""
    clock = SetClock()
    store = OhlcvStore(tmp_path, keep_seconds=3600, clock=clock)
    store.upsert(years())
    held, lazily = store.snapshot(), store.snapshot().scan()
    for hour in range(2):
        clock.at += timedelta(minutes=31)
        store.upsert(years().tail(1).with_columns(volume=pl.lit(float(hour))))
    assert lazily.collect().equals(clean(years()).frame)
    assert held.digest != store.snapshot().digest
    clock.at += timedelta(minutes=31)
    store.upsert(years().tail(1).with_columns(volume=pl.lit(9.0)))
    kept = {path.name for path in tmp_path.glob("*.parquet")}
    assert "2026-000001.parquet" not in kept
    assert {"2026-000002.parquet", "2026-000003.parquet", "2026-000004.parquet"} <= kept


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    """Two stores with equal bars have equal digests, so a report identifies the bars of a run."""
    for name in ("one", "two"):
        OhlcvStore(tmp_path / name).upsert(years())
    one, two = (OhlcvStore(tmp_path / name).snapshot() for name in ("one", "two"))
    assert one.digest == two.digest


def test_a_writer_that_dies_before_the_manifest_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next writer removes its partial files, and no other program's."""
    store = OhlcvStore(tmp_path)
    store.upsert(years())
    (tmp_path / "mine.parquet").write_bytes(b"not the store's")
    (tmp_path / "2019-000009.partial").write_bytes(b"half")

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(manifest, "save", power_cut)
        with pytest.raises(KeyboardInterrupt):
            store.upsert(bars("NEW", [1.0]))
    assert stored(store).equals(clean(years()).frame)
    assert store.upsert(bars("NEW", [1.0])).inserted == 1
    assert not (tmp_path / "2019-000009.partial").exists()
    assert (tmp_path / "mine.parquet").exists()


@pytest.mark.parametrize(
    "content", ["", "{", '{"format": 1}', '{"format": 2}', "[]", '{"format": 1, "files": [1]}']
)
def test_a_damaged_manifest_is_refused_and_not_overwritten(tmp_path: Path, content: str) -> None:
    """Read as an empty store, the next update would lose everything."""
    store = OhlcvStore(tmp_path)
    store.upsert(years())
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(BadPayload, match=r"manifest\.json"):
        store.snapshot()
    with pytest.raises(BadPayload, match=r"manifest\.json"):
        store.upsert(bars("NEW", [1.0]))
    assert (tmp_path / "manifest.json").read_text() == content


def test_a_damaged_data_file_is_refused_by_an_update(tmp_path: Path) -> None:
    store = OhlcvStore(tmp_path)
    store.upsert(bars("A", [1.0]))
    (tmp_path / "2026-000001.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadPayload, match=r"2026-000001\.parquet cannot be read"):
        store.upsert(bars("A", [2.0]))


updates = st.lists(
    st.dictionaries(
        st.tuples(st.integers(0, 6), st.sampled_from("ABC")), st.integers(1, 3), min_size=1, max_size=8
    ),
    max_size=6,
)


@settings(max_examples=50, deadline=None)
@given(updates)
def test_any_series_of_updates_gives_what_a_dictionary_gives(
    series: list[dict[tuple[int, str], int]],
) -> None:
    """The last value of each day and ticker, and counts that add up."""
    days = weekdays(7)
    state, expected = bars("A", [1.0]).clear(), dict[tuple[date, str], float]()
    for update in series:
        rows = [(days[day], ticker, float(value)) for (day, ticker), value in update.items()]
        new = clean(
            pl.concat(bars(ticker, [value], end=day, spread=0.0) for day, ticker, value in rows)
        ).frame
        merged = merge(state, new)
        before = dict(expected)
        expected |= {(day, ticker): value for day, ticker, value in rows}
        assert merged.inserted == len(expected) - len(before)
        assert merged.replaced == sum(key in before and before[key] != expected[key] for key in expected)
        assert merged.inserted + merged.replaced + merged.unchanged == new.height
        state = merged.frame
    assert {(d, t): c for d, t, c in state.select(*KEY, "close").iter_rows()} == expected
    assert state.select(KEY).rows() == sorted(expected)
