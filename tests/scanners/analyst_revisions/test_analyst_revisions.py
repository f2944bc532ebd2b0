"""``analyst_revisions``: rises of the consensus between two months, and the companies requested."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.scanners.earnings.test_earnings_calendar import FakeVendor as FakeCalendar
from tests.scanners.earnings.test_earnings_calendar import event
from tests.scanners.harness import DAY, ScanResult, run, vendors
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import Auth, NoDataError, RateLimited, StaleDataError, Transient
from tradingagents.discovery.scanners.analyst_revisions.scanner import (
    AnalystRevisions,
    AnalystRevisionsSettings,
)
from tradingagents.discovery.vendors.finnhub.records import RatingMonth, parse_ratings

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def month(period: date, *counts: int) -> RatingMonth:
    """Counts run from strong buy to strong sell."""
    return RatingMonth(period, *(counts or (2, 4, 4, 0, 0)))


RISE = [month(FEBRUARY, 4, 4, 2, 0, 0), month(JANUARY)]  # 4.2 after 3.8


class FakeVendor(FakeCalendar):
    """Gives months by symbol; what is not there is unknown to it."""

    def __init__(self, months: dict[str, list[RatingMonth] | Exception], *events: Any) -> None:
        super().__init__(list(events))
        self.months = months
        self.requested: list[str] = []

    def recommendation_trends(self, symbol: str) -> list[RatingMonth]:
        self.requested.append(symbol)
        found = self.months.get(symbol, NoDataError(f"no recommendations for {symbol}"))
        if isinstance(found, Exception):
            raise found
        return found


def scan(
    vendor: FakeVendor,
    given: list[Any] | None = None,
    kept: Path | None = None,
    trade_date: str = DAY,
    **settings: Any,
) -> ScanResult:
    clients = vendors(finnhub=vendor, state_file=lambda stem: kept and kept / f"{stem}.sqlite")
    return run(
        AnalystRevisions,
        clients,
        {"watchlist": given or [], "tickers": ["PAST"], "trade_date": trade_date},
        **settings,
    )


def judged(*months: RatingMonth, **settings: Any) -> ScanResult:
    return scan(FakeVendor({"EXMP": list(months)}), ["EXMP"], **settings)


@pytest.mark.parametrize(
    "wrong", [{"min_shift": 0}, {"max_tickers": 0}, {"tickers": ["no ticker"]}, {"tickers": "A"}]
)
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AnalystRevisionsSettings(**wrong)


def test_tickers_of_the_settings_come_before_the_watchlist() -> None:
    vendor = FakeVendor({"EXMP": RISE})
    scan(vendor, ["STATE"], tickers=["brk-b", "EXMP", "BRK.B"])
    assert sorted(vendor.requested) == ["BRK.B", "EXMP"]
    assert vendor.windows == []


def test_unrated_companies_are_counted_and_only_unrated_ones_are_no_data() -> None:
    vendor = FakeVendor({"EXMP": RISE})
    assert scan(vendor, ["EXMP", "ZZZZ"]).funnel["no ratings"] == 1
    with pytest.raises(NoDataError, match="no ratings for any of 2 companies"):
        scan(vendor, ["YYYY", "ZZZZ"])


def test_the_watchlist_comes_before_the_calendar() -> None:
    vendor = FakeVendor({"STATE": RISE}, event("SOON"))
    ran = scan(vendor, ["STATE"])
    assert vendor.requested == ran.tickers == ["STATE"]
    assert vendor.windows == []


def test_without_tickers_companies_that_report_soon_are_requested_the_nearest_first() -> None:
    vendor = FakeVendor({"NEAR": RISE, "FAR": RISE}, event("FAR", 6), event("NEAR", 1), event("SHOP.TO", 1))
    ran = scan(vendor)
    assert ran.tickers == ["NEAR", "FAR"]


def test_at_most_max_tickers_are_requested_and_the_coverage_shows_it() -> None:
    names = [f"T{letter}" for letter in "ABCDEFG"]
    vendor = FakeVendor(dict.fromkeys(names, RISE))
    ran = scan(vendor, names, max_tickers=3)
    assert sorted(vendor.requested) == ran.tickers == names[:3]
    assert ran.recorder.coverage() == {"asked": 3, "answered": 3, "of": 7}
    assert (ran.funnel["tickers"], ran.funnel["left for later runs"]) == (7, 4)


def test_a_rise_is_a_candidate_with_both_months_as_evidence_and_no_upgrade_is_claimed() -> None:
    (candidate,) = judged(*RISE).candidates
    assert (candidate["ticker"], candidate["score"], candidate["priority"]) == ("EXMP", 0.4, "high")
    assert (
        "rose by 0.40 to 4.20 of 5 from 2026-01-01 (10 analysts) to 2026-02-01 (10)" in candidate["context"]
    )
    assert "upgrade" not in candidate["context"]
    newest, before = candidate["evidence"]
    assert (newest["as_of"], newest["id"]) == ("2026-02-01", "stock/recommendation/EXMP/2026-02-01")
    assert (newest["vendor"], newest["kind"]) == ("finnhub", "analyst_consensus")
    assert newest["url"] == "https://vendor.example/stock/recommendation?symbol=EXMP"
    assert newest["values"] == {
        "symbol": "EXMP",
        "strong_buy": 4,
        "buy": 4,
        "hold": 2,
        "sell": 0,
        "strong_sell": 0,
        "mean": 4.2,
    }
    assert (before["as_of"], before["values"]["mean"]) == ("2026-01-01", 3.8)


@pytest.mark.parametrize(
    ("counts", "found", "step"),
    [
        ((3, 4, 3, 0, 0), True, None),  # 4.0: up by 0.2
        ((2, 5, 3, 0, 0), True, None),  # 3.9: up by 0.1 exactly, though floats make it a hair less
        ((2, 5, 4, 0, 0), False, "below min_shift"),  # 3.82
        ((2, 4, 4, 0, 0), False, "rating unchanged or lower"),
        ((0, 4, 6, 0, 0), False, "rating unchanged or lower"),
    ],
)
def test_the_shift_must_reach_the_threshold(counts: tuple[int, ...], found: bool, step: str | None) -> None:
    ran = judged(month(FEBRUARY, *counts), month(JANUARY))
    assert bool(ran.candidates) is found
    assert step is None or ran.funnel[step] == 1


def test_a_small_rise_is_less_urgent() -> None:
    (candidate,) = judged(month(FEBRUARY, 3, 4, 3, 0, 0), month(JANUARY)).candidates
    assert candidate["priority"] == "medium"


@pytest.mark.parametrize(
    ("months", "step"),
    [
        ([month(FEBRUARY, 9, 1, 0, 0, 0)], "fewer than two months of ratings"),
        ([month(FEBRUARY, 9, 1, 0, 0, 0), month(JANUARY, 0, 0, 0, 0, 0)], "fewer than two months of ratings"),
        ([month(date(2026, 3, 1), 9, 1, 0, 0, 0), month(JANUARY)], "fewer than two months of ratings"),
        ([month(FEBRUARY, 9, 1, 0, 0, 0), month(date(2025, 12, 1))], "previous month missing"),
        ([month(FEBRUARY, 9, 1, 0, 0, 0), month(FEBRUARY)], "fewer than two months of ratings"),
        ([month(FEBRUARY, 2, 0, 0, 0, 0), month(JANUARY)], "below min_analysts"),
        ([month(FEBRUARY), month(JANUARY, 0, 0, 2, 0, 0)], "below min_analysts"),
    ],
)
def test_months_that_prove_nothing_are_counted(months: list[RatingMonth], step: str) -> None:
    ran = judged(*months)
    assert ran.candidates == []
    assert ran.funnel[step] == 1


OLD = [month(date(2025, 12, 1), 9, 1, 0, 0, 0), month(date(2025, 11, 1))]


def test_ratings_that_are_all_old_are_stale_and_no_quiet_month() -> None:
    with pytest.raises(StaleDataError, match="no ratings for this month or the last"):
        judged(*OLD)
    ran = scan(FakeVendor({"OLD": OLD, "GOOD": RISE}), ["OLD", "GOOD"])
    assert (ran.tickers, ran.funnel["no ratings for this month or the last"]) == (["GOOD"], 1)


def test_ratings_of_later_months_only_are_no_data_for_a_past_date() -> None:
    with pytest.raises(NoDataError, match="later months only"):
        scan(FakeVendor({"EXMP": RISE}), ["EXMP"], trade_date="2025-06-02")


def test_a_duplicate_month_is_compared_with_the_month_before() -> None:
    (candidate,) = judged(RISE[0], *RISE).candidates
    assert candidate["score"] == 0.4


def test_a_month_after_the_trade_date_is_not_looked_at() -> None:
    ahead = [month(date(2026, 3, 1), 10, 0, 0, 0, 0), month(FEBRUARY), month(JANUARY)]
    assert judged(*ahead).candidates == []
    (candidate,) = judged(month(date(2026, 3, 1), 0, 0, 0, 0, 10), *RISE).candidates
    assert candidate["score"] == 0.4


def test_an_unknown_symbol_is_an_answer_and_an_error_makes_it_degraded() -> None:
    vendor = FakeVendor({"GOOD": RISE, "SLOW": RateLimited("finnhub", "HTTP 429")})
    ran = scan(vendor, ["GOOD", "NOBODY", "SLOW"])
    assert ran.tickers == ["GOOD"]
    assert ran.recorder.coverage() == {"asked": 3, "answered": 2, "of": 3}
    assert ran.recorder.degradations == [(Reason.RATE_LIMITED, "SLOW: finnhub: HTTP 429")]
    logged = {entry["parameters"]["symbol"]: entry["output"] or entry["error"] for entry in ran.entries}
    assert logged == {
        "GOOD": "2 months, the newest 2026-02-01",
        "NOBODY": "no data: no recommendations for NOBODY",
        "SLOW": "finnhub: HTTP 429",
    }


def test_the_first_error_is_raised_when_every_request_fails() -> None:
    down = {"ONE": Transient("finnhub", "HTTP 502"), "TWO": RateLimited("finnhub", "HTTP 429")}
    with pytest.raises(Transient):
        scan(FakeVendor(dict(down)), ["ONE", "TWO"])


def test_an_error_of_the_calendar_is_raised() -> None:
    vendor = FakeVendor({})
    vendor.given = Auth("finnhub", "HTTP 401")
    with pytest.raises(Auth):
        scan(vendor)


@needs_shared
@pytest.mark.parametrize("name", ["recommendation-AAPL.json", "captures/recommendation_TSLA_2021.json"])
def test_recorded_months_give_the_same_as_a_plain_count(name: str) -> None:
    """Each month of real companies, requested as if it were the newest."""
    raw: Any = json.loads((Path(SHARED or "") / "real-data" / "finnhub" / name).read_text())
    rows: Any = json.loads(raw["body"]) if isinstance(raw, dict) else raw
    months = parse_ratings(rows)
    for at in range(len(months) - 1):
        ran = scan(
            FakeVendor({"EXMP": months[at:]}),
            ["EXMP"],
            trade_date=months[at].period.isoformat(),
            min_shift=0.01,
        )
        newest, before = (_plain_mean(rows, month.period) for month in months[at : at + 2])
        assert [one["score"] for one in ran.candidates] == (
            [pytest.approx(newest - before)] if round(newest - before, 9) >= 0.01 else []
        )


def _plain_mean(rows: Any, period: date) -> float:
    (row,) = (row for row in rows if row["period"] == period.isoformat())
    grades = ["strongSell", "sell", "hold", "buy", "strongBuy"]
    return sum((at + 1) * row[name] for at, name in enumerate(grades)) / sum(row[name] for name in grades)
