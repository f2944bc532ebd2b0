"""``material_events``: the sandbox's planted truth, both ways to a filing's items, and days that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.scanners.harness import DAY, run
from tests.slow import slow_except
from tests.timing import without_waiting
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Auth, NoDataError, StaleDataError, Transient
from tradingagents.discovery.sandbox import Fault, SandboxServer, shared_market
from tradingagents.discovery.scanners.edgar.groups import first_filings, linked_filings
from tradingagents.discovery.scanners.material_events.items import ITEMS, MATERIAL
from tradingagents.discovery.scanners.material_events.reports import events_of
from tradingagents.discovery.scanners.material_events.scanner import MaterialEvents, MaterialEventsSettings
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors
from tradingagents.discovery.vendors.sec.client import CurrentFilings
from tradingagents.discovery.vendors.sec.feed import FeedEntry
from tradingagents.discovery.vendors.sec.index import FilingHeader, FilingRef, IndexRow

TODAY = date.fromisoformat(DAY)
ACCEPTED = datetime(2026, 2, 5, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def vendors(sandbox: SandboxServer) -> Iterator[Vendors]:
    clients = Vendors(
        VendorsSettings.model_validate(without_waiting(sandbox.config())), data_source="sandbox"
    )
    with deadline_scope(Deadline(8.0)):
        yield clients
    clients.close()
    sandbox.faults.clear()


class Edgar:
    """A fake SEC client: reports by day, from the index, from the feed, or from both."""

    def __init__(self, filings, *, feed=True, index=True, companies=None, complete=True):
        self.filings, self.feed, self.index, self.complete = filings, feed, index, complete
        self.companies = (
            {cik: (f"T{chr(64 + cik)}",) for cik in range(1, 20)} if companies is None else companies
        )
        self.requested: list[tuple[str, object]] = []
        self.sec = self

    def _on(self, day, *, serves):
        if isinstance(serves, Exception):
            raise serves
        own = [entry for entry in self.filings if entry.row.filed == day]
        if not own or not serves:
            raise NoDataError(f"nothing on {day}")
        return tuple(own)

    def current_reports(self, day):
        self.requested.append(("feed", day))
        return CurrentFilings(self._on(day, serves=self.feed), self.complete)

    def daily_index(self, day):
        self.requested.append(("index", day))
        return [entry.row for entry in self._on(day, serves=self.index)]

    def filing_header(self, path):
        self.requested.append(("header", path))
        header = next(entry.header for entry in self.filings if entry.row.path == path)
        if header.form == "broken":
            raise Transient("sec", "503")
        return header

    def company_tickers(self):
        if isinstance(self.companies, Exception):
            raise self.companies
        return self.companies

    def filing_url(self, path):
        return f"https://sec.example/{path}"


def filed(number: int, *items: str, cik: int = 1, day: date = TODAY, form: str = "8-K") -> FeedEntry:
    path = f"edgar/data/{cik}/0009980002-26-{number:06d}.txt"
    return FeedEntry(IndexRow(form, "EXAMPLE", cik, day, path), FilingHeader(form, ACCEPTED, items))


@pytest.mark.parametrize("items", [[], ["5.2"], ["5.02", "nonsense"]])
def test_unknown_items_are_invalid(items):
    with pytest.raises(ValidationError):
        MaterialEventsSettings(items=items)


# -- the planted market ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", slow_except({7}, [7, 11, 23]))
@pytest.mark.parametrize("source", ["feed", "headers"])
def test_exactly_the_planted_events_are_found_from_feed_or_headers(seed, source):
    with SandboxServer(shared_market(seed)) as sandbox:
        clients = Vendors(
            VendorsSettings.model_validate(without_waiting(sandbox.config())), data_source="sandbox"
        )
        if source == "headers":
            sandbox.faults.add(Fault("status", "sec", endpoint="current", code=404))
        with deadline_scope(Deadline(10.0)):
            found = run(MaterialEvents, clients)
        clients.close()
        endpoints = {record.endpoint for record in sandbox.requests if record.vendor == "sec"}
    truth = sandbox.market.truth["material_events"]
    assert {one["ticker"]: one["score"] for one in found.candidates} == truth.measure
    assert truth.expected == truth.measure.keys()
    assert ("filing_header" in endpoints) == (source == "headers")


def test_feed_and_headers_give_the_same_candidates(sandbox, vendors):
    fed = run(MaterialEvents, vendors).candidates
    sandbox.faults.add(Fault("status", "sec", endpoint="current", code=404))
    read = run(MaterialEvents, vendors).candidates
    assert sorted(fed, key=lambda one: one["ticker"]) == sorted(read, key=lambda one: one["ticker"])


def test_the_evidence_links_the_filings(sandbox, vendors):
    by_number = {one.accession: one for one in sandbox.market.filings(TODAY)}
    for candidate in run(MaterialEvents, vendors).candidates:
        for record in candidate["evidence"]:
            filing = by_number[record["id"]]
            assert (record["vendor"], record["kind"], record["as_of"]) == ("sec", "form_8k", DAY)
            assert record["url"].endswith(f"{filing.accession}.txt")
            assert tuple(record["values"]["items"]) == filing.items
            assert record["values"]["accepted"] == filing.accepted.isoformat()


def test_the_day_before_has_its_own_reports_and_none_of_today_s(sandbox, vendors):
    why = sandbox.market.truth["material_events"].why
    before = sandbox.market.sessions[-2]
    ran = run(MaterialEvents, vendors, {"trade_date": str(before)})
    assert {why[ticker] for ticker in ran.tickers} == {"filed the session before"}
    assert {record["as_of"] for one in ran.candidates for record in one["evidence"]} == {str(before)}


def test_two_days_are_both_days(sandbox, vendors):
    truth = sandbox.market.truth["material_events"]
    earlier = {ticker for ticker, reason in truth.why.items() if "before" in reason}
    assert set(run(MaterialEvents, vendors, lookback_days=2).tickers) == truth.expected | earlier


def test_every_filing_is_accounted_for(vendors):
    ran = run(MaterialEvents, vendors)
    assert ran.funnel["filings listed"] == ran.funnel["filings read"]
    coverage = ran.recorder.coverage()
    assert coverage["asked"] == coverage["answered"] == coverage["of"] == ran.funnel["filings listed"]
    assert ran.funnel["companies without a listed symbol"] >= 1
    assert ran.funnel["companies with events"] == len(ran.candidates)


# -- where the filings come from ---------------------------------------------------------------------------


def test_the_index_is_used_when_the_feed_ended_early():
    edgar = Edgar([filed(1, "4.02")], complete=False)
    assert run(MaterialEvents, edgar).tickers == ["TA"]
    assert [what for what, _ in edgar.requested] == ["feed", "index", "header"]


def test_a_day_without_feed_and_index_degrades_the_outcome():
    """Its index is not out yet, and the feed is down: the day before is events, and that this day is missing."""
    before = TODAY - timedelta(days=1)
    edgar = Edgar([filed(1, "4.02", day=before)], feed=Transient("sec", "503"))
    ran = run(MaterialEvents, edgar, lookback_days=2)
    assert ran.tickers == ["TA"]
    assert f"filings of {TODAY}: sec: 503" in str(ran.recorder.degradations)


def test_reports_of_a_feed_that_ended_early_are_kept_when_there_is_no_index():
    edgar = Edgar([filed(1, "4.02")], complete=False, index=False)
    ran = run(MaterialEvents, edgar)
    assert ran.tickers == ["TA"]
    assert f"ended before all filings of {TODAY} were listed" in str(ran.recorder.degradations)


def test_a_failed_feed_does_not_matter_when_the_index_is_available():
    edgar = Edgar([filed(1, "4.02")], feed=Transient("sec", "503"))
    ran = run(MaterialEvents, edgar)
    assert ran.tickers == ["TA"]
    assert ran.recorder.degradations == []
    assert any(entry["error"] for entry in ran.entries)


def test_a_day_long_past_is_not_requested_from_the_feed():
    long_past = [filed(1, "4.02", day=TODAY - timedelta(days=7))]
    edgar = Edgar([*long_past])
    with pytest.raises(StaleDataError):
        run(MaterialEvents, edgar)
    assert ("feed", TODAY - timedelta(days=7)) not in edgar.requested


def test_on_a_weekend_friday_counts():
    edgar = Edgar([filed(1, "4.02", day=date(2026, 2, 6))])
    assert run(MaterialEvents, edgar, {"trade_date": "2026-02-08"}).tickers == ["TA"]


def test_no_filings_at_all_are_no_data_and_not_an_empty_result():
    with pytest.raises(NoDataError):
        run(MaterialEvents, Edgar([]))


def test_filings_after_the_trade_date_are_ignored():
    edgar = Edgar([filed(1, "4.02"), filed(2, "4.02", cik=2, day=TODAY + timedelta(days=1))])
    assert run(MaterialEvents, edgar).tickers == ["TA"]


def test_a_failed_header_request_is_reported_and_affects_only_its_company():
    broken = FeedEntry(filed(1, cik=1).row, FilingHeader("broken", ACCEPTED, ()))
    ran = run(MaterialEvents, Edgar([broken, filed(2, "4.02", cik=2)], feed=False))
    assert ran.tickers == ["TB"]
    assert ran.recorder.coverage() == {"asked": 2, "answered": 1, "of": 2}
    assert len(ran.recorder.degradations) == 1


def test_max_filings_limits_the_headers_read_and_the_rest_is_counted():
    edgar = Edgar([filed(number, "4.02", cik=number) for number in range(1, 10)], feed=False)
    ran = run(MaterialEvents, edgar, max_filings=4)
    assert len(ran.tickers) == 4
    assert ran.funnel["not read, over max_filings"] == 5
    assert ran.recorder.coverage() == {"asked": 4, "answered": 4, "of": 9}
    assert sum(what == "header" for what, _ in edgar.requested) == 4


def test_a_report_without_items_in_the_feed_is_read():
    """A feed without items must not lead to an empty result."""
    entries = [filed(1, "4.02"), filed(2, "4.02", cik=2)]
    edgar = Edgar(entries)
    silent = [FeedEntry(one.row, FilingHeader(one.row.form, ACCEPTED, ())) for one in entries[:1]]
    edgar.current_reports = lambda day: CurrentFilings((*silent, entries[1]), complete=True)
    assert sorted(run(MaterialEvents, edgar).tickers) == ["TA", "TB"]
    assert [what for what, _ in edgar.requested] == ["header"]


def test_items_of_the_old_form_are_counted_as_unknown():
    ran = run(MaterialEvents, Edgar([filed(1, "5", "7"), filed(2, "4.02", cik=2)]))
    assert ran.tickers == ["TB"]
    assert ran.funnel["filings without a known item"] == 1


@pytest.mark.parametrize("feed", [True, False])
def test_reports_of_a_successor_company_count(feed):
    ran = run(MaterialEvents, Edgar([filed(1, "2.01", "5.01", form="8-K12B")], feed=feed))
    assert (ran.tickers, ran.candidates[0]["priority"]) == (["TA"], "high")
    assert ran.candidates[0]["evidence"][0]["values"]["form"] == "8-K12B"


def test_reports_with_items_in_the_feed_are_not_limited():
    edgar = Edgar([filed(number, "4.02", cik=number) for number in range(1, 10)])
    assert len(run(MaterialEvents, edgar, max_filings=4).tickers) == 9


def test_a_failed_company_list_is_an_error_and_not_an_empty_result():
    with pytest.raises(Auth):
        run(MaterialEvents, Edgar([filed(1, "4.02")], companies=Auth("sec", "403")))


# -- what counts -------------------------------------------------------------------------------------------


def test_a_joint_filing_counts_for_the_listed_company_only():
    entries = [filed(1, "2.06", cik=cik) for cik in (3, 4)]
    for entry in entries:
        object.__setattr__(entry.row, "path", "edgar/data/3/0009980002-26-000001.txt")
    ran = run(MaterialEvents, Edgar(entries, companies={3: ("ABC",)}))
    assert ran.tickers == ["ABC"]
    assert ran.funnel["companies without a listed symbol"] == 1


def test_class_shares_have_the_normal_spelling():
    assert run(MaterialEvents, Edgar([filed(1, "5.01")], companies={1: ("QXB-A", "QXB-B")})).tickers == [
        "QXB.A"
    ]


@pytest.mark.parametrize(
    ("entries", "score", "priority", "text"),
    [
        ([filed(1, "4.02", "9.01")], 8, "critical", "Form 8-K filed 2026-02-05: earlier accounts"),
        (
            [filed(1, "5.02", "7.01")],
            2,
            "medium",
            "officers or directors leave, join or are paid otherwise (5.02)",
        ),
        (
            [filed(1, "5.02"), filed(2, "5.02", "3.01")],
            6,
            "high",
            "notice of delisting, or a move to another exchange (3.01), officers",
        ),
        ([filed(1, "4.02", form="8-K/A")], 1, "low", "amended Form 8-K filed"),
        ([filed(1, "4.02"), filed(2, "4.02", form="8-K/A")], 8, "critical", "Form 8-K filed"),
        ([filed(1, "1.01", "1.02", "1.03", "2.01", "2.04")], 20, "critical", "2 more"),
    ],
)
def test_score_priority_and_context_of_filings(entries, score, priority, text):
    (candidate,) = run(MaterialEvents, Edgar(entries)).candidates
    assert (candidate["score"], candidate["priority"]) == (score, priority)
    assert text in candidate["context"]
    assert len(candidate["evidence"]) == len(entries)


def test_configured_items_count_without_a_weight():
    entries = [filed(1, "2.02", "9.01"), filed(2, "4.02", cik=2)]
    (candidate,) = run(MaterialEvents, Edgar(entries), items=["2.02"]).candidates
    assert (candidate["ticker"], candidate["score"], candidate["priority"]) == ("TA", 1, "low")


def test_the_table_has_every_item_of_the_form_once():
    assert len(ITEMS) == 33
    assert {number.partition(".")[0] for number in ITEMS} == set("123456789")
    assert {"1.05", "4.02", "5.02"} <= MATERIAL
    assert not {"2.02", "7.01", "8.01", "9.01"} & MATERIAL


references = st.builds(
    lambda number, form, ciks: FilingRef(f"0-{number:03d}", form, TODAY, "edgar/x.txt", frozenset(ciks)),
    st.integers(0, 40), st.sampled_from(["8-K", "8-K/A"]), st.sets(st.integers(1, 6), min_size=1, max_size=3),
)  # fmt: skip
headers = st.builds(
    FilingHeader, st.just("8-K"), st.just(ACCEPTED), st.lists(st.sampled_from(sorted(ITEMS)), unique=True).map(tuple)
)  # fmt: skip


@given(st.lists(st.tuples(references, headers), unique_by=lambda one: one[0].accession), st.randoms())
def test_the_order_of_filings_does_not_matter(filings, shuffle):
    mixed = list(filings)
    shuffle.shuffle(mixed)
    events, again = events_of(filings, MATERIAL), events_of(mixed, MATERIAL)
    assert events == again
    assert (events is None) == all(not MATERIAL & set(header.items) for _, header in filings)
    if events is not None:
        assert events.score == sum(events.weights.values()) >= 1


@given(
    st.lists(references, unique_by=lambda one: one.accession), st.integers(0, 50), st.sets(st.integers(0, 40))
)
def test_filings_to_read_are_limited_and_known_ones_kept(filings, most, known):
    numbers = {f"0-{number:03d}" for number in known}
    kept = [one.accession for group in first_filings(linked_filings(filings), most, numbers) for one in group]
    unknown = [one.accession for one in filings if one.accession not in numbers]
    assert len(set(kept) - numbers) == min(most, len(unknown))
    assert {one.accession for one in filings if one.accession in numbers} <= set(kept)
    assert len(kept) == len(set(kept))
