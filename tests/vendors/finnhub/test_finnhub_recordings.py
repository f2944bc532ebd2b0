"""Every recorded answer of Finnhub that our two functions could get, through finnhub-python."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data import SHARED, needs_shared
from tests.vendors.canned import BASE, answer, session_giving
from tradingagents.discovery.model.errors import Auth, NoDataError, RateLimited
from tradingagents.discovery.vendors.finnhub.client import Finnhub

pytestmark = needs_shared
ROOT = (SHARED or Path()) / "real-data" / "finnhub"
DAY = date(2026, 5, 1)


def recorded(name: str) -> Any:
    return json.loads((ROOT / name).read_text())


def vendor_giving(name: str, status: int = 200) -> Finnhub:
    """Answer with a recording: a capture has its own status and headers, a plain body is given ``status``."""
    raw = recorded(name)
    if isinstance(raw, dict) and "request" in raw:
        reply = answer(raw["body"], raw["status"], raw["headers"])
    else:
        reply = answer(raw, status)
    return Finnhub(session_giving(reply, vendor="finnhub")[0], BASE)


@pytest.mark.parametrize("name", ["calendar-earnings-aapl.json", "vendor_doc_samples/calendar_earnings.json"])
def test_every_recorded_report_is_read(name: str) -> None:
    raw = recorded(name)["earningsCalendar"]
    events = vendor_giving(name).earnings_calendar(DAY, DAY)
    assert sorted((str(event.day), event.eps_estimate, event.revenue_estimate) for event in events) == sorted(
        (row["date"], row["epsEstimate"], row["revenueEstimate"]) for row in raw
    )
    assert all((event.symbol, event.hour) == ("AAPL", "amc") for event in events)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("recommendation-AAPL.json", 4),
        ("captures/recommendation_TSLA_2021.json", None),
        ("vendor_doc_samples/stock_recommendation.json", 2),
    ],
)
def test_every_recorded_month_of_ratings_is_read(name: str, count: int | None) -> None:
    raw = recorded(name)
    rows = json.loads(raw["body"]) if isinstance(raw, dict) else raw
    months = vendor_giving(name).recommendation_trends(rows[0]["symbol"])
    assert len(months) == len(rows) == (count or len(rows))
    assert [str(month.period) for month in months] == sorted((row["period"] for row in rows), reverse=True)
    assert all(1 < month.mean < 5 for month in months)


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("captures/recommendation_unknown_symbol.json", 200, NoDataError),
        ("captures/invalid_api_key_401.json", 401, Auth),
        ("candle-AAPL.json", 403, Auth),
        ("limit_429.json", 429, RateLimited),
    ],
)
def test_every_recorded_refusal_has_its_type(name: str, status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        vendor_giving(name, status).recommendation_trends("INVALID_TICKER")
    assert type(caught.value) is error
