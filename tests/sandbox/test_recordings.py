"""The sandbox's bodies have the shapes of recorded ones: the same keys, columns and types."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from defusedxml import ElementTree

from tests.sandbox.conftest import Get
from tests.shared_data import RECORDED_SEC, SHARED, needs_shared
from tradingagents.discovery.sandbox import Market

ATOM = "{http://www.w3.org/2005/Atom}"
_OLD_REDDIT = {"from", "from_id", "from_kind"}  # dropped by Reddit since the recording of 2016


def _recorded(name: str) -> Path:
    assert SHARED is not None
    return SHARED / "real-data" / name


def _json(name: str) -> object:
    return json.loads(_recorded(name).read_text())


def _sec_json(name: str) -> object:
    return json.loads((RECORDED_SEC / name).read_text())


def _kinds(row: dict[str, object]) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


@needs_shared
def test_movers(alpha: Get):
    real, ours = _json("alpha_vantage/top_gainers_losers/2025-04-25.json"), alpha("TOP_GAINERS_LOSERS").json()
    assert ours.keys() == real.keys()
    for name in ("top_gainers", "top_losers", "most_actively_traded"):
        assert len(ours[name]) == len(real[name]) == 20
        assert _kinds(ours[name][0]) == _kinds(real[name][0])
    assert ours["last_updated"].endswith("US/Eastern")


@needs_shared
def test_news(alpha: Get):
    real, ours = _json("alpha_vantage/news_sentiment/META_2024-08-22.json"), alpha("NEWS_SENTIMENT").json()
    assert _kinds(ours) == _kinds(real)
    assert ours["sentiment_score_definition"] == real["sentiment_score_definition"]
    assert ours["feed"][0].keys() == real["feed"][0].keys()
    for name in ("ticker_sentiment", "topics"):
        assert _kinds(ours["feed"][0][name][0]) == _kinds(real["feed"][0][name][0])
    topics = {topic["topic"] for one in ours["feed"] for topic in one["topics"]}
    assert "Retail & Wholesale" in topics


@needs_shared
def test_nothing_found_in_the_news(alpha: Get, market: Market):
    quiet = next(one.symbol for one in market.companies if not any(
        one.symbol == mood.ticker for article in market.articles for mood in article.moods
    ))  # fmt: skip
    assert alpha("NEWS_SENTIMENT", tickers=quiet).json() == _json(
        "alpha_vantage/news_sentiment/TSLA_empty_2024-08-22.json"
    )


@needs_shared
def test_quotes_and_series(alpha: Get):
    assert (
        alpha("GLOBAL_QUOTE", symbol="IT").json()["Global Quote"].keys()
        == _json("alpha_vantage/global_quote.json")["Global Quote"].keys()
    )
    real = _json("alpha_vantage/time_series/AAPL_daily_5d_2020-09_split.json")
    ours = alpha("TIME_SERIES_DAILY", symbol="IT").json()
    assert ours.keys() == real.keys()
    assert ours["Meta Data"].keys() == real["Meta Data"].keys()
    one, other = (next(iter(body["Time Series (Daily)"].values())) for body in (ours, real))
    assert one.keys() == other.keys()


@needs_shared
def test_overview(alpha: Get):
    real, ours = _json("alpha_vantage/overview/META.json"), alpha("OVERVIEW", symbol="IT").json()
    assert ours.keys() >= real.keys()
    assert set(map(type, ours.values())) == {str}


@needs_shared
def test_calendar_columns(alpha: Get):
    header = _recorded("alpha_vantage/earnings_calendar/APD_12month_2024.csv").read_bytes().split(b"\r\n")[0]
    ours = alpha("EARNINGS_CALENDAR").content.split(b"\r\n")[0]
    assert ours == header + b",timeOfTheDay"


@needs_shared
@pytest.mark.parametrize(
    ("function", "file"),
    [
        ("TIME_SERIES_DAILY_ADJUSTED", "information_premium_endpoint.json"),
    ],
)
def test_refusals(alpha: Get, function: str, file: str):
    assert alpha(function, symbol="IT").json() == _json(f"alpha_vantage/limits/{file}")


@needs_shared
@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("stock/recommendation?symbol=IT", "recommendation-AAPL.json"),
        ("stock/insider-transactions?symbol=", "insider-transactions-AAPL.json"),
        ("calendar/earnings?to=2026-02-12", "calendar-earnings-aapl.json"),
        ("quote?symbol=IT", "quote-AAPL.json"),
        ("stock/earnings?symbol=IT", "vendor_doc_samples/stock_earnings.json"),
        ("company-news?symbol={}&from=2026-02-01&to=2026-02-06", "company-news-AAPL.json"),
    ],
)
def test_finnhub_bodies(finnhub_get: Get, market: Market, path: str, file: str):
    real = _json(f"finnhub/{file}")
    ours = finnhub_get(path.format(market.scenarios["news/bullish"][0])).json()
    assert type(ours) is type(real)
    for inner in ("data", "earningsCalendar"):
        if isinstance(real, dict) and inner in real:
            assert ours.keys() == real.keys()
            ours, real = ours[inner], real[inner]
    one, other = (body[0] if isinstance(body, list) else body for body in (ours, real))
    assert one.keys() == other.keys()


@needs_shared
def test_finnhub_refusals(get: Get, finnhub_get: Get):
    assert finnhub_get("stock/candle", symbol="IT").json() == _json("finnhub/candle-AAPL.json")
    capture = _json("finnhub/captures/recommendation_TSLA_2021.json")
    quota = {name for name in capture["headers"] if name.lower().startswith("x-ratelimit")}
    answer = get("/finnhub/api/v1/quote?symbol=IT&token=k")
    assert all(name in answer.headers for name in quota)
    assert answer.headers["Content-Type"] == capture["headers"]["Content-Type"]


def test_form_4_documents(get: Get, market: Market):
    """Every element of real purchases and awards is in the sandbox's, at the same place."""

    def paths(node: ElementTree.Element, above: str = "") -> set[str]:
        here = f"{above}/{node.tag}"
        return {here}.union(*(paths(child, here) for child in node))

    ours: set[str] = set()
    for filing in market.filings(market.as_of):
        if filing.form == "4":
            url = f"/sec/Archives/edgar/data/{filing.issuer_cik}/{filing.folder}/{filing.document}"
            ours |= paths(ElementTree.fromstring(get(url).content))
    for name in ("TLS_2023-05-12_d53f8f", "TCRR_2023-05-11_3444af", "AMZN_2024-04-12_b5746f"):
        real = paths(ElementTree.parse(RECORDED_SEC / f"form4/{name}.xml").getroot())
        assert not {path for path in real - ours if not path.endswith(("footnoteId", "Timeliness/value"))}, (
            name
        )


def test_submission_header(get: Get, market: Market):
    filing = next(one for one in market.filings(market.as_of) if one.form == "4")
    ours = get(f"/sec/Archives/edgar/data/{filing.issuer_cik}/{filing.accession}.txt").text
    real = (RECORDED_SEC / "form4_submission_txt/AMZN_2024-04-12_b5746f.txt").read_text()
    for line in real.splitlines()[:9]:
        label = line.split(":")[0] if ":" in line and not line.startswith("<") else line.split(">")[0]
        assert label in ours, label
    assert ours.rstrip().endswith("</SEC-DOCUMENT>")


def test_daily_index_rows(get: Get):
    real = (RECORDED_SEC / "index/form.20200318.idx").read_text("latin-1").splitlines()
    ours = (
        get("/sec/Archives/edgar/daily-index/2026/QTR1/form.20260205.idx")
        .content.decode("latin-1")
        .splitlines()
    )
    labels = [line.split(":")[0] for line in real[:4]]
    assert [line.split(":")[0] for line in ours[:4]] == labels
    assert ours[4:8] == real[4:8] == [" "] * 4
    assert next(line for line in ours if line.startswith("---")) == next(
        line for line in real if line.startswith("---")
    )


def test_atom_entries(get: Get):
    real = ElementTree.parse(RECORDED_SEC / "feeds/getcurrent_type4_start00000.atom").getroot()
    page = get("/sec/cgi-bin/browse-edgar?action=getcurrent&type=4&count=100&output=atom")
    ours = ElementTree.fromstring(page.content)
    assert len(ours.findall(f"{ATOM}entry")) == len(real.findall(f"{ATOM}entry")) == 100
    one, other = (feed.find(f"{ATOM}entry") for feed in (ours, real))
    assert [child.tag for child in one] == [child.tag for child in other]
    assert [sorted(child.attrib) for child in one] == [sorted(child.attrib) for child in other]
    assert {child.tag for child in ours} == {child.tag for child in real}


def test_company_files(get: Get):
    real = _sec_json("company_tickers.json")
    ours = get("/sec/files/company_tickers.json").json()
    assert _kinds(ours["0"]) == _kinds(real["0"])
    company = get("/sec/submissions/CIK0009900040.json").json()
    recorded = _sec_json("submissions/CIK0000320193_AAPL.json")
    assert company.keys() == recorded.keys()
    assert company["filings"]["recent"].keys() == recorded["filings"]["recent"].keys()
    assert company["addresses"]["mailing"].keys() == recorded["addresses"]["mailing"].keys()


@needs_shared
def test_short_volume_columns(get: Get):
    real = _recorded("finra/CNMSshvol20210205.txt").read_text().splitlines()
    ours = get("/finra/equity/regsho/daily/CNMSshvol20260205.txt").text.splitlines()
    assert ours[0] == real[0]
    assert ours[1] == "", "newer files have an empty line here"
    assert ours[-1].isdecimal()
    assert ours[2].count("|") == real[1].count("|")


@needs_shared
def test_directories(get: Get):
    for name in ("nasdaqlisted", "otherlisted"):
        real = _recorded(f"nasdaq/2025-08-11_{name}.txt").read_bytes().split(b"\r\n")
        ours = get(f"/nasdaq/dynamic/SymDir/{name}.txt").content.split(b"\r\n")
        assert ours[0] == real[0]
        assert ours[-2].count(b"|") == real[-2].count(b"|")
        row = next(csv.reader(io.StringIO(ours[1].decode()), delimiter="|"))
        assert len(row) == 8


@needs_shared
def test_reddit_posts(get: Get):
    calls = _json("reddit/listings/subredditlistings_hot.json")
    real = json.loads(calls[1]["body"])["data"]
    token = {"Authorization": "bearer sandbox-token.x"}
    ours = get("/reddit/r/stocks/hot?limit=5", headers=token).json()["data"]
    assert ours.keys() >= real.keys()
    post, recorded = ours["children"][0]["data"], real["children"][0]["data"]
    assert post.keys() >= recorded.keys() - _OLD_REDDIT
    assert len(post) >= 100
    same = ("id", "name", "title", "selftext", "score", "created_utc", "permalink", "stickied", "is_self")
    assert {name: type(post[name]) for name in same} == {name: type(recorded[name]) for name in same}


@needs_shared
def test_reddit_refusals(get: Get):
    missing = get("/reddit/r/stocks/nothing", headers={"Authorization": "bearer sandbox-token.x"})
    capture = _json("reddit/errors/not_found.json")[-1]
    assert missing.status_code == capture["status"]
    assert missing.headers["Content-Type"] == capture["headers"]["Content-Type"]
    quota = {name for name in capture["headers"] if name.startswith("x-ratelimit")}
    assert all(name in missing.headers for name in quota)
