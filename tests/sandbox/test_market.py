"""The synthetic market: reproducible, with the exchange's sessions, entirely fictional."""

from __future__ import annotations

import pickle
import threading
from datetime import date

import pytest

from tests.shared_data import SHARED, needs_shared
from tests.slow import slow_except
from tradingagents.discovery.sandbox import Market
from tradingagents.discovery.sandbox.faults.rules import FaultRules
from tradingagents.discovery.sandbox.http.dispatch import Dispatch
from tradingagents.discovery.sandbox.http.wire import Request, Response
from tradingagents.discovery.sandbox.world.companies.names import WORD_TICKERS
from tradingagents.discovery.sandbox.world.sessions import is_session, sessions_ending, step_sessions

_ASKED = (
    ("alpha_vantage", "/query", {"function": "TOP_GAINERS_LOSERS", "apikey": "k"}),
    ("alpha_vantage", "/query", {"function": "NEWS_SENTIMENT", "apikey": "k"}),
    ("finnhub", "/api/v1/calendar/earnings", {"token": "k"}),
    ("finnhub", "/api/v1/stock/insider-transactions", {"token": "k", "symbol": ""}),
    ("sec", "/Archives/edgar/daily-index/2026/QTR1/master.20260205.idx", {}),
    ("sec", "/cgi-bin/browse-edgar", {"type": "4"}),
    ("finra", "/equity/regsho/daily/CNMSshvol20260130.txt", {}),
    ("nasdaq", "/dynamic/SymDir/otherlisted.txt", {}),
)


def _bodies(market: Market) -> list[Response]:
    dispatch = Dispatch(market, {}, {}, FaultRules(), threading.Event())
    agent = {"user-agent": "Tests tests@example.com"}
    return [
        dispatch.vendors[vendor].answer(Request("GET", path, query, agent)) for vendor, path, query in _ASKED
    ]


def test_the_same_seed_gives_the_same_bytes():
    assert _bodies(Market(11)) == _bodies(Market(11))


def test_another_seed_gives_another_market():
    pairs = zip(_bodies(Market(11)), _bodies(Market(12)), strict=True)
    assert all(one != other for one, other in pairs)


def test_a_pickled_market_is_equal(market: Market):
    copied = pickle.loads(pickle.dumps(market))
    assert copied.truth == market.truth
    assert copied.listings == market.listings


@pytest.mark.parametrize("seed", slow_except({0}, range(5)))
def test_expected_and_forbidden_tickers_are_disjoint_for_every_seed(seed: int):
    for scanner, planted in Market(seed).truth.items():
        assert planted.expected, scanner
        assert not planted.expected & planted.forbidden, scanner
        assert planted.forbidden == planted.why.keys(), scanner


@pytest.mark.slow
def test_another_day_moves_the_whole_market():
    market = Market(as_of=date(2025, 6, 18))
    assert market.sessions[-1] == date(2025, 6, 18)
    found = market.truth["reddit_trending"].expected | market.truth["reddit_dd"].expected
    assert {post.created.date() for post in market.posts if found & {*post.means}} == {date(2025, 6, 18)}
    assert market.filings(date(2025, 6, 18))
    assert not market.filings(date(2025, 6, 20))


@pytest.mark.parametrize("day", [date(2026, 2, 7), date(2026, 2, 16), date(2026, 7, 3)])
def test_as_of_must_be_a_session(day: date):
    with pytest.raises(ValueError, match="must be a trading day of the exchange"):
        Market(as_of=day)


def test_too_few_companies_are_refused():
    with pytest.raises(ValueError, match="plain companies"):
        Market(companies=60)


@pytest.mark.filterwarnings("ignore")  # warnings of pandas
def test_sessions_are_those_of_the_exchange():
    """The table agrees with the calendars package, where that is installed."""
    calendars = pytest.importorskip("exchange_calendars")
    exchange = calendars.get_calendar("XNYS", start="2023-12-01", end="2028-01-31")
    known = {session.date() for session in exchange.sessions_in_range("2024-01-01", "2027-12-31")}
    assert set(sessions_ending(date(2027, 12, 31), 1_461)) == known


def test_a_year_without_a_table_is_refused():
    with pytest.raises(ValueError, match="2024 to 2027"):
        is_session(date(2023, 3, 1))


def test_sessions_step_over_weekends_and_holidays():
    assert step_sessions(date(2026, 2, 13), 1) == date(2026, 2, 17)
    assert step_sessions(date(2026, 1, 2), -1) == date(2025, 12, 31)


def test_symbols_look_like_united_states_tickers_and_names_are_fictional(market: Market):
    for one in market.companies:
        root, _, share_class = one.symbol.partition(".")
        assert root.isalpha()
        assert root.isupper()
        assert len(root) <= 5
        assert len(share_class) <= 1
    assert all("(fictional)" in one.security_name for one in market.listings)
    assert len(market.companies) == 343  # 340 companies, three of them with two classes


@needs_shared
def test_no_ticker_except_the_words_is_a_real_one(market: Market):
    assert SHARED is not None
    real = set()
    for name in ("2025-08-11_nasdaqlisted.txt", "2025-08-11_otherlisted.txt"):
        lines = (SHARED / "real-data" / "nasdaq" / name).read_text().splitlines()
        real |= {line.split("|")[0] for line in lines}
    assert {one.symbol for one in market.listings} & real <= set(WORD_TICKERS)


def test_prices_are_plausible_and_start_with_the_listing(market: Market):
    for symbol in (market.scenarios["movers/gainer"][0], market.scenarios["volume/new"][0], "IT"):
        bars = market.bars(symbol)
        assert all(
            bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars
        )
        assert all(bar.low > 0 for bar in bars)
        assert [bar.volume for bar in bars] == market.volumes[symbol]
    assert len(market.bars("IT")) == len(market.sessions) >= 250
    assert len(market.bars(market.scenarios["volume/new"][0])) == 5
