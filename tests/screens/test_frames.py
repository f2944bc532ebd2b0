"""``market.bars``: the daily bars as one long frame, in Polars and in pandas."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.bars.frames import AS_OF, bars, together
from tests.screens.test_market_data import data, directory_of, flat, rising, store_of
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import BadPayload, ConfigError, NotConfiguredError, StaleDataError
from tradingagents.discovery.screens import frames
from tradingagents.discovery.symbols.security_type import SecurityType

SCHEMA = {
    "ticker": pl.String,
    "date": pl.Date,
    "open": pl.Float64,
    "high": pl.Float64,
    "low": pl.Float64,
    "close": pl.Float64,
    "volume": pl.Float64,
}


def listed() -> Any:
    return directory_of(UP=SecurityType.COMMON, FLAT=SecurityType.COMMON, FUND=SecurityType.ETF)


def test_it_is_long_sorted_by_ticker_and_date_and_of_the_universe(tmp_path: Path) -> None:
    market = data(store_of(tmp_path, rising("UP"), flat("FUND"), flat("FLAT")), listed)
    frame = market.bars()
    assert dict(frame.schema) == SCHEMA
    assert frame.equals(frame.sort("ticker", "date"))
    assert frame.get_column("ticker").unique().to_list() in (["FLAT", "UP"], ["UP", "FLAT"])
    assert frame.height == 16
    assert frame.row(-1, named=True) == {
        "ticker": "UP",
        "date": AS_OF,
        "open": 10.0,
        "high": pytest.approx(12.12),
        "low": pytest.approx(9.9),
        "close": 12.0,
        "volume": 3e6,
    }


def test_tickers_and_sessions_restrict_it(tmp_path: Path) -> None:
    market = data(store_of(tmp_path, rising("UP"), flat("FUND"), flat("FLAT")))
    frame = market.bars(["FUND", "UP", "NEVER"], sessions=3)
    days = frame.filter(pl.col("ticker") == "FUND").get_column("date").to_list()
    assert days == [date(2026, 2, 3), date(2026, 2, 4), AS_OF]
    assert frame.get_column("ticker").to_list() == ["FUND"] * 3 + ["UP"] * 3
    assert market.bars([]).is_empty()


def test_pandas_has_the_same_rows(tmp_path: Path) -> None:
    unknown = bars("UNKNOWN", [10.0, 11.0], volumes=[None, 5.0])  # type: ignore[list-item]
    market = data(store_of(tmp_path, rising("UP"), unknown))
    frame, own = market.bars(), market.bars(frame="pandas")
    assert list(own.columns) == list(SCHEMA)
    assert [str(own[column].dtype) for column in SCHEMA if column != "ticker"] == [
        "datetime64[ns]",
        *["float64"] * 5,
    ]
    assert own["date"].dt.tz is None
    assert list(own.index) == list(range(frame.height))
    assert own["ticker"].tolist() == frame.get_column("ticker").to_list()
    assert own["date"].dt.date.tolist() == frame.get_column("date").to_list()
    for column in ("open", "high", "low", "close", "volume"):
        assert own[column].fillna(-1).tolist() == frame.get_column(column).fill_null(-1).to_list()
    assert own["volume"].isna().sum() == frame.get_column("volume").null_count() == 1


def test_each_caller_may_change_its_frame(tmp_path: Path) -> None:
    market = data(store_of(tmp_path, rising("UP")))
    for kind in ("polars", "pandas"):
        first: Any = market.bars(frame=kind)  # type: ignore[call-overload]
        if kind == "pandas":
            first["close"] *= 0
            first.loc[0, "volume"] = 7.0
        else:
            first.insert_column(0, pl.lit(1).alias("mine"))
        assert market.bars().get_column("close").to_list()[-1] == 12.0
        assert market.bars().columns == list(SCHEMA)


def test_the_store_is_read_once_for_all_scanners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = frames.read_long

    def counted(snapshot: Any, last: date, sessions: int) -> pl.DataFrame:
        read.append(sessions)
        return real(snapshot, last, sessions)

    monkeypatch.setattr(frames, "read_long", counted)
    shared = data(store_of(tmp_path, rising("UP")), listed).shared
    for name in ("one", "other"):
        shared.of(name).bars()
        shared.of(name).bars(frame="pandas")
        shared.of(name).bars(["UP"], sessions=10)
    assert read == [260, 10]


def test_no_later_and_no_unusable_bar_is_in_it(tmp_path: Path) -> None:
    OhlcvStore(tmp_path).upsert(together([bars("UP", [1.0, 2.0, 3.0], end=date(2026, 2, 6))]))
    assert data(tmp_path).bars().get_column("close").to_list() == [1.0, 2.0]
    noon = datetime(2026, 2, 5, 17, tzinfo=UTC)
    assert data(tmp_path, now=noon).bars().get_column("close").to_list() == [1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frame": "arrow"}, "must be 'polars' or 'pandas'"),
        ({"sessions": 0}, "1 to 1,000"),
        ({"sessions": 5_000}, "1 to 1,000"),
        ({"sessions": "60"}, "1 to 1,000"),
        ({"tickers": "UP"}, r"such as \['UP'\]"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, arguments: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        data(store_of(tmp_path, rising("UP"))).bars(**arguments)


def test_without_bars_or_with_old_or_damaged_ones_it_raises(tmp_path: Path) -> None:
    with pytest.raises(NotConfiguredError, match="daily bars"):
        data(None).bars()
    with pytest.raises(StaleDataError, match="2025-02-05"):
        data(store_of(tmp_path, rising("UP", date(2025, 2, 5)))).bars()
    [file] = tmp_path.rglob("*.parquet")
    file.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(BadPayload, match="daily bars cannot be read"):
        data(tmp_path, on=date(2025, 2, 5)).bars()


def test_without_pandas_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    market = data(store_of(tmp_path, rising("UP")))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(NotConfiguredError, match=r"tradingagents-discovery\[pandas\]"):
        market.bars(frame="pandas")
    assert market.bars().height == 8
