"""``self.rotation``: what one run cannot request comes first in the next."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.slow import slow_except
from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry
from tradingagents.discovery.model.errors import BadPayload, NoDataError, QuotaSpent, RateLimited, Transient
from tradingagents.discovery.scanning.rotation import Rotation

FIVE = ["AAA", "BBB", "CCC", "DDD", "EEE"]


@given(st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=15, deadline=None)
def test_every_item_has_its_turn_before_any_has_a_second(count: int, most: int) -> None:
    items = [f"T{index}" for index in range(count)]
    served: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        while len(served) < 3 * count:  # one pass is one run
            rotation = Rotation(Path(folder) / "rotation.sqlite", "wide")
            taken = rotation.take(items, most)
            assert len(taken) == len(set(taken)) == min(most, count)
            for one in taken:
                rotation.done(one)
            served += taken
    seen = {item: [number for number, one in enumerate(served) if one == item] for item in items}
    runs = -(-count // most)  # in which every item comes once
    for places in seen.values():
        assert all(later - earlier <= runs * most for earlier, later in itertools.pairwise(places))
    assert set(served[:count]) == set(items)


@pytest.mark.parametrize(
    ("error", "comes_first"),
    [
        (RateLimited("vendor", "slow down"), True),
        (QuotaSpent("vendor", "no request left today"), True),
        (Transient("vendor", "HTTP 503"), True),
        (BadPayload("vendor", "not JSON"), False),
        (NoDataError("nothing"), False),
    ],
)
def test_a_request_that_failed_comes_again_where_a_repetition_may_help(
    error: Any, comes_first: bool, tmp_path: Path
) -> None:
    file = tmp_path / "rotation.sqlite"
    before = Rotation(file, "wide")
    for one in before.take(FIVE):
        before.done(one)
    rotation = Rotation(file, "wide")
    (first,) = rotation.take(FIVE, 1)
    rotation.failed(first, error)
    again = Rotation(file, "wide").take(FIVE, 1)
    assert (again == [first]) is comes_first


def test_only_what_was_handed_out_is_recorded(tmp_path: Path) -> None:
    rotation = Rotation(tmp_path / "rotation.sqlite", "wide")
    rotation.take(["AAA"])
    rotation.done("BBB")
    rotation.done(("AAA", 1))
    assert rotation.take(["BBB", "AAA"]) == ["BBB", "AAA"]


class Wide(BaseScanner):
    """A third-party scanner that requests two of five items in a run."""

    name, pipeline = "wide", "edge"

    def scan(self, state: Any) -> Any:
        for ticker, price in self.gather(self.price, self.rotation.take(FIVE, 2), of=len(FIVE)):
            yield {"ticker": ticker, "score": price}

    def price(self, ticker: str) -> float:
        if ticker == "BBB":
            raise RateLimited("vendor", "slow down")
        return 1.0


@pytest.mark.parametrize("isolation", slow_except({"thread"}, ["thread", "process"]))
def test_a_third_party_scanner_goes_on_where_the_last_run_stopped(isolation: str, tmp_path: Path) -> None:
    own = {"state_dir": str(tmp_path), "scanners": {"wide": {"isolation": isolation}}}
    found = []
    for _ in range(3):
        graph = DiscoveryGraph({"discovery": own}, ScannerRegistry([Wide]))
        update = graph.scanner_node({"trade_date": "2026-02-05"})
        (outcome,) = update["scan_report"]["outcomes"]
        found.append((update["tickers"], outcome["coverage"]))
    assert found[0] == (["AAA"], {"asked": 2, "answered": 1, "of": 5})
    assert found[1] == (["CCC"], {"asked": 2, "answered": 1, "of": 5})  # BBB again, refused again
    assert found[2][0] == ["DDD"]


class Own(BaseScanner):
    """A scanner that had an attribute of this name before there was a rotation."""

    name, pipeline = "own", "edge"

    def __init__(self) -> None:
        self.rotation = ["AAA"]  # type: ignore[assignment]

    def scan(self, state: Any) -> Any:
        for ticker, price in self.gather(lambda one: 1.0, list(self.rotation)):
            yield {"ticker": ticker, "score": price}


def test_a_scanner_may_have_an_attribute_of_that_name() -> None:
    update = DiscoveryGraph(None, ScannerRegistry([Own])).scanner_node({"trade_date": "2026-02-05"})
    assert update["tickers"] == ["AAA"]
    assert update["scan_report"]["outcomes"][0]["status"] == "ok"
