"""Unusual price files: which are read correctly, and which are refused instead of misread."""

from __future__ import annotations

import gzip
import io
import logging
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.bars.bar_vendor import EVENING, At, BarVendor, bars_of, run, sessions
from tradingagents.discovery.bars.__main__ import main
from tradingagents.discovery.bars.importing.files import import_files
from tradingagents.discovery.bars.importing.read import read_bars
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import BadPayload

HEAD = "Date,Open,High,Low,Close,Volume\n"
FRIDAY = date(2024, 3, 1)
PRICES = (10.0, 11.0, 9.0, 10.5, 1000.0)


def rows(*days: str) -> str:
    return "".join(f"{day},10,11,9,10.5,1000\n" for day in days)


def saved(folder: Path, text: str, name: str = "EXMP.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def stored(folder: Path, *paths: Path, **options: object) -> list[tuple[object, ...]]:
    store = OhlcvStore(folder / "store")
    import_files(store, paths, **options)  # type: ignore[arg-type]
    return store.snapshot().scan().collect().rows()


# -- tickers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["BRK-B.csv", "brk-b.csv", "BRK.B.csv", "BRK_B.csv", "brk-b.us.txt"])
def test_a_file_name_is_read_in_any_spelling(tmp_path: Path, name: str) -> None:
    """Under another spelling than the universe's its bars would never be used."""
    assert stored(tmp_path, saved(tmp_path, HEAD + rows("2024-03-01"), name))[0][1] == "BRK.B"


def test_four_spellings_of_a_ticker_are_one_ticker(tmp_path: Path) -> None:
    lines = "".join(f"{one},2024-03-01,10,11,9,10.5,1000\n" for one in ("BRK/B", "BRK.B", "brk-b", " BRK.B "))
    assert len(stored(tmp_path, saved(tmp_path, "Symbol," + HEAD + lines))) == 1


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tickers_that_look_like_nulls_or_booleans_are_read(tmp_path: Path, form: str) -> None:
    names = ["FALSE", "INF", "NA", "NAN", "NONE", "NULL", "ON", "TRUE"]
    lines = "".join(f"{name},2024-03-01,10,11,9,10.5,1000\n" for name in names)
    path = saved(tmp_path, "Ticker," + HEAD + lines)
    if form == "parquet":
        table = pl.read_csv(path, infer_schema=False).cast({"Ticker": pl.Categorical})
        path = tmp_path / "all.parquet"
        table.write_parquet(path)
    assert [row[1] for row in stored(tmp_path, path)] == names


@pytest.mark.parametrize("name", ["NA", "TRUE", "NAN", "NULL"])
def test_a_file_may_be_named_after_such_a_ticker(tmp_path: Path, name: str) -> None:
    assert stored(tmp_path, saved(tmp_path, HEAD + rows("2024-03-01"), f"{name}.csv"))[0][1] == name


def test_symbols_that_are_not_us_tickers_are_ignored_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ["AAPL", "^GSPC", "BTC_USD", "7203.T"]
    lines = "".join(f"{name},2024-03-01,10,11,9,10.5,1000\n" for name in names)
    with caplog.at_level(logging.WARNING):
        kept = stored(tmp_path, saved(tmp_path, "Symbol," + HEAD + lines))
    assert [row[1] for row in kept] == ["AAPL"]
    assert "ignored 3 symbols that are not US tickers: '7203.T', 'BTC_USD', '^GSPC'" in caplog.text


def test_a_file_without_a_ticker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPayload, match="'all stocks' is not a US ticker: name the file after its ticker"):
        read_bars(saved(tmp_path, HEAD + rows("2024-03-01"), "all stocks.csv"))


def test_many_tickers_without_a_ticker_column_are_refused(tmp_path: Path) -> None:
    """The last ticker's bar of each day would have been stored under the file's name."""
    lines = "2024-03-01,1,2,1,2,5\n2024-03-01,7,8,7,8,5\n2024-03-04,1,2,1,2,5\n2024-03-04,7,8,7,8,5\n"
    with pytest.raises(BadPayload, match="several bars of most days"):
        read_bars(saved(tmp_path, HEAD + lines, "ALL.csv"))


def test_hourly_bars_are_refused(tmp_path: Path) -> None:
    lines = "".join(f"AAPL,2024-03-01 {hour}:30,1,2,1,{hour},5\n" for hour in range(10, 16))
    with pytest.raises(BadPayload, match="intraday bars"):
        read_bars(saved(tmp_path, "Symbol," + HEAD.replace("Date", "Datetime") + lines))


def test_a_repeated_day_is_reported_and_the_later_row_is_kept(tmp_path: Path) -> None:
    """An unfinished bar, and the final one appended later."""
    store = OhlcvStore(tmp_path / "store")
    lines = rows("2024-02-28", "2024-02-29", "2024-03-01") + "2024-02-29,10,12,9,11.5,2000\n"
    report = import_files(store, [saved(tmp_path, HEAD + lines)])
    assert report.stored.dropped == {"duplicate": 1}
    assert store.snapshot().scan().collect()["close"].to_list() == [10.5, 11.5, 10.5]


# -- layouts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EXMP.csv", (HEAD + "2024-03-01,10,11,9,10.5,1000\n").replace(",", ";")),
        ("EXMP.tsv", (HEAD + "2024-03-01,10,11,9,10.5,1000\n").replace(",", "\t")),
        (
            "exmp.us.txt",
            "<TICKER>,<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\nEXMP.US,20240301,10,11,9,10.5,1000\n",
        ),
        ("all.csv", "date,open,high,low,close,volume,Name\n2024-03-01,10,11,9,10.5,1000,EXMP\n"),
        ("EXMP.csv", "Date,Open,High,Low,Close,Close/Last,Volume\n2024-03-01,10,11,9,10.5,7,1000\n"),
    ],
    ids=["semicolons", "tabs", "stooq", "name", "close-twice"],
)
def test_a_layout_is_read(tmp_path: Path, name: str, text: str) -> None:
    assert stored(tmp_path, saved(tmp_path, text, name)) == [(FRIDAY, "EXMP", *PRICES)]


def test_a_yfinance_download_is_read_with_all_its_tickers(tmp_path: Path) -> None:
    """Three header lines, tickers side by side; a ticker listed later has empty fields."""
    text = (
        "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\n"
        "Ticker,BRK-B,NA,BRK-B,NA,BRK-B,NA,BRK-B,NA,BRK-B,NA\n"
        "Date,,,,,,,,,,\n"
        "2024-02-29,10.5,,11,,9,,10,,1000,\n"
        "2024-03-01,10.5,2,11,2,9,2,10,2,1000,7\n"
    )
    assert stored(tmp_path, saved(tmp_path, text, "download.csv")) == [
        (date(2024, 2, 29), "BRK.B", *PRICES),
        (FRIDAY, "BRK.B", *PRICES),
        (FRIDAY, "NA", 2.0, 2.0, 2.0, 2.0, 7.0),
    ]


def test_a_compressed_file_has_the_ticker_of_its_stem(tmp_path: Path) -> None:
    path = tmp_path / "exmp.csv.gz"
    separators = int.from_bytes(b";;;;")  # the time of compression is part of the bytes
    path.write_bytes(gzip.compress((HEAD + rows("2024-03-01")).encode(), mtime=separators))
    assert stored(tmp_path, path) == [(FRIDAY, "EXMP", *PRICES)]


def test_two_columns_with_one_meaning_are_refused(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,close,Volume\n2024-03-01,10,11,9,10.5,7,1000\n"
    with pytest.raises(BadPayload, match="two columns for the close: Close, close"):
        read_bars(saved(tmp_path, text))


# -- dates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day",
    ["2024-03-01", "2024-03-01T00:00:00Z", "3/1/2024", "03/01/2024 16:00", "2024/3/1", "20240301", '"Mar 01, 2024"'],
)  # fmt: skip
def test_a_date_format_is_read(tmp_path: Path, day: str) -> None:
    assert read_bars(saved(tmp_path, HEAD + rows(day)))["date"].to_list() == [FRIDAY]


def test_a_number_in_parquet_is_a_date_only_as_yyyymmdd(tmp_path: Path) -> None:
    """Days or seconds since an epoch are not guessed."""
    table = pl.read_csv(io.StringIO(HEAD + rows("1", "2"))).with_columns(Date=pl.Series([20240301, 19783]))
    table.write_parquet(tmp_path / "EXMP.parquet")
    assert read_bars(tmp_path / "EXMP.parquet")["date"].to_list() == [FRIDAY, None]


def test_dates_with_the_day_first_are_refused(tmp_path: Path) -> None:
    """2 January would have become 1 February, and 13 February nothing."""
    with pytest.raises(BadPayload, match="dates such as 13/02/2024, not month/day/year: write"):
        read_bars(saved(tmp_path, HEAD + rows("01/02/2024", "02/02/2024", "13/02/2024")))


@pytest.mark.parametrize("day", ["3/1/24", "0024-03-01", "1709251200", "yesterday"])
def test_a_file_without_a_readable_date_is_refused(tmp_path: Path, day: str) -> None:
    report = import_files(OhlcvStore(tmp_path / "s"), [saved(tmp_path, HEAD + rows(day))])
    assert report.refused == {"EXMP.csv": "ohlcv: EXMP.csv has no usable row (1 no date)"}


def test_bars_on_weekends_are_dropped(tmp_path: Path) -> None:
    """With weekends filled forward, a 50-day mean would span seven weeks."""
    store = OhlcvStore(tmp_path / "store")
    lines = rows(*(f"2024-03-{day:02d}" for day in range(1, 5)))
    assert import_files(store, [saved(tmp_path, HEAD + lines)]).stored.dropped == {"on a weekend": 2}


def test_a_bar_of_the_future_is_dropped_and_does_not_stop_updates(tmp_path: Path) -> None:
    """Its ticker would count as up to date until that day."""
    store = OhlcvStore(tmp_path, clock=At(EVENING))
    days = sessions(30)
    done = store.upsert(pl.concat([bars_of("AAA", days[:-1]), bars_of("AAA", [date(2026, 2, 6)])]))
    assert done.dropped == {"session not finished": 1}
    assert run(store, ["AAA"], BarVendor({"AAA": bars_of("AAA", days)})).updated == ("AAA",)


def test_a_bar_of_an_unfinished_session_is_not_imported(tmp_path: Path) -> None:
    """Imported at noon, it would look up to date in the evening, and screens would use half a day."""
    store, days = OhlcvStore(tmp_path / "store", clock=At(EVENING)), sessions(30)
    bars_of("AAA", days).write_parquet(tmp_path / "noon.parquet")
    report = import_files(store, [tmp_path / "noon.parquet"], until=days[-2])
    assert report.stored.dropped == {"session not finished": 1}
    assert run(store, ["AAA"], BarVendor({"AAA": bars_of("AAA", days)})).updated == ("AAA",)


def test_today_is_the_exchanges_date(tmp_path: Path) -> None:
    """While UTC is already the next day."""
    store = OhlcvStore(tmp_path, clock=At(datetime.fromisoformat("2026-02-06T03:00:00+00:00")))
    assert store.upsert(bars_of("AAA", [date(2026, 2, 5), date(2026, 2, 6)])).inserted == 1


def test_bars_from_before_the_calendar_do_not_stop_an_update(tmp_path: Path) -> None:
    """A ticker delisted in 1987 in the same store."""
    store = OhlcvStore(tmp_path)
    store.upsert(bars_of("OLD", [date(1987, 3, 2), date(1987, 3, 3)]))
    report = run(store, ["OLD", "AAA"], BarVendor({"AAA": bars_of("AAA", sessions(30))}))
    assert report.updated == ("AAA",)
    assert set(report.absent) == {"OLD"}


# -- numbers ----------------------------------------------------------------------------------------


def test_a_decimal_comma_is_not_removed(tmp_path: Path) -> None:
    """10,5 dollars would have become 105."""
    text = HEAD + '2024-03-01,"10,5","11,0","9,1","10,2",1000\n'
    report = import_files(OhlcvStore(tmp_path / "s"), [saved(tmp_path, text)])
    assert "EXMP.csv has prices such as 10,2 and none with a decimal point" in report.refused["EXMP.csv"]


def test_a_comma_before_three_digits_is_refused_as_ambiguous(tmp_path: Path) -> None:
    """12,345 dollars would have become 12345."""
    text = "Date;Open;High;Low;Close;Volume\n2024-03-01;12,345;12,512;12,111;12,405;1000\n"
    with pytest.raises(BadPayload, match="prices such as 12,405 and none with a decimal point"):
        read_bars(saved(tmp_path, text))


def test_a_file_of_unexpected_types_does_not_affect_others(tmp_path: Path) -> None:
    good, odd = tmp_path / "EXMP.csv", tmp_path / "ODD.parquet"
    good.write_text(HEAD + rows("2024-03-01"))
    prices = {name: [1.0] for name in ("open", "high", "low", "close", "volume")}
    pl.DataFrame({"date": [timedelta(days=1)], **prices}).write_parquet(odd)
    report = import_files(OhlcvStore(tmp_path / "s"), [odd, good])
    assert report.refused.keys() == {"ODD.parquet"}
    assert "ODD.parquet cannot be read" in report.refused["ODD.parquet"]
    assert report.stored.inserted == 1


def test_commas_between_thousands_are_removed(tmp_path: Path) -> None:
    text = HEAD + '2024-03-01,"$500,000","612,345.50","$500,000","600,000","1,234"\n'
    assert read_bars(saved(tmp_path, text)).row(0)[2:] == (500_000.0, 612_345.5, 500_000.0, 600_000.0, 1234.0)


# -- the command ------------------------------------------------------------------------------------


def test_the_command_reports_a_file_without_usable_rows(tmp_path: Path) -> None:
    """Not just "0 new bars" and exit code 0."""
    out, bad = io.StringIO(), saved(tmp_path, HEAD + rows("yesterday"))
    assert main(["--store", str(tmp_path / "s"), "import", str(bad)], out, io.StringIO()) == 1
    assert "refused: EXMP.csv: ohlcv: EXMP.csv has no usable row (1 no date)" in out.getvalue()


def test_show_accepts_any_spelling(tmp_path: Path) -> None:
    OhlcvStore(tmp_path).upsert(bars_of("BRK.B", sessions(3)))
    out = io.StringIO()
    assert main(["--store", str(tmp_path), "show", "brk-b"], out, io.StringIO()) == 0
    assert "BRK.B: 3 bars" in out.getvalue()
