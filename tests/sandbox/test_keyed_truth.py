"""The expected surprises and unusual options, computed again from the served bytes alone."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

from tests.sandbox.conftest import Get
from tests.slow import slow_except
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.sandbox import Market, shared_market

SCANNERS: dict[str, Any] = DEFAULT_CONFIG["discovery"]["scanners"]  # type: ignore[assignment]


@pytest.mark.parametrize(("first", "last"), [(7, 0), (6, 1)])
def test_earnings_surprise(finnhub_get: Get, market: Market, first: int, last: int) -> None:
    """The result does not depend on whether the ends of the window count."""
    settings, truth = SCANNERS["earnings_surprise"], market.truth["earnings_surprise"]
    window = {name: market.as_of - timedelta(days=days) for name, days in (("from", first), ("to", last))}
    rows = finnhub_get("calendar/earnings", **window).json()["earningsCalendar"]
    found = {}
    for row in rows:
        eps, revenue = _eps(row, settings), _revenue(row, settings)
        if (eps or revenue) and row["symbol"] in market.by_symbol:
            found[row["symbol"]] = eps + revenue
    assert found.keys() == truth.expected
    assert found == pytest.approx(dict(truth.measure), abs=1e-6)
    symbols = {row["symbol"] for row in rows}
    near = {truth.why[symbol] for symbol in symbols & truth.forbidden}
    assert near == set(truth.why.values()) - {"reported earlier"}
    assert any(row["epsEstimate"] == 0 for row in rows), "no report with an estimate of zero"
    assert any(row["epsEstimate"] and row["epsEstimate"] < 0 for row in rows), (
        "no report with an expected loss"
    )
    assert any(row["epsActual"] is None for row in rows)
    assert len(rows) > len(symbols), "no duplicate report"


def _eps(row: dict[str, Any], settings: dict[str, Any]) -> float:
    estimate, actual = row["epsEstimate"], row["epsActual"]
    if estimate is None or actual is None:
        return 0.0
    percent = 100 * (actual - estimate) / max(abs(estimate), settings["eps_floor_usd"])
    enough = abs(actual - estimate) >= settings["min_eps_surprise_usd"]
    return percent if enough and abs(percent) >= settings["min_eps_surprise_percent"] else 0.0


def _revenue(row: dict[str, Any], settings: dict[str, Any]) -> float:
    estimate, actual = row["revenueEstimate"], row["revenueActual"]
    if not estimate or not actual or not 0.1 < actual / estimate < 10:
        return 0.0
    percent = 100 * (actual / estimate - 1)
    return percent if abs(percent) >= settings["min_revenue_surprise_percent"] else 0.0


def test_past_reporters_are_not_in_the_calendar_of_the_week(market: Market) -> None:
    truth = market.truth
    assert not truth["earnings_surprise"].expected & truth["earnings_calendar"].expected


def test_options_flow(alpha: Get, market: Market) -> None:
    settings, truth = SCANNERS["options_flow"], market.truth["options_flow"]
    watchlist: Any = truth.settings["tickers"]
    assert set(watchlist) == truth.expected | truth.forbidden
    found = {}
    for symbol in watchlist:
        rows = alpha("HISTORICAL_OPTIONS", symbol=symbol, date=market.as_of).json()["data"]
        unusual = [row for row in rows if _unusual(row, market.as_of, settings)]
        if unusual:
            found[symbol] = 100 * sum(map(_premium, unusual)) / sum(map(_premium, rows))
        heavy = [row for row in rows if int(row["volume"]) > int(row["open_interest"])]
        assert heavy, f"{symbol}: not even a near miss"
    assert found == pytest.approx(dict(truth.measure))


def _premium(row: dict[str, str]) -> float:
    return int(row["volume"]) * float(row["mark"]) * 100


def _unusual(row: dict[str, str], day: date, settings: dict[str, Any]) -> bool:
    days = (date.fromisoformat(row["expiration"]) - day).days
    volume, held = int(row["volume"]), int(row["open_interest"])
    return (
        re.fullmatch(r"[A-Z]+\d{6}[CP]\d{8}", row["contractID"]) is not None  # not adjusted
        and volume >= settings["min_volume"]
        and volume >= settings["min_volume_over_open_interest"] * held
        and _premium(row) >= settings["min_premium_usd"]
        and settings["min_days_to_expiry"] <= days <= settings["max_days_to_expiry"]
        and float(row["bid"]) > 0
        and abs(float(row["delta"])) <= settings["max_delta"]
    )


def test_an_option_chain_is_all_text_and_of_one_session(alpha: Get, market: Market) -> None:
    body = alpha("HISTORICAL_OPTIONS", symbol="QXB-B").json()
    assert body["message"] == "success"
    rows = body["data"]
    assert {type(value) for row in rows for value in row.values()} == {str}
    assert {row["date"] for row in rows} == {str(market.as_of)}
    assert len({row["contractID"] for row in rows}) == len(rows)
    assert [row["expiration"] for row in rows] == sorted(row["expiration"] for row in rows)
    table = alpha("HISTORICAL_OPTIONS", symbol="QXB-B", datatype="csv").text.splitlines()
    assert table[0].split(",") == list(rows[0])
    assert len(table) == len(rows) + 1


@pytest.mark.parametrize(
    "query", [{"symbol": "IT", "date": "2026-02-01"}, {"symbol": "NOSUCH"}, {"symbol": "ZQQZT"}]
)
def test_a_closed_day_or_an_unknown_symbol_has_no_contracts(alpha: Get, query: dict[str, str]) -> None:
    body = alpha("HISTORICAL_OPTIONS", **query).json()
    assert body["data"] == []
    assert body["message"].startswith(f"No data for symbol {query['symbol']} on date 2026-02-0")


@pytest.mark.parametrize("seed", slow_except({0}, range(5)))
def test_planted_options_are_unusual_by_default_settings_for_every_seed(seed: int) -> None:
    market = shared_market(seed)
    settings = SCANNERS["options_flow"]
    for symbol in market.truth["options_flow"].expected:
        heavy = [one for one in market.option_chain(symbol, market.as_of) if one.volume > one.open_interest]
        assert heavy
        assert all(one.premium >= 2 * settings["min_premium_usd"] for one in heavy)
