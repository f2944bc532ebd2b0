"""Tickers that cannot be evaluated are counted by reason and never look like a quiet market."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from tests.bars.frames import AS_OF, bars, together, walk, weekdays
from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.screens import features
from tradingagents.discovery.screens.base import Feature, Screen
from tradingagents.discovery.screens.catalogue import SCREENS, all_screens, build, thresholds
from tradingagents.discovery.screens.evaluate import evaluate


def test_a_screen_with_174_of_200_bars_reports_it() -> None:
    """It is blind, and its description has both numbers."""
    frame = together(walk(f"T{i}", 174, seed=i) for i in range(5))
    coverage = evaluate(frame.lazy(), [build("rsi_oversold")], AS_OF)["rsi_oversold"].coverage
    assert coverage.blind
    assert (coverage.too_few_bars, coverage.most_bars, coverage.bars_needed) == (5, 174, 200)
    assert coverage.describe() == "evaluated 0 of 5: 5 have too few bars (at most 174 of 200 needed)"


def test_the_parts_of_the_coverage_add_up_to_the_universe() -> None:
    """One ticker of every kind, and one without bars."""
    frame = together(
        [
            walk("GOOD", 60, seed=1),
            walk("SHORT", 20, seed=1),
            walk("LATE", 60, seed=1, end=weekdays(2)[0]),
            bars("MUTE", [5.0] * 60, volumes=[None] * 60),
            walk("OTHER", 60, seed=2),
        ]
    )
    universe = ["GOOD", "SHORT", "LATE", "MUTE", "NOWHERE"]
    coverage = evaluate(frame.lazy(), [build("technical_breakout")], AS_OF, universe)[
        "technical_breakout"
    ].coverage
    assert (coverage.evaluated, coverage.too_few_bars, coverage.stale) == (1, 1, 1)
    assert (coverage.unusable, coverage.absent, coverage.universe) == (1, 1, 5)


def test_one_unknown_volume_makes_its_whole_window_unknown() -> None:
    """The mean of nineteen days is not that of twenty; price rules are not affected."""
    volumes: list[float | None] = [1e6] * 260
    volumes[-10] = None
    frame = bars("A", [10.0 + i / 50 + i % 2 / 10 for i in range(260)], volumes=volumes)
    results = evaluate(frame.lazy(), all_screens(), AS_OF)
    unknown = {name for name, result in results.items() if result.coverage.unusable}
    with_volume = {name for name in SCREENS if "volume" in name or "breakout" in name}
    assert unknown == {*with_volume, "gap_up", "obv_divergence"}


def test_an_empty_frame_evaluates_nothing_and_does_not_raise() -> None:
    """A store without bars leaves every screen blind."""
    empty = walk("A", 1, seed=1).clear()
    for result in evaluate(empty.lazy(), all_screens(), AS_OF).values():
        assert result.coverage.blind
        assert result.hits == ()


def test_a_year_old_frame_is_all_stale() -> None:
    """No screen picks a ticker without a bar of the session."""
    frame = together(walk(f"T{i}", 320, seed=i) for i in range(20))
    for result in evaluate(frame.lazy(), all_screens(), AS_OF + timedelta(days=365)).values():
        assert result.hits == ()
        assert result.coverage.evaluated == 0


def test_bars_after_the_session_are_ignored() -> None:
    """A run for a past date gives the result of that date."""
    frame = together(walk(f"T{i}", 320, seed=i) for i in range(30))
    past = weekdays(40)[0]
    with_future = evaluate(frame.lazy(), all_screens(), past)
    known_then = evaluate(frame.filter(pl.col("date") <= past).lazy(), all_screens(), past)
    assert {n: r.hits for n, r in with_future.items()} == {n: r.hits for n, r in known_then.items()}
    assert any(result.hits for result in with_future.values())


def test_on_balance_volume_asks_for_no_volume_before_its_window() -> None:
    """The change over twenty bars needs their twenty volumes, not that of the bar before them."""
    closes = [10.0 + 0.001 * at for at in range(21)]
    frame = bars("A", closes, volumes=[None, *[1e6] * 20])
    assert [
        hit.score for hit in evaluate(frame.lazy(), [build("obv_divergence")], AS_OF)["obv_divergence"].hits
    ] == [20.0]


def test_a_ticker_with_two_bars_on_one_day_is_unusable() -> None:
    """It is unknown which of them is right."""
    frame = together([walk("TWICE", 60, seed=1), walk("TWICE", 60, seed=1).tail(1)])
    coverage = evaluate(frame.lazy(), [build("technical_breakout")], AS_OF)["technical_breakout"].coverage
    assert (coverage.evaluated, coverage.unusable) == (0, 1)


def test_thresholds_can_be_set_and_unknown_ones_are_refused() -> None:
    """By name, with the valid ones in the message; values out of bounds, too."""
    assert thresholds("gap_up")["min_gap"] == 0.03
    assert build("minervini", year_days=150).warm_up == 253
    assert build("technical_breakout", days=50).warm_up == 51
    with pytest.raises(ConfigError, match="has no min_gpa; it has: min_gap"):
        build("gap_up", min_gpa=0.1)
    with pytest.raises(ConfigError, match="screen 'gap_up': min_gap: Input should be greater than 0"):
        build("gap_up", min_gap=-0.1)
    with pytest.raises(ConfigError, match="no screen is called 'gap'"):
        build("gap")


def test_every_screen_has_its_own_name_and_defaults_for_all_thresholds() -> None:
    """So that a configuration may omit any of them."""
    assert [screen.name for screen in all_screens()] == list(SCREENS)
    assert all(default is not None for name in SCREENS for default in thresholds(name).values())


def test_screens_that_clash_are_refused() -> None:
    with pytest.raises(ConfigError, match="same name"):
        evaluate(walk("A", 5, seed=1).lazy(), [build("gap_up"), build("gap_up")], AS_OF)


def test_screens_may_use_one_name_for_different_features() -> None:
    mine = Feature("close", pl.col("open").last(), 1)
    other = Screen("mine", (mine,), {"x": pl.col("close")}, pl.lit(value=True), pl.col("x"), "{x}")
    frame = walk("A", 300, seed=1)
    results = evaluate(frame.lazy(), [build("gap_up"), other], AS_OF)
    assert results["mine"].hits[0].values["x"] == frame["open"][-1] != frame["close"][-1]
    assert results["gap_up"].coverage == evaluate(frame.lazy(), [build("gap_up")], AS_OF)["gap_up"].coverage


def test_a_third_party_screen_runs_beside_the_built_in_ones() -> None:
    """Written in a few lines from shared features."""
    close, mean = features.last("close"), features.mean("close", 5)
    own = Screen(
        name="above_week",
        features=(close, mean),
        values={"close": pl.col(close.name), "mean": pl.col(mean.name)},
        rule=pl.col("close") > pl.col("mean"),
        score=pl.col("close") / pl.col("mean"),
        context="closed at {close:.2f} over its 5-day mean of {mean:.2f}",
    )
    results = evaluate(bars("A", [1.0, 1.0, 1.0, 1.0, 2.0]).lazy(), [own, *all_screens()], AS_OF)
    hit = results["above_week"].hits[0]
    assert own.explain(hit.values) == "closed at 2.00 over its 5-day mean of 1.20"


def test_no_screens_give_no_results() -> None:
    """And read no bars."""
    assert evaluate(walk("A", 5, seed=1).lazy(), [], AS_OF) == {}
