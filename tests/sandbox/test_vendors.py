"""Each vendor's formats, refusals and quirks."""

from __future__ import annotations

import csv
import io
import re

import pytest
import requests
from defusedxml import ElementTree

from tests.sandbox.conftest import Get
from tradingagents.discovery.sandbox import Market, SandboxServer

ATOM = "{http://www.w3.org/2005/Atom}"
INDEX = "/sec/Archives/edgar/daily-index/2026/QTR1"


def test_alpha_vantage_refuses_with_http_200(alpha: Get):
    refusals = {
        "Error Message": [
            alpha("NOPE"),
            alpha("OVERVIEW", apikey=""),
            alpha("TIME_SERIES_DAILY", symbol="NOSUCH"),
        ],
        "Information": [
            alpha("TIME_SERIES_DAILY_ADJUSTED", symbol="IT"),
            alpha("TIME_SERIES_DAILY", symbol="IT", outputsize="full"),
            alpha("NEWS_SENTIMENT", tickers="NOSUCH"),
            alpha("NEWS_SENTIMENT", time_from="yesterday"),
            alpha("NEWS_SENTIMENT", topics="weather"),
        ],
    }
    for key, answers in refusals.items():
        assert [(answer.status_code, list(answer.json())) for answer in answers] == [(200, [key])] * len(
            answers
        )


def test_alpha_vantage_has_no_data_for_unlisted_symbols(alpha: Get):
    assert alpha("GLOBAL_QUOTE", symbol="NOSUCH").json() == {"Global Quote": {}}
    assert alpha("OVERVIEW", symbol="NOSUCH").json() == {}
    assert alpha("HISTORICAL_OPTIONS", symbol="NOSUCH").json()["data"] == []


def test_alpha_vantage_series_agree_in_both_forms(alpha: Get, market: Market):
    body = alpha("TIME_SERIES_DAILY", symbol="KITE").json()
    series = body["Time Series (Daily)"]
    assert list(series) == sorted(series, reverse=True)
    assert len(series) == 100
    rows = list(csv.DictReader(io.StringIO(alpha("TIME_SERIES_DAILY", symbol="KITE", datatype="csv").text)))
    assert [row["timestamp"] for row in rows] == list(series)
    assert [row["volume"] for row in rows] == [row["5. volume"] for row in series.values()]
    quote = alpha("GLOBAL_QUOTE", symbol="KITE").json()["Global Quote"]
    assert quote["05. price"] == series[quote["07. latest trading day"]]["4. close"]
    assert float(quote["05. price"]) == market.bars("KITE")[-1].close


def test_alpha_vantage_finds_a_class_share_by_its_own_spelling(alpha: Get):
    assert alpha("GLOBAL_QUOTE", symbol="QXB-B").json()["Global Quote"]["01. symbol"] == "QXB-B"


def test_alpha_vantage_news_can_be_filtered_and_reversed(alpha: Get, market: Market):
    ticker = market.scenarios["news/bullish"][0]
    about = alpha("NEWS_SENTIMENT", tickers=ticker).json()["feed"]
    assert about
    assert all(ticker in {mood["ticker"] for mood in one["ticker_sentiment"]} for one in about)
    feed = alpha("NEWS_SENTIMENT", limit=1000, sort="EARLIEST").json()["feed"]
    times = [one["time_published"] for one in feed]
    assert times == sorted(times)
    assert len(times) == len(market.articles)
    assert isinstance(feed[0]["overall_sentiment_score"], float)
    assert isinstance(feed[0]["ticker_sentiment"][0]["relevance_score"], str)
    technology = alpha("NEWS_SENTIMENT", topics="technology").json()["feed"]
    assert all("Technology" in {topic["topic"] for topic in one["topics"]} for one in technology)


def test_alpha_vantage_calendar_is_csv_and_can_be_limited_to_one_symbol(alpha: Get, market: Market):
    symbol = market.scenarios["earnings/later"][0]
    rows = list(csv.DictReader(io.StringIO(alpha("EARNINGS_CALENDAR", symbol=symbol).text)))
    assert [row["symbol"] for row in rows] == [symbol]
    assert rows[0]["timeOfTheDay"] in {"pre-market", "post-market", ""}
    every = csv.DictReader(io.StringIO(alpha("EARNINGS_CALENDAR").text))
    assert {row["symbol"] for row in every} >= market.truth["earnings_calendar"].expected


def test_finnhub_takes_the_key_either_way_and_reports_the_quota(get: Get):
    by_query = get("/finnhub/api/v1//quote?symbol=IT&token=k")
    by_header = get("/finnhub/api/v1/quote?symbol=IT", headers={"X-Finnhub-Token": "k"})
    assert by_query.json() == by_header.json()
    assert by_query.headers["X-Ratelimit-Limit"] == "60"
    assert by_query.headers["X-Ratelimit-Remaining"] == "59"
    assert int(by_query.headers["X-Ratelimit-Reset"]) > 1_700_000_000
    unknown = get("/finnhub/api/v1/stock/recommendation?symbol=NOSUCH&token=k")
    assert (unknown.status_code, unknown.json()) == (200, [])
    assert get("/finnhub/api/v1/quote?token=k").status_code == 422


@pytest.mark.parametrize(
    "agent", ["python-requests/2.34", "", "tool (+https://example.com/me@x.com)", "Company without contact"]
)
def test_sec_refuses_callers_without_a_contact_address(get: Get, agent: str):
    refused = get("/sec/files/company_tickers.json", headers={"User-Agent": agent})
    assert refused.status_code == 403
    assert "Undeclared Automated Tool" in refused.text


def test_sec_indexes_agree_with_each_other(get: Get):
    pattern = re.compile(r"^(.+?)\s{2,}(.*?)\s{2,}(\d+)\s{2,}(\d{8})\s+(edgar/\S+)\s*$", re.MULTILINE)
    form = get(f"{INDEX}/form.20260205.idx").content.decode("latin-1")
    master = get(f"{INDEX}/master.20260205.idx").content.decode("latin-1")
    assert "\n      Date Filed  File Name\n" in form
    rows = [found.groups() for found in pattern.finditer(form.partition("\n---")[2])]
    others = [line.split("|") for line in master.partition("-" * 80)[2].split("\n") if "|" in line]
    assert sorted((row[0], row[1].strip(), row[2], row[4]) for row in rows) == sorted(
        (row[2], row[1], row[0], row[4]) for row in others
    )
    assert len(rows) > len(set(rows)), "no duplicate row"
    assert any("Société" in row[1] for row in rows)
    listed = get(f"{INDEX}/index.json").json()["directory"]["item"]
    assert {"form.20260205.idx", "master.20260205.idx"} <= {item["name"] for item in listed}


@pytest.mark.parametrize(
    "file", ["master.20260207.idx", "master.20260206.idx", "form.20261301.idx", "x.20260205.idx"]
)
def test_sec_has_no_index_of_a_day_without_one(get: Get, file: str):
    """A weekend, a future day, an invalid date, an unknown layout."""
    answer = get(f"{INDEX}/{file}")
    assert answer.status_code == 403
    assert ElementTree.fromstring(answer.content).findtext("Code") == "AccessDenied"


def test_sec_feed_pages_to_its_end(get: Get):
    entries: list[str] = []
    for start in range(0, 1_000, 100):
        page = get(
            f"/sec/cgi-bin/browse-edgar?action=getcurrent&type=4&owner=only&start={start}&count=100&output=atom"
        )
        if page.status_code == 503:
            break
        feed = ElementTree.fromstring(page.content)
        entries += [one.findtext(f"{ATOM}title") for one in feed.iter(f"{ATOM}entry")]
    assert "File Unavailable" in page.text
    assert page.headers["Content-Type"].startswith("text/html")
    assert len(entries) > 100
    assert {title.split(" - ")[0] for title in entries} == {"4", "4/A"}
    assert {title.rpartition("(")[2] for title in entries} == {"Reporting)", "Issuer)"}


def test_sec_feed_matches_forms_by_their_beginning(get: Get):
    feed = ElementTree.fromstring(get("/sec/cgi-bin/browse-edgar?action=getcurrent&type=4&count=100").content)
    forms = {one.find(f"{ATOM}category").get("term") for one in feed.iter(f"{ATOM}entry")}
    assert forms & {"424B2", "40-F", "425", "485BPOS", "497K"}
    assert all(form.startswith("4") for form in forms)


def test_sec_serves_a_filing_in_every_form(get: Get, market: Market):
    filing = next(one for one in market.filings(market.as_of) if one.form == "4/A")
    for cik, _ in filing.filers:
        folder = f"/sec/Archives/edgar/data/{cik}/{filing.folder}"
        text = get(f"/sec/Archives/edgar/data/{cik}/{filing.accession}.txt").text
        names = [item["name"] for item in get(f"{folder}/index.json").json()["directory"]["item"]]
        raw = get(f"{folder}/{filing.document}")
        assert filing.document in names
        assert ElementTree.fromstring(raw.content).findtext("dateOfOriginalSubmission") == "2026-02-05"
        assert "<html>" in get(f"{folder}/xslF345X05/{filing.document}").text
        assert f"CONFORMED SUBMISSION TYPE:\t{filing.form}" in text
    assert get(f"/sec/Archives/edgar/data/1/{filing.accession}.txt").status_code == 403


def test_sec_json_files_list_the_same_companies(get: Get, market: Market):
    tickers = get("/sec/files/company_tickers.json").json()
    table = get("/sec/files/company_tickers_exchange.json").json()
    assert {row["ticker"] for row in tickers.values()} == {row[2] for row in table["data"]}
    assert {"QXB-A", "QXB-B"} <= {row["ticker"] for row in tickers.values()}
    cik = market.by_symbol[market.scenarios["insider/cluster"][0]].cik
    company = get(f"/sec/submissions/CIK{cik:010d}.json").json()
    assert company["tickers"] == [market.scenarios["insider/cluster"][0]]
    assert len({len(column) for column in company["filings"]["recent"].values()}) == 1
    assert company["filings"]["recent"]["form"].count("4") >= 3
    person = market.filings(market.as_of)[-1].filers[0][0]
    assert get(f"/sec/submissions/CIK{person:010d}.json").status_code == 200
    assert get("/sec/submissions/CIK0000000001.json").status_code == 404


@pytest.mark.parametrize("stamp", ["20260207", "20260119", "20260206", "20269999"])
def test_finra_has_no_file_of_a_day_without_a_session(get: Get, stamp: str):
    assert get(f"/finra/equity/regsho/daily/CNMSshvol{stamp}.txt").status_code == 403


def test_finra_requires_a_user_agent(sandbox: SandboxServer, session: requests.Session):
    url = f"{sandbox.url}/finra/equity/regsho/daily/CNMSshvol20260205.txt"
    assert (
        session.get(url, headers={"User-Agent": None}, timeout=10).status_code == 200
    )  # the default of requests
    session.headers.pop("User-Agent")
    assert session.get(url, headers={"User-Agent": ""}, timeout=10).status_code == 403


def test_finra_spells_classes_with_a_slash_and_leaves_out_test_issues(get: Get, market: Market):
    text = get("/finra/equity/regsho/daily/CNMSshvol20260205.txt").text
    assert "|QXB/B|" in text
    assert re.search(r"\|\d+\.\d{6}\|", text)
    assert not any(f"|{one.symbol}|" in text for one in market.listings if one.kind == "test")
    new = market.scenarios["volume/new"][0]
    assert f"|{new}|" in text
    assert f"|{new}|" not in get("/finra/equity/regsho/daily/CNMSshvol20260129.txt").text


def test_the_directory_is_a_table_with_a_trailer_of_its_own_width(get: Get, market: Market):
    seen = set()
    for name, pipes in (("nasdaqlisted", 7), ("otherlisted", 6)):
        header, *rows, trailer = get(f"/nasdaq/dynamic/SymDir/{name}.txt").text.split("\r\n")[:-1]
        assert {row.count("|") for row in rows} == {header.count("|")}
        assert trailer.count("|") == pipes
        assert trailer.startswith("File Creation Time: 02052026")
        seen |= {row.split("|")[0] for row in rows}
    assert seen == {one.symbol for one in market.listings}
    assert {one.kind.value for one in market.listings} == {
        "common", "etf", "test", "warrant", "unit", "right", "preferred",
    }  # fmt: skip
    assert get("/nasdaq/dynamic/SymDir/nothing.txt").status_code == 404


def test_reddit_listings_have_their_orders(get: Get):
    token = {"Authorization": "bearer sandbox-token.x"}

    def posts(path: str) -> list[dict]:
        answer = get(f"/reddit/r/{path}", headers=token)
        assert answer.headers["x-ratelimit-used"].isdigit()
        assert answer.headers["x-ratelimit-reset"].isdigit()
        return [child["data"] for child in answer.json()["data"]["children"]]

    hot = posts("stocks/hot?limit=10")
    assert [post["stickied"] for post in hot[:3]] == [True, True, True]
    top = [post["score"] for post in posts("stocks/top?t=week&limit=30")]
    assert top == sorted(top, reverse=True)
    times = [post["created_utc"] for post in posts("stocks/new?limit=100")]
    assert times == sorted(times, reverse=True)
    assert len(posts("STOCKS/new")) == 25
    day = posts("stocks/top?t=day&limit=100")
    assert len(day) < len(posts("stocks/top?t=all&limit=100"))
    flaired = posts('wallstreetbets/search/?q=flair:"DD"&restrict_sr=True')
    assert flaired
    assert all(post["link_flair_text"] == "DD" for post in flaired)
