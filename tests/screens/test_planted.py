"""Each screen finds the pattern it is named for, and not the pattern without one of its conditions."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest

from tests.bars.frames import AS_OF, bars, together, weekdays
from tradingagents.discovery.screens.base import ScreenResult
from tradingagents.discovery.screens.catalogue import build
from tradingagents.discovery.screens.evaluate import evaluate

RISING = [50.0 + 0.1 * i for i in range(299)]  # 299 quiet bars, a slow rise from 50 to 79.8
USUAL = [1_000_000.0] * 299


def run(name: str, frame: pl.DataFrame, **settings: object) -> ScreenResult:
    return evaluate(frame.lazy(), [build(name, **settings)], AS_OF)[name]


def found(name: str, frame: pl.DataFrame, **settings: object) -> list[str]:
    return [hit.ticker for hit in run(name, frame, **settings).hits]


def today(close: float, *, volume: float = 1_000_000.0, opened: float | None = None) -> pl.DataFrame:
    """The slow rise, and then one bar."""
    opens = [RISING[0], *RISING[:-1], RISING[-1] if opened is None else opened]
    return bars("ABC", [*RISING, close], volumes=[*USUAL, volume], opens=opens)


PLANTS: Mapping[str, tuple[pl.DataFrame, Mapping[str, pl.DataFrame]]] = {
    "volume_accumulation": (
        today(80.0, volume=3e6),
        {
            "usual volume": today(80.0, volume=1.9e6),
            "a price that ran": today(84.0, volume=3e6),
            "a weak close": today(79.0, volume=3e6),
        },
    ),
    "technical_breakout": (
        today(82.0, volume=2e6),
        {"usual volume": today(82.0, volume=1.4e6), "no new high": today(80.2, volume=2e6)},
    ),
    "gap_up": (
        today(84.0, volume=2e6, opened=83.0),
        {
            "a gap too small": today(84.0, volume=2e6, opened=82.0),
            "a gap that was a reverse split": today(840.0, volume=2e6, opened=830.0),
            "a gap that did not hold": today(82.9, volume=2e6, opened=83.0),
            "usual volume": today(84.0, opened=83.0),
        },
    ),
    "rsi_oversold": (
        today(75.0),
        {"a shallow dip": today(79.7), "a fall below the long mean": today(60.0)},
    ),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_pattern_is_found(name: str) -> None:
    """With its evidence and a context line."""
    result = run(name, PLANTS[name][0])
    assert [hit.ticker for hit in result.hits] == ["ABC"]
    assert result.hits[0].as_of == AS_OF
    assert result.screen.explain(result.hits[0].values)


@pytest.mark.parametrize(
    ("name", "lacking"), [(name, lacking) for name in PLANTS for lacking in PLANTS[name][1]]
)
def test_a_pattern_that_lacks_one_condition_is_not_found(name: str, lacking: str) -> None:
    """And the ticker counts as evaluated."""
    result = run(name, PLANTS[name][1][lacking])
    assert result.hits == ()
    assert result.coverage.evaluated == 1


def test_a_52_week_high_counts_once_and_not_again_the_next_day() -> None:
    """A high set days ago is a pause; one set yesterday is a run already reported."""
    paused = [*RISING[:-10], *[70.0] * 10, 85.0]
    running = [*RISING, 85.0]
    volumes = [*USUAL, 2e6]
    assert found("high_52w_breakout", bars("ABC", paused, volumes=volumes)) == ["ABC"]
    assert found("high_52w_breakout", bars("ABC", running, volumes=volumes)) == []
    assert found("high_52w_breakout", bars("ABC", paused)) == []


def test_the_trend_template_requires_ordered_means_and_a_rising_year() -> None:
    """A slow rise of 60 % fits; a fall, and a stock far below its high, do not."""
    assert found("minervini", bars("ABC", [*RISING, 80.0])) == ["ABC"]
    assert found("minervini", bars("ABC", [*RISING, 80.0][::-1])) == []
    assert found("minervini", bars("ABC", [*RISING[:-1], 110.0, 80.0])) == []
    assert found("minervini", bars("ABC", [*RISING, 80.0]), min_above_low=0.6) == []


def test_a_narrow_range_that_breaks_upwards_is_found() -> None:
    """Wide days, then narrow ones, then a close above them; without the narrow days it is not."""
    wide = [60.0 + (2.0 if i % 2 else -2.0) + i / 20 for i in range(90)]
    narrow = [65.0 + 0.01 * i for i in range(8)]
    frame = bars("ABC", [*wide, *narrow, 70.0], spread=0.001)
    assert found("atr_compression", frame, breakout_days=5) == ["ABC"]
    assert found("atr_compression", bars("ABC", [*wide, 72.0], spread=0.001), breakout_days=5) == []


def test_volume_that_dries_up_near_the_high_is_found_and_a_halt_is_not() -> None:
    """Three days without any trade are a halt."""
    quiet = [*USUAL[:-2], 4e5, 4e5, 4e5]
    assert found("volume_dry_up", bars("ABC", [*RISING, 80.0], volumes=quiet, spread=0.005)) == ["ABC"]
    halted = [*USUAL[:-2], 0.0, 0.0, 0.0]
    assert found("volume_dry_up", bars("ABC", [*RISING, 80.0], volumes=halted, spread=0.005)) == []
    one_half_session = [*USUAL, 4e5]
    assert found("volume_dry_up", bars("ABC", [*RISING, 80.0], volumes=one_half_session, spread=0.005)) == []


def test_volume_on_up_days_with_an_unchanged_price_is_found() -> None:
    """Up days on heavy volume and as many down days on light volume, ending where they began."""
    closes = [50.0 + (0.2 if i % 2 else 0.0) for i in range(41)]
    inflow = [2e6 if i % 2 else 5e5 for i in range(41)]
    assert found("obv_divergence", bars("ABC", closes, volumes=inflow)) == ["ABC"]
    outflow = [5e5 if i % 2 else 2e6 for i in range(41)]
    assert found("obv_divergence", bars("ABC", closes, volumes=outflow)) == []


def sectors(xle_last: float) -> pl.DataFrame:
    market = bars("SPY", [100.0] * 80)
    flat = bars("XLK", [50.0] * 80)
    lead = bars("XLE", [*[40.0] * 60, *[40.0 + (xle_last - 40.0) * i / 20 for i in range(1, 21)]])
    return together([market, flat, lead])


def test_a_sector_that_begins_to_lead_the_market_is_found() -> None:
    """Only funds are picked, and never the benchmark itself."""
    frame = together([sectors(44.0), bars("ABC", [*[40.0] * 60, *[40.0 + i for i in range(20)]])])
    result = run("sector_rotation", frame)
    assert [hit.ticker for hit in result.hits] == ["XLE"]
    assert result.hits[0].score == pytest.approx(0.1)
    assert (result.coverage.universe, result.coverage.evaluated, result.coverage.absent) == (11, 2, 9)
    assert found("sector_rotation", sectors(40.4)) == []


def test_a_sector_whose_days_differ_from_the_markets_is_not_compared() -> None:
    """A missing session shifts its window; returns over different days are not comparable."""
    holed = sectors(44.0).filter(
        (pl.col("ticker") != "XLE") | (pl.col("date") != pl.col("date").max().sub(pl.duration(days=1)))
    )
    result = run("sector_rotation", holed)
    assert result.hits == ()
    assert result.coverage.unusable == 1


def test_a_stale_benchmark_is_not_used_even_where_the_windows_start_on_one_day() -> None:
    """The fund lacks a session and the market lacks today: both windows begin on the same day."""
    yesterday = pl.col("date") == weekdays(2)[0]
    holed = sectors(44.0).filter(
        ~((pl.col("ticker") == "XLE") & yesterday), ~((pl.col("ticker") == "SPY") & (pl.col("date") == AS_OF))
    )
    assert run("sector_rotation", holed).coverage.unusable == 2


@pytest.mark.parametrize("spoil", ["absent", "stale", "short"])
def test_without_a_benchmark_no_sector_is_evaluated(spoil: str) -> None:
    """A benchmark that is absent, stale or too short leaves the screen blind."""
    is_market = pl.col("ticker") == "SPY"
    keep = {
        "absent": ~is_market,
        "stale": ~is_market | (pl.col("date") < AS_OF),
        "short": ~is_market | (pl.col("date") > AS_OF.replace(month=1, day=2)),
    }[spoil]
    result = run("sector_rotation", sectors(44.0).filter(keep))
    assert result.coverage.blind
    assert result.coverage.unusable == 2
