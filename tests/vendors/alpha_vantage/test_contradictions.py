"""Movers that contradict themselves are left out and reported; news times are read as written or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.vendors.alpha_vantage.test_alpha_vantage import ARTICLE, movers_body
from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.vendors.alpha_vantage.records import parse_articles, parse_movers

RISE = {
    "ticker": "UP",
    "price": "12.00",
    "change_amount": "2.00",
    "change_percentage": "20.0%",
    "volume": "100",
}
FALL = {"ticker": "DOWN", "price": "8", "change_amount": "-2", "change_percentage": "-20.0%", "volume": "100"}


@pytest.mark.parametrize(
    "row",
    [
        RISE | {"price": "1.20", "change_amount": "-0.30", "change_percentage": "916.0%"},
        RISE | {"change_percentage": "-20.0%"},
        RISE | {"change_amount": "-2.00"},
        RISE | {"change_percentage": "2000.0%"},
        RISE | {"change_percentage": "0.2%"},
        RISE | {"price": "2.00", "change_amount": "2.00", "change_percentage": "100%"},
        RISE | {"price": "1.00", "change_amount": "3.00", "change_percentage": "300%"},
    ],
)
def test_figures_that_contradict_each_other_are_left_out_and_reported(row: dict[str, Any]) -> None:
    problems: list[str] = []
    movers = parse_movers(movers_body(top_gainers=[RISE, row]), problems.append)
    assert [one.ticker for one in movers.gainers] == ["UP"]
    assert len(problems) == 1
    with pytest.raises(BadPayload):
        parse_movers(movers_body(top_gainers=[row]))


@pytest.mark.parametrize(("section", "row"), [("top_gainers", FALL), ("top_losers", RISE)])
def test_a_mover_in_the_wrong_list_is_left_out_and_reported(section: str, row: dict[str, Any]) -> None:
    problems: list[str] = []
    misplaced = row | {"ticker": "ODD"}
    body = movers_body(**{"top_gainers": [RISE], "top_losers": [FALL], section: [misplaced]})
    movers = parse_movers(body, problems.append)
    assert "ODD" not in {one.ticker for one in (*movers.gainers, *movers.losers)}
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("price", "change", "percent"),
    [
        ("0.0003", "0.0001", "50.0%"),
        ("0.0012", "0.0003", "33.9%"),
        ("5.1999", "0.2", "4.0001%"),
        ("3", "0", "0%"),
    ],
)
def test_rounding_is_no_contradiction(price: str, change: str, percent: str) -> None:
    row = RISE | {"price": price, "change_amount": change, "change_percentage": percent}
    (mover,) = parse_movers(movers_body(top_gainers=[row])).gainers
    assert mover.price_usd == float(price)


NOON = datetime(2026, 2, 5, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("20260205T123000", "20260205T1230", "2026-02-05T12:30:00Z", "20260205T123000Z"),
        *("2026-02-05T13:30:00+01:00", "20260205T073000-0500", "2026-02-05 12:30:00", " 20260205T123000 "),
    ],
)
def test_a_news_time_is_read_as_written(text: str) -> None:
    (article,) = parse_articles({"feed": [ARTICLE | {"time_published": text}]})
    assert article.published == NOON
    assert article.published.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["20260205T12305", "20260205", "2026-02-05", "20260205T253000", "yesterday", "", None, 5]
)
def test_any_other_is_left_out_and_reported(text: Any) -> None:
    problems: list[str] = []
    articles = parse_articles({"feed": [ARTICLE, ARTICLE | {"time_published": text}]}, problems.append)
    assert len(articles) == 1
    assert len(problems) == 1
