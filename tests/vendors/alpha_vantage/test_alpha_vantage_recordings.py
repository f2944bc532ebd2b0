"""Every recorded answer of Alpha Vantage, through the classifier and the parsers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data import SHARED, needs_shared
from tests.vendors.canned import BASE, answer, judged, session_giving
from tradingagents.discovery.model.errors import Auth, BadPayload, QuotaSpent, RateLimited
from tradingagents.discovery.vendors.alpha_vantage.client import AlphaVantage
from tradingagents.discovery.vendors.alpha_vantage.records import parse_articles, parse_movers

ROOT = (SHARED or Path()) / "real-data" / "alpha_vantage"


def fetch(reply: Any) -> None:
    AlphaVantage(session_giving(reply, vendor="alpha_vantage")[0], BASE).top_movers()


def recorded(pattern: str) -> list[Any]:
    found = sorted(ROOT.glob(pattern)) if SHARED else []
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in found] or [
        pytest.param(ROOT, marks=needs_shared)
    ]


@pytest.mark.parametrize("path", recorded("top_gainers_losers/*.json"))
def test_every_recorded_list_of_movers_is_read_whole(path: Path) -> None:
    raw = json.loads(path.read_text())
    movers = parse_movers(judged("alpha_vantage", answer(path.read_text())).json())
    assert f"{movers.last_updated:%Y-%m-%d %H:%M:%S}" in raw["last_updated"]
    assert movers.last_updated.utcoffset() is not None
    assert [row.ticker for row in movers.gainers] == [row["ticker"] for row in raw["top_gainers"]]
    assert all(row.change_percent > 0 for row in movers.gainers)
    assert all(row.change_percent < 0 for row in movers.losers)
    assert len(movers.most_active) == len(raw.get("most_actively_traded", []))
    assert movers.absent == (() if "most_actively_traded" in raw else ("most_active",))


@pytest.mark.parametrize("path", recorded("news_sentiment/*.json"))
def test_every_recorded_article_is_read(path: Path) -> None:
    raw = json.loads(path.read_text())
    articles = parse_articles(judged("alpha_vantage", answer(path.read_text())).json())
    assert len(articles) == int(raw["items"]) == len(raw["feed"])
    assert [article.url for article in articles] == [row["url"] for row in raw["feed"]]
    moods = sum(len(row["ticker_sentiment"]) for row in raw["feed"])
    assert sum(len(article.moods) for article in articles) == moods


@needs_shared
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("limits/error_key_missing.json", Auth),
        ("limits/information_burst_limit.json", RateLimited),
        ("limits/information_daily_limit_2025.json", QuotaSpent),
        ("limits/information_premium_endpoint.json", Auth),
        ("captures/limit_note_2022.json", RateLimited),
    ],
)
def test_every_recorded_refusal_has_its_type(name: str, error: type[Exception]) -> None:
    raw = json.loads((ROOT / name).read_text())
    body = raw.get("body", raw)
    with pytest.raises(error) as caught:
        fetch(answer(body))
    assert type(caught.value) is error


@needs_shared
def test_the_recorded_limit_that_a_csv_reader_took_for_a_company_is_seen() -> None:
    (row,) = json.loads((ROOT / "limits/earnings_calendar_when_limited_MSFT.json").read_text())
    columns = ["symbol", "name", "reportDate", "fiscalDateEnding", "estimate", "currency"]
    with pytest.raises(RateLimited):
        fetch(answer(f"{','.join(columns)}\n{','.join(row[column] for column in columns)}\n"))


@pytest.mark.parametrize("path", recorded("earnings_calendar/*.csv"))
def test_no_recorded_table_is_taken_for_a_limit(path: Path) -> None:
    with pytest.raises(BadPayload):
        fetch(answer(path.read_text()))


@pytest.mark.parametrize(
    "path", [*recorded("captures/[eo]*.json"), *recorded("overview/*"), *recorded("earnings/*")]
)
def test_no_recorded_answer_with_data_is_taken_for_a_refusal(path: Path) -> None:
    raw = json.loads(path.read_text())
    assert judged("alpha_vantage", answer(raw.get("body", raw))).ok
