"""The expected answer of each scanner, computed again from the served bytes alone."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from defusedxml import ElementTree

from tests.sandbox.conftest import Get
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.sandbox import Market

SCANNERS = DEFAULT_CONFIG["discovery"]["scanners"]
DAY = "20260205"


@pytest.fixture
def listed(get: Get) -> set[str]:
    """The symbols of common stock, by the directory: no funds, tests, warrants, units, rights, preferreds."""
    symbols = set()
    for name in ("nasdaqlisted", "otherlisted"):
        lines = get(f"/nasdaq/dynamic/SymDir/{name}.txt").text.splitlines()
        rows = csv.DictReader(lines[:-1], delimiter="|")
        for row in rows:
            if (
                row["Test Issue"] == "N"
                and row["ETF"] == "N"
                and row["Security Name"].endswith("Common Stock")
            ):
                symbols.add(row.get("Symbol") or row["ACT Symbol"])
    return symbols


def test_market_movers(alpha: Get, market: Market, listed: set[str]):
    settings, truth = SCANNERS["market_movers"], market.truth["market_movers"]
    body = alpha("TOP_GAINERS_LOSERS").json()
    rows = [row for name in ("top_gainers", "top_losers", "most_actively_traded") for row in body[name]]
    found = {
        row["ticker"]
        for row in rows
        if float(row["price"]) >= settings["min_price_usd"]
        and int(row["volume"]) >= settings["min_volume"]
        and abs(float(row["change_percentage"].rstrip("%"))) >= settings["min_change_percent"]
        and row["ticker"] in listed
    }
    assert found == truth.expected
    shown = {row["ticker"] for row in rows}
    warrants = {ticker for ticker in shown & truth.forbidden if truth.why[ticker].startswith("a ")}
    assert any(ticker.endswith("+") for ticker in warrants)
    assert any(ticker.endswith("W") for ticker in warrants)
    assert {truth.why[ticker] for ticker in shown & truth.forbidden} >= {
        "trades below one dollar",
        "thinly traded",
        "high volume, price unchanged",
    }


def _volumes(get: Get, market: Market, sessions: int) -> dict[str, list[tuple[str, float]]]:
    series = defaultdict(list)
    for day in market.sessions[-sessions:]:
        lines = get(f"/finra/equity/regsho/daily/CNMSshvol{day:%Y%m%d}.txt").text.splitlines()
        rows = [line.split("|") for line in lines[1:] if "|" in line]
        assert int(lines[-1]) == len(rows)
        for stamp, symbol, short, exempt, total, _markets in rows:
            assert stamp == f"{day:%Y%m%d}"
            assert 0 <= float(exempt) <= float(short) <= float(total)
            series[symbol].append((stamp, float(total)))
    return series


def test_volume_accumulation(get: Get, market: Market):
    settings, truth = SCANNERS["volume_accumulation"], market.truth["volume_accumulation"]
    mean_days = settings["mean_days"]
    found, ratios = set(), {}
    for symbol, rows in _volumes(get, market, mean_days + 1).items():
        (stamp, newest), before = rows[-1], [total for _, total in rows[:-1]]
        ratios[symbol] = newest / (sum(before) / len(before)) if before else 0.0
        whole = len(before) == mean_days and stamp == DAY
        if whole and ratios[symbol] >= settings["min_ratio"] and newest >= settings["min_volume"]:
            found.add(symbol)
    assert found == truth.expected
    assert {symbol: pytest.approx(ratios[symbol], rel=1e-6) for symbol in found} == truth.measure
    for symbol in market.scenarios["volume/thin"] + market.scenarios["volume/new"]:
        assert ratios[symbol] >= settings["min_ratio"], "a decoy that no scanner could find"


def _own_bought(root: ElementTree.Element, since: date) -> float:
    spent = 0.0
    for row in root.findall("nonDerivativeTable/nonDerivativeTransaction"):
        text = {leaf: row.findtext(f"transactionAmounts/{leaf}/value") for leaf in ("transactionShares",)}
        price = row.findtext("transactionAmounts/transactionPricePerShare/value")
        acquired = row.findtext("transactionAmounts/transactionAcquiredDisposedCode/value")
        code = row.findtext("transactionCoding/transactionCode")
        swap = row.findtext("transactionCoding/equitySwapInvolved")
        common = row.findtext("securityTitle/value") == "Common Stock"
        news = date.fromisoformat(row.findtext("transactionDate/value")) >= since
        if (code, acquired) == ("P", "A") and swap in {"0", "false"} and price and common and news:
            spent += float(text["transactionShares"]) * float(price)
    return spent


def test_insider_buying(get: Get, market: Market, listed: set[str]):
    settings, truth = SCANNERS["insider_buying"], market.truth["insider_buying"]
    index = get(f"/sec/Archives/edgar/daily-index/2026/QTR1/master.{DAY}.idx").content.decode("latin-1")
    rows = [line.split("|") for line in index.partition("-" * 80)[2].split("\n") if "|" in line]
    assert {"424B2", "40-F", "3", "5", "4/A"} <= {row[2] for row in rows}
    paths = {row[4].rpartition("/")[2]: row[4] for row in rows if row[2] == "4"}
    assert 30 <= len(paths) <= 80
    spent: Counter[str] = Counter()
    by_cik = {one.cik: one.symbol for one in market.companies}
    for path in paths.values():
        text = get(f"/sec/Archives/{path}").content.decode("latin-1")
        root = ElementTree.fromstring(text.partition("<XML>")[2].partition("</XML>")[0].strip())
        typed = root.findtext("issuer/issuerTradingSymbol").upper().rpartition(":")[2].strip()
        symbol = typed if typed in listed else by_cik.get(int(root.findtext("issuer/issuerCik")))
        if symbol in listed:
            spent[symbol] += _own_bought(root, since=market.as_of - timedelta(days=30))
    apart = {
        one: market.scenarios[f"insider/{one}"][0] for one in ("over_days", "amended_part", "amended_down")
    }
    assert spent[apart["over_days"]] < settings["min_value_usd"] < truth.measure[apart["over_days"]]
    assert spent.pop(apart["amended_down"]) > settings["min_value_usd"], "the wrong price is not plausible"
    spent.update({one: truth.measure[one] - spent[one] for one in apart.values() if one in truth.expected})
    enough = {symbol: dollars for symbol, dollars in spent.items() if dollars >= settings["min_value_usd"]}
    assert enough == {symbol: pytest.approx(dollars) for symbol, dollars in truth.measure.items()}
    assert enough.keys() == truth.expected
    assert any("." in symbol for symbol in enough)


def test_reading_filings_carelessly_would_find_the_decoys(market: Market):
    """Counting owners, duplicates and amendments lifts each of those decoys above the minimum value."""
    least = SCANNERS["insider_buying"]["min_value_usd"]
    filed = market.filings(market.as_of)
    for part, factor in (("joint_small", 3), ("twice_listed", 2), ("amended", 1)):
        cik = market.by_symbol[market.scenarios[f"insider/{part}"][0]].cik
        dollars = sum(t.bought_usd for f in filed if f.issuer_cik == cik for t in f.trades)
        assert dollars * factor >= least, part
        original = sum(t.bought_usd for f in filed if (f.issuer_cik, f.form) == (cik, "4") for t in f.trades)
        assert 0 < original < least, part


def test_reading_only_the_day_or_only_originals_would_be_wrong(market: Market):
    """Each amendment, old trade and earlier day lifts a decoy or a planted company over the minimum value."""
    least = SCANNERS["insider_buying"]["min_value_usd"]
    week = [one for day in market.sessions[-10:] for one in market.filings(day)]

    def spent(part: str, *forms: str, on_the_day: bool = True) -> float:
        cik = market.by_symbol[market.scenarios[f"insider/{part}"][0]].cik
        mine = (one for one in week if one.issuer_cik == cik and one.form in forms)
        days = {True: [market.as_of], False: market.sessions[-10:-1]}[on_the_day]
        return sum(t.shares * (t.price or 0) for one in mine if one.filed in days for t in one.trades)

    assert spent("over_days", "4") < least
    assert spent("over_days", "4", on_the_day=False) < least
    assert spent("last_week", "4", on_the_day=False) >= least
    assert spent("amended_part", "4/A") < least <= spent("amended_part", "4")
    assert spent("amended_down", "4/A") < least <= spent("amended_down", "4")
    for part, form in (("amended_old", "4/A"), ("late", "4"), ("preferred", "4"), ("offering", "4")):
        assert spent(part, form) >= least, part


def test_earlier_days_hold_the_purchases_planted_there_and_no_others(market: Market):
    parts = {
        market.by_symbol[market.scenarios[f"insider/{one}"][0]].cik: one for one in ("over_days", "last_week")
    }
    seen = []
    for day in market.sessions[-10:-1]:
        filed = market.filings(day)
        assert filed
        seen += [parts[one.issuer_cik] for one in filed if any(trade.bought_usd for trade in one.trades)]
    assert sorted(seen) == ["last_week", "last_week", "over_days", "over_days"]


@pytest.mark.parametrize(("first", "last"), [(0, 7), (1, 6)])
def test_earnings_calendar(finnhub_get: Get, market: Market, listed: set[str], first: int, last: int):
    """The result does not depend on whether the ends of the window count."""
    truth = market.truth["earnings_calendar"]
    window = {name: market.as_of + timedelta(days=days) for name, days in (("from", first), ("to", last))}
    rows = finnhub_get("calendar/earnings", **window).json()["earningsCalendar"]
    symbols = [row["symbol"] for row in rows]
    assert set(symbols) & listed == truth.expected
    assert 20 <= len(truth.expected) <= 30
    assert set(symbols) - listed, "no foreign or unlisted symbol"
    assert max(Counter(symbols).values()) == 2


def test_analyst_revisions(finnhub_get: Get, market: Market):
    settings, truth = SCANNERS["analyst_revisions"], market.truth["analyst_revisions"]
    found, decoys = {}, set()
    for symbol in market.truth["earnings_calendar"].expected:
        rows = finnhub_get("stock/recommendation", symbol=symbol).json()
        assert [row["period"] for row in rows] == sorted((row["period"] for row in rows), reverse=True)
        if len(rows) < 2 or (shift := _mean(rows[0]) - _mean(rows[1])) < settings["min_shift"]:
            continue
        months = [date.fromisoformat(row["period"]) for row in rows[:2]]
        if (months[0] - months[1]).days > 31 or min(_analysts(row) for row in rows[:2]) < settings[
            "min_analysts"
        ]:
            decoys.add(truth.why[symbol])
        else:
            found[symbol] = shift
    assert decoys == {"the month before is missing", "two analysts only"}
    assert found.keys() == truth.expected
    assert found == {symbol: pytest.approx(shift) for symbol, shift in truth.measure.items()}
    slight = finnhub_get("stock/recommendation", symbol=market.scenarios["ratings/slight"][0]).json()
    assert 0 < _mean(slight[0]) - _mean(slight[1]) < settings["min_shift"]
    assert len(market.truth["earnings_calendar"].expected) <= settings["max_tickers"]


def _analysts(row: dict[str, int]) -> int:
    return sum(row[name] for name in ("strongBuy", "buy", "hold", "sell", "strongSell"))


def _mean(row: dict[str, int]) -> float:
    grades = ("strongSell", "sell", "hold", "buy", "strongBuy")
    return sum(n * row[grade] for n, grade in enumerate(grades, 1)) / sum(row[grade] for grade in grades)


@pytest.mark.parametrize("until", ["20260205T2100", "20260205T2359", "20260206T0500"])
def test_news_catalyst(alpha: Get, market: Market, listed: set[str], until: str):
    """Any definition of "the last 24 hours" finds the same, within the default number of articles."""
    settings, truth = SCANNERS["news_catalyst"], market.truth["news_catalyst"]
    since = datetime.strptime(until, "%Y%m%dT%H%M").replace(tzinfo=UTC) - timedelta(hours=24)
    query = {"time_from": f"{since:%Y%m%dT%H%M}", "time_to": until}
    body = alpha("NEWS_SENTIMENT", **query).json()
    assert int(body["items"]) == len(body["feed"]) < 50
    bullish, carelessly, weight = set(), set(), Counter()
    texts = {row["title"].removesuffix(f" - {row['source']}").upper(): row for row in body["feed"]}
    for articles, found in ((texts.values(), bullish), (body["feed"], carelessly)):
        weight.clear()
        for mood in (mood for article in articles for mood in article["ticker_sentiment"]):
            score, relevance = float(mood["ticker_sentiment_score"]), float(mood["relevance_score"])
            if relevance >= settings["min_relevance"] and abs(score) >= settings["min_sentiment"]:
                weight[mood["ticker"]] += score * relevance
        found |= {ticker for ticker, total in weight.items() if total > 0}
    found = bullish
    assert found & listed == truth.expected
    assert carelessly - bullish == set(market.scenarios["news/syndicated"]), (
        "a decoy that no scanner could find"
    )
    assert found - listed == {"CRYPTO:BTC", "FOREX:USD"}
    assert found - listed <= truth.forbidden


def test_reddit_trending_counts_posts_that_carry_the_symbol(market: Market, reddit_posts: list[dict]):
    settings, truth = SCANNERS["reddit_trending"], market.truth["reddit_trending"]
    mine = [post for post in reddit_posts if post["subreddit"] in settings["subreddits"]]
    for symbol, count in truth.measure.items():
        pattern = re.compile(rf"(?<![\w$])\$?{symbol}(?![\w.])" if symbol != "KITE" else r"\$KITE\b")
        with_it = [post for post in mine if pattern.search(f"{post['title']}\n{post['selftext']}")]
        assert len(with_it) == count >= settings["min_mentions"], symbol


def test_reddit_trending_decoys_are_in_the_posts(market: Market, reddit_posts: list[dict]):
    """Taking words in capitals for symbols would find each forbidden word often enough."""
    words = Counter(
        word for post in reddit_posts for word in set(re.findall(r"\b[A-Z]{1,5}\b", post["title"]))
    )
    truth = market.truth["reddit_trending"]
    tempting = {word for word, count in words.items() if count >= 3} - truth.expected
    assert {"IT", "ALL", "ON", "DD", "I", "HOLD", "HUGE", "BACK", "MOON", "ER", "CEO", "BTC"} <= tempting
    assert tempting & market.by_symbol.keys() <= truth.forbidden
    lower = [post for post in reddit_posts if re.search(r"\b(hold|huge|back)\b", post["title"])]
    assert len(lower) >= 3


@pytest.mark.parametrize("part", ["one_author", "crossposted", "old"])
def test_counting_posts_alone_would_find_repeated_posts(market: Market, reddit_posts: list[dict], part: str):
    (symbol,) = market.scenarios[f"posts/{part}"]
    posts = [post for post in reddit_posts if f"${symbol}" in post["title"]]
    assert len(posts) >= SCANNERS["reddit_trending"]["min_mentions"]
    assert len({post["subreddit"] for post in posts}) == len(posts)
    authors, originals = ({post.get(name) for post in posts} for name in ("author", "crosspost_parent"))
    assert (len(authors) == 1) is (part == "one_author")
    assert originals == ({None, f"t3_{_original(posts)}"} if part == "crossposted" else {None})
    newest = max(post["created_utc"] for post in posts)
    assert (newest < market.now.timestamp() - 7 * 86_400) is (part == "old")


def _original(posts: list[dict]) -> str:
    (key,) = (post["id"] for post in posts if "crosspost_parent" not in post)
    return key


def test_reddit_dd(market: Market, reddit_posts: list[dict]):
    settings, truth = SCANNERS["reddit_dd"], market.truth["reddit_dd"]
    found = set()
    oldest = market.now.timestamp() - settings["max_age_days"] * 86_400
    for post in reddit_posts:
        titled = re.search(r"\[DD\]|due diligence", post["title"], re.IGNORECASE)
        symbols = set(re.findall(r"\$([A-Z]{1,5})\b", f"{post['title']}\n{post['selftext']}"))
        if (
            post["subreddit"] in settings["subreddits"]
            and (post["link_flair_text"] == "DD" or titled)
            and len(post["selftext"].split()) >= settings["min_words"]
            and post["score"] >= settings["min_score"]
            and not post["stickied"]
            and post["removed_by_category"] is None
            and post["created_utc"] >= oldest
        ):
            found |= symbols
    assert found == truth.expected
    tempting = {
        symbol
        for post in reddit_posts
        if post["link_flair_text"] == "DD"
        for symbol in re.findall(r"\$([A-Z]{4})\b", post["title"])
    }
    assert len(tempting & truth.forbidden) >= 6


@pytest.fixture
def reddit_posts(get: Get) -> list[dict]:
    """The first hundred of every subreddit's newest posts, as any client gets them."""
    token = {"Authorization": "bearer sandbox-token.test"}
    posts = []
    for name in ("wallstreetbets", "stocks", "investing", "options", "SecurityAnalysis", "ValueInvesting"):
        body = get(f"/reddit/r/{name}/new?limit=100", headers=token).json()
        posts += [child["data"] for child in body["data"]["children"]]
    return posts


@pytest.mark.parametrize("order", ["hot", "new", "top?t=day", "top?t=week"])
def test_every_planted_post_is_on_the_first_page(get: Get, market: Market, order: str):
    """The first page of every listing contains all planted posts."""
    token = {"Authorization": "bearer sandbox-token.test"}
    for scanner in ("reddit_trending", "reddit_dd"):
        limit = SCANNERS[scanner]["posts_per_subreddit"]
        for name in SCANNERS[scanner]["subreddits"]:
            glue = "&" if "?" in order else "?"
            body = get(f"/reddit/r/{name}/{order}{glue}limit={limit}", headers=token).json()
            shown = {child["data"]["id"] for child in body["data"]["children"]}
            expected = market.truth[scanner].expected
            planted = {
                post.key for post in market.posts if post.subreddit == name and expected & {*post.means}
            }
            assert planted <= shown, (scanner, name)


def test_the_listing_table_is_complete(alpha: Get, listed: set[str]):
    rows = list(csv.DictReader(io.StringIO(alpha("LISTING_STATUS").text)))
    assert {row["symbol"].replace("-", ".") for row in rows} >= listed
    assert {row["delistingDate"] for row in rows} == {"null"}
