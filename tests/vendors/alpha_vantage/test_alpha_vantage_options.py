"""Alpha Vantage's option chains: parsing, one session, one underlying, and no invented rows."""

from __future__ import annotations

import contextlib
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vendors.alpha_vantage.test_alpha_vantage import KEY, REFUSALS, client
from tests.vendors.canned import answer
from tradingagents.discovery.model.errors import Auth, BadPayload, DiscoveryError, NoDataError, QuotaSpent
from tradingagents.discovery.vendors.alpha_vantage.options import OptionContract, parse_chain

DAY = date(2026, 2, 5)
ROW = {
    "contractID": "EXMP260220C00010000",
    "symbol": "EXMP",
    "expiration": "2026-02-20",
    "strike": "10.00",
    "type": "call",
    "last": "1.10",
    "mark": "1.12",
    "bid": "1.05",
    "bid_size": "12",
    "ask": "1.20",
    "ask_size": "9",
    "volume": "3100",
    "open_interest": "1204",
    "date": "2026-02-05",
    "implied_volatility": "0.61210",
    "delta": "0.58",
    "gamma": "0.11",
    "theta": "-0.02",
    "vega": "0.01",
    "rho": "0.004",
}
NO_SESSION = "No data for symbol EXMP on date 2026-02-07. Please specify a valid combination of symbol and trading day."
MADE_UP = (
    "This is a premium endpoint. ***THE SAMPLE DATA SCHEMA BELOW IS ARTIFICIAL AND FOR ILLUSTRATION PURPOSES "
    "ONLY*** and does not stand for any contract."
)


def body(*rows: Any, message: str = "success") -> dict[str, Any]:
    return {"endpoint": "Historical Options", "message": message, "data": list(rows)}


def test_numbers_are_parsed_and_the_premium_is_volume_times_mark_times_a_hundred() -> None:
    chain = parse_chain(body(ROW, ROW | {"type": "put", "contractID": "P", "delta": "-"}), "EXMP")
    assert (chain.symbol, chain.day) == ("EXMP", DAY)
    call, put = chain.contracts
    assert call == OptionContract(
        "EXMP260220C00010000", date(2026, 2, 20), 10.0, "call", 1.12, 1.05, 1.2, 3_100, 1_204, 0.58
    )
    assert call.premium_usd == pytest.approx(3_100 * 1.12 * 100)
    assert (put.kind, put.delta) == ("put", None)


@pytest.mark.parametrize("symbol", ["BRK-B", "BRK.B", "BRKB"])
def test_a_share_class_is_requested_in_the_vendors_spelling_and_accepted_in_any(symbol: str) -> None:
    vendor, adapter = client(answer(body(ROW | {"symbol": symbol})), answer(body(ROW | {"symbol": symbol})))
    assert vendor.option_chain("BRK.B", DAY).symbol == "BRK.B"
    vendor.option_chain("BRK.B")
    queries = [parse_qs(urlsplit(url).query) for url in adapter.urls]
    expected = {"function": ["HISTORICAL_OPTIONS"], "symbol": ["BRK-B"], "apikey": [KEY]}
    assert queries == [expected | {"date": ["2026-02-05"]}, expected]


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "XXYYZZ"},
        {"expiration": "2099-99-99"},
        {"type": "straddle"},
        {"contractID": ""},
        {"strike": "-10"},
        {"mark": "None"},
        {"bid": "nan"},
        {"volume": "12.5"},
        {"volume": None},
        {"open_interest": "-4"},
        {"date": ""},
    ],
)
def test_a_malformed_row_is_a_bad_payload_or_reported_and_left_out(change: dict[str, Any]) -> None:
    with pytest.raises(BadPayload, match="row 1"):
        parse_chain(body(ROW, ROW | change), "EXMP")
    reported: list[str] = []
    assert len(parse_chain(body(ROW, ROW | change), "EXMP", reported.append).contracts) == 1
    assert len(reported) == 1
    with pytest.raises(BadPayload):
        parse_chain(body(ROW | change), "EXMP", reported.append)


def test_contracts_of_two_sessions_are_a_bad_payload() -> None:
    with pytest.raises(BadPayload, match="2 sessions"):
        parse_chain(body(ROW, ROW | {"date": "2026-02-04"}), "EXMP")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (body(message=NO_SESSION), NoDataError),
        (body(), NoDataError),
        (body(ROW, message="partly"), BadPayload),
        (body(ROW | {"symbol": "XXYYZZ", "expiration": "2099-99-99"}, message=MADE_UP), Auth),
        ({"Information": REFUSALS["premium endpoint"].text}, Auth),
        ({"Information": REFUSALS["day"].text}, QuotaSpent),
        ({"message": "success"}, BadPayload),
        ([ROW], BadPayload),
    ],
)
def test_refusals_and_invented_sample_rows_are_not_data(reply: Any, error: type[Exception]) -> None:
    vendor, _ = client(answer(reply))
    with pytest.raises(error) as caught:
        vendor.option_chain("EXMP", DAY)
    assert type(caught.value) is error


def test_the_source_url_has_the_parameters_and_no_key() -> None:
    vendor, _ = client()
    address = vendor.address("HISTORICAL_OPTIONS", symbol="EXMP", date="2026-02-05")
    assert address.endswith("?function=HISTORICAL_OPTIONS&symbol=EXMP&date=2026-02-05")


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)


@given(st.dictionaries(st.sampled_from([*ROW]), values | st.sampled_from([*ROW.values()])))
def test_no_row_makes_the_parser_raise_anything_but_our_errors(change: dict[str, Any]) -> None:
    with contextlib.suppress(DiscoveryError):
        parse_chain(body(ROW | change), "EXMP")
