"""``market_movers``: shares only, thresholds counted, and never another day's lists."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tests.scanners.harness import DAY, ScanResult, run, vendors
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import BadPayload, NoDataError, StaleDataError
from tradingagents.discovery.scanners.market_movers import (
    MarketMovers,
    MarketMoversSettings,
    stock_ticker,
)
from tradingagents.discovery.vendors.alpha_vantage.records import Mover, Movers, parse_movers

NEW_YORK = ZoneInfo("America/New_York")


def row(ticker: str, percent: float = 10.0, price: float = 5.0, volume: int = 1_000_000) -> Mover:
    return Mover(ticker, price, price * percent / 100, percent, volume)


class FakeVendor:
    def __init__(self, answered: Movers | Exception, problems: tuple[str, ...] = ()) -> None:
        self.answered, self.problems = answered, problems

    def top_movers(self, *, on_malformed: Any) -> Movers:
        if isinstance(self.answered, Exception):
            raise self.answered
        for problem in self.problems:
            on_malformed(problem)
        return self.answered

    def address(self, function: str) -> str:
        return f"https://vendor.example/query?function={function}"


def lists(
    gainers: tuple[Mover, ...] = (),
    losers: tuple[Mover, ...] = (),
    active: tuple[Mover, ...] = (),
    *,
    day: str = DAY,
    absent: tuple[str, ...] = (),
) -> Movers:
    updated = datetime.combine(date.fromisoformat(day), datetime.min.time(), NEW_YORK).replace(hour=16)
    return Movers(updated, gainers, losers, active, absent)


def scan(movers: Movers | Exception, **settings: Any) -> ScanResult:
    return run(MarketMovers, vendors(alpha_vantage=FakeVendor(movers)), **settings)


@pytest.mark.parametrize(
    "wrong", [{"min_price_usd": -1}, {"min_volume": "many"}, {"limit": 0}, {"min_chnge": 3}]
)
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MarketMoversSettings(**wrong)


def test_a_share_in_two_lists_is_one_candidate_that_names_both() -> None:
    ran = scan(lists(gainers=(row("UP", 62.5),), active=(row("UP", 62.5), row("DULL", 0.4))))
    (only,) = ran.candidates
    assert (only["ticker"], only["score"], only["priority"]) == ("UP", 62.5, "medium")
    assert "top gainer, most active" in only["context"]
    assert "+62.5 % on 2026-02-05" in only["context"]
    assert "reactive" in only["context"]


def test_the_evidence_is_the_row_and_its_address_has_no_key() -> None:
    (candidate,) = scan(lists(losers=(row("DOWN", -7.25, 4.0),))).candidates
    (evidence,) = candidate["evidence"]
    assert evidence == {
        "vendor": "alpha_vantage",
        "kind": "market_mover",
        "as_of": "2026-02-05T16:00:00-05:00",
        "url": "https://vendor.example/query?function=TOP_GAINERS_LOSERS",
        "values": {
            "ticker": "DOWN",
            "lists": ["losers"],
            "price_usd": 4.0,
            "change_usd": -0.29,
            "change_percent": -7.25,
            "volume": 1_000_000,
        },
    }
    assert candidate["score"] == 7.25


def test_each_step_of_the_funnel_is_counted() -> None:
    ran = scan(
        lists(
            gainers=(row("GOOD"), row("QXEBW"), row("GAQ+"), row("PENNY", price=0.99)),
            losers=(row("THIN", -9.0, volume=99_999), row("FINS^", -8.0)),
            active=(row("CALM", 2.9), row("ALSO", -2.99)),
        )
    )
    assert ran.tickers == ["GOOD"]
    assert ran.funnel == {
        "tickers listed": 8,
        "not common stock": 3,
        "below min_price_usd": 1,
        "below min_volume": 1,
        "below min_change_percent": 2,
    }
    assert ran.recorder.coverage() == {"asked": 5, "answered": 5, "of": 5}


def test_values_equal_to_the_thresholds_qualify() -> None:
    ran = scan(lists(gainers=(row("EDGE", 3.0, 1.0, 100_000),), losers=(row("FALL", -3.0, 1.0, 100_000),)))
    assert ran.tickers == ["EDGE", "FALL"]


@pytest.mark.parametrize(
    ("updated", "trade_date"),
    [
        ("2026-02-06", "2026-02-05"),  # look-ahead
        ("2026-02-02", "2026-02-05"),  # Monday's on a Thursday
        ("2026-02-03", "2026-02-05"),  # Tuesday's on a Thursday: Wednesday's are out
        ("2026-02-05", "2026-02-07"),  # Thursday's on a Saturday
        ("2026-02-05", "2026-02-09"),  # Thursday's on a Monday
        ("2026-01-30", "2026-02-04"),
        ("2025-02-05", "2026-02-05"),
    ],
)
def test_lists_of_another_session_are_stale_and_the_error_has_both_dates(
    updated: str, trade_date: str
) -> None:
    clients = vendors(alpha_vantage=FakeVendor(lists(gainers=(row("UP"),), day=updated)))
    with pytest.raises(StaleDataError, match=updated) as caught:
        run(MarketMovers, clients, {"trade_date": trade_date})
    assert trade_date in str(caught.value)


@pytest.mark.parametrize(
    "symbol",
    [
        *("GAQ+", "FINS^", "QXB=", "OHAAW", "LGVNR", "AACIU", "PAVMZ", "VHAI+B", "$D"),
        *("QXB-WS", "QXB-WT", "QXB.W", "QXB.U", "QXB.R", "QXB-UN", "QXB-RT", "QXB-P-D"),
        *("CRYPTO:BTC", ""),
    ],
)
def test_other_securities_are_recognised_by_their_symbol(symbol: str) -> None:
    assert stock_ticker(symbol) is None


@pytest.mark.parametrize(
    ("symbol", "ticker"),
    [("PALI", "PALI"), ("T", "T"), ("WW", "WW"), ("BRK-B", "BRK.B"), ("GOOGL", "GOOGL"), ("TQQQ", "TQQQ")],
)
def test_a_share_is_kept_in_its_one_spelling(symbol: str, ticker: str) -> None:
    assert stock_ticker(symbol) == ticker


def test_empty_lists_are_no_data_and_not_a_quiet_market() -> None:
    with pytest.raises(NoDataError):
        scan(lists())


def test_an_absent_list_and_a_malformed_row_degrade_the_outcome() -> None:
    movers = lists(gainers=(row("UP"),), absent=("most_active",))
    clients = vendors(alpha_vantage=FakeVendor(movers, ("row 3 cannot be read",)))
    ran = run(MarketMovers, clients)
    assert ran.tickers == ["UP"]
    assert ran.recorder.degradations == [
        (Reason.BAD_PAYLOAD, "alpha_vantage: row 3 cannot be read"),
        (Reason.BAD_PAYLOAD, "alpha_vantage: the answer has no most_active"),
    ]


def test_a_failed_call_is_logged_with_its_error_and_raised() -> None:
    recorders: list[Any] = []
    with pytest.raises(BadPayload):
        run(
            MarketMovers,
            vendors(alpha_vantage=FakeVendor(BadPayload("alpha_vantage", "no"))),
            recorders=recorders,
        )
    (entry,) = recorders[0]._log.close()
    assert (entry["tool"], entry["error"]) == ("alpha_vantage.top_movers", "alpha_vantage: no")


RECORDED = {  # day: what a plain count over the raw JSON, without this project's parsers, lets pass
    "2023-09-06": "AAPL AMC APLT HKIT NBSE NVDA PALI PW THTX TLRY VERB",
    "2024-01-10": "BNED CMND DCGO SANA UNG",
    "2024-06-28": "ACCD ASNS BTOG ELTX NXL SAVA",
    "2025-04-25": (
        "BBAI CGTL COEP GREE INTC NVDA OMEX PLTR SAIA SES SMMT SQQQ SSII SXTC TIL TQQQ TSLA TSLL TSLZ ULY"
    ),
}


@needs_shared
@pytest.mark.parametrize("day", RECORDED)
def test_recorded_days_give_shares_and_no_warrants(day: str) -> None:
    assert SHARED is not None
    path = Path(SHARED) / "real-data" / "alpha_vantage" / "top_gainers_losers" / f"{day}.json"
    clients = vendors(alpha_vantage=FakeVendor(parse_movers(json.loads(path.read_text()))))
    ran = run(MarketMovers, clients, {"trade_date": day})
    assert ran.tickers == RECORDED[day].split()
    listed, others = ran.funnel["tickers listed"], ran.funnel["not common stock"]
    assert others >= 20
    below = sum(count for step, count in ran.funnel.items() if step.startswith("below"))
    assert listed - others - below == len(ran.candidates)
