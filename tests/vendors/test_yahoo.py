"""Yahoo's daily bars through the real yfinance: recorded answers, refusals, and what goes over the wire."""

from __future__ import annotations

import json
import logging
import sys
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.shared_data import SHARED, needs_shared
from tests.vendors.canned import BASE, answer, session_giving
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DiscoveryError,
    NoDataError,
    NotConfiguredError,
    RateLimited,
    Transient,
)
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors
from tradingagents.discovery.vendors.records import DailyBar
from tradingagents.discovery.vendors.yahoo import Yahoo

RECORDED = (SHARED or Path()) / "real-data" / "yahoo"
FIRST, LAST = date(2026, 2, 27), date(2026, 3, 2)


def chart(**changes: Any) -> dict[str, Any]:
    """Two sessions in Yahoo's format."""
    result = {
        "meta": {"currency": "USD", "symbol": "EXMP", "instrumentType": "EQUITY",
                 "exchangeTimezoneName": "America/New_York", "validRanges": ["1d", "max"]},
        "timestamp": [1772202600, 1772461800],
        "indicators": {
            "quote": [{"open": [10.0, 10.1], "high": [10.2, 10.899999618530273], "low": [9.8, 9.95],
                       "close": [10.0, 10.75], "volume": [900000, 1234567]}],
            "adjclose": [{"adjclose": [10.0, 10.75]}],
        },
    }  # fmt: skip
    return {"chart": {"result": [result | changes], "error": None}}


def fetch(*replies: Any, first: date = FIRST, last: date = LAST) -> list[DailyBar]:
    return Yahoo(session_giving(*replies, vendor="yahoo")[0], BASE).daily_bars("EXMP", first, last)


def test_prices_have_no_single_precision_noise() -> None:
    """10.899999618530273 becomes 10.9."""
    assert fetch(answer(chart())) == [
        DailyBar(date(2026, 2, 27), 10.0, 10.2, 9.8, 10.0, 900_000.0),
        DailyBar(date(2026, 3, 2), 10.1, 10.9, 9.95, 10.75, 1_234_567.0),
    ]


def test_one_request_goes_to_the_configured_address() -> None:
    session, wire = session_giving(answer(chart()), vendor="yahoo")
    Yahoo(session, f"{BASE}/").daily_bars("BRK-B", FIRST, LAST)
    (url,) = wire.urls
    parts = urlsplit(url)
    assert url.startswith(f"{BASE}/v8/finance/chart/BRK-B?")
    query = parse_qs(parts.query)
    assert (query["interval"], query["includePrePost"]) == (["1d"], ["False"])
    assert [int(query[name][0]) for name in ("period1", "period2")] == [1772168400, 1772514000]


def test_bars_outside_the_requested_days_are_left_out() -> None:
    """It often adds the price of the moment, whatever was query."""
    assert [bar.day for bar in fetch(answer(chart()), last=date(2026, 2, 28))] == [date(2026, 2, 27)]


def test_a_gap_in_its_data_is_none() -> None:
    holes = chart()
    holes["chart"]["result"][0]["indicators"]["quote"][0]["close"][0] = None
    assert fetch(answer(holes))[0].close is None


def error(status: int, code: str, text: str) -> Any:
    return answer({"chart": {"result": None, "error": {"code": code, "description": text}}}, status)


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (error(404, "Not Found", "No data found, symbol may be delisted"), NoDataError, "no such symbol"),
        (error(400, "Bad Request", "Data doesn't exist for startDate = 1, endDate = 2"), NoDataError, "no data"),
        (answer(chart(timestamp=None, indicators={"quote": [{}]})), NoDataError, "no bars of EXMP"),
        (answer(chart(meta={"currency": "CAD"})), NoDataError, "quoted in CAD"),
        (answer("Edge: Too Many Requests", 429, {"Content-Type": "text/html"}), RateLimited, "too many requests"),
        (answer("<html>Will be right back</html>", 200, {"Content-Type": "text/html"}), Transient, "web page"),
        (answer("{}"), BadPayload, "is malformed"),
        (answer({"chart": {"result": [], "error": None}}), BadPayload, "is malformed"),
        (answer('{"chart":'), BadPayload, "cut off"),
        (answer("", 503), Transient, "down"),
        (answer({"finance": {"error": {"description": "User is unable to access this feature"}}}, 401), Auth, "closed"),
        (answer(chart(indicators={"quote": [{"open": [1.0, 2.0]}]})), BadPayload, "KeyError"),
        (answer(chart(timestamp=["x", "y"])), BadPayload, "cannot be read"),
    ],
)  # fmt: skip
def test_each_refusal_raises_its_error_type(
    reply: Any, kind: type[DiscoveryError], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """yfinance, which would log a guess and return an empty frame, logs nothing."""
    with caplog.at_level(logging.DEBUG, "yfinance"), pytest.raises(kind, match=message):
        fetch(reply)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_no_request_is_repeated_with_other_cookies() -> None:
    session, wire = session_giving(error(404, "Not Found", "No data found"), vendor="yahoo")
    with pytest.raises(NoDataError):
        Yahoo(session, BASE).daily_bars("NOPE", FIRST, LAST)
    assert len(wire.urls) == 1


@pytest.mark.parametrize("missing", ["yfinance.scrapers.history", "curl_cffi.requests"])
def test_without_the_extra_the_error_names_the_install_command(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    settings = VendorsSettings.model_validate(DEFAULT_CONFIG["discovery"]["vendors"])
    vendors = Vendors(settings)
    with pytest.raises(NotConfiguredError, match=r'pip install "tradingagents-discovery\[yahoo\]"'):
        vendors.yahoo  # noqa: B018
    vendors.close()


def captured(name: str) -> Any:
    recording = json.loads((RECORDED / name).read_text(encoding="utf-8"))
    body = recording["response"]["bodyJson"] if "response" in recording else recording
    return answer(body)


@needs_shared
def test_a_recorded_year_with_a_split_is_adjusted_throughout() -> None:
    """NVDA split 4:1 on 2021-07-20 and 10:1 in 2024; Yahoo reported the year 2021 adjusted for both."""
    bars = fetch(
        captured("historical-via-chart-NVDA-split-2021-02-01-to-2022-01-31.csv.json"),
        first=date(2021, 2, 1), last=date(2022, 1, 31),
    )  # fmt: skip
    assert len(bars) == 252
    closes = {bar.day: bar.close for bar in bars}
    assert closes[date(2021, 7, 19)] == 18.77975
    assert closes[date(2021, 7, 20)] == 18.612
    assert bars[-1].close == 22.84


@needs_shared
def test_a_recorded_year_with_dividends_is_not_adjusted_for_them() -> None:
    bars = fetch(
        captured("historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json"),
        first=date(2021, 2, 1), last=date(2022, 1, 31),
    )  # fmt: skip
    assert (bars[-1].day, bars[-1].close, bars[-1].volume) == (date(2022, 1, 28), 308.26, 49_743_700.0)


@needs_shared
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("chart-0P000071W8.TO-2020-01-01-to-2020-01-03.json", "quoted in CAD"),
        ("chart_raw_yahoo_australian_quotes.json", "quoted in AUD"),
        ("chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m.json", "no bars"),
    ],
)
def test_recorded_responses_without_us_dollar_bars_are_no_data(name: str, message: str) -> None:
    with pytest.raises(NoDataError, match=message):
        fetch(captured(name), first=date(2020, 1, 1), last=date(2025, 12, 31))


@needs_shared
def test_a_recorded_week_of_a_share_that_hardly_trades() -> None:
    bars = fetch(
        captured("chart-AFRAF-2020-01-01-to-2020-01-03.json"), first=date(2020, 1, 1), last=date(2020, 1, 3)
    )
    assert bars == [DailyBar(date(2020, 1, 2), 11.27, 11.27, 11.27, 11.27, 0.0)]
