"""Alpha Vantage: classification of responses, parsing of rows, and secrecy of the key."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.vendors.canned import BASE, answer, session_giving
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DeadlineExceeded,
    DiscoveryError,
    NoDataError,
    Permanent,
    QuotaSpent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.vendors.alpha_vantage.client import AlphaVantage
from tradingagents.discovery.vendors.alpha_vantage.records import parse_articles, parse_movers

KEY = "ABCDEF1234567890"
THANKS = "Thank you for using Alpha Vantage!"
PLANS = "https://www.alphavantage.co/premium/"
FROM, TO = datetime(2026, 2, 5, 5, tzinfo=UTC), datetime(2026, 2, 6, 5, tzinfo=UTC)


class Refusal(NamedTuple):
    """A refusal sent with HTTP 200: its JSON key, its text, and the error it means."""

    field: str
    text: str
    error: type[Exception]


REFUSALS = {
    "burst": Refusal(
        "Information",
        f"{THANKS} Please consider spreading out your free API requests more sparingly (1 request per "
        f"second). You may subscribe to any of the premium plans at {PLANS} to lift the free key rate limit "
        "(25 requests per day), raise the per-second burst limit, and instantly unlock all premium endpoints",
        RateLimited,
    ),
    "day": Refusal(
        "Information",
        f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day. "
        f"Please subscribe to any of the premium plans at {PLANS} to instantly remove all daily rate limits.",
        QuotaSpent,
    ),
    "day, older": Refusal(
        "Information",
        f"{THANKS} Our standard API rate limit is 25 requests per day. Please subscribe to any of the "
        f"premium plans at {PLANS} to instantly remove all daily rate limits.",
        QuotaSpent,
    ),
    "minute": Refusal(
        "Note",
        f"{THANKS} Our standard API call frequency is 5 calls per minute and 500 calls per day. Please "
        f"visit {PLANS} if you would like to target a higher API call frequency.",
        RateLimited,
    ),
    "premium endpoint": Refusal(
        "Information",
        f"{THANKS} This is a premium endpoint. You may subscribe to any of the premium plans at {PLANS} to "
        "instantly unlock all premium endpoints",
        Auth,
    ),
    "premium feature": Refusal(
        "Information",
        f"{THANKS} The outputsize=full parameter value is a premium feature for the TIME_SERIES_DAILY "
        f"endpoint. You may subscribe to any of the premium plans at {PLANS} to instantly unlock all premium "
        "features",
        Auth,
    ),
    "demo": Refusal(
        "Information",
        "The **demo** API key is for demo purposes only. Please claim your free API key at "
        "(https://www.alphavantage.co/support/#api-key) to explore our full API offerings. It takes fewer "
        "than 20 seconds.",
        Auth,
    ),
    "key": Refusal(
        "Error Message",
        "the parameter apikey is invalid or missing. Please claim your free API key on "
        "(https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds.",
        Auth,
    ),
    "news inputs": Refusal(
        "Information",
        "Invalid inputs. Please refer to the API documentation "
        "https://www.alphavantage.co/documentation#newsapi and try again.",
        NoDataError,
    ),
    "call": Refusal(
        "Error Message",
        "Invalid API call. Please retry or visit the documentation "
        "(https://www.alphavantage.co/documentation/) for TIME_SERIES_DAILY.",
        Permanent,
    ),
    "function": Refusal("Error Message", "This API function (TOP_GAINERS) does not exist.", Permanent),
}
MOVER = {
    "ticker": "ZZQX",
    "price": "3.42",
    "change_amount": "1.91",
    "change_percentage": "126.4901%",
    "volume": "81203344",
}
ARTICLE = {
    "title": "Example Corp raises outlook",
    "url": "https://news.example/1",
    "time_published": "20260205T143000",
    "source": "Example Wire",
    "overall_sentiment_score": 0.2114,
    "ticker_sentiment": [
        {"ticker": "EXMP", "relevance_score": "0.81", "ticker_sentiment_score": "0.3012"},
        {"ticker": "CRYPTO:BTC", "relevance_score": "0.1", "ticker_sentiment_score": "-0.2"},
    ],
}


def movers_body(**changes: Any) -> dict[str, Any]:
    body = {"metadata": "Top gainers", "last_updated": "2026-03-02 16:15:59 US/Eastern"}
    body |= {"top_gainers": [MOVER], "top_losers": [], "most_actively_traded": []}
    return body | changes


def client(*replies: Any) -> tuple[AlphaVantage, Any]:
    credentials = Credentials(params={"apikey": KEY})
    session, adapter = session_giving(*replies, vendor="alpha_vantage", credentials=credentials)
    return AlphaVantage(session, BASE), adapter


def fetch(reply: requests.Response) -> None:
    client(reply)[0].top_movers()


@pytest.mark.parametrize("name", REFUSALS)
def test_each_refusal_with_http_200_has_its_own_type(name: str) -> None:
    refusal = REFUSALS[name]
    with pytest.raises(refusal.error) as caught:
        fetch(answer({refusal.field: refusal.text}))
    assert type(caught.value) is refusal.error


@pytest.mark.parametrize("name", REFUSALS)
def test_errors_do_not_contain_the_key_that_the_vendor_repeats(name: str) -> None:
    refusal = REFUSALS[name]
    with pytest.raises(refusal.error) as caught:
        fetch(answer({refusal.field: f"{refusal.text} You sent apikey={KEY}"}))
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.args}"


def test_a_rate_limit_carries_its_retry_after() -> None:
    for name, seconds in (("burst", 1.0), ("minute", 60.0)):
        with pytest.raises(RateLimited) as caught:
            fetch(answer({REFUSALS[name].field: REFUSALS[name].text}))
        assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("columns", [6, 7])
def test_a_rate_limit_notice_split_into_csv_cells_is_detected(columns: int) -> None:
    names = ["symbol", "name", "reportDate", "fiscalDateEnding", "estimate", "currency", "timeOfTheDay"]
    with pytest.raises(RateLimited):
        fetch(answer(f"{','.join(names[:columns])}\r\n{','.join('Information'[:columns])}\r\n"))


def test_an_ordinary_table_is_no_rate_limit() -> None:
    with pytest.raises(BadPayload):
        fetch(answer("symbol,name\r\nI,Intelsat\r\n"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, Transient),
        (302, BadPayload),
        (400, Permanent),
        (401, Auth),
        (403, Auth),
        (404, Permanent),
        (408, Transient),
        (429, RateLimited),
        (500, Transient),
        (502, Transient),
        (503, Transient),
    ],
)
def test_each_http_status_raises_its_error_type(status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        fetch(answer("<html>down</html>", status))
    assert type(caught.value) is error


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("body", ["", "busy", '{"feed": [', "[" * 200_000])
def test_what_is_not_json_is_a_bad_payload(body: str) -> None:
    with pytest.raises(BadPayload):
        fetch(answer(body))


@given(st.text())
def test_no_body_raises_anything_but_our_errors(body: str) -> None:
    with contextlib.suppress(DiscoveryError):
        fetch(answer(body))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*movers_body(), *MOVER, *ARTICLE, "feed", "items"]), inner, max_size=6
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_no_json_makes_a_parser_raise_anything_but_bad_payload(payload: Any) -> None:
    for parse in (parse_movers, parse_articles):
        with contextlib.suppress(BadPayload):
            parse(payload)


def test_movers_become_numbers_and_an_aware_time() -> None:
    movers = parse_movers(movers_body())
    assert movers.last_updated.isoformat() == "2026-03-02T16:15:59-05:00"
    (row,) = movers.gainers
    assert (row.ticker, row.price_usd, row.change_usd) == ("ZZQX", 3.42, 1.91)
    assert (row.change_percent, row.volume) == (126.4901, 81_203_344)
    assert (movers.losers, movers.absent) == ((), ())


def test_a_missing_list_is_not_an_empty_list() -> None:
    body = movers_body()
    del body["most_actively_traded"]
    assert parse_movers(body).absent == ("most_active",)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-03-02", "2026-03-02 16:15:59 Mars/Olympus"])
def test_movers_with_an_invalid_time_are_a_bad_payload(text: Any) -> None:
    with pytest.raises(BadPayload, match="last_updated"):
        parse_movers(movers_body(last_updated=text))


@pytest.mark.parametrize(
    "change",
    [{"price": "None"}, {"price": "-1"}, {"change_percentage": "nan%"}, {"volume": "inf"}, {"ticker": None}],
)
def test_a_malformed_row_is_a_bad_payload_or_reported_and_left_out(change: dict[str, Any]) -> None:
    body = movers_body(top_gainers=[MOVER, MOVER | change])
    with pytest.raises(BadPayload, match="row 1"):
        parse_movers(body)
    reported: list[str] = []
    assert len(parse_movers(body, reported.append).gainers) == 1
    assert len(reported) == 1


def test_only_malformed_rows_are_a_bad_payload_even_with_on_malformed() -> None:
    reported: list[str] = []
    with pytest.raises(BadPayload):
        parse_movers(movers_body(top_gainers=[{}, {}]), reported.append)
    with pytest.raises(BadPayload):
        parse_articles({"feed": [ARTICLE | {"time_published": "soon"}]}, reported.append)
    assert reported == []


def test_articles_become_records_in_utc() -> None:
    (article,) = parse_articles({"feed": [ARTICLE]})
    assert article.published == datetime(2026, 2, 5, 14, 30, tzinfo=UTC)
    assert [(mood.ticker, mood.relevance, mood.sentiment) for mood in article.moods] == [
        ("EXMP", 0.81, 0.3012),
        ("CRYPTO:BTC", 0.1, -0.2),
    ]


def test_a_relevance_or_sentiment_out_of_range_is_a_bad_payload() -> None:
    for change in ({"relevance_score": "1.5"}, {"ticker_sentiment_score": "-3"}):
        moods = [ARTICLE["ticker_sentiment"][0] | change]  # type: ignore[index]
        with pytest.raises(BadPayload):
            parse_articles({"feed": [ARTICLE | {"ticker_sentiment": moods}]})


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//news.example/1", "", None])
def test_an_article_whose_url_could_run_a_script_is_a_bad_payload_or_reported(url: Any) -> None:
    reported: list[str] = []
    assert len(parse_articles({"feed": [ARTICLE, ARTICLE | {"url": url}]}, reported.append)) == 1
    assert len(reported) == 1


def test_news_requests_the_window_in_utc_newest_first() -> None:
    vendor, adapter = client(answer({"feed": [ARTICLE]}))
    assert len(vendor.news(FROM, TO, tickers=["EXMP", "AAPL"], limit=200)) == 1
    query = parse_qs(urlsplit(adapter.urls[0]).query)
    assert query == {
        "function": ["NEWS_SENTIMENT"],
        "time_from": ["20260205T0500"],
        "time_to": ["20260206T0500"],
        "sort": ["LATEST"],
        "tickers": ["EXMP,AAPL"],
        "limit": ["200"],
        "apikey": [KEY],
    }


def test_news_that_finds_nothing_is_an_empty_list() -> None:
    nothing = REFUSALS["news inputs"]
    vendor, _ = client(answer({nothing.field: nothing.text}), answer({"items": "0", "feed": []}))
    assert vendor.news(FROM, TO) == []
    assert vendor.news(FROM, TO) == []


def test_a_redirect_is_not_followed_because_it_would_carry_the_key() -> None:
    vendor, adapter = client(answer("", 302, {"Location": f"{BASE}/elsewhere?apikey={KEY}"}))
    with pytest.raises(BadPayload):
        vendor.top_movers()
    assert len(adapter.sent) == 1


def test_the_key_is_in_no_error_of_the_transport() -> None:
    vendor, _ = client(requests.exceptions.InvalidURL(f"{BASE}?apikey={KEY}"))
    with pytest.raises(Permanent) as caught:
        vendor.top_movers()
    assert KEY not in f"{caught.value!r} {caught.value.args}"
    assert caught.value.__suppress_context__


def test_the_transports_own_errors_pass_unchanged() -> None:
    vendor, _ = client(DeadlineExceeded("deadline passed"))
    with pytest.raises(DeadlineExceeded):
        vendor.news(FROM, TO)


def test_the_source_url_has_no_key() -> None:
    vendor, _ = client()
    assert vendor.address("TOP_GAINERS_LOSERS") == f"{BASE}?function=TOP_GAINERS_LOSERS"


def test_the_client_does_not_show_its_key() -> None:
    vendor, _ = client()
    assert KEY not in repr(vendor)


def test_a_payload_without_its_list_is_refused() -> None:
    for body in ({}, [], "text", None, {"feed": None}, {"top_gainers": "none"}):
        text = json.loads(json.dumps(body))
        with pytest.raises(BadPayload):
            parse_movers(text)
        with pytest.raises(BadPayload):
            parse_articles(text)


# -- rows that are odd in part ---------------------------------------------------------------------------


@pytest.mark.parametrize("percent", ["126.4901%", "126.4901", " 126.4901% ", 126.4901])
def test_a_percentage_is_parsed_with_or_without_a_percent_sign(percent: Any) -> None:
    rows = [MOVER | {"change_percentage": percent}]
    (mover,) = parse_movers(movers_body(top_gainers=rows)).gainers
    assert mover.change_percent == 126.4901


@pytest.mark.parametrize("odd", [None, "", "n/a", True, "nan%", [], {}])
def test_an_invalid_percentage_is_reported_and_only_its_row_left_out(odd: Any) -> None:
    reported: list[str] = []
    rows = [MOVER | {"change_percentage": odd}, MOVER | {"ticker": "GOOD"}]
    movers = parse_movers(movers_body(top_gainers=rows), reported.append)
    assert [one.ticker for one in movers.gainers] == ["GOOD"]
    assert [one[:26] for one in reported] == ["gainers: row 0 cannot be r"]


def test_a_list_with_only_malformed_rows_leaves_the_other_lists() -> None:
    reported: list[str] = []
    body = movers_body(top_losers=[MOVER | {"price": None}] * 2)
    assert len(parse_movers(body, reported.append).gainers) == 1
    assert len(reported) == 2
    with pytest.raises(BadPayload, match="losers: row 0"):
        parse_movers(body)
    with pytest.raises(BadPayload):
        parse_movers(body | {"top_gainers": []}, reported.append)


@pytest.mark.parametrize(
    "odd",
    [
        {"relevance_score": None},
        {"ticker_sentiment_score": "bullish"},
        {"ticker": None},
        {"relevance_score": "1.2"},
    ],
)
def test_a_malformed_ticker_is_left_out_and_its_article_stays(odd: dict[str, Any]) -> None:
    reported: list[str] = []
    first, second = ARTICLE["ticker_sentiment"]
    feed = [ARTICLE | {"ticker_sentiment": [first | odd, second]}]
    (article,) = parse_articles({"feed": feed}, reported.append)
    assert [mood.ticker for mood in article.moods] == ["CRYPTO:BTC"]
    assert [one[:31] for one in reported] == ["an article's tickers: row 0 can"]
    with pytest.raises(BadPayload):
        parse_articles({"feed": [ARTICLE | {"ticker_sentiment": [first | odd]}]}, reported.append)


@pytest.mark.parametrize("changes", [{"overall_sentiment_score": None}, {"source": 7}, {"source": None}])
def test_optional_fields_may_be_missing(changes: dict[str, Any]) -> None:
    (article,) = parse_articles({"feed": [ARTICLE | changes]})
    assert [mood.ticker for mood in article.moods] == ["EXMP", "CRYPTO:BTC"]


def test_without_an_end_the_news_run_up_to_now() -> None:
    vendor, adapter = client(answer({"feed": [ARTICLE]}), answer({"feed": [ARTICLE]}))
    vendor.news(datetime(2026, 2, 4, tzinfo=UTC), None)
    assert "time_from=20260204T0000" in adapter.urls[0]
    assert "time_to" not in adapter.urls[0]
