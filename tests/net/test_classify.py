"""What each vendor's answers mean: the table of all vendors, and answers that were really given."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from tests.shared_data import RECORDED_SEC, SHARED, needs_shared
from tradingagents.discovery.model import errors
from tradingagents.discovery.net.classify import Answer, Finding, Reason, classify

NOW = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
CONTACT = "Example Company admin@example.com"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
LIBRARY = "python-requests/2.34.2"
HTML = "<!DOCTYPE html>\n<html><head><title>%s</title></head></html>"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>m</Message></Error>'
THANKS = "Thank you for using Alpha Vantage! "
PLANS = "Please subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."


def answer(
    status: int, body: Any = b"", *, user_agent: str = CONTACT, path: str = "/", **headers: str
) -> Answer:
    data = (
        body.encode()
        if isinstance(body, str)
        else body
        if isinstance(body, bytes)
        else json.dumps(body).encode()
    )
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status, named, data, NOW, path=path, user_agent=user_agent)


def information(text: str) -> Answer:
    return answer(200, {"Information": text})


BAD_KEY = [
    (
        "alpha_vantage",
        answer(200, {"Error Message": "the parameter apikey is invalid or missing. Please claim"}),
    ),
    (
        "alpha_vantage",
        information("The **demo** API key is for demo purposes only. Please claim your free API key"),
    ),
    ("finnhub", answer(401, {"error": "Invalid API key"})),
    ("finnhub", answer(401, {"error": "Please use an API key."})),
    ("reddit", answer(401, {"message": "Unauthorized"}, WWW_Authenticate='Bearer error="invalid_token"')),
    ("reddit", answer(200, {"error": "invalid_grant"}, path="/api/v1/access_token")),
    ("reddit", answer(200, {"error": "unauthorized_client"}, path="/api/v1/access_token")),
    ("reddit", answer(403, {"message": "Forbidden", "error": 403}, path="/api/v1/access_token")),
    ("yahoo", answer(401, {"finance": {"error": {"description": "Invalid Crumb"}}})),
]
IDENTITY_REFUSED = [
    ("reddit", answer(403, HTML % "You've been blocked by network security")),
    ("reddit", answer(403, HTML % "You've been blocked by network security", path="/api/v1/access_token")),
    ("sec", answer(403, HTML % "SEC.gov | Your Request Originates from an Undeclared Automated Tool")),
    ("sec", answer(403, HTML % "SEC.gov | Request Rate Threshold Exceeded", user_agent=LIBRARY)),
    ("finra", answer(403, XML % "AccessDenied", user_agent=LIBRARY)),
    ("finra", answer(403, XML % "AccessDenied", user_agent="")),
    ("finra", answer(403, HTML % "ERROR: The request could not be satisfied")),
    ("finra", answer(403)),
    ("yahoo", answer(429, "Too Many Requests", user_agent=LIBRARY)),
    ("finnhub", answer(403, HTML % "Attention Required!")),
]
PLAN_TOO_LOW = [
    (
        "alpha_vantage",
        information(THANKS + "This is a premium endpoint. You may subscribe to any of the premium plans"),
    ),
    (
        "alpha_vantage",
        information(THANKS + "The outputsize=full parameter value is a premium feature for the endpoint."),
    ),
    (
        "alpha_vantage",
        answer(
            200, {"message": "This is a premium endpoint. ***THE SAMPLE DATA", "data": [{"symbol": "XXYYZZ"}]}
        ),
    ),
    ("finnhub", answer(403, {"error": "You don't have access to this resource."})),
    ("finnhub", answer(401, {"error": "You don't have access to this resource."})),
    ("reddit", answer(403, {"error": 403}, WWW_Authenticate='Bearer error="insufficient_scope"')),
    (
        "yahoo",
        answer(401, {"finance": {"error": {"description": "User is unable to access this feature - x"}}}),
    ),
]
RATE_LIMITED = [
    ("alpha_vantage", information(THANKS + "Please consider spreading out your free API requests more sparingly (1 request per second). You may subscribe to any of the premium plans to lift the free key rate limit (25 requests per day)")),
    ("alpha_vantage", answer(200, {"Note": THANKS + "Our standard API call frequency is 5 calls per minute and 500 calls per day. Please visit https://www.alphavantage.co/premium/"})),
    ("alpha_vantage", answer(200, "symbol,name,reportDate,fiscalDateEnding,estimate,currency,timeOfTheDay\r\nI,n,f,o,r,m,a\r\n")),
    ("alpha_vantage", answer(200, "symbol,name,reportDate,fiscalDateEnding,estimate,currency\nI,n,f,o,r,m")),
    ("finnhub", answer(429, {"error": "API limit reached. Please try again later. Remaining Limit: 0"})),
    ("reddit", answer(429, HTML % "whoa there, pardner!")),
    ("reddit", answer(429)),
    ("sec", answer(403, HTML % "SEC.gov | Request Rate Threshold Exceeded")),
    ("sec", answer(429)),
    ("yahoo", answer(429, "Edge: Too Many Requests", user_agent=BROWSER)),
]  # fmt: skip
QUOTA_SPENT = [
    ("alpha_vantage", information("We have detected your API key as XXXX and our standard API rate limit is 25 requests per day. " + PLANS)),
    ("alpha_vantage", information(THANKS + "Our standard API rate limit is 25 requests per day. " + PLANS)),
]  # fmt: skip
NOT_THERE = [
    ("alpha_vantage", answer(200, {"Error Message": "Invalid API call. Please retry or visit the documentation for TIME_SERIES_DAILY."})),
    ("alpha_vantage", information("Invalid inputs. Please refer to the API documentation https://www.alphavantage.co/documentation#newsapi and try again.")),
    ("reddit", answer(404, {"reason": "banned", "message": "Not Found", "error": 404})),
    ("reddit", answer(403, {"reason": "private", "message": "Forbidden", "error": 403})),
    ("reddit", answer(302, b"", Location="https://www.reddit.com/subreddits/search.json?q=nowhere")),
    ("nasdaq", answer(404, HTML % "Page Not Available")),
    ("sec", answer(404, XML % "NoSuchKey")),
    ("sec", answer(403, XML % "AccessDenied")),
    ("finra", answer(403, XML % "AccessDenied")),
    ("finra", answer(404, HTML % "404 Not Found")),
    ("yahoo", answer(404, {"chart": {"result": None, "error": {"code": "Not Found"}}})),
]  # fmt: skip
NOTHING_IN_IT = [
    ("alpha_vantage", answer(200, {})),
    ("alpha_vantage", answer(200, {"Global Quote": {}})),
    ("alpha_vantage", answer(200, {"endpoint": "Historical Options", "message": "No data for symbol X on date Y.", "data": []})),
    ("finnhub", answer(200, {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0})),
    ("finnhub", answer(200, {})),
    ("finnhub", answer(200, [])),
    ("finnhub", answer(200, {"s": "no_data"})),
]  # fmt: skip
VENDOR_DOWN = [
    ("alpha_vantage", answer(500)),
    ("alpha_vantage", answer(200, HTML % "Maintenance", Content_Type="text/html")),
    ("finnhub", answer(502, HTML % "Bad Gateway")),
    ("finnhub", answer(522)),
    ("reddit", answer(503)),
    ("reddit", answer(520)),
    ("sec", answer(503, HTML % "SEC.gov | File Unavailable")),
    ("finra", answer(500)),
    ("yahoo", answer(200, HTML % "Will be right back", Content_Type="text/html")),
    ("yahoo", answer(502, HTML % "Bad Gateway")),
    ("nasdaq", answer(504)),
]
REFUSED = [
    ("alpha_vantage", answer(200, {"Error Message": "This API function (X) does not exist."})),
    ("alpha_vantage", answer(406, {"detail": "Could not satisfy the request Accept header."})),
    ("finnhub", answer(422, {"error": "Wrong parameter"})),
    ("reddit", answer(403, {"error": 403})),
    ("reddit", answer(418)),
    ("yahoo", answer(422, {"chart": {"result": None, "error": {"code": "Unprocessable Entity"}}})),
]
NOT_WHAT_IT_SHOULD_BE = [
    ("finnhub", answer(200, HTML % "Hello", Content_Type="text/html")),
    ("finnhub", answer(200, '{"c": 1, "t": ', Content_Type="application/json")),
    ("finnhub", answer(200, "[" * 100_000, Content_Type="application/json")),
    ("finnhub", answer(200, "Forbidden", Content_Type="application/json")),
    ("reddit", answer(200, HTML % "reddit")),
    ("reddit", answer(200, b"", path="/r/stocks/hot")),
    ("sec", answer(200, HTML % "SEC.gov", path="/Archives/edgar/daily-index/2026/QTR1/master.20260302.idx")),
    ("nasdaq", answer(200, HTML % "Page Not Available")),
    ("alpha_vantage", answer(200, '{"feed": [', Content_Type="application/json")),
]
GOOD = [
    ("alpha_vantage", answer(200, "symbol,name\r\nI,Intelsat\r\n")),
    ("alpha_vantage", answer(200, "symbol,name,reportDate,fiscalDateEnding\r\n")),
    ("alpha_vantage", answer(200, {"items": "0", "feed": []})),
    ("finnhub", answer(200, {"c": 10.75, "d": 0.75, "t": 1772485200})),
    ("reddit", answer(200, {"access_token": "t", "expires_in": 86400}, path="/api/v1/access_token")),
    ("reddit", answer(200, {"kind": "Listing", "data": {"children": []}})),
    ("reddit", answer(302, b"", Location="https://oauth.reddit.com/r/stocks/")),
    ("sec", answer(200, HTML % "Filing index", path="/Archives/edgar/data/1/0001-index.htm?x=1")),
    ("sec", answer(200, '<?xml version="1.0" encoding="ISO-8859-1" ?><feed/>')),
    ("finra", answer(200, "Date|Symbol|ShortVolume\n0\n")),
    ("yahoo", answer(200, {"chart": {"result": [], "error": None}})),
    ("nasdaq", answer(200, "Symbol|Security Name\n")),
    ("nasdaq", answer(304)),
]

TABLE = [
    (reason, vendor, row)
    for reason, rows in {
        Reason.KEY: BAD_KEY,
        Reason.IDENTITY: IDENTITY_REFUSED,
        Reason.PLAN: PLAN_TOO_LOW,
        Reason.RATE: RATE_LIMITED,
        Reason.QUOTA: QUOTA_SPENT,
        Reason.ABSENT: NOT_THERE,
        Reason.EMPTY: NOTHING_IN_IT,
        Reason.DOWN: VENDOR_DOWN,
        Reason.BAD_REQUEST: REFUSED,
        Reason.BAD_PAYLOAD: NOT_WHAT_IT_SHOULD_BE,
        Reason.OK: GOOD,
    }.items()
    for vendor, row in rows
]


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(("reason", "vendor", "given"), TABLE, ids=lambda value: getattr(value, "value", ""))
def test_each_answer_is_classified_as_in_the_table(reason: Reason, vendor: str, given: Answer) -> None:
    assert classify(vendor, given).reason is reason


def test_the_table_covers_every_reason() -> None:
    assert {reason for reason, _, _ in TABLE} == set(Reason)


@pytest.mark.parametrize(
    ("vendor", "given", "seconds"),
    [
        ("alpha_vantage", RATE_LIMITED[0][1], 1.0),
        ("alpha_vantage", RATE_LIMITED[1][1], 60.0),
        ("alpha_vantage", QUOTA_SPENT[0][1], 3600.0),
        ("sec", answer(403, HTML % "Request Rate Threshold Exceeded"), 600.0),
        ("sec", answer(429, Retry_After="20"), 20.0),
        ("finnhub", answer(429, Retry_After="2"), 2.0),
        ("finnhub", answer(429, X_Ratelimit_Reset=str(int(NOW.timestamp()) + 30)), 30.0),
        ("finnhub", answer(429, X_Ratelimit_Reset=str(int(NOW.timestamp()) + 9_999)), 60.0),
        (
            "finnhub",
            answer(200, [1], X_Ratelimit_Remaining="0", X_Ratelimit_Reset=str(int(NOW.timestamp()) + 9)),
            9.0,
        ),
        (
            "finnhub",
            answer(200, [1], X_Ratelimit_Remaining="1", X_Ratelimit_Reset=str(int(NOW.timestamp()) + 9)),
            None,
        ),
        ("reddit", answer(429, retry_after="4"), 4.0),
        ("reddit", answer(429), 10.0),
        ("reddit", answer(200, {"a": 1}, x_ratelimit_remaining="0.0", x_ratelimit_reset="249"), 249.0),
        ("reddit", answer(200, {"a": 1}, x_ratelimit_remaining="12.0", x_ratelimit_reset="249"), None),
        ("reddit", answer(200, {"a": 1}, x_ratelimit_remaining="lots", x_ratelimit_reset="249"), None),
        ("yahoo", answer(429, user_agent=BROWSER), 900.0),
        ("nasdaq", answer(503, Retry_After="7"), 7.0),
        ("nasdaq", answer(429), 5.0),
    ],
)
def test_the_wait_is_the_vendors_or_follows_from_its_limit(
    vendor: str, given: Answer, seconds: float | None
) -> None:
    assert classify(vendor, given).wait_seconds == seconds


ERRORS = {
    Reason.KEY: errors.Auth,
    Reason.IDENTITY: errors.Auth,
    Reason.PLAN: errors.Auth,
    Reason.RATE: errors.RateLimited,
    Reason.QUOTA: errors.QuotaSpent,
    Reason.ABSENT: errors.NoDataError,
    Reason.DOWN: errors.Transient,
    Reason.BAD_REQUEST: errors.Permanent,
    Reason.BAD_PAYLOAD: errors.BadPayload,
}


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_has_an_error_and_an_equivalent_status_or_is_an_answer(reason: Reason) -> None:
    finding = Finding(reason, "reported", 3.0)
    error = finding.error("finnhub", 200)
    assert type(error) is ERRORS.get(reason, type(None))
    assert finding.is_answer == (error is None) == (finding.equivalent_status is None)
    assert error is None or str(error) == "finnhub: reported"
    if isinstance(error, errors.RateLimited):
        assert error.retry_after_seconds == 3.0


def test_no_message_repeats_the_vendors_text() -> None:
    """Alpha Vantage echoes the key in its texts."""
    for _, vendor, row in TABLE:
        assert "XXXX" not in classify(vendor, row).message


@drawn(
    vendor=st.sampled_from(["alpha_vantage", "finnhub", "finra", "reddit", "nasdaq", "sec", "yahoo", "new"]),
    status=st.integers(100, 599),
    body=st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"null", b"{", b"\xff\xfe", b'{"Information": 5}']),
    kind=st.sampled_from(["", "application/json", "text/html"]),
)  # fmt: skip
def test_no_answer_can_break_the_classifier(vendor: str, status: int, body: bytes, kind: str) -> None:
    finding = classify(vendor, answer(status, body, Content_Type=kind))
    assert finding.is_answer or finding.error(vendor, status) is not None
    assert status < 400 or not finding.is_answer


# Answers that were really given


def recorded(*parts: str) -> Path:
    assert SHARED is not None
    return SHARED.joinpath("real-data", *parts)


def files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    assert found, f"no {pattern} in {folder}"
    return found


def as_answer(call: dict[str, Any], user_agent: str = CONTACT) -> Answer:
    path = "/" + call["request"]["url"].split("/", 3)[-1]
    given = answer(call["status"], call["body"], user_agent=user_agent, path=path, **call["headers"])
    return Answer(
        given.status,
        CaseInsensitiveDict(call["headers"]),
        given.body,
        NOW,
        call["request"]["method"],
        path,
        user_agent,
    )


@needs_shared
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("error_key_missing.json", Reason.KEY),
        ("information_burst_limit.json", Reason.RATE),
        ("information_daily_limit_2025.json", Reason.QUOTA),
        ("information_premium_endpoint.json", Reason.PLAN),
    ],
)
def test_recorded_alpha_vantage_refusals(name: str, reason: Reason) -> None:
    body = recorded("alpha_vantage", "limits", name).read_bytes()
    assert classify("alpha_vantage", answer(200, body)).reason is reason


@needs_shared
def test_a_recorded_alpha_vantage_note_and_a_spread_refusal() -> None:
    note = json.loads(recorded("alpha_vantage", "captures", "limit_note_2022.json").read_text())
    assert classify("alpha_vantage", as_answer(note)).reason is Reason.RATE
    row = json.loads(
        recorded("alpha_vantage", "limits", "earnings_calendar_when_limited_MSFT.json").read_text()
    )[0]
    columns = ["symbol", "name", "reportDate", "fiscalDateEnding", "estimate", "currency"]
    table = io.StringIO()
    csv.writer(table).writerows([columns, [row[column] for column in columns]])
    assert classify("alpha_vantage", answer(200, table.getvalue())).reason is Reason.RATE


@needs_shared
@pytest.mark.parametrize(
    "folder",
    ["earnings", "earnings_calendar", "news_sentiment", "overview", "time_series", "top_gainers_losers"],
)
def test_every_recorded_alpha_vantage_answer_is_one(folder: str) -> None:
    for path in files(recorded("alpha_vantage", folder), "*.[jc]s*"):
        assert classify("alpha_vantage", answer(200, path.read_bytes())).reason is Reason.OK, path.name


@needs_shared
def test_recorded_finnhub_answers() -> None:
    expected = {"invalid_api_key_401.json": Reason.KEY, "recommendation_unknown_symbol.json": Reason.EMPTY}
    for path in files(recorded("finnhub", "captures"), "*.json"):
        reason = classify("finnhub", as_answer(json.loads(path.read_text()))).reason
        assert reason is expected.get(path.name, Reason.OK), path.name
    limit = recorded("finnhub", "limit_429.json").read_bytes()
    assert classify("finnhub", answer(429, limit)).reason is Reason.RATE
    for path in files(recorded("finnhub"), "*-*.json"):
        assert classify("finnhub", answer(200, path.read_bytes())).reason is Reason.OK, path.name


REDDIT_ERRORS = {
    "bad_gateway.json": Reason.DOWN,
    "bad_json.json": Reason.BAD_PAYLOAD,
    "forbidden.json": Reason.BAD_REQUEST,
    "not_found.json": Reason.ABSENT,
    "okay_with_0_byte_content.json": Reason.OK,  # a DELETE: it has no body
    "readonlyauthorizer_refresh.json": Reason.OK,
    "scriptauthorizer_refresh__with_invalid_username_or_password.json": Reason.KEY,
    "service_unavailable.json": Reason.DOWN,
    "too__many_requests__with_retry_headers.json": Reason.RATE,
}


@needs_shared
@pytest.mark.parametrize(("name", "reason"), REDDIT_ERRORS.items())
def test_recorded_reddit_refusals(name: str, reason: Reason) -> None:
    calls = json.loads(recorded("reddit", "errors", name).read_text())
    found = [classify("reddit", as_answer(call)) for call in calls]
    assert found[-1].reason is reason
    if reason is Reason.RATE:
        assert found[-1].wait_seconds == 4.0


@needs_shared
def test_every_recorded_reddit_listing_is_an_answer() -> None:
    for path in files(recorded("reddit", "listings"), "*.json"):
        for call in json.loads(path.read_text()):
            assert classify("reddit", as_answer(call)).is_answer, path.name


def test_recorded_sec_answers() -> None:
    page = (RECORDED_SEC / "feeds" / "getcurrent_type4_503.html").read_bytes()
    assert classify("sec", answer(503, page)).reason is Reason.DOWN
    assert classify("sec", answer(200, page, path="/cgi-bin/browse-edgar?x")).reason is Reason.BAD_PAYLOAD
    missing = (RECORDED_SEC / "submissions" / "not_found.xml").read_bytes()
    assert classify("sec", answer(404, missing)).reason is Reason.ABSENT
    for pattern in (
        "feeds/*.atom",
        "index/*.idx",
        "form4/*.xml",
        "form4_submission_txt/*.txt",
        "submissions/*.json",
    ):
        for path in files(RECORDED_SEC, pattern):
            assert classify("sec", answer(200, path.read_bytes())).reason is Reason.OK, path.name


@needs_shared
def test_recorded_files_of_finra_and_nasdaq() -> None:
    for path in files(recorded("finra"), "CNMS*.txt"):
        assert classify("finra", answer(200, path.read_bytes())).reason is Reason.OK, path.name
    page = recorded("nasdaq", "html_instead_of_nasdaqlisted.txt").read_bytes()
    assert classify("nasdaq", answer(200, page)).reason is Reason.BAD_PAYLOAD
    listed = recorded("nasdaq", "2025-08-11_nasdaqlisted.txt").read_bytes()
    assert classify("nasdaq", answer(200, listed)).reason is Reason.OK
