"""Comparing the package's screens with the row-by-row reference on one day."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import pytest

from tests.screens import reference
from tests.screens.reference import Bar
from tradingagents.discovery.screens.base import ScreenResult
from tradingagents.discovery.screens.catalogue import all_screens
from tradingagents.discovery.screens.evaluate import evaluate

FIELDS = ("date", "open", "high", "low", "close", "volume")


def histories(frame: pl.DataFrame) -> dict[str, list[Bar]]:
    """Every ticker's usable bars, oldest first; an invalid volume is unknown."""
    books: dict[str, list[Bar]] = {}
    for ticker, *fields in frame.sort("date").select("ticker", *FIELDS).iter_rows():
        bar = Bar(*fields)
        if bar.volume is not None and not 0 <= bar.volume < math.inf:
            bar = bar._replace(volume=None)
        if reference.usable(bar):
            books.setdefault(ticker, []).append(bar)
    return books


def assert_equal_to_reference(
    frame: pl.DataFrame, books: Mapping[str, Sequence[Bar]], as_of: date
) -> Counter[str]:
    """Same tickers in the same order, same scores, same counts of the rest; returns each screen's hits."""
    results = evaluate(frame.lazy(), all_screens(), as_of)
    known = reference.known_on(as_of, books)
    return Counter({name: _compare(result, known, as_of) for name, result in results.items()})


def _compare(result: ScreenResult, known: Mapping[str, Sequence[Bar]], as_of: date) -> int:
    name = result.screen.name
    universe = reference.SECTORS if name == "sector_rotation" else known
    answers = {ticker: reference.answer(name, ticker, as_of, known) for ticker in universe if ticker in known}
    expected = sorted(
        ((score, ticker) for ticker, score in answers.items() if isinstance(score, float)),
        key=lambda pair: (-pair[0], pair[1]),
    )
    assert [hit.ticker for hit in result.hits] == [ticker for _, ticker in expected], (name, as_of)
    for hit, (score, _) in zip(result.hits, expected, strict=True):
        assert hit.score == pytest.approx(score, rel=1e-9), (name, hit.ticker, as_of)
    not_evaluated = [answer for answer in answers.values() if isinstance(answer, str)]
    coverage = result.coverage
    assert (coverage.too_few_bars, coverage.stale, coverage.unusable) == tuple(
        not_evaluated.count(word) for word in reference.NO_ANSWER
    ), (name, as_of)
    assert coverage.evaluated == len(answers) - len(not_evaluated), (name, as_of)
    return len(expected)
