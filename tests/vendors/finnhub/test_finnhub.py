"""Finnhub through finnhub-python: the key in a header, every refusal one of our errors, rows typed."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_clock import FakeClock
from tests.vendors.canned import BASE, answer, session_giving
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DeadlineExceeded,
    NoDataError,
    Permanent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors
from tradingagents.discovery.vendors.finnhub.client import Finnhub
from tradingagents.discovery.vendors.finnhub.records import calendar_rows, parse_events, parse_ratings

KEY = "finnhub-key-0123456789"
FIRST, LAST = date(2026, 2, 5), date(2026, 2, 12)
EVENT = {
    "date": "2026-02-10",
    "symbol": "EXMP",
    "hour": "amc",
    "year": 2025,
    "quarter": 4,
    "epsEstimate": 1.07,
    "epsActual": None,
    "revenueEstimate": 812_000_000,
    "revenueActual": None,
}
MONTH = {"period": "2026-02-01", "strongBuy": 4, "buy": 9, "hold": 6, "sell": 1, "strongSell": 0}


def client(*replies: Any) -> tuple[Finnhub, Any]:
    credentials = Credentials(headers={"X-Finnhub-Token": KEY})
    session, adapter = session_giving(*replies, vendor="finnhub", clock=FakeClock(), credentials=credentials)
    return Finnhub(session, BASE), adapter


def test_the_key_travels_in_a_header_and_the_path_has_no_double_slash() -> None:
    vendor, adapter = client(answer({"earningsCalendar": []}), answer([MONTH]))
    vendor.earnings_calendar(FIRST, LAST)
    vendor.recommendation_trends("EXMP")
    calendar, ratings = adapter.sent
    assert urlsplit(calendar.url).path == "/api/calendar/earnings"
    assert parse_qs(urlsplit(calendar.url).query, keep_blank_values=True) == {
        "from": ["2026-02-05"],
        "to": ["2026-02-12"],
        "symbol": [""],
        "international": ["false"],
    }
    assert ratings.url == f"{BASE}/stock/recommendation?symbol=EXMP"
    assert {request.headers["X-Finnhub-Token"] for request in adapter.sent} == {KEY}


def test_a_compressed_calendar_is_cached(tmp_path: Path) -> None:
    """The vendor's own client sends an empty ``symbol=``, and a compressed answer names what it varies by."""
    with SandboxServer() as sandbox:
        settings = VendorsSettings.model_validate(
            DEFAULT_CONFIG["discovery"]["vendors"] | _addresses(sandbox)  # type: ignore[index,operator]
        )
        for folder in (None, tmp_path):
            before = len(sandbox.requests)
            clients = Vendors(settings, data_source="sandbox", state_dir=folder)
            first, again = (clients.finnhub.earnings_calendar(FIRST, LAST) for _ in range(2))
            clients.close()
            assert len(sandbox.requests) == before + 1
            assert first == again


def _addresses(sandbox: SandboxServer) -> dict[str, Any]:
    defaults: Any = DEFAULT_CONFIG["discovery"]["vendors"]  # type: ignore[index]
    own: Any = sandbox.config()["discovery"]["vendors"]  # type: ignore[index]
    return {vendor: defaults[vendor] | address for vendor, address in own.items() if vendor in defaults}


def test_the_session_gets_neither_the_key_nor_a_user_agent() -> None:
    """Another vendor's client could be given the same session by mistake."""
    session, _ = session_giving(
        answer([MONTH]), vendor="finnhub", credentials=Credentials(headers={"X-Finnhub-Token": KEY})
    )
    vendor = Finnhub(session, BASE)
    vendor.recommendation_trends("EXMP")
    assert not session.params
    assert KEY not in f"{session.headers} {vars(vendor._client)}"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": "Invalid API key"}, Auth),
        (401, {"error": "Please use an API key."}, Auth),
        (403, {"error": "You don't have access to this resource."}, Auth),
        (422, {"error": "Wrong parameter."}, Permanent),
        (404, "<html>404 page not found</html>", Permanent),
        (429, {"error": "API limit reached. Please try again later. Remaining Limit: 0"}, RateLimited),
        (429, "slow down", RateLimited),
        (500, {"no": "error"}, Transient),
        (502, "<html>Bad gateway</html>", Transient),
        (522, "<html>Connection timed out</html>", Transient),
    ],
)
def test_each_refusal_has_its_type(status: int, body: Any, error: type[Exception]) -> None:
    vendor, _ = client(answer(body, status))
    with pytest.raises(error) as caught:
        vendor.recommendation_trends("EXMP")
    assert type(caught.value) is error


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(
    "reply",
    [
        answer("<html>Will be right back</html>", headers={"Content-Type": "text/html"}),
        answer("", headers={"Content-Type": "application/json"}),
        answer('[{"period": ', headers={"Content-Type": "application/json"}),
        answer("[" * 200_000, headers={"Content-Type": "application/json"}),
        answer("all fine", headers={"Content-Type": "text/plain"}),
        answer("", 302, {"Location": f"{BASE}/login", "Content-Type": "text/html"}),
        answer({"error": "with status 200"}),
    ],
)
def test_what_is_not_the_documented_json_is_a_bad_payload(reply: requests.Response) -> None:
    vendor, adapter = client(reply)
    with pytest.raises(BadPayload):
        vendor.recommendation_trends("EXMP")
    assert len(adapter.sent) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7", "X-Ratelimit-Reset": "1"}, 7.0),
        ({"X-Ratelimit-Reset": "1770301842"}, 42.0),  # the fake clock's unix time is 1770301800
        ({"X-Ratelimit-Reset": "1"}, 1.0),
        ({"X-Ratelimit-Reset": "soon"}, 5.0),
        ({}, 5.0),
    ],
)
def test_a_rate_limit_carries_its_retry_after(
    headers: dict[str, str], seconds: float | None, clock: FakeClock
) -> None:
    vendor, _ = client(answer({"error": "API limit reached."}, 429, {"Content-Type": "x", **headers}))
    with deadline_scope(Deadline(30, clock)), pytest.raises(RateLimited) as caught:
        vendor.recommendation_trends("EXMP")
    assert caught.value.retry_after_seconds == seconds


def test_a_symbol_without_analysts_is_no_data() -> None:
    vendor, _ = client(answer([]))
    with pytest.raises(NoDataError, match="EXMP"):
        vendor.recommendation_trends("EXMP")


def test_the_transports_own_errors_pass_unchanged() -> None:
    vendor, _ = client(DeadlineExceeded("deadline passed"))
    with pytest.raises(DeadlineExceeded):
        vendor.earnings_calendar(FIRST, LAST)


def test_the_text_of_an_error_of_requests_is_left_out() -> None:
    vendor, _ = client(requests.exceptions.InvalidSchema(f"no adapter for {BASE}?token={KEY}"))
    with pytest.raises(Permanent) as caught:
        vendor.earnings_calendar(FIRST, LAST)
    assert KEY not in f"{caught.value!r}"


def test_reports_become_records_in_order_of_date_and_symbol() -> None:
    later = EVENT | {"symbol": "AAA", "date": "2026-02-11", "epsEstimate": None, "year": None}
    vendor, _ = client(answer({"earningsCalendar": [later, EVENT]}))
    first, second = vendor.earnings_calendar(FIRST, LAST)
    assert (first.symbol, first.day, first.hour, first.quarter) == ("EXMP", date(2026, 2, 10), "amc", 4)
    assert (first.eps_estimate, first.revenue_estimate, first.eps_actual) == (1.07, 812_000_000.0, None)
    assert (second.symbol, second.eps_estimate, second.year) == ("AAA", None, None)


def test_a_calendar_at_the_row_limit_is_requested_in_halves() -> None:
    """Every company of every day is found although one answer never holds more than 1,500."""

    def reply(request: requests.PreparedRequest) -> requests.Response:
        query = parse_qs(urlsplit(request.url or "").query)
        first, last = date.fromisoformat(query["from"][0]), date.fromisoformat(query["to"][0])
        rows = [
            EVENT | {"date": str(first + timedelta(days=day)), "symbol": f"S{number}"}
            for day in range((last - first).days + 1)
            for number in range(400)
        ]
        return answer({"earningsCalendar": rows[:1_500]})

    vendor, adapter = client(reply)
    events = vendor.earnings_calendar(FIRST, LAST)
    assert len({(event.day, event.symbol) for event in events}) == len(events) == 8 * 400
    assert len(adapter.sent) == 7


def test_a_single_day_at_the_row_limit_is_not_requested_again() -> None:
    vendor, adapter = client(lambda request: answer({"earningsCalendar": [EVENT] * 1_500}))
    assert len(vendor.earnings_calendar(FIRST, FIRST)) == 1_500
    assert len(adapter.sent) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"date": "soon"},
        {"date": None},
        {"symbol": ""},
        {"symbol": None},
        {"epsEstimate": "1.07"},
        {"revenueEstimate": float("nan")},
        {"year": -2025},
        {"quarter": 1.5},
    ],
)
def test_a_malformed_report_is_a_bad_payload_or_reported_and_left_out(change: dict[str, Any]) -> None:
    rows = [EVENT, EVENT | change]
    with pytest.raises(BadPayload, match="row 1"):
        parse_events(rows)
    reported: list[str] = []
    assert len(parse_events(rows, reported.append)) == len(reported) == 1
    with pytest.raises(BadPayload):
        parse_events(rows[1:], reported.append)


def test_a_calendar_of_null_is_empty_and_one_without_its_key_is_refused() -> None:
    assert calendar_rows({"earningsCalendar": None}) == []
    for payload in ({}, [], None, "text", {"earningsCalendar": {}}):
        with pytest.raises(BadPayload):
            calendar_rows(payload)


def test_months_come_newest_first_with_their_mean() -> None:
    older = MONTH | {"period": "2026-01-01", "strongBuy": 0}
    newest, before = parse_ratings([older, MONTH])
    assert (newest.period, before.period) == (date(2026, 2, 1), date(2026, 1, 1))
    assert (newest.analysts, newest.mean) == (20, (5 * 4 + 4 * 9 + 3 * 6 + 2) / 20)


@pytest.mark.parametrize(
    "change", [{"buy": -3}, {"buy": None}, {"buy": 1.5}, {"buy": True}, {"period": "2026"}]
)
def test_a_malformed_month_is_a_bad_payload(change: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        parse_ratings([MONTH | change])


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just([])
rows = st.lists(values | st.fixed_dictionaries(dict.fromkeys([*EVENT, *MONTH], values)), max_size=4)


@given(rows)
def test_no_rows_make_a_parser_raise_anything_but_bad_payload(found: list[Any]) -> None:
    for parse in (parse_events, parse_ratings):
        with contextlib.suppress(BadPayload):
            parse(found)


@given(st.tuples(*[st.integers(0, 60)] * 5).filter(any))
def test_the_mean_is_between_1_and_5_and_rises_with_better_ratings(counts: tuple[int, ...]) -> None:
    names = ("strongSell", "sell", "hold", "buy", "strongBuy")
    raw = MONTH | dict(zip(names, counts, strict=True))
    (month,) = parse_ratings([raw])
    assert 1 <= month.mean <= 5
    (better,) = parse_ratings([raw | {"strongBuy": counts[4] + 1}])
    assert better.mean >= month.mean


def test_ratings_of_another_company_are_a_bad_payload() -> None:
    assert len(parse_ratings([MONTH], "EXMP")) == 1
    assert len(parse_ratings([MONTH | {"symbol": "EXMP"}], "EXMP")) == 1
    with pytest.raises(BadPayload, match="ratings of 'EXMP' instead of OTHR"):
        parse_ratings([MONTH | {"symbol": "EXMP"}], "OTHR")


@pytest.mark.parametrize("hour", [None, 7, ["bmo"], {}])
def test_an_hour_that_is_no_text_is_empty(hour: Any) -> None:
    (event,) = parse_events([{"symbol": "EXMP", "date": "2026-02-07", "hour": hour}])
    assert event.hour == ""
