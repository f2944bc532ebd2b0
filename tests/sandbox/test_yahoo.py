"""The sandbox's Yahoo chart: read by yfinance, and compared with a recording."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.sandbox import Market, SandboxServer, shared_market
from tradingagents.discovery.sandbox.world.prices.splits import splits_of

BROWSER = {"User-Agent": "Mozilla/5.0 (tests)"}
RECORDED = (SHARED or Path()) / "real-data" / "yahoo"


@pytest.fixture
def chart(sandbox: SandboxServer, session: requests.Session) -> Any:
    def request(symbol: str, **query: object) -> requests.Response:
        url = f"{sandbox.url}/yahoo/v8/finance/chart/{symbol}"
        return session.get(url, params=query, headers=BROWSER, timeout=10)

    return request


@pytest.fixture
def yfinance(tmp_path: Path) -> Iterator[Any]:
    """The unmodified library, with its caches in a folder of the test's own."""
    import warnings

    library = pytest.importorskip("yfinance")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"yfinance\.")
    library.set_tz_cache_location(str(tmp_path))
    yield library
    library.cache._TzDBManager.close_db()
    library.cache._CookieDBManager.close_db()
    library.cache._ISINDBManager.close_db()


def test_yfinance_reads_the_history(yfinance: Any, sandbox: SandboxServer, market: Market) -> None:
    """With its own cookie and crumb, its own request for the time zone, and curl_cffi as a browser."""
    from curl_cffi.requests import Session

    class Local(Session):
        def request(self, method: str, url: str, **options: Any) -> Any:
            return super().request(
                method, re.sub(r"^https://[\w.]*yahoo\.com", f"{sandbox.url}/yahoo", url), **options
            )

    before = len(sandbox.requests)
    with Local(impersonate="chrome", trust_env=False) as local:
        frame = yfinance.Ticker("KITE", session=local).history(
            start="2026-01-05", end="2026-02-06", auto_adjust=False
        )
    expected = [bar for bar in market.bars("KITE") if str(bar.day) >= "2026-01-05"]
    assert [stamp.date() for stamp in frame.index] == [bar.day for bar in expected]
    assert list(frame["Close"].round(2)) == [bar.close for bar in expected]
    assert list(frame["Volume"]) == [bar.volume for bar in expected]
    assert {record.endpoint for record in sandbox.requests[before:]} == {"cookie", "crumb", "chart"}


def test_prices_are_adjusted_for_splits_and_the_split_is_an_event(chart: Any, market: Market) -> None:
    for symbol, split in splits_of(market).items():
        result = chart(symbol, range="1y").json()["chart"]["result"][0]
        (event,) = result["events"]["splits"].values()
        assert event["numerator"] / event["denominator"] == pytest.approx(split.factor)
        closes = result["indicators"]["quote"][0]["close"]
        year = market.bars(symbol)[-252:]
        assert closes == pytest.approx([bar.close for bar in year], rel=1e-6)


def test_every_kind_of_security_has_a_chart_under_yahoos_spelling(chart: Any, market: Market) -> None:
    for kind in {one.kind for one in market.listings}:
        listing = next(one for one in market.listings if one.kind is kind)
        status = chart(listing.sec, range="5d").status_code
        assert status == (404 if kind == "test" else 200), listing.symbol


@pytest.mark.parametrize(
    ("symbol", "query", "status", "text"),
    [
        ("NOPE", {"range": "5d"}, 404, "No data found, symbol may be delisted"),
        ("KITE", {"interval": "1m"}, 422, "Invalid input"),
        ("KITE", {"range": "7y"}, 422, "Invalid input"),
        ("KITE", {"period1": 2_000_000_000, "period2": 1}, 422, "Invalid input"),
        (
            "KITE",
            {"period1": 0, "period2": 86_400},
            400,
            "Data doesn't exist for startDate = 0, endDate = 86400",
        ),
    ],
)
def test_refusals_have_yahoos_shape(
    chart: Any, symbol: str, query: dict[str, Any], status: int, text: str
) -> None:
    response = chart(symbol, **query)
    assert response.status_code == status
    assert response.json()["chart"]["result"] is None
    assert text in response.json()["chart"]["error"]["description"]


def test_days_without_a_session_have_no_timestamps(chart: Any) -> None:
    saturday = 1_770_440_400  # 2026-02-07, midnight in New York
    result = chart("KITE", period1=saturday, period2=saturday + 86_400).json()["chart"]["result"][0]
    assert "timestamp" not in result
    assert result["indicators"]["quote"] == [{}]


def test_a_client_that_is_no_browser_is_refused(sandbox: SandboxServer, session: requests.Session) -> None:
    response = session.get(f"{sandbox.url}/yahoo/v8/finance/chart/KITE", timeout=10)
    assert (response.status_code, response.text) == (429, "Edge: Too Many Requests")


@needs_shared
def test_a_chart_has_every_field_of_a_recorded_one_and_of_the_same_type(chart: Any) -> None:
    recording = json.loads(
        (RECORDED / "historical-via-chart-NVDA-split-2021-02-01-to-2022-01-31.csv.json").read_text()
    )["response"]["bodyJson"]["chart"]["result"][0]
    symbol = next(iter(splits_of(shared_market())))
    ours = chart(symbol, range="1y").json()["chart"]["result"][0]
    assert set(ours) == set(recording)
    assert set(ours["meta"]) == set(recording["meta"])
    for name, value in recording["meta"].items():
        kinds = (
            (int, float) if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
        )
        assert isinstance(ours["meta"][name], kinds), name
    for part in ("quote", "adjclose"):
        assert set(ours["indicators"][part][0]) == set(recording["indicators"][part][0])
    theirs = next(iter(recording["events"]["splits"].values()))
    assert set(next(iter(ours["events"]["splits"].values()))) == set(theirs)
