"""``insider_buying`` against the sandbox: planted purchases and faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import requests

from tests.scanners.harness import market_of
from tests.timing import without_waiting
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    BadPayload,
    Cancelled,
    NoDataError,
    RateLimited,
    Transient,
)
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.insider_buying.scanner import InsiderBuying, InsiderBuyingSettings
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors
from tradingagents.discovery.vendors.sec.form4 import parse_form4

DAY = date(2026, 2, 5)  # a Thursday


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def vendors(sandbox: SandboxServer) -> Iterator[Vendors]:
    clients = Vendors(
        VendorsSettings.model_validate(without_waiting(sandbox.config())), data_source="sandbox"
    )
    yield clients
    clients.close()
    sandbox.faults.clear()


def scanner(vendors, **own) -> InsiderBuying:
    made = InsiderBuying()
    settings = InsiderBuyingSettings(**own)
    made.bind(settings, vendors, made.recorder, market_of(InsiderBuying, settings, vendors))
    return made


def scan(made: InsiderBuying, day: date = DAY) -> list[dict]:
    return made.scan_with_validation({"trade_date": day.isoformat()})


def tickers(candidates: list[dict]) -> set[str]:
    return {one["ticker"] for one in candidates}


def tool_log(made: InsiderBuying) -> list[dict]:
    return made.recorder._log.close()


# -- the planted market ------------------------------------------------------------------------------------


def test_exactly_the_planted_signals_are_found(sandbox, vendors):
    truth = sandbox.market.truth["insider_buying"]
    made = scanner(vendors)
    found = scan(made)
    assert tickers(found) == truth.expected
    assert len(found) == len(truth.expected)
    dollars = {one["ticker"]: sum(e["values"]["value"] for e in one["evidence"]) for one in found}
    assert dollars == pytest.approx(dict(truth.measure), abs=0.01)
    assert (made.recorder.rejected, made.recorder.degradations) == ([], [])


def test_the_funnel_accounts_for_every_company(sandbox, vendors):
    made = scanner(vendors)
    found = scan(made)
    funnel = made.recorder.funnel
    filed = [one for one in sandbox.market.filings(DAY) if one.form in {"4", "4/A"}]
    assert funnel["filings listed"] == funnel["filings read"] == len(filed)
    all_read = len(filed) + funnel["earlier filings read for companies with a purchase"]
    assert made.recorder.coverage() == {"asked": all_read, "answered": all_read, "of": all_read}
    ends = [step for step in funnel if step.startswith("companies ")]
    assert sum(funnel[step] for step in ends) == len({one.issuer_cik for one in filed})
    assert funnel["companies with purchases"] == len(found)
    assert funnel["filings restated by an amendment"] == 2
    assert funnel["amendments to filings from before the window"] == 1
    assert funnel["purchases filed more than 30 days after the trade"] == 1
    assert funnel["companies without a listed symbol"] == 1


def test_clusters_rank_first_and_plans_last(sandbox, vendors):
    ranked = [one["ticker"] for one in sorted(scan(scanner(vendors)), key=lambda one: -one["score"])]
    scenarios = sandbox.market.scenarios
    assert set(ranked[:3]) == {*scenarios["insider/cluster"], *scenarios["insider/over_days"]}
    assert set(ranked[3:5]) == set(scenarios["insider/chief"])
    assert set(ranked[-3:]) == {
        *scenarios["insider/plan"],
        *scenarios["insider/lower_case"],
        *scenarios["insider/offering"],
    }


def test_the_evidence_links_the_filings(sandbox, vendors):
    market = sandbox.market
    for candidate in scan(scanner(vendors)):
        for record in candidate["evidence"]:
            filing = requests.get(
                record["url"], headers={"User-Agent": "Tests admin@example.com"}, timeout=10
            )
            (owner, *_), rows = (part := parse_form4(filing.content)).owners, part.transactions
            spent = [row.shares * row.price for row in rows if row.code == "P" and row.acquired]
            if candidate["ticker"] in market.scenarios["insider/amended_part"] and part.form == "4":
                del spent[1]  # replaced by its amendment
            assert record["values"]["value"] == pytest.approx(sum(spent), abs=0.01)
            assert record["id"] in filing.text
            assert part.issuer.cik == market.by_symbol[candidate["ticker"]].cik
            assert owner.name


def test_a_longer_look_back_reads_more_days_and_finds_what_was_bought_on_them(sandbox, vendors):
    made = scanner(vendors, lookback_days=3, cluster_days=3)
    truth, scenarios = sandbox.market.truth["insider_buying"], sandbox.market.scenarios
    assert tickers(scan(made)) == truth.expected - {
        *scenarios["insider/over_days"]
    }  # one of its days is earlier
    week = tickers(scan(scanner(vendors, lookback_days=5)))
    assert week == truth.expected | {*scenarios["insider/last_week"]}
    days = [one["parameters"]["day"] for one in tool_log(made) if one["tool"] == "sec.daily_index"]
    assert sorted(days) == ["2026-02-03", "2026-02-04", "2026-02-05"]


@pytest.mark.parametrize("later", [1, 2, 3])
def test_a_day_without_filings_falls_back_on_the_last_that_has_some(sandbox, vendors, later):
    found = scan(scanner(vendors), DAY + timedelta(days=later))
    assert tickers(found) == sandbox.market.truth["insider_buying"].expected


def test_filings_more_than_five_days_old_are_no_data(vendors):
    with pytest.raises(NoDataError):
        scan(scanner(vendors), DAY + timedelta(days=10))


def test_max_filings_limits_the_filings_read_and_the_rest_is_counted(vendors, sandbox):
    made = scanner(vendors, max_filings=12)
    found = scan(made)
    total = made.recorder.funnel["filings listed"]
    assert made.recorder.coverage() == {"asked": 12, "answered": 12, "of": total}
    assert made.recorder.funnel["not read, over max_filings"] == total - 12
    assert tickers(found) >= set(sandbox.market.scenarios["insider/cluster"])


def test_min_value_usd_leaves_out_smaller_purchases(vendors, sandbox):
    measure = sandbox.market.truth["insider_buying"].measure
    least = round(sorted(measure.values())[4], 2) - 0.01  # a cent below: sums differ in the last bit
    found = tickers(scan(scanner(vendors, min_value_usd=least)))
    assert found == {ticker for ticker, dollars in measure.items() if dollars >= least}


def test_one_malformed_filing_does_not_affect_others(sandbox, vendors):
    sandbox.faults.add(Fault("truncate", "sec", "filing", times=1))
    made = scanner(vendors)
    found = scan(made)
    assert len(sandbox.market.truth["insider_buying"].expected - tickers(found)) <= 1
    ((reason, message),) = made.recorder.degradations
    assert reason == "bad_payload"
    assert message.startswith("0009980001-26-036")
    coverage = made.recorder.coverage()
    assert coverage["asked"] - coverage["answered"] == 1
    assert [one["error"] != "" for one in tool_log(made)].count(True) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", "sec", code=429), RateLimited),
        (Fault("status", "sec", code=503), Transient),
        (Fault("html", "sec"), BadPayload),
        (Fault("clock_skew", "sec"), BadPayload),
        (Fault("truncate", "sec", "daily_index"), BadPayload),
        (Fault("empty", "sec", "filing"), BadPayload),
    ],
    ids=lambda value: repr(value) if isinstance(value, Fault) else "",
)
def test_refused_requests_are_an_error_and_not_an_empty_result(sandbox, vendors, fault, error):
    sandbox.faults.add(fault)
    with pytest.raises(error):
        scan(scanner(vendors))


def test_a_failed_company_list_affects_only_companies_that_need_it(sandbox, vendors):
    sandbox.faults.add(Fault("status", "sec", "company_tickers", code=503))
    made = scanner(vendors)
    expected = sandbox.market.truth["insider_buying"].expected
    assert tickers(scan(made)) == expected - {*sandbox.market.scenarios["insider/renamed"]} | {"OLDQ"}
    assert [reason for reason, _ in made.recorder.degradations] == ["vendor_down"]


def test_the_next_scan_continues_one_that_was_cut(sandbox, tmp_path):
    """Only requests under way are repeated, and the second scan finds everything."""
    config = without_waiting(sandbox.config())
    config["sec"]["ttl_seconds"] = DEFAULT_CONFIG["discovery"]["vendors"]["sec"]["ttl_seconds"]
    settings = VendorsSettings.model_validate(config)
    before = len(sandbox.requests)
    for whole in (False, True):
        if whole:
            assert len(sandbox.requests) - before > 20, "cut before anything was read"
        clients = Vendors(settings, data_source="sandbox", state_dir=tmp_path)
        deadline = Deadline()
        with deadline_scope(deadline):
            found = scanner(clients).iter_valid({"trade_date": DAY.isoformat()})
            first = next(found)
            if whole:
                rest = [first, *found]
            else:
                deadline.cancel()
                with pytest.raises(Cancelled):
                    next(found)
        clients.close()
    paths = [one.path for one in sandbox.requests[before:] if one.endpoint == "filing"]
    assert len(paths) - len(set(paths)) <= 8
    assert {one.ticker for one in rest} == sandbox.market.truth["insider_buying"].expected
