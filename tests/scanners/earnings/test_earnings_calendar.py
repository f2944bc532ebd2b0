"""``earnings_calendar``: who reports soon, the nearest first, home listings only."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.scanners.harness import ScanResult, run, vendors
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import Auth, NoDataError, Transient
from tradingagents.discovery.scanners.earnings.calendar import EarningsCalendar, EarningsCalendarSettings
from tradingagents.discovery.scanners.earnings.reports import us_ticker
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent

TODAY = date(2026, 2, 5)


class FakeVendor:
    def __init__(self, given: list[EarningsEvent] | Exception, problems: tuple[str, ...] = ()) -> None:
        self.given, self.problems = given, problems
        self.windows: list[tuple[date, date]] = []

    def earnings_calendar(self, first: date, last: date, *, on_malformed: Any) -> list[EarningsEvent]:
        self.windows.append((first, last))
        if isinstance(self.given, Exception):
            raise self.given
        for problem in self.problems:
            on_malformed(problem)
        return sorted(self.given, key=lambda event: (event.day, event.symbol))

    @staticmethod
    def address(path: str, **parameters: str) -> str:
        return f"https://vendor.example/{path}?{urlencode(parameters)}"


def event(
    symbol: str, days: int = 3, revenue: float | None = 8e8, eps: float | None = 1.07, **more: Any
) -> EarningsEvent:
    values: dict[str, Any] = {"hour": "amc", "year": 2025, "quarter": 4, "eps_actual": None}
    values |= {"revenue_actual": None, **more}
    day = TODAY + timedelta(days=days)
    return EarningsEvent(symbol, day, eps_estimate=eps, revenue_estimate=revenue, **values)


def scan(*events: EarningsEvent, **settings: Any) -> ScanResult:
    nasdaq = SimpleNamespace(listed=lambda: Listed())
    return run(EarningsCalendar, vendors(finnhub=FakeVendor(list(events)), nasdaq=nasdaq), **settings)


class Listed:
    """A directory in which one symbol looks like a foreign one."""

    as_of, shares_and_funds = TODAY, frozenset({"GOOD", "RYAAY"})

    def __len__(self) -> int:
        return 2


@pytest.mark.parametrize("wrong", [{"days_ahead": -1}, {"days_ahead": 7.5}, {"days_ahead": 900}])
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EarningsCalendarSettings(**wrong)


def test_the_days_run_from_the_trade_date_over_the_days_ahead_both_included() -> None:
    vendor = FakeVendor([event("NOW", 0), event("LAST", 5), event("PAST", -1), event("LATE", 6)])
    ran = run(EarningsCalendar, vendors(finnhub=vendor), days_ahead=5)
    assert ran.tickers == ["NOW", "LAST"]
    assert ran.funnel["outside the date window"] == 2


@pytest.mark.parametrize(("days_ahead", "requested"), [(0, 7), (5, 7), (7, 7), (8, 8), (30, 30)])
def test_a_week_either_way_is_requested_so_that_scanners_share_the_request(
    days_ahead: int, requested: int
) -> None:
    vendor = FakeVendor([event("NOW", 0)])
    run(EarningsCalendar, vendors(finnhub=vendor), days_ahead=days_ahead)
    assert vendor.windows == [(TODAY - timedelta(days=7), TODAY + timedelta(days=requested))]


def test_what_was_reported_after_the_trade_date_was_still_to_come_on_it() -> None:
    """For a past date the calendar includes results that were unknown then."""
    assert scan(event("LATER", 2, eps_actual=1.2), event("TODAY", 0, eps_actual=1.2)).tickers == ["LATER"]


def test_what_is_left_out_is_counted() -> None:
    ran = scan(
        event("GOOD"),
        event("RYAAY"),
        event("SHOP.TO"),
        event("VOD.L"),
        event("9911.HK"),
        event("QZEDF"),
        event("DONE", 0, eps_actual=1.2),
        event("GOOD"),
        event("GOOD", 5),
    )
    assert ran.tickers == ["GOOD", "RYAAY"]
    assert ran.funnel == {
        "reports listed": 9,
        "not a US listing": 4,
        "already reported": 1,
        "duplicate entry": 2,
    }
    assert ran.recorder.coverage() == {"asked": 2, "answered": 2, "of": 2}


def test_without_the_directory_a_symbol_of_those_over_the_counter_is_not_believed() -> None:
    def nothing() -> None:
        raise Transient("nasdaq", "HTTP 503")

    clients = vendors(
        finnhub=FakeVendor([event("RYAAY"), event("GOOD")]), nasdaq=SimpleNamespace(listed=nothing)
    )
    ran = run(EarningsCalendar, clients)
    assert ran.tickers == ["GOOD"]
    assert ran.funnel["not a US listing"] == 1


@needs_shared
def test_no_listed_share_or_fund_is_classified_as_foreign() -> None:
    files = [SHARED / f"real-data/nasdaq/2025-08-11_{name}listed.txt" for name in ("nasdaq", "other")]
    listed = SymbolDirectory.from_bytes(*(file.read_bytes() for file in files)).shares_and_funds
    assert len(listed) > 8_000
    assert [ticker for ticker in listed if us_ticker(ticker, listed) is None] == []
    assert {"RYAAY", "CRESY", "FORTY"} <= set(listed)


@pytest.mark.parametrize(
    "symbol", ["SHOP.TO", "VOD.L", "9911.HK", "BMW.DE", "RIO.AX", "QZEDF", "NSRGY", "", "A B"]
)
def test_a_foreign_listing_is_recognised_by_its_symbol(symbol: str) -> None:
    assert us_ticker(symbol) is None


@pytest.mark.parametrize(
    ("symbol", "ticker"),
    [("F", "F"), ("FLY", "FLY"), ("BRK.B", "BRK.B"), ("GOOGL", "GOOGL"), ("MKC.V", "MKC.V")],
)
def test_a_home_listing_is_kept(symbol: str, ticker: str) -> None:
    assert us_ticker(symbol) == ticker


def test_the_nearest_comes_first_then_the_larger_revenue() -> None:
    ran = scan(
        event("SMALL", 2, 2e7),
        event("LARGE", 2, 9e11),
        event("HUGE", 3, 5e13),
        event("NONE", 2, None),
        event("NEG", 2, -1.0),
        event("SOON", 0, 1.0),
    )
    ordered = [candidate["ticker"] for candidate in ran.by_signal]
    assert ordered == ["SOON", "LARGE", "SMALL", "NEG", "NONE", "HUGE"]


@given(st.lists(st.tuples(st.integers(0, 7), st.none() | st.floats(0, 1e15)), min_size=2, max_size=12))
def test_no_revenue_lets_a_later_report_pass_a_nearer_one(drawn: list[tuple[int, float | None]]) -> None:
    events = [event(f"T{chr(65 + number)}", days, revenue) for number, (days, revenue) in enumerate(drawn)]
    ran = scan(*events)
    days = {f"T{chr(65 + number)}": ahead for number, (ahead, _) in enumerate(drawn)}
    ordered = [days[candidate["ticker"]] for candidate in ran.by_signal]
    assert ordered == sorted(ordered)


def test_reports_within_two_days_are_urgent() -> None:
    ran = scan(*(event(f"IN{chr(65 + days)}", days) for days in range(5)))
    assert [one["priority"] for one in ran.candidates] == ["high", "high", "high", "medium", "medium"]


@pytest.mark.parametrize(
    ("made", "context"),
    [
        (event("EXMP", 0, hour="bmo"), "reports today (2026-02-05, before the open)"),
        (event("EXMP", 1), "reports tomorrow (2026-02-06, after the close)"),
        (event("EXMP", 3, hour="dmh"), "reports in 3 days (2026-02-08, during the session)"),
        (
            event("EXMP", 3, hour=""),
            "reports in 3 days (2026-02-08); expected: EPS 1.07, revenue 800 million USD",
        ),
        (event("EXMP", 3, None, None), "; no estimates"),
    ],
)
def test_the_context_states_the_date_and_the_estimates(made: EarningsEvent, context: str) -> None:
    assert context in scan(made).candidates[0]["context"]


def test_the_evidence_is_the_calendars_row() -> None:
    (candidate,) = scan(event("EXMP")).candidates
    assert candidate["evidence"] == [
        {
            "vendor": "finnhub",
            "kind": "earnings_date",
            "as_of": "2026-02-08",
            "id": "calendar/earnings/EXMP/2026-02-08",
            "url": "https://vendor.example/calendar/earnings?from=2026-02-08&to=2026-02-08&symbol=EXMP",
            "values": {
                "symbol": "EXMP",
                "date": "2026-02-08",
                "hour": "amc",
                "fiscal_year": 2025,
                "fiscal_quarter": 4,
                "eps_estimate": 1.07,
                "revenue_estimate_usd": 8e8,
            },
        }
    ]


@pytest.mark.parametrize("events", [[], [event("PAST", -1)]])
def test_a_calendar_without_any_report_is_no_data(events: list[EarningsEvent]) -> None:
    with pytest.raises(NoDataError, match="2026-02-05 to 2026-02-12"):
        scan(*events)


def test_a_weekend_without_reports_is_an_answer_where_the_calendar_has_other_days() -> None:
    saturday = {"trade_date": "2026-02-07"}
    others = [event("BEFORE", 1), event("AFTER", 4)]
    ran = run(EarningsCalendar, vendors(finnhub=FakeVendor(others)), saturday, days_ahead=1)
    assert (ran.tickers, ran.recorder.degradations) == ([], [])
    with pytest.raises(NoDataError):
        run(EarningsCalendar, vendors(finnhub=FakeVendor([])), saturday, days_ahead=1)
    with pytest.raises(NoDataError):  # Monday is a session
        run(EarningsCalendar, vendors(finnhub=FakeVendor(others[:1])), saturday, days_ahead=2)


def test_a_single_day_without_reports_is_empty_when_the_calendar_has_other_days() -> None:
    ran = run(EarningsCalendar, vendors(finnhub=FakeVendor([event("LATER", 4)])), days_ahead=0)
    assert (ran.tickers, ran.recorder.degradations) == ([], [])


def test_a_malformed_row_degrades_the_outcome_and_a_failed_request_is_logged() -> None:
    ran = run(EarningsCalendar, vendors(finnhub=FakeVendor([event("EXMP")], ("row 7 cannot be read",))))
    assert ran.recorder.degradations == [(Reason.BAD_PAYLOAD, "finnhub: row 7 cannot be read")]
    recorders: list[Any] = []
    with pytest.raises(Auth):
        run(EarningsCalendar, vendors(finnhub=FakeVendor(Auth("finnhub", "no"))), recorders=recorders)
    (entry,) = recorders[0]._log.close()
    assert (entry["tool"], entry["error"]) == ("finnhub.earnings_calendar", "finnhub: no")
