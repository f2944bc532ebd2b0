"""Importing the price files that users download from vendors."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.bars.frames import bars
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.bars.importing.files import import_files
from tradingagents.discovery.bars.importing.read import read_bars
from tradingagents.discovery.bars.store.schema import clean
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import BadPayload, NoDataError

NASDAQ = (
    "Date,Close/Last,Volume,Open,High,Low\n"
    '02/05/2026,$1.05,"1,234,567",$1.00,$1.10,$0.95\n'
    "02/04/2026,$1.00,N/A,$1,$1,$1\n"
)
YAHOO = (
    "Date,Open,High,Low,Close,Adj Close,Volume\n"
    "2026-02-04,8,8.8,7.2,8,4,100\n"
    "2026-02-05,null,null,null,null,null,null"
)
ALPHA = "timestamp,open,high,low,close,volume\r\n2026-02-05,1.0,1.1,0.9,1.05,1234567\r\n"
YFINANCE = (
    "Datetime,Open,High,Low,Close,Adj Close,Volume,Dividends\n2026-02-05 00:00:00-05:00,1,1,1,1,1,7,0.0\n"
)


def saved(tmp_path: Path, text: str, name: str = "EXMP.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_nasdaqs_dollar_signs_commas_and_us_dates_are_read(tmp_path: Path) -> None:
    """Its N/A volume is unknown, not zero."""
    frame = read_bars(saved(tmp_path, NASDAQ))
    assert frame.row(0) == (date(2026, 2, 5), "EXMP", 1.0, 1.1, 0.95, 1.05, 1_234_567.0)
    assert frame.row(1)[-1] is None


def test_yahoos_null_days_are_dropped_and_counted(tmp_path: Path) -> None:
    """The file ends without a newline, as Yahoo's do."""
    cleaned = clean(read_bars(saved(tmp_path, YAHOO)))
    assert cleaned.frame.rows() == [(date(2026, 2, 4), "EXMP", 8.0, 8.8, 7.2, 8.0, 100.0)]
    assert cleaned.dropped == {"price missing": 1}


def test_the_adjusted_close_scales_all_four_prices_if_requested(tmp_path: Path) -> None:
    """The proportions of the day's prices stay."""
    frame = clean(read_bars(saved(tmp_path, YAHOO), adjusted=True)).frame
    assert frame.row(0)[2:6] == pytest.approx((4.0, 4.4, 3.6, 4.0))


def test_alpha_vantages_and_yfinances_layouts_are_read(tmp_path: Path) -> None:
    """A time of day in the exchange's zone belongs to that day there."""
    assert read_bars(saved(tmp_path, ALPHA)).row(0)[0] == date(2026, 2, 5)
    assert read_bars(saved(tmp_path, YFINANCE)).row(0) == (date(2026, 2, 5), "EXMP", 1.0, 1.0, 1.0, 1.0, 7.0)


def test_a_parquet_file_may_have_a_symbol_column_and_times(tmp_path: Path) -> None:
    """Midnight in New York is not the day before."""
    midnight = datetime(2026, 2, 5, tzinfo=ZoneInfo("America/New_York"))
    frame = bars("ABC", [1.0]).rename({"ticker": "Symbol"}).with_columns(pl.lit(midnight).alias("date"))
    frame.write_parquet(tmp_path / "all.parquet")
    assert read_bars(tmp_path / "all.parquet").select("date", "ticker").row(0) == (date(2026, 2, 5), "ABC")


def test_tickers_are_renamed_and_unknown_ones_are_counted(tmp_path: Path) -> None:
    """The file's spelling may differ from the canonical one."""
    frame = pl.concat([bars("BRK-B", [1.0]), bars("XTSLA", [1.0])])
    frame.write_parquet(tmp_path / "two.parquet")
    cleaned = clean(read_bars(tmp_path / "two.parquet", rename={"BRK-B": "BRK.B"}.get))
    assert cleaned.frame.get_column("ticker").to_list() == ["BRK.B"]
    assert cleaned.dropped == {"no ticker": 1}


def test_a_ticker_can_be_given_for_a_file_of_one(tmp_path: Path) -> None:
    assert read_bars(saved(tmp_path, ALPHA, "download (2).csv"), ticker="EXMP").row(0)[1] == "EXMP"


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("", NoDataError, "is empty"),
        ("Date,Close,Volume,Open,High,Low\n", NoDataError, "has no rows"),
        ("<html><body>Too Many Requests</body></html>\n<p>\n", BadPayload, "has no column date"),
        ("Date,Close\n2026-02-05,1\n", BadPayload, "has no column open, high, low, volume"),
    ],
)
def test_a_file_that_without_price_columns_or_rows_is_refused(
    tmp_path: Path, text: str, error: type[Exception], reason: str
) -> None:
    """The message has the file's name and the problem."""
    with pytest.raises(error, match=f"EXMP.csv {reason}"):
        read_bars(saved(tmp_path, text))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPayload, match="cannot be read"):
        read_bars(tmp_path / "none.csv")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(BadPayload, match="cannot be read"):
        read_bars(tmp_path / "cut.parquet")


@needs_shared
@pytest.mark.parametrize(
    ("file", "rows", "first", "missing_volumes"),
    [
        ("raw_nasdaq_csv/AAPL.csv", 2518, date(2014, 3, 3), 0),
        ("raw_nasdaq_csv/GME.csv", 2518, date(2014, 3, 3), 0),
        ("raw_nasdaq_csv/AACIW.csv", 579, date(2021, 11, 10), 194),
        ("raw_yahoo_csv/GME.csv", 5555, date(2002, 2, 13), 0),
        ("raw_yahoo_csv/AACIW.csv", 1, date(2024, 3, 7), 0),
    ],
)
def test_recorded_exports_are_read_completely(
    file: str, rows: int, first: date, missing_volumes: int
) -> None:
    """As the two sites wrote them, newest first or oldest first."""
    assert SHARED is not None
    cleaned = clean(read_bars(SHARED / "real-data" / "ohlcv" / file))
    assert cleaned.dropped == {}
    assert (cleaned.frame.height, cleaned.frame.item(0, "date")) == (rows, first)
    assert cleaned.frame.get_column("volume").null_count() == missing_volumes


@needs_shared
def test_both_sites_agree_on_gamestop() -> None:
    """Ten years of closes from two layouts are the same prices."""
    assert SHARED is not None
    folder = SHARED / "real-data" / "ohlcv"
    nasdaq, yahoo = (read_bars(folder / f"raw_{site}_csv" / "GME.csv") for site in ("nasdaq", "yahoo"))
    both = nasdaq.join(yahoo, on="date", suffix="_yahoo")
    apart = (both.get_column("close") / both.get_column("close_yahoo") - 1).abs()
    assert both.height > 2500
    assert float(apart.quantile(0.99) or 1) < 0.001


def test_many_files_are_stored_in_one_update_and_bad_ones_are_named(tmp_path: Path) -> None:
    """A broken download does not prevent the others; of a day in two files the later file wins."""
    store = OhlcvStore(tmp_path / "store")
    files = [
        saved(tmp_path, NASDAQ, "ABC.csv"),
        saved(tmp_path, "", "EMPTY.csv"),
        saved(tmp_path, YAHOO, "DEF.csv"),
        saved(tmp_path, "<html>\n", "PAGE.csv"),
    ]
    bars("ABC", [7.0]).write_parquet(tmp_path / "later.parquet")
    report = import_files(store, [*files, tmp_path / "later.parquet"])
    assert report.stored.inserted == 3
    assert report.stored.dropped == {"duplicate": 1, "price missing": 1}
    assert list(report.refused) == ["EMPTY.csv", "PAGE.csv"]
    assert store.snapshot().manifest.generation == 1
    closes = store.snapshot().scan(tickers=["ABC"]).collect().get_column("close").to_list()
    assert closes == [1.0, 7.0]


def test_importing_nothing_usable_stores_nothing(tmp_path: Path) -> None:
    report = import_files(OhlcvStore(tmp_path / "store"), [tmp_path / "none.csv"])
    assert report.stored.inserted == 0
    assert list(report.refused) == ["none.csv"]
