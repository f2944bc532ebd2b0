"""The screens find exactly the planted companies in the sandbox's bars."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.sandbox import Market, shared_market
from tradingagents.discovery.sandbox.world.prices.store import write_bars
from tradingagents.discovery.screens.base import ScreenResult
from tradingagents.discovery.screens.catalogue import SCREENS, build
from tradingagents.discovery.screens.evaluate import evaluate

SEEDS = (7, 104)


@pytest.fixture(scope="module", params=SEEDS)
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Market, Mapping[str, ScreenResult]]:
    market = shared_market(request.param)
    store = OhlcvStore(tmp_path_factory.mktemp("bars"))
    write_bars(market, store)
    sectors = market.truth["sector_rotation"].settings
    screens = [build(name, **(sectors if name == "sector_rotation" else {})) for name in SCREENS]
    shares = [listing.symbol for listing in market.listings if listing.kind.value == "common"]
    return market, evaluate(store.snapshot().scan(), screens, market.as_of, shares)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_finds_the_planted_companies_and_no_others(
    judged: tuple[Market, Mapping[str, ScreenResult]], name: str
) -> None:
    market, results = judged
    truth = market.truth["volume_accumulation/bars" if name == "volume_accumulation" else name]
    assert {hit.ticker for hit in results[name].hits} == truth.expected
    assert truth.expected
    assert truth.forbidden
    assert truth.forbidden.isdisjoint(truth.expected)
    assert truth.forbidden <= truth.why.keys()


def test_young_listings_are_counted_apart(
    judged: tuple[Market, Mapping[str, ScreenResult]],
) -> None:
    market, results = judged
    young = market.scenarios["bars/young"]
    assert young
    assert results["rsi_oversold"].coverage.too_few_bars >= len(young)
    assert results["rsi_oversold"].coverage.most_bars == 174


def test_companies_without_their_newest_bars_are_stale(
    judged: tuple[Market, Mapping[str, ScreenResult]],
) -> None:
    market, results = judged
    assert results["technical_breakout"].coverage.stale >= len(market.scenarios["bars/unfetched"]) > 0
