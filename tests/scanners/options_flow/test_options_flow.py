"""``options_flow``: contracts far above their open interest, a request a ticker, and no side claimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.fake_clock import FakeClock
from tests.scanners.harness import DAY, ScanResult, run, vendors
from tradingagents.discovery.execution.outcome import Reason, Status, verdict_of_error
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    Auth,
    NoDataError,
    NotConfiguredError,
    QuotaSpent,
    StaleDataError,
    Transient,
)
from tradingagents.discovery.scanners.options_flow.scanner import OptionsFlow, OptionsFlowSettings
from tradingagents.discovery.vendors.alpha_vantage.options import OptionChain, OptionContract

TODAY = date.fromisoformat(DAY)  # a Thursday, and the day of the tests' clock
HEAVY = OptionContract(
    "EXMP260220C00010000", TODAY + timedelta(days=15), 10.0, "call", 2.0, 1.9, 2.1, 1_000, 200, 0.5
)
QUIET = replace(HEAVY, id="EXMP260220C00012000", strike=12.0, volume=300, open_interest=4_000)


class FakeVendor:
    """Gives chains by ticker; a list of days limits when there are any."""

    def __init__(self, chains: dict[str, Any], days: list[date] | None = None, newest: date = TODAY) -> None:
        self.chains, self.days, self.newest = chains, days, newest
        self.requested: list[tuple[str, date | None]] = []
        self.problems: tuple[str, ...] = ()

    def option_chain(self, ticker: str, day: date | None, *, on_malformed: Any) -> OptionChain:
        self.requested.append((ticker, day))
        found = self.chains[ticker]
        if isinstance(found, Exception):
            raise found
        if day is not None and self.days is not None and day not in self.days:
            raise NoDataError(f"no contracts of {ticker} on {day}")
        for problem in self.problems:
            on_malformed(problem)
        return OptionChain(ticker, day or self.newest, tuple(found))

    @staticmethod
    def address(function: str, **parameters: str) -> str:
        return f"https://vendor.example/query?function={function}&symbol={parameters['symbol']}"


def scan(vendor: FakeVendor, trade_date: str = DAY, recorders: Any = None, **settings: Any) -> ScanResult:
    """Scan on the day of the tests' clock: ``trade_date`` is today unless it is given."""
    clients = vendors(alpha_vantage=vendor)
    settings = {"tickers": list(vendor.chains), **settings}
    with deadline_scope(Deadline(30, FakeClock())):
        return run(OptionsFlow, clients, {"trade_date": trade_date}, recorders=recorders, **settings)


def of(*contracts: OptionContract, **settings: Any) -> ScanResult:
    return scan(FakeVendor({"EXMP": contracts}), **settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tickers": [f"T{letter}" for letter in "ABCDEFGHIJK"]},
        {"tickers": ["no ticker"]},
        {"min_volume": 0},
        {"max_delta": 1.5},
        {"min_volume_over_open_interest": 0},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OptionsFlowSettings(**wrong)


def test_without_tickers_nothing_is_requested_and_the_error_names_the_setting() -> None:
    vendor = FakeVendor({})
    with pytest.raises(NotConfiguredError) as caught:
        scan(vendor)
    verdict = verdict_of_error(caught.value)
    assert (verdict.status, verdict.reason) == (Status.SKIPPED, Reason.NOT_CONFIGURED)
    assert "discovery.scanners.options_flow.tickers" in verdict.message
    assert vendor.requested == []


def test_a_contract_above_its_open_interest_is_put_forward_with_its_record_and_no_side_claimed() -> None:
    (candidate,) = of(HEAVY, QUIET).candidates
    assert candidate["context"] == (
        "unusual options on 2026-02-05: 1 contract with 0.20 million USD of premium (77% of the chain's), 100% of "
        "it in calls; the largest: call 10 of 2026-02-20, 1,000 traded against 200 open, at 2.00 USD; bought or "
        "sold is not known"
    )
    assert (candidate["ticker"], candidate["priority"]) == ("EXMP", "medium")
    assert candidate["score"] == pytest.approx(100 * 1_000 / 1_300)
    assert candidate["evidence"] == [
        {
            "vendor": "alpha_vantage",
            "kind": "option_contract",
            "as_of": "2026-02-05",
            "id": "EXMP260220C00010000",
            "url": "https://vendor.example/query?function=HISTORICAL_OPTIONS&symbol=EXMP",
            "values": {
                "symbol": "EXMP",
                "type": "call",
                "strike_usd": 10.0,
                "expiration": "2026-02-20",
                "volume": 1_000,
                "open_interest": 200,
                "volume_over_open_interest": 5.0,
                "mark_usd": 2.0,
                "bid_usd": 1.9,
                "ask_usd": 2.1,
                "premium_usd": 200_000.0,
                "delta": 0.5,
                "side": "unknown",
            },
        }
    ]


@pytest.mark.parametrize(
    ("just", "under", "step"),
    [
        ({"volume": 500}, {"volume": 499}, "below min_volume"),
        ({"open_interest": 500}, {"open_interest": 501}, "below min_volume_over_open_interest"),
        ({"mark": 1.0, "bid": 1.0}, {"mark": 0.99, "bid": 0.9}, "below min_premium_usd"),
        ({"days": 1}, {"days": 0}, "outside the days-to-expiry range"),
        ({"days": 60}, {"days": 61}, "outside the days-to-expiry range"),
        ({"bid": 0.01}, {"bid": 0.0}, "no bid, or crossed quotes"),
        ({"bid": 2.1}, {"bid": 2.11}, "no bid, or crossed quotes"),
        ({"delta": 0.9}, {"delta": 0.91}, "above max_delta"),
        ({"delta": -0.9}, {"delta": -0.91}, "above max_delta"),
        ({"delta": None}, {"volume": 1}, "below min_volume"),
    ],
)
def test_each_bound_is_kept_to_the_unit_and_counted(just: Any, under: Any, step: str) -> None:
    def contract(changes: dict[str, Any]) -> OptionContract:
        changes = dict(changes)
        if (days := changes.pop("days", None)) is not None:
            changes["expiration"] = TODAY + timedelta(days=days)
        return replace(HEAVY, **changes)

    assert of(contract(just)).tickers == ["EXMP"]
    ran = of(contract(under))
    assert ran.tickers == []
    assert ran.funnel == {"contracts": 1, step: 1}
    assert ran.recorder.coverage() == {"asked": 1, "answered": 1, "of": 1}


def test_an_adjusted_contract_is_no_hundred_shares_and_counts_nowhere() -> None:
    adjusted = replace(HEAVY, id="EXMP1260220C00010000", volume=90_000)
    assert of(adjusted).tickers == []
    ran, plain = of(adjusted, HEAVY, QUIET), of(HEAVY, QUIET)
    assert ran.candidates == plain.candidates
    assert ran.funnel["adjusted by a split or merger"] == 1


def test_a_contract_without_a_value_is_nothing_unusual_whatever_the_least_premium() -> None:
    assert of(replace(HEAVY, mark=0.0), min_premium_usd=0).tickers == []


def test_an_open_interest_of_zero_counts_as_one() -> None:
    (candidate,) = of(replace(HEAVY, open_interest=0)).candidates
    assert candidate["evidence"][0]["values"]["volume_over_open_interest"] == 1_000
    assert candidate["priority"] == "high"
    assert of(replace(HEAVY, open_interest=0), min_volume_over_open_interest=1_001.0).tickers == []


@pytest.mark.parametrize(
    ("calls", "puts", "text"),
    [
        (3, 1, "75% of it in calls;"),
        (1, 3, "75% of it in puts;"),
        (1, 1, "50% of it in calls and the rest in puts;"),
    ],
)
def test_the_context_states_the_balance_of_calls_and_puts(calls: int, puts: int, text: str) -> None:
    made = [replace(HEAVY, id=f"C{n}") for n in range(calls)]
    made += [replace(HEAVY, id=f"P{n}", kind="put") for n in range(puts)]
    assert text in of(*made).candidates[0]["context"]


def test_the_largest_premiums_are_the_evidence_five_at_most() -> None:
    made = [replace(HEAVY, id=f"C{n}", volume=1_000 + n) for n in range(8)]
    (candidate,) = of(*made).candidates
    assert [one["id"] for one in candidate["evidence"]] == ["C7", "C6", "C5", "C4", "C3"]
    assert "8 contracts" in candidate["context"]


def test_a_busy_chain_does_not_lead_by_being_busy() -> None:
    busy = [replace(QUIET, id=f"Q{n}", volume=3_000, open_interest=9_000) for n in range(50)]
    ran = scan(FakeVendor({"MEGA": [replace(HEAVY, volume=2_000), *busy], "MICRO": [HEAVY, QUIET]}))
    score = {one["ticker"]: one["score"] for one in ran.candidates}
    assert score["MICRO"] > 10 * score["MEGA"]


# -- which session is requested -------------------------------------------------------------------------


def test_today_the_newest_chain_is_requested_once_per_ticker() -> None:
    vendor = FakeVendor({"ONE": [HEAVY], "TWO": [HEAVY]}, newest=TODAY - timedelta(days=1))
    ran = scan(vendor)
    assert vendor.requested == [("ONE", None), ("TWO", None)]
    assert {one["evidence"][0]["as_of"] for one in ran.candidates} == {"2026-02-04"}


@pytest.mark.parametrize("newest", [TODAY - timedelta(days=days) for days in (6, 2, -1)])
def test_a_chain_of_another_week_or_of_tomorrow_is_refused(newest: date) -> None:
    with pytest.raises(StaleDataError, match="options of"):
        scan(FakeVendor({"EXMP": [HEAVY]}, newest=newest))


@pytest.mark.parametrize(
    ("trade_date", "sessions", "requested"),
    [
        ("2026-02-03", ["2026-02-03"], ["2026-02-03"]),
        ("2026-02-01", ["2026-01-30"], ["2026-01-30"]),  # a Sunday
        ("2026-01-19", ["2026-01-16"], ["2026-01-16"]),  # a Monday that is a holiday
        ("2025-01-09", ["2025-01-08"], ["2025-01-08"]),  # a day of mourning
    ],
)
def test_for_a_past_date_its_last_session_is_requested_and_never_the_newest(
    trade_date: str, sessions: list[str], requested: list[str]
) -> None:
    vendor = FakeVendor({"ONE": [HEAVY], "TWO": [HEAVY]}, days=[date.fromisoformat(day) for day in sessions])
    assert scan(vendor, trade_date, max_days_to_expiry=900).tickers == ["ONE", "TWO"]
    days = [date.fromisoformat(day) for day in requested]
    assert vendor.requested == [*(("ONE", day) for day in days), ("TWO", days[-1])]


def test_a_chain_of_another_day_than_requested_is_stale() -> None:
    class Elsewhere(FakeVendor):
        def option_chain(self, ticker: str, day: date | None, *, on_malformed: Any) -> OptionChain:
            return replace(super().option_chain(ticker, day, on_malformed=on_malformed), day=date(2026, 2, 2))

    with pytest.raises(StaleDataError, match="options of 2026-02-02 instead of 2026-02-03"):
        scan(Elsewhere({"EXMP": [HEAVY]}), "2026-02-03")


def test_a_ticker_without_options_also_costs_one_request() -> None:
    vendor = FakeVendor({"EXMP": [HEAVY]}, days=[])
    with pytest.raises(NoDataError):
        scan(vendor, "2026-01-20")
    assert vendor.requested == [("EXMP", date(2026, 1, 20))]


# -- what goes wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Auth("alpha_vantage", "the plan does not include this"), Reason.AUTH),
        (QuotaSpent("alpha_vantage", "the day's quota is spent"), Reason.QUOTA_SPENT),
    ],
)
def test_no_more_requests_after_the_key_is_refused_or_the_quota_spent(
    error: Exception, reason: Reason
) -> None:
    vendor = FakeVendor({"ONE": [HEAVY], "TWO": error, "THREE": [HEAVY], "FOUR": [HEAVY]})
    ran = scan(vendor)
    assert [ticker for ticker, _ in vendor.requested] == ["ONE", "TWO"]
    assert ran.tickers == ["ONE"]
    assert ran.recorder.coverage() == {"asked": 2, "answered": 1, "of": 4}
    assert ran.recorder.degradations == [(reason, f"TWO: {error}")]
    assert ran.funnel["not requested after a refusal"] == 2


def test_a_plan_without_option_chains_is_an_auth_error_after_one_request() -> None:
    refusal = Auth("alpha_vantage", "the plan does not include this")
    vendor = FakeVendor({"ONE": refusal, "TWO": [HEAVY]})
    with pytest.raises(Auth):
        scan(vendor)
    assert len(vendor.requested) == 1
    assert verdict_of_error(refusal).reason is Reason.AUTH


def test_an_error_of_one_ticker_does_not_affect_others() -> None:
    absent = NoDataError("no contracts of FUND")
    vendor = FakeVendor({"DOWN": Transient("alpha_vantage", "503"), "FUND": absent, "EXMP": [HEAVY]})
    ran = scan(vendor)
    assert ran.tickers == ["EXMP"]
    assert ran.recorder.coverage() == {"asked": 3, "answered": 2, "of": 3}
    assert ran.recorder.degradations == [(Reason.VENDOR_DOWN, "DOWN: alpha_vantage: 503")]
    assert ran.funnel["no options data"] == 1


def test_when_there_is_no_chain_at_all_the_first_error_is_raised() -> None:
    with pytest.raises(Transient):
        scan(FakeVendor({"ONE": Transient("alpha_vantage", "503"), "TWO": NoDataError("nothing")}))
    with pytest.raises(NoDataError):
        scan(FakeVendor({"ONE": NoDataError("nothing")}))


def test_malformed_rows_degrade_the_outcome() -> None:
    vendor = FakeVendor({"EXMP": [HEAVY]})
    vendor.problems = ("row 7 cannot be read",)
    assert scan(vendor).recorder.degradations == [
        (Reason.BAD_PAYLOAD, "alpha_vantage: EXMP: row 7 cannot be read")
    ]


def test_each_call_is_in_the_tool_log() -> None:
    (entry,) = of(HEAVY).entries
    assert entry["tool"] == "alpha_vantage.option_chain"
    assert entry["parameters"] == {"symbol": "EXMP", "date": "newest"}
    assert entry["output"] == "1 contracts of 2026-02-05"


contracts = st.builds(
    OptionContract,
    st.text("ABCDEF", min_size=1, max_size=5),
    st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=90)),
    st.floats(0, 500),
    st.sampled_from(["call", "put"]),
    st.floats(0, 50),
    st.floats(0, 50),
    st.floats(0, 50),
    st.integers(0, 9_000),
    st.integers(0, 9_000),
    st.none() | st.floats(-1, 1),
)


@given(st.lists(contracts, max_size=20, unique_by=lambda one: one.id), st.randoms())
def test_the_order_of_contracts_changes_nothing_and_every_claim_has_its_contract(
    drawn: Any, order: Any
) -> None:
    shuffled = list(drawn)
    order.shuffle(shuffled)
    found, again = of(*drawn, HEAVY).candidates, of(HEAVY, *shuffled).candidates
    assert [one["evidence"] for one in found] == [one["evidence"] for one in again]
    assert found[0]["score"] == pytest.approx(again[0]["score"], abs=1e-5)
    assert 0 < found[0]["score"] <= 100
    for values in (evidence["values"] for evidence in found[0]["evidence"]):
        assert values["volume"] >= 500
        assert values["volume"] >= 2 * values["open_interest"]
        assert values["premium_usd"] >= 100_000
        assert 0 < values["bid_usd"] <= values["ask_usd"]


def test_the_day_in_new_york_decides_what_today_is() -> None:
    clock = FakeClock()
    clock.advance(15 * 3_600)  # 5:30 in UTC on the 6th, half past midnight in New York
    vendor = FakeVendor({"EXMP": [HEAVY]})
    assert clock.now() == datetime(2026, 2, 6, 5, 30, tzinfo=UTC)
    with deadline_scope(Deadline(30, clock)):
        run(OptionsFlow, vendors(alpha_vantage=vendor), {"trade_date": DAY}, tickers=["EXMP"])
    assert vendor.requested == [("EXMP", TODAY)]
