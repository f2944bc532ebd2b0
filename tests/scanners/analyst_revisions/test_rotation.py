"""``analyst_revisions`` where there are more companies than requests: by turns, and the coverage says so."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.fake_clock import FakeClock
from tests.scanners.analyst_revisions.test_analyst_revisions import RISE, FakeVendor, scan
from tests.scanners.earnings.test_earnings_calendar import event
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DeadlineExceeded,
    FetchError,
    NoDataError,
    QuotaSpent,
    RateLimited,
    Transient,
)

TEN = [f"U{letter}" for letter in "ABCDEFGHIJ"]


def requested_of(vendor: FakeVendor) -> set[str]:
    """Return the tickers requested since the last call."""
    found = set(vendor.requested)
    vendor.requested.clear()
    return found


class Days:
    """One run a day over the same folder; a day later each."""

    def __init__(self, folder: Path, vendor: FakeVendor, **settings: Any) -> None:
        self.folder, self.vendor, self.settings = folder, vendor, settings
        self.clock = FakeClock()

    def run(self, *given: str) -> Any:
        self.clock.advance(86_400)
        with deadline_scope(Deadline(30, self.clock)):
            return scan(self.vendor, list(given), self.folder, **self.settings)


def test_a_universe_is_covered_in_rotation_and_each_run_reports_its_coverage(tmp_path: Path) -> None:
    vendor = FakeVendor(dict.fromkeys(TEN, RISE), event("SHOP.TO", 1))
    days = Days(tmp_path, vendor, universe=TEN, max_tickers=4)
    ran = days.run()
    assert requested_of(vendor) == set(TEN[:4])
    assert ran.recorder.coverage() == {"asked": 4, "answered": 4, "of": 10}
    assert (ran.funnel["tickers"], ran.funnel["left for later runs"]) == (10, 6)
    assert days.run().tickers == TEN[4:8]
    assert requested_of(vendor) == set(TEN[4:8])
    assert days.run().tickers == [*TEN[:2], *TEN[8:]]  # the last two, and again the first
    assert requested_of(vendor) == {*TEN[8:], *TEN[:2]}


def test_without_a_folder_each_run_begins_anew() -> None:
    vendor = FakeVendor(dict.fromkeys(TEN, RISE))
    for _ in range(2):
        scan(vendor, ["NAMED"], universe=TEN, max_tickers=4)
        assert requested_of(vendor) == {"NAMED", *TEN[:3]}


def test_configured_tickers_are_requested_in_every_run(tmp_path: Path) -> None:
    vendor = FakeVendor(dict.fromkeys([*TEN, "MINE"], RISE))
    days = Days(tmp_path, vendor, universe=["MINE", *TEN], max_tickers=4)
    assert [days.run("MINE") and requested_of(vendor) for _ in range(3)] == [
        {"MINE", *TEN[:3]},
        {"MINE", *TEN[3:6]},
        {"MINE", *TEN[6:9]},
    ]
    assert days.run("MINE").recorder.coverage() == {"asked": 4, "answered": 4, "of": 11}


def test_more_named_tickers_than_requests_take_turns_too(tmp_path: Path) -> None:
    vendor = FakeVendor(dict.fromkeys(TEN, RISE))
    days = Days(tmp_path, vendor, tickers=TEN[:5], universe=TEN, max_tickers=3)
    assert [days.run() and requested_of(vendor) for _ in range(2)] == [set(TEN[:3]), {TEN[3], TEN[4], TEN[0]}]


def test_companies_that_report_soon_use_half_of_the_requests(tmp_path: Path) -> None:
    soon = [event(f"S{letter}", 1 + rank) for rank, letter in enumerate("ABCDEF")]
    vendor = FakeVendor(dict.fromkeys(TEN, RISE), *soon)
    days = Days(tmp_path, vendor, universe=TEN, max_tickers=5)
    assert [days.run() and requested_of(vendor) for _ in range(2)] == [
        {"SA", "SB", "SC", *TEN[:2]},
        {"SD", "SE", "SF", *TEN[2:4]},
    ]


def test_what_a_short_universe_does_not_need_goes_to_those_that_report_soon(tmp_path: Path) -> None:
    soon = [event(f"S{letter}", 1 + rank) for rank, letter in enumerate("ABCDEF")]
    vendor = FakeVendor({"SA": RISE}, *soon)
    Days(tmp_path, vendor, universe=["UA", "SB"], max_tickers=6).run()
    assert requested_of(vendor) == {"SA", "SB", "SC", "SD", "SE", "UA"}


def test_companies_not_requested_come_first_in_the_next_run(tmp_path: Path) -> None:
    vendor = FakeVendor({"UA": Transient("finnhub", "503"), "UB": RISE, "UC": BadPayload("finnhub", "no")})
    vendor.months |= {
        "UD": NoDataError("no analysts"),
        "UE": RISE,
        "UF": QuotaSpent("finnhub", "spent"),
    }
    days = Days(tmp_path, vendor, tickers=["UA", "UB", "UC", "UD", "UE", "UF"], max_tickers=6)
    days.run()
    vendor.requested.clear()
    days.settings["max_tickers"] = 2
    with pytest.raises((Transient, QuotaSpent)):
        days.run()
    assert requested_of(vendor) == {"UA", "UF"}


def test_without_a_calendar_the_universe_is_still_requested_and_the_outcome_degraded(tmp_path: Path) -> None:
    vendor = FakeVendor(dict.fromkeys(TEN, RISE))
    vendor.given = Transient("finnhub", "HTTP 503")
    ran = Days(tmp_path, vendor, universe=TEN, max_tickers=4).run()
    assert ran.tickers == TEN[:4]
    assert ran.recorder.degradations == [
        (Reason.VENDOR_DOWN, "earnings calendar unavailable: finnhub: HTTP 503")
    ]


def test_requests_that_the_rate_limit_delays_too_long_are_left_for_a_later_run(tmp_path: Path) -> None:
    """The pace refuses at once what would not fit: the scan ends in time with what it had."""
    vendor = PacedVendor(dict.fromkeys(TEN, RISE), permits=3)
    days = Days(tmp_path, vendor, universe=TEN, tickers=["UA"], max_tickers=6)
    ran = days.run()
    assert len(ran.tickers) == 3
    assert ran.recorder.coverage() == {"asked": 6, "answered": 3, "of": 10}
    assert {reason for reason, _ in ran.recorder.degradations} == {Reason.RATE_LIMITED}
    assert all("left for a later run" in message for _, message in ran.recorder.degradations)
    late = set(TEN[:6]) - set(ran.tickers)
    vendor.permits = 99
    assert late <= set(days.run().tickers)


def test_a_pace_that_allows_nothing_is_an_error_and_no_empty_market(tmp_path: Path) -> None:
    vendor = PacedVendor(dict.fromkeys(TEN, RISE), permits=0)
    with pytest.raises(RateLimited, match="left for a later run"):
        Days(tmp_path, vendor, tickers=TEN).run()


def test_at_the_end_of_its_time_the_scan_is_over_and_nothing_is_left_for_later(tmp_path: Path) -> None:
    clock = FakeClock()
    vendor = PacedVendor(dict.fromkeys(TEN, RISE), permits=0)
    with deadline_scope(Deadline(0.4, clock)), pytest.raises(DeadlineExceeded):
        scan(vendor, TEN, tmp_path)


class PacedVendor(FakeVendor):
    """Has so many permits, and refuses the rest as the pace does: it would come after the deadline."""

    def __init__(self, months: dict[str, Any], permits: int) -> None:
        super().__init__(months)
        self.permits = permits
        self.lock = threading.Lock()  # guards permits

    def recommendation_trends(self, symbol: str) -> Any:
        with self.lock:
            self.permits -= 1
            if self.permits < 0:
                raise DeadlineExceeded("finnhub: the next permit comes in 41.0 s, after the deadline")
        return super().recommendation_trends(symbol)


@pytest.mark.parametrize("error", [Transient("finnhub", "HTTP 502"), Auth("finnhub", "HTTP 403")])
def test_companies_whose_ratings_always_fail_do_not_keep_the_others_from_their_turn(
    error: FetchError, tmp_path: Path
) -> None:
    vendor = FakeVendor(dict.fromkeys(TEN[:3], error))
    vendor.months |= dict.fromkeys(TEN[3:], RISE)
    days = Days(tmp_path, vendor, tickers=TEN, max_tickers=3)
    seen: set[str] = set()
    for _ in range(6):
        try:
            days.run()
        except FetchError:
            pass
        seen |= requested_of(vendor)
    assert seen == set(TEN)
