"""Alpha Vantage's daily bars and splits: refusals, number parsing, and no stale responses."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.net.made import vendor
from tests.shared_data import SHARED, needs_shared
from tests.vendors.canned import BASE, answer, session_giving
from tradingagents.discovery.bars.update.split_adjustment import adjust_for_splits, price_jumps
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DiscoveryError,
    NoDataError,
    QuotaSpent,
    RateLimited,
)
from tradingagents.discovery.net.session import open_session
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.sandbox.world.prices.splits import splits_of
from tradingagents.discovery.vendors.alpha_vantage.bars import parse_daily_bars, parse_splits
from tradingagents.discovery.vendors.alpha_vantage.client import AlphaVantage
from tradingagents.discovery.vendors.records import DailyBar, Split

RECORDED = (SHARED or Path()) / "real-data" / "alpha_vantage" / "time_series"
DAY = {"1. open": "10.1000", "2. high": "10.9", "3. low": "9.95", "4. close": "10.75", "5. volume": "1234567"}


def series(**days: Any) -> dict[str, Any]:
    return {
        "Meta Data": {"2. Symbol": "EXMP"},
        "Time Series (Daily)": {k.replace("_", "-")[1:]: v for k, v in days.items()},
    }


def fetch(reply: Any, *, full: bool = False) -> list[DailyBar]:
    return AlphaVantage(session_giving(reply, vendor="alpha_vantage")[0], BASE).daily_bars("EXMP", full=full)


def test_bars_come_oldest_first_as_numbers() -> None:
    bars = fetch(answer(series(_2026_03_03=DAY, _2026_03_02=DAY)))
    assert bars[0] == DailyBar(date(2026, 3, 2), 10.1, 10.9, 9.95, 10.75, 1_234_567.0)
    assert [bar.day.day for bar in bars] == [2, 3]


def test_a_field_that_is_no_number_is_none() -> None:
    (bar,) = fetch(answer(series(_2026_03_02=DAY | {"4. close": "None", "5. volume": "NaN"})))
    assert (bar.close, bar.volume, bar.open) == (None, None, 10.1)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ({}, NoDataError, "no daily bars of EXMP"),
        (series(), NoDataError, "no daily bars of EXMP"),
        ({"Error Message": "Invalid API call. Please retry or visit the documentation."}, NoDataError, "EXMP is not known"),
        ({"Error Message": "the parameter apikey is invalid or missing."}, Auth, "key"),
        ({"Information": "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium "
          "feature for the TIME_SERIES_DAILY endpoint."}, Auth, "plan"),
        ({"Information": "We have detected your API key as K and our standard API rate limit is 25 requests per "
          "day."}, QuotaSpent, "quota"),
        ({"Information": "Please consider spreading out your free API requests more sparingly (1 request per "
          "second)."}, RateLimited, "too many requests"),
        ({"Meta Data": {}}, BadPayload, "no daily series"),
        ([1, 2], BadPayload, "no daily series"),
        (series(_2026_13_02=DAY), BadPayload, "cannot be read"),
        (series(_2026_03_02={"1. open": "1"}), BadPayload, "cannot be read"),
        (series(_2026_03_02="10"), BadPayload, "no object"),
    ],
)  # fmt: skip
def test_each_refusal_raises_its_error_type(body: Any, kind: type[DiscoveryError], message: str) -> None:
    with pytest.raises(kind, match=message):
        fetch(answer(body))


def test_full_requests_the_full_history() -> None:
    session, wire = session_giving(
        answer(series(_2026_03_02=DAY)), answer(series(_2026_03_02=DAY)), vendor="alpha_vantage"
    )
    client = AlphaVantage(session, BASE)
    client.daily_bars("EXMP")
    client.daily_bars("EXMP", full=True)
    assert ["outputsize=compact" in wire.urls[0], "outputsize=full" in wire.urls[1]] == [True, True]


def test_splits_come_oldest_first() -> None:
    rows = [
        {"effective_date": "2024-06-10", "split_factor": "10.0000"},
        {"effective_date": "2021-07-20", "split_factor": "4.0000"},
    ]
    assert parse_splits({"symbol": "X", "data": rows}, "X") == [
        Split(date(2021, 7, 20), 4.0),
        Split(date(2024, 6, 10), 10.0),
    ]
    assert parse_splits({"symbol": "X", "data": []}, "X") == []


@pytest.mark.parametrize(
    "body",
    [{}, [], {"data": "none"}, {"data": [{"effective_date": "x", "split_factor": "2"}]}, {"data": [{}]},
     {"data": [{"effective_date": "2024-06-10", "split_factor": "0"}]}],
)  # fmt: skip
def test_a_malformed_list_of_splits_is_a_bad_payload(body: Any) -> None:
    with pytest.raises(BadPayload):
        parse_splits(body, "X")


def test_a_stale_cached_response_is_never_used_for_bars(tmp_path: Path) -> None:
    """Yesterday's series in place of today's would look like a vendor without new bars, and hide a spent quota."""
    with SandboxServer() as sandbox:
        base = f"{sandbox.url}/alpha_vantage/query"
        brief = {"*function=TIME_SERIES_DAILY*": 0.001}
        session = open_session(vendor("alpha_vantage", base, ttl_seconds=brief), state_dir=tmp_path)
        client = AlphaVantage(session, f"{base}?apikey=k")
        assert len(client.daily_bars("KITE")) == 100
        sandbox.faults.add(Fault("vendor_error", "alpha_vantage", reason="day"))
        with pytest.raises(QuotaSpent):
            client.daily_bars("KITE")
        session.close()


@needs_shared
def test_recorded_daily_bars_after_a_split() -> None:
    """AAPL split 4:1 on 2020-08-31; the recording begins on that day, after the split."""
    bars = parse_daily_bars(json.loads((RECORDED / "AAPL_daily_5d_2020-09_split.json").read_text()), "AAPL")
    assert (bars[0].day, bars[0].open) == (date(2020, 8, 31), 127.58)
    assert price_jumps(bars) == ()


@needs_shared
def test_splits_inferred_from_recorded_unadjusted_years_match_the_vendors() -> None:
    """IBM's adjusted series has each split beside unadjusted prices: the parser must find the same splits."""
    payload = json.loads((RECORDED / "IBM_daily_adjusted_full_2023-09-28.json").read_text())
    rows = payload["Time Series (Daily)"]
    bars = parse_daily_bars(payload, "IBM")
    assert len(bars) == len(rows) > 6_000
    stated = [Split(date.fromisoformat(day), float(row["8. split coefficient"])) for day, row in rows.items()]
    splits = [split for split in stated if split.factor != 1.0]
    scaled = adjust_for_splits(bars, splits)
    for split in splits:
        at = next(number for number, bar in enumerate(bars) if bar.day >= split.day)
        before, after = scaled[at - 1], scaled[at]
        assert abs((after.open or 0) / (before.close or 1) - 1) < 0.15
    assert all(bar.high is not None and bar.low is not None and bar.high >= bar.low for bar in scaled)


def test_the_sandbox_serves_unadjusted_prices_and_matching_splits() -> None:
    with SandboxServer() as sandbox:
        base = f"{sandbox.url}/alpha_vantage/query"
        session = open_session(vendor("alpha_vantage", base))
        client = AlphaVantage(session, f"{base}?apikey=k")
        for symbol, split in splits_of(sandbox.market).items():
            bars = client.daily_bars(symbol)
            assert split.day in price_jumps(bars)
            assert client.splits(symbol) == [Split(split.day, pytest.approx(split.factor, abs=1e-4))]
            scaled = adjust_for_splits(bars, client.splits(symbol))
            truth = sandbox.market.bars(symbol)[-100:]
            assert [bar.close for bar in scaled] == pytest.approx([bar.close for bar in truth], rel=1e-3)
        assert client.splits("KITE") == []
        session.close()
