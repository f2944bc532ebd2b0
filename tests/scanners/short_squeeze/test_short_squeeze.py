"""``short_squeeze``: the sandbox's planted truth, when files come out, and days on which one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scanners.harness import run
from tests.slow import slow_except
from tests.timing import without_waiting
from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import BadPayload, NoDataError, StaleDataError, Transient
from tradingagents.discovery.sandbox import Fault, SandboxServer, shared_market
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.scanners.short_squeeze.positions import find_squeezes
from tradingagents.discovery.scanners.short_squeeze.scanner import ShortSqueeze, ShortSqueezeSettings
from tradingagents.discovery.scanners.short_squeeze.settlements import settlements
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors
from tradingagents.discovery.vendors.finra.short_interest import (
    ShortInterestFile,
    ShortPosition,
    parse_short_interest,
)

DAY = date(2026, 2, 5)
LEAST = ShortSqueezeSettings()
ABC = ShortPosition("ABC", "Abc Inc.", "NYSE", 9e6, 9e6, 1e6, 9.0, split=False, revised=False)
COLUMNS = (
    "accountingYearMonthNumber|symbolCode|issueName|issuerServicesGroupExchangeCode|marketClassCode|"
    "currentShortPositionQuantity|previousShortPositionQuantity|stockSplitFlag|averageDailyVolumeQuantity|"
    "daysToCoverQuantity|revisionFlag|changePercent|changePreviousNumber|settlementDate"
)
ROW = "20260115|ABC|Abc Inc.|N|NYSE|9000000|4000000||1000000|9.00||125.00|5000000|2026-01-15"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def vendors(sandbox: SandboxServer) -> Iterator[Vendors]:
    clients = Vendors(
        VendorsSettings.model_validate(without_waiting(sandbox.config())), data_source="sandbox"
    )
    with deadline_scope(Deadline(4.0)):
        yield clients
    clients.close()
    sandbox.faults.clear()


def outcome(sandbox: SandboxServer, **state: str) -> dict:
    config = sandbox.config()
    config["discovery"]["scanners"] = {"short_squeeze": {"limit": None}}
    graph = DiscoveryGraph(config, registry=ScannerRegistry([ShortSqueeze]))
    report = graph.scanner_node({"trade_date": str(sandbox.market.as_of), **state})["scan_report"]
    return report["outcomes"][0]


class Files:
    """Takes the place of the client: positions or an error by settlement date."""

    def __init__(self, given: dict[date, object]) -> None:
        self.given, self.requested, self.position = given, [], ABC
        self.finra = self
        self.nasdaq = SimpleNamespace(listed=self._no_directory)

    def short_interest(self, day: date) -> ShortInterestFile:
        self.requested.append(day)
        found = self.given.get(day, NoDataError("no file"))
        if isinstance(found, Exception):
            raise found
        return ShortInterestFile(day, {ABC.symbol: self.position}, found)

    def short_interest_url(self, day: date) -> str:
        return f"https://finra.example/shrt{day:%Y%m%d}.csv"

    @staticmethod
    def _no_directory() -> None:
        raise NoDataError("no directory")


# -- the planted market ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", slow_except([7], [7, 11, 23]))
def test_what_was_planted_is_found_with_its_days_to_cover_and_nothing_else(seed):
    with SandboxServer(shared_market(seed)) as sandbox:
        receipt = outcome(sandbox)
    truth = sandbox.market.truth["short_squeeze"]
    assert receipt["status"] == "ok"
    found = {one["ticker"]: one["score"] for one in receipt["candidates"]}
    assert found == pytest.approx(dict(truth.measure), rel=1e-3)
    assert set(found) == truth.expected
    assert any("." in ticker for ticker in found), "no class share, which FINRA spells without a dot"


def test_the_claim_leads_to_its_file(sandbox, vendors):
    ran = run(ShortSqueeze, vendors)
    for candidate in ran.candidates:
        (record,) = candidate["evidence"]
        assert record["url"].endswith("/equity/otcmarket/biweekly/shrt20260115.csv")
        assert (record["vendor"], record["kind"], record["as_of"]) == (
            "finra",
            "short_interest",
            "2026-01-15",
        )
        values = record["values"]
        assert values["days_to_cover"] == pytest.approx(
            values["short_shares"] / values["mean_volume"], rel=1e-4
        )
    funnel = dict(ran.funnel)
    assert funnel.pop("symbols") == sum(funnel.values()) + len(ran.candidates)
    assert ran.recorder.coverage() == {"asked": 1, "answered": 1, "of": 1}


def test_without_a_directory_a_class_share_keeps_the_spelling_of_finra(sandbox, vendors):
    sandbox.faults.add(Fault("status", "nasdaq", code=503))
    found = set(run(ShortSqueeze, vendors).tickers)
    (of_class,) = [one for one in sandbox.market.truth["short_squeeze"].expected if "." in one]
    assert of_class.replace(".", "") in found


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", "finra", code=503), Transient),
        (Fault("html", "finra"), BadPayload),
        (Fault("clock_skew", "finra"), BadPayload),
    ],
    ids=repr,
)
def test_a_failed_request_is_an_error_and_not_an_empty_result(sandbox, vendors, fault, error):
    sandbox.faults.add(fault)
    with pytest.raises(error):
        run(ShortSqueeze, vendors)


# -- which file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "newest", "published"),
    [  # from FINRA's own table of 2026
        ("2026-06-09", "2026-05-29", "2026-06-09"),
        ("2026-06-08", "2026-05-15", "2026-05-27"),
        ("2026-08-11", "2026-07-31", "2026-08-11"),
        ("2026-08-25", "2026-08-14", "2026-08-25"),
        ("2026-09-10", "2026-08-31", "2026-09-10"),
        ("2026-02-05", "2026-01-15", "2026-01-27"),
        ("2026-01-02", "2025-12-15", "2025-12-24"),
    ],
)
def test_settlement_dates_and_the_days_their_files_come_out(until, newest, published):
    first, second = settlements(date.fromisoformat(until), 2, nyse())
    assert (str(first.day), str(first.published)) == (newest, published)
    assert second.day < first.day


@given(st.dates(date(2022, 1, 1), date(2026, 6, 30)))
def test_nothing_is_used_before_it_was_published(until):
    found = settlements(until, 4, nyse())
    assert len(found) == 4
    assert all(one.day < one.published <= until for one in found)
    assert all(10 <= (later.day - one.day).days <= 20 for later, one in pairwise(found))


def test_the_newest_file_is_requested_first_and_the_previous_only_when_it_is_missing():
    files = Files({date(2026, 1, 15): ()})
    ran = run(ShortSqueeze, files, {"trade_date": "2026-02-05"})
    assert (ran.tickers, files.requested) == (["ABC"], [date(2026, 1, 15)])
    assert ran.recorder.degradations == []


@pytest.mark.parametrize(
    ("until", "late"), [("2026-01-27", False), ("2026-01-29", False), ("2026-02-05", True)]
)
def test_the_previous_file_is_used_until_publication_and_a_late_file_is_reported(until, late):
    files = Files({date(2025, 12, 31): ()})
    ran = run(ShortSqueeze, files, {"trade_date": until})
    assert ran.candidates[0]["evidence"][0]["as_of"] == "2025-12-31"
    assert bool(ran.recorder.degradations) == late
    assert ("newest settlement not yet published" in ran.funnel) != late


def test_two_missing_files_are_stale_data():
    with pytest.raises(StaleDataError, match="2026-01-15 and 2025-12-31"):
        run(ShortSqueeze, Files({}), {"trade_date": "2026-02-05"})


def test_a_failed_request_of_the_newest_file_is_not_replaced_by_an_older_file():
    files = Files({date(2026, 1, 15): Transient("finra", "503"), date(2025, 12, 31): ()})
    with pytest.raises(Transient):
        run(ShortSqueeze, files, {"trade_date": "2026-02-05"})


def test_malformed_rows_degrade_the_outcome():
    ran = run(ShortSqueeze, Files({date(2026, 1, 15): ("half a row",)}))
    assert ran.tickers == ["ABC"]
    (trouble,) = ran.recorder.degradations
    assert "half a row" in str(trouble)


def test_a_split_and_a_revision_are_stated_in_the_context():
    files = Files({date(2026, 1, 15): ()})
    files.position = replace(ABC, split=True, revised=True)
    (candidate,) = run(ShortSqueeze, files).candidates
    assert candidate["context"].endswith(
        "1,000,000; the shares were split between the two; FINRA revised the figure"
    )


def test_an_index_fund_and_each_decoy_of_the_sandbox_are_left_out_and_counted(sandbox, vendors):
    why = sandbox.market.truth["short_squeeze"].why
    assert any("index fund" in reason for reason in why.values())
    ran = run(ShortSqueeze, vendors)
    assert ran.funnel["ETFs and ETNs (open-ended supply)"] == 1
    assert not set(ran.tickers) & set(why)
    lenient = {"min_days_to_cover": 6.5, "min_growth_days_to_cover": 0.5, "min_mean_volume": 1}
    caught = {why[ticker] for ticker in run(ShortSqueeze, vendors, **lenient).tickers if ticker in why}
    assert len(caught) >= 3, "most decoys fail no threshold"


# -- what counts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, True),
        ({"current": 7.9e6}, False),
        ({"current": 7.9e6, "previous": 4e6}, True),
        ({"current": 7.9e6, "previous": 4e6, "split": True}, False),
        ({"current": 7.9e6, "previous": 0.0}, False),
        ({"current": 2.9e6, "previous": 1e6}, False),
        ({"average_volume": 199_999.0}, False),
        ({"average_volume": 0.0}, False),
        ({"current": 999_999.0, "average_volume": 200_000.0, "previous": 1.0}, False),
        ({"market": "OTC"}, False),
        ({"symbol": "ABCPRD"}, False),
    ],
)
def test_each_rule_by_itself(changed, kept):
    found, left_out = find_squeezes([replace(ABC, **changed)], LEAST)
    assert (len(found), sum(left_out.values())) == ((1, 0) if kept else (0, 1))


figures = st.floats(0, 1e12)
positions = st.builds(
    ShortPosition, st.text("ABC", min_size=1, max_size=5), st.just(""), st.sampled_from(["NYSE", "OTC"]),
    figures, figures, figures, figures, st.booleans(), st.booleans(),
)  # fmt: skip


@given(st.lists(positions, unique_by=lambda one: one.symbol, max_size=12), st.randoms())
def test_positions_are_judged_one_by_one_whatever_their_order(drawn, shuffle):
    found, left_out = find_squeezes(drawn, LEAST)
    assert len(found) + sum(left_out.values()) == len(drawn)
    assert sorted(found, key=lambda one: one.position.symbol) == found
    mixed = list(drawn)
    shuffle.shuffle(mixed)
    assert find_squeezes(mixed, LEAST) == (found, left_out)
    assert [one for each in drawn for one in find_squeezes([each], LEAST)[0]] == sorted(
        found, key=lambda one: drawn.index(one.position)
    )


# -- the file ----------------------------------------------------------------------------------------------


def read(*rows: str, header: str = COLUMNS, end: str = "\n") -> ShortInterestFile:
    return parse_short_interest("\n".join([header, *rows]) + end, date(2026, 1, 15))


def test_a_row_is_read_by_the_names_of_the_columns():
    names = COLUMNS.split("|")
    turned = "|".join(reversed(ROW.split("|")))
    for file in (read(ROW), read(turned, header="|".join(reversed(names)))):
        one = file.positions["ABC"]
        assert (one.current, one.previous, one.average_volume, one.days_to_cover) == (9e6, 4e6, 1e6, 9.0)
        assert one.listed
        assert not one.split


def test_empty_figures_are_none_sold_and_none_traded():
    """As in the row of a security without trades."""
    one = read("20260115|NOADV|Thin Name|N|OTC|1200||||||||2026-01-15").positions["NOADV"]
    assert (one.current, one.previous, one.average_volume) == (1200, 0, 0)
    assert not one.listed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>Request blocked</html>",
        COLUMNS + "\n",
        COLUMNS.replace("symbolCode", "symbol") + "\n" + ROW + "\n",
        f"{COLUMNS}\n{ROW.replace('2026-01-15', '2025-12-31')}\n",
        f"{COLUMNS}\n{ROW.replace('9000000', '-9000000')}\n",
        f"{COLUMNS}\n{ROW.replace('9000000', 'nan')}\n",
        f"{COLUMNS}\n{ROW}",
        f"{COLUMNS}\n{ROW.replace('9000000', '')}\n",  # blank figures are none sold, but not of everybody
    ],
)
def test_another_file_is_refused(text):
    with pytest.raises(BadPayload):
        parse_short_interest(text, date(2026, 1, 15))


def test_a_few_malformed_rows_are_skipped_and_reported():
    rows = [ROW.replace("ABC", f"A{chr(65 + n)}") for n in range(26)]
    file = read(*rows, "20260115|broken")
    assert (len(file.positions), file.malformed) == (26, ("20260115|broken",))


def test_a_file_truncated_in_its_last_row_is_an_error():
    rows = [ROW.replace("ABC", f"A{chr(65 + n)}") for n in range(26)]
    assert read(*rows, end="").malformed == (rows[-1][:80],)
