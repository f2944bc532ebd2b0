"""What the technical scanners of a scan share: one state of the bars, one universe, one evaluation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.bars.frames import AS_OF, bars, together
from tests.net.test_single_flight import Crowd
from tests.net.vendor_server import PATIENCE
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import (
    BadPayload,
    ConfigError,
    NoDataError,
    NotConfiguredError,
    StaleDataError,
    Transient,
)
from tradingagents.discovery.screens import screening
from tradingagents.discovery.screens.base import BarsQuery
from tradingagents.discovery.screens.catalogue import SCREENS
from tradingagents.discovery.screens.market_data import MarketData, SharedMarket
from tradingagents.discovery.screens.screening import Screened
from tradingagents.discovery.settings.sections import MarketSettings
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.listing import Listing
from tradingagents.discovery.symbols.security_type import SecurityType
from tradingagents.discovery.symbols.shared_directory import SharedDirectory

SHORT: Mapping[str, Mapping[str, Any]] = {
    "technical_breakout": {"days": 3, "volume_days": 3},
    "rsi_oversold": {"period": 2, "trend_days": 5},
}
UP = [10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 12.0]
BUSY = [1e6] * 7 + [3e6]
EVENING = datetime(2026, 2, 5, 22, tzinfo=UTC)


def rising(ticker: str, end: date = AS_OF) -> pl.DataFrame:
    return bars(ticker, UP, volumes=BUSY, end=end)


def flat(ticker: str, count: int = 8, end: date = AS_OF) -> pl.DataFrame:
    return bars(ticker, [10.0] * count, end=end)


def store_of(folder: Path, *frames: pl.DataFrame) -> Path:
    OhlcvStore(folder).upsert(together(frames))
    return folder


def directory_of(created: date = AS_OF, **kinds: SecurityType) -> SymbolDirectory:
    """A directory of these tickers, each with its kind."""
    made = [Listing(ticker, ticker, "NYSE", kind, ticker, ticker, ()) for ticker, kind in kinds.items()]
    return SymbolDirectory(made, datetime(created.year, created.month, created.day, tzinfo=UTC))


class EveryScanner(MarketData):
    """What the scanners of one screen each read; without a name, the first one's."""

    def screened(self, name: str | None = None) -> Screened:
        return self.shared.of(name or self._scanner).screened()

    @property
    def shared(self) -> SharedMarket:
        return self._shared

    def receipt(self) -> dict[str, Any] | None:
        return self.shared.receipt()


def data(
    store: Path | None,
    directory: Callable[[], SymbolDirectory] | None = None,
    *,
    on: date = AS_OF,
    now: datetime | None = None,
    screens: Mapping[str, Mapping[str, Any]] = SHORT,
    **settings: Any,
) -> EveryScanner:
    def down() -> SymbolDirectory:
        raise Transient("nasdaq", "down")

    query = BarsQuery(MarketSettings(**settings), store, on, now)
    own = {name: [SCREENS[name](**thresholds)] for name, thresholds in screens.items()}
    shared = SharedMarket(query, own, SharedDirectory(directory or down, lambda *counted: None))
    return EveryScanner(shared, next(iter(own)))


def found(market: MarketData, screen: str = "technical_breakout") -> list[str]:
    return [hit.ticker for hit in market.screened(screen).result.hits]


# -- once -------------------------------------------------------------------------------------------


def test_all_screens_are_evaluated_once_for_concurrent_scanners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, evaluated, together_ = [], [], threading.Barrier(8)
    real = screening.evaluate_each

    def counted(frame: pl.LazyFrame, screens: Any, *rest: Any, **more: Any) -> Any:
        evaluated.append([screen.name for screen in screens])
        return real(frame, screens, *rest, **more)

    monkeypatch.setattr(screening, "evaluate_each", counted)

    def directory() -> SymbolDirectory:
        loaded.append(1)
        return directory_of(UP=SecurityType.COMMON)

    market = data(store_of(tmp_path, rising("UP")), directory)

    def universe_size(name: str) -> object:
        together_.wait(PATIENCE)
        return market.screened(name).result.coverage.universe

    names = list(SHORT) * 4
    assert Crowd(*[lambda name=name: universe_size(name) for name in names]).finish() == [1] * 8
    assert evaluated == [list(SHORT)]
    assert loaded == [1]


def test_an_update_while_the_scan_runs_is_for_the_next_scan(tmp_path: Path) -> None:
    market = data(store_of(tmp_path, flat("AAA")))
    before = market.snapshot()
    store_of(tmp_path, rising("BBB"))
    assert found(market) == []
    assert market.snapshot() is before
    assert found(data(tmp_path)) == ["BBB"]


def test_the_receipt_names_the_day_the_universe_and_the_bars(tmp_path: Path) -> None:
    market = data(
        store_of(tmp_path, rising("UP"), flat("FUND")), lambda: directory_of(UP=SecurityType.COMMON)
    )
    assert market.receipt() is None
    market.screened("technical_breakout")
    assert market.receipt() == {
        "as_of": "2026-02-05",
        "newest": "2026-02-05",
        "bars": market.snapshot().digest,
        "universe": {"name": "stored", "as_of": "2026-02-05", "size": 1, "listed_on": "2026-02-05"},
        "screens": ["technical_breakout", "rsi_oversold"],
    }


def test_the_receipt_shows_that_funds_were_not_left_out(tmp_path: Path) -> None:
    market = data(store_of(tmp_path, rising("UP"), flat("FUND")))
    market.screened("technical_breakout")
    assert (market.receipt() or {})["universe"] == {
        "name": "stored",
        "as_of": "2026-02-05",
        "size": 2,
        "listed_on": None,
    }


def test_a_screen_that_is_not_part_of_the_scan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="gap_up reads one screen, but its needs declare none"):
        data(store_of(tmp_path, rising("UP"))).screened("gap_up")


# -- no usable bars --------------------------------------------------------------------------------


def test_without_a_folder_the_setting_is_named() -> None:
    with pytest.raises(NotConfiguredError, match=r"market\.store_dir"):
        data(None).screened("technical_breakout")


def test_without_bars_the_commands_that_store_some_are_named(tmp_path: Path) -> None:
    market = data(tmp_path / "ohlcv")
    with pytest.raises(NotConfiguredError, match=r"discovery\.bars import FILE"):
        market.screened("technical_breakout")
    assert market.receipt() is None


def test_without_polars_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tradingagents.discovery.screens.screening", None)
    with pytest.raises(NotConfiguredError, match="Python package"):
        data(store_of(tmp_path, rising("UP"))).screened("technical_breakout")


def test_bars_of_last_year_are_stale_and_no_candidates(tmp_path: Path) -> None:
    market = data(store_of(tmp_path, rising("UP", date(2025, 2, 5))))
    with pytest.raises(StaleDataError, match="2025-02-05.*2026-02-05"):
        market.screened("technical_breakout")
    assert market.receipt() is None


def test_a_session_that_most_tickers_lack_is_stale(tmp_path: Path) -> None:
    frames = [rising("UP"), *(flat(f"T{i}", end=date(2026, 2, 4)) for i in range(2))]
    market = data(store_of(tmp_path, *frames))
    with pytest.raises(StaleDataError, match="only 1 of 3 tickers have a daily bar of 2026-02-05"):
        market.screened("technical_breakout")
    assert found(data(tmp_path, min_share=0.3)) == ["UP"]


def test_an_earlier_complete_session_is_used_where_the_settings_allow(tmp_path: Path) -> None:
    """One ticker of three has the newest session; all have the one before."""
    whole = [rising(f"T{i}", date(2026, 2, 4)) for i in range(3)]
    OhlcvStore(tmp_path).upsert(together(whole))
    OhlcvStore(tmp_path).upsert(bars("T0", [12.0], end=AS_OF))
    market = data(tmp_path, max_age_sessions=1)
    assert found(market) == ["T0", "T1", "T2"]
    assert market.screened("technical_breakout").result.hits[0].as_of == date(2026, 2, 4)
    assert (market.receipt() or {})["as_of"] == "2026-02-04"


def test_a_damaged_file_is_bad_payload(tmp_path: Path) -> None:
    store = store_of(tmp_path, rising("UP"))
    [file] = store.rglob("*.parquet")
    file.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(BadPayload, match="daily bars cannot be read"):
        data(store).screened("technical_breakout")


# -- no look-ahead ----------------------------------------------------------------------------------


def test_a_past_day_sees_no_later_bar(tmp_path: Path) -> None:
    falls_later = bars("UP", [*UP, 1.0, 1.0], volumes=[*BUSY, 1e6, 1e6], end=date(2026, 2, 9))
    rises_later = bars("LATE", [10.0] * 9 + [15.0], volumes=[1e6] * 9 + [9e6], end=date(2026, 2, 9))
    store = store_of(tmp_path, falls_later, rises_later)
    assert found(data(store)) == ["UP"]
    assert found(data(store, on=date(2026, 2, 9))) == ["LATE"]
    assert found(data(store, on=date(2026, 2, 8), min_share=0.5)) == []  # a Sunday: Friday's session


def test_an_unfinished_session_does_not_count(tmp_path: Path) -> None:
    store = store_of(tmp_path, rising("UP"))
    noon = datetime(2026, 2, 5, 17, tzinfo=UTC)
    assert found(data(store, now=EVENING)) == ["UP"]
    assert found(data(store, now=noon)) == []
    assert data(store, now=noon).screened("technical_breakout").result.as_of == date(2026, 2, 4)


# -- the universe ----------------------------------------------------------------------------------


def test_stored_means_the_common_stocks_with_bars(tmp_path: Path) -> None:
    store = store_of(tmp_path, rising("UP"), rising("FUND"), rising("GONE"))
    listed = directory_of(UP=SecurityType.COMMON, FUND=SecurityType.ETF, MORE=SecurityType.COMMON)
    market = data(store, lambda: listed)
    assert found(market) == ["UP"]
    assert market.screened("technical_breakout").result.coverage.universe == 1


def test_a_day_long_past_includes_delisted_stocks(tmp_path: Path) -> None:
    store = store_of(tmp_path, rising("UP"), rising("FUND"), rising("GONE"))
    today = directory_of(date(2026, 11, 24), UP=SecurityType.COMMON, FUND=SecurityType.ETF)
    assert found(data(store, lambda: today)) == ["GONE", "UP"]


def test_without_the_directory_all_stored_tickers_are_screened_with_a_problem(tmp_path: Path) -> None:
    screened = data(store_of(tmp_path, rising("UP"))).screened("technical_breakout")
    assert [hit.ticker for hit in screened.result.hits] == ["UP"]
    assert isinstance(screened.problem, Transient)


def test_listed_counts_those_without_bars(tmp_path: Path) -> None:
    store = store_of(tmp_path, rising("UP"), rising("FUND"))
    listed = directory_of(UP=SecurityType.COMMON, FUND=SecurityType.ETF, MORE=SecurityType.COMMON)
    market = data(store, lambda: listed, universe="listed")
    screened = market.screened("technical_breakout")
    coverage = screened.result.coverage
    assert (found(market), coverage.universe, coverage.absent, screened.partial) == (["UP"], 2, 1, True)


def test_listed_needs_the_directory(tmp_path: Path) -> None:
    with pytest.raises(Transient, match="down"):
        data(store_of(tmp_path, rising("UP")), universe="listed").screened("technical_breakout")


@pytest.mark.parametrize("as_file", [False, True])
def test_a_list_of_tickers_is_used_without_the_directory(tmp_path: Path, *, as_file: bool) -> None:
    store = store_of(tmp_path / "ohlcv", rising("BRK.B"), rising("UP"), rising("OTHER"))
    own: Any = ["brk-b", "UP", "NEVER"]
    if as_file:
        (tmp_path / "mine.txt").write_text("\n".join(own))
        own = str(tmp_path / "mine.txt")
    market = data(store, universe=own)  # whose directory is down
    screened = market.screened("technical_breakout")
    assert found(market) == ["BRK.B", "UP"]
    assert (screened.problem, screened.result.coverage.absent) == (None, 1)
    assert (market.receipt() or {})["universe"]["size"] == 3


def test_an_invalid_ticker_in_the_file_is_named(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("UP\nnot a ticker\n")
    with pytest.raises(NotConfiguredError, match="usable market.universe: .*not a ticker"):
        data(store_of(tmp_path, rising("UP")), universe=str(mine)).screened("technical_breakout")


def test_a_missing_universe_file_is_not_configured(tmp_path: Path) -> None:
    with pytest.raises(NotConfiguredError, match="usable market.universe: .*nope.txt cannot be read"):
        data(store_of(tmp_path, rising("UP")), universe=str(tmp_path / "nope.txt")).screened(
            "technical_breakout"
        )


def test_a_list_without_any_bars_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="none of the 1 tickers of tickers has daily bars"):
        data(store_of(tmp_path, rising("UP")), universe=["NEVER"]).screened("technical_breakout")


# -- sectors ----------------------------------------------------------------------------------------


def test_funds_are_screened_whatever_the_universe_and_named_when_missing(tmp_path: Path) -> None:
    screens = {"technical_breakout": SHORT["technical_breakout"], "sector_rotation": {}}
    market = data(store_of(tmp_path, rising("UP")), universe=["UP"], screens=screens)
    assert found(market) == ["UP"]
    with pytest.raises(NotConfiguredError, match="SPY.*XLB.*XLY"):
        market.screened("sector_rotation")


# -- several screens --------------------------------------------------------------------------------


def test_a_screen_with_a_long_history_does_not_change_what_others_count(tmp_path: Path) -> None:
    """It reads further back, where tickers have bars that no longer trade."""
    gone = [flat(f"GONE{i}", end=date(2024, 3, 1)) for i in range(3)]
    store = store_of(tmp_path, rising("UP"), flat("FLAT"), *gone)
    long = {**SHORT, "minervini": {"year_days": 900}}
    alone, beside = (data(store, screens=screens) for screens in (SHORT, long))
    assert found(beside) == found(alone) == ["UP"]
    coverages = [one.screened("technical_breakout").result.coverage for one in (alone, beside)]
    assert coverages[0] == coverages[1]
    assert coverages[0].universe == 2
