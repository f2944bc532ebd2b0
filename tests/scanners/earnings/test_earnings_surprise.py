"""``earnings_surprise``: beats and misses of the last days, and nothing that only looks like one."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.scanners.earnings.test_earnings_calendar import TODAY, FakeVendor, event
from tests.scanners.harness import ScanResult, run, vendors
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.errors import NoDataError, RateLimited
from tradingagents.discovery.scanners.earnings.surprise import EarningsSurprise, EarningsSurpriseSettings
from tradingagents.discovery.vendors.finnhub.records import EarningsEvent, calendar_rows, parse_events


def reported(
    symbol: str = "EXMP",
    eps: tuple[float | None, float | None] = (1.0, 1.3),
    revenue: tuple[float | None, float | None] = (None, None),
    days: int = -1,
    **more: Any,
) -> EarningsEvent:
    """A report with the estimate and the actual figure of each."""
    return event(symbol, days, revenue[0], eps[0], eps_actual=eps[1], revenue_actual=revenue[1], **more)


def scan(*events: EarningsEvent, **settings: Any) -> ScanResult:
    return run(EarningsSurprise, vendors(finnhub=FakeVendor(list(events))), **settings)


def only(*events: EarningsEvent, **settings: Any) -> dict[str, Any]:
    (candidate,) = scan(*events, **settings).candidates
    return candidate


@pytest.mark.parametrize(
    "wrong",
    [
        {"lookback_days": 31},  # the free plan's history is a month
        {"min_eps_surprise_percent": 0},
        {"eps_floor_usd": 0},
        {"directions": []},
        {"directions": ["up"]},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EarningsSurpriseSettings(**wrong)


@pytest.mark.parametrize(
    ("eps", "revenue", "strategy", "priority", "score"),
    [
        ((1.0, 1.3), (None, None), "earnings_beat", "medium", 30.0),
        ((1.0, 0.7), (None, None), "earnings_miss", "medium", 30.0),
        ((-0.5, -0.3), (None, None), "earnings_beat", "medium", 40.0),
        ((1.0, 1.3), (1e9, 1.08e9), "earnings_beat", "high", 38.0),
        ((1.0, 0.7), (1e9, 0.92e9), "earnings_miss", "high", 38.0),
        ((1.0, 1.3), (1e9, 0.92e9), "earnings_mixed", "low", 22.0),
        ((1.0, 1.3), (1e9, 1.04e9), "earnings_beat", "medium", 30.0),  # a revenue in line adds nothing
        ((1.0, 1.04), (1e9, 1.08e9), "earnings_beat", "medium", 8.0),  # nor earnings in line
        ((None, 1.0), (1e9, 0.9e9), "earnings_miss", "medium", 10.0),
        ((0.01, 2.0), (None, None), "earnings_beat", "medium", 200.0),  # what a tiny estimate may count
        (
            (1.0, 1.1),
            (None, None),
            "earnings_beat",
            "medium",
            10.0,
        ),  # the threshold, though floats fall short
        ((1e9, 1.05e9), (None, None), None, None, None),
    ],
)
def test_a_candidate_states_its_direction(
    eps: Any, revenue: Any, strategy: str | None, priority: str | None, score: float | None
) -> None:
    found = scan(reported(eps=eps, revenue=revenue)).candidates
    assert [(one["strategy"], one["priority"], one["score"]) for one in found] == (
        [(strategy, priority, score)] if strategy else []
    )


@pytest.mark.parametrize(
    ("eps", "revenue", "step"),
    [
        ((1.0, 1.09), (1e9, 1.049e9), "below the surprise thresholds"),
        ((0.0, 0.01), (None, None), "below the surprise thresholds"),  # a cent more than nothing
        ((0.02, 0.03), (None, None), "below the surprise thresholds"),
        ((None, 1.2), (None, 1e9), "no estimate"),
        ((None, 1.2), (1e9, 1e6), "no estimate"),  # thousands beside dollars
        ((1.2, None), (1e9, None), None),
    ],
)
def test_near_misses_are_counted_and_not_put_forward(eps: Any, revenue: Any, step: str | None) -> None:
    ran = scan(reported(eps=eps, revenue=revenue), reported("SEEN", (1.0, 1.0)))
    assert ran.tickers == []
    assert ran.funnel[step or "no figures yet"] == (2 if step == "below the surprise thresholds" else 1)


def test_the_context_states_both_figures_and_the_date() -> None:
    assert only(reported(revenue=(1e9, 1.08e9), days=-2, hour="bmo"))["context"] == (
        "beat on 2026-02-03, before the open: EPS 1.30 USD against 1.00 expected (+30.0 % of the estimate's "
        "size); revenue 1,080.0 million USD against 1,000.0 expected (+8.0 %)"
    )
    assert only(reported(eps=(0.01, 0.15)))["context"].endswith(
        "EPS 0.15 USD against 0.01 expected (+0.14 USD; the estimate is too near zero for a percentage); "
        "revenue has nothing to be compared with"
    )


def test_the_evidence_is_the_calendars_row_and_what_was_made_of_it() -> None:
    assert only(reported(revenue=(1e9, 1.08e9)))["evidence"] == [
        {
            "vendor": "finnhub",
            "kind": "earnings_report",
            "as_of": "2026-02-04",
            "id": "calendar/earnings/EXMP/2026-02-04",
            "url": "https://vendor.example/calendar/earnings?from=2026-02-04&to=2026-02-04&symbol=EXMP",
            "values": {
                "symbol": "EXMP",
                "date": "2026-02-04",
                "hour": "amc",
                "fiscal_year": 2025,
                "fiscal_quarter": 4,
                "direction": "beat",
                "eps_actual": 1.3,
                "eps_estimate": 1.0,
                "eps_surprise_usd": 0.3,
                "eps_surprise_percent": 30.0,
                "revenue_actual_usd": 1.08e9,
                "revenue_estimate_usd": 1e9,
                "revenue_surprise_percent": 8.0,
            },
        }
    ]


def test_no_percentage_of_an_estimate_near_zero_is_given_as_evidence() -> None:
    values = only(reported(eps=(0.0, 0.2)))["evidence"][0]["values"]
    assert (values["eps_surprise_percent"], values["eps_surprise_usd"]) == (None, 0.2)


@pytest.mark.parametrize(("lookback", "found"), [(7, ["EDGE", "NOW"]), (6, ["NOW"]), (0, ["NOW"])])
def test_the_days_run_up_to_the_trade_date_both_included(lookback: int, found: list[str]) -> None:
    ran = scan(
        reported("NOW", days=0), reported("EDGE", days=-7), reported("LATER", days=1), lookback_days=lookback
    )
    assert ran.tickers == found


@pytest.mark.parametrize(("lookback", "requested"), [(0, 7), (7, 7), (20, 20)])
def test_a_week_either_way_is_requested_so_that_scanners_share_the_request(
    lookback: int, requested: int
) -> None:
    vendor = FakeVendor([reported(days=0)])
    run(EarningsSurprise, vendors(finnhub=vendor), lookback_days=lookback)
    assert vendor.windows == [(TODAY - timedelta(days=requested), TODAY + timedelta(days=7))]


def test_the_newest_report_of_a_company_counts_and_others_are_in_the_funnel() -> None:
    ran = scan(
        reported("TWICE", (1.0, 0.5), days=-3),
        reported("TWICE", (1.0, 1.5), days=-1),
        reported("VOD.L"),
        reported("WAITS", (1.0, None)),
        reported("PLAIN", (1.0, 1.01)),
    )
    assert [(one["ticker"], one["strategy"]) for one in ran.candidates] == [("TWICE", "earnings_beat")]
    assert ran.funnel == {
        "reports listed": 5,
        "duplicate entry": 1,
        "not a US listing": 1,
        "no figures yet": 1,
        "below the surprise thresholds": 1,
    }
    assert ran.recorder.coverage() == {"asked": 2, "answered": 2, "of": 3}


def test_a_calendar_without_any_figures_is_no_data_and_not_an_empty_result() -> None:
    with pytest.raises(NoDataError, match="no figures yet for any of 2 companies"):
        scan(reported("ONE", (1.0, None)), reported("TWO", (None, None)), event("NEXT", 3))


def test_an_empty_calendar_is_no_data() -> None:
    for events in ([], [event("NEXT", 3)]):
        with pytest.raises(NoDataError, match="2026-01-29 to 2026-02-05"):
            scan(*events)


def test_directions_can_be_chosen() -> None:
    events = [reported("UP"), reported("DOWN", (1.0, 0.5)), reported("BOTH", revenue=(1e9, 0.9e9))]
    assert scan(*events, directions=["miss"]).tickers == ["DOWN"]
    ran = scan(*events, directions=["beat", "mixed"])
    assert ran.tickers == ["BOTH", "UP"]
    assert ran.funnel["miss (not in directions)"] == 1


@needs_shared
def test_the_vendors_own_sample_of_a_calendar_is_read_and_judged() -> None:
    """Apple of January 2020: 4.99 where 4.5474 was expected, and 91.8 billion dollars after 88.5."""
    path = Path(SHARED or "") / "real-data/finnhub/vendor_doc_samples/calendar_earnings.json"
    events = parse_events(calendar_rows(json.loads(path.read_text())))
    clients = vendors(finnhub=FakeVendor(events))
    ran = run(EarningsSurprise, clients, {"trade_date": "2020-01-30"}, min_eps_surprise_percent=9)
    (candidate,) = ran.candidates
    assert candidate["score"] == pytest.approx(9.7330, abs=1e-4)
    assert "revenue 91,819.0 million USD against 88,496.4 expected (+3.8 %)" in candidate["context"]


def test_a_malformed_row_degrades_the_outcome_and_a_refusal_is_raised() -> None:
    ran = run(EarningsSurprise, vendors(finnhub=FakeVendor([reported()], ("row 7 cannot be read",))))
    assert ran.recorder.degradations == [(Reason.BAD_PAYLOAD, "finnhub: row 7 cannot be read")]
    with pytest.raises(RateLimited):
        run(EarningsSurprise, vendors(finnhub=FakeVendor(RateLimited("finnhub", "429"))))


figures = st.none() | st.floats(-50, 50)
drawn_reports = st.builds(
    reported,
    st.sampled_from("ABCD"),
    st.tuples(figures, figures),
    st.tuples(figures, figures),
    st.integers(-9, 2),
)


@given(st.lists(drawn_reports, max_size=10), st.randoms())
def test_neither_the_order_of_rows_nor_other_companies_change_a_candidate(
    events: list[EarningsEvent], order: Any
) -> None:
    events.append(reported("SEEN", (1.0, 1.0)))
    shuffled = list(events)
    order.shuffle(shuffled)
    together = scan(*events).candidates
    assert scan(*shuffled).candidates == together
    alone = [
        one
        for symbol in "ABCD"
        for one in scan(*(made for made in events if made.symbol in {symbol, "SEEN"})).candidates
    ]
    assert alone == together
