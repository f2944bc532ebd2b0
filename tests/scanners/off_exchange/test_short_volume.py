"""``short_volume``: the sandbox's planted truth, real files, and laws of the measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scanners.harness import run
from tests.shared_data import SHARED, needs_shared
from tests.slow import slow_except
from tests.timing import without_waiting
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import StaleDataError
from tradingagents.discovery.sandbox import SandboxServer, shared_market
from tradingagents.discovery.scanners.off_exchange.measures import find_short_excess
from tradingagents.discovery.scanners.off_exchange.short_volume import ShortVolume
from tradingagents.discovery.scanners.off_exchange.volume_accumulation import VolumeAccumulation
from tradingagents.discovery.scanners.registry import ScannerRegistry
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors
from tradingagents.discovery.vendors.finra.client import VolumeDay, parse_daily_volume

DAY = date(2026, 2, 5)
LEAST = {"min_volume": 1_000_000.0, "min_short_share": 0.7, "min_excess": 0.2}


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


def day(number: int, **symbols: tuple[float, float]) -> VolumeDay:
    """Return a session: total volume and the share of it sold short, by symbol."""
    total = {symbol: volume for symbol, (volume, _) in symbols.items()}
    short = {symbol: volume * share for symbol, (volume, share) in symbols.items()}
    return VolumeDay(DAY - timedelta(days=number), total, short, dict.fromkeys(total, 0.0))


@pytest.mark.parametrize("seed", slow_except([7], [7, 11]))
def test_exactly_the_planted_signals_are_found_with_their_excess(seed):
    with SandboxServer(shared_market(seed)) as sandbox:
        clients = Vendors(
            VendorsSettings.model_validate(without_waiting(sandbox.config())), data_source="sandbox"
        )
        with deadline_scope(Deadline(8.0)):
            found = run(ShortVolume, clients)
        clients.close()
    truth = sandbox.market.truth["short_volume"]
    assert set(found.tickers) == truth.expected
    assert not truth.forbidden & set(found.tickers)
    scores = {one["ticker"]: one["score"] for one in found.candidates}
    assert scores == pytest.approx(dict(truth.measure), abs=1e-4)


def test_each_decoy_would_be_found_without_the_rule_it_is_for(sandbox, vendors):
    why = sandbox.market.truth["short_volume"].why
    thin = run(ShortVolume, vendors, min_volume=1.0).tickers
    assert any("hardly" in why.get(ticker, "") for ticker in thin)
    day_before = run(ShortVolume, vendors, {"trade_date": str(sandbox.market.sessions[-2])}).tickers
    assert any("before" in why.get(ticker, "") for ticker in day_before)
    newest = vendors.finra.daily_volume(DAY)
    steady = [symbol for symbol, reason in why.items() if "every day" in reason]
    assert steady
    for symbol in steady:
        assert newest.total[symbol] >= LEAST["min_volume"]
        assert newest.short[symbol] >= LEAST["min_short_share"] * newest.total[symbol]
    less = run(ShortVolume, vendors, min_short_share=0.65).tickers
    assert any("not most" in why.get(ticker, "") for ticker in less)
    for reason in ("listed lately", "a unit"):
        (symbol, *_) = [symbol for symbol, text in why.items() if reason in text]
        assert newest.total[symbol] >= LEAST["min_volume"]
        assert newest.short[symbol] >= 0.8 * newest.total[symbol]


def test_the_evidence_links_the_file_and_the_context_denies_short_interest(vendors):
    ran = run(ShortVolume, vendors)
    for candidate in ran.candidates:
        (record,) = candidate["evidence"]
        assert record["url"].endswith("CNMSshvol20260205.txt")
        assert record["as_of"] == "2026-02-05"
        values = record["values"]
        assert values["short_share"] == pytest.approx(values["short_volume"] / values["volume"], abs=1e-4)
        assert candidate["score"] == pytest.approx(
            values["short_share"] - values["usual_short_share"], abs=2e-4
        )
        assert "not short interest" in candidate["context"]
    funnel = dict(ran.funnel)
    assert funnel.pop("symbols") == sum(funnel.values()) + len(ran.candidates)


def test_an_old_file_is_stale(vendors):
    with pytest.raises(StaleDataError):
        run(ShortVolume, vendors, {"trade_date": str(DAY + timedelta(days=6))})


def test_two_scanners_share_the_files():
    with SandboxServer() as sandbox:
        config = sandbox.config()
        config["discovery"]["scanners"] = {"volume_accumulation": {}, "short_volume": {}}
        graph = DiscoveryGraph(config, registry=ScannerRegistry([VolumeAccumulation, ShortVolume]))
        report = graph.scanner_node({"trade_date": str(sandbox.market.as_of)})["scan_report"]
        requested = Counter(record.path for record in sandbox.requests if record.vendor == "finra")
    assert [one["status"] for one in report["outcomes"]] == ["ok", "ok"]
    assert set(requested.values()) == {1}


# -- the measure -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest", "reason"),
    [
        ((999_999, 0.9), "below min_volume"),
        ((2e6, 0.69), "below min_short_share"),
        ((2e6, 0.7), "below min_excess"),
        ((2e6, 0.9), None),
    ],
)
def test_each_threshold_by_itself(newest, reason):
    before = [day(number, ABC=(1e6, 0.55)) for number in range(1, 21)]
    found, left_out = find_short_excess(day(0, ABC=newest), before, **LEAST)
    assert [one.symbol for one in found] == ([] if reason else ["ABC"])
    assert dict(left_out) == ({reason: 1} if reason else {})


def test_what_is_usual_is_of_all_volume_together_and_not_a_mean_of_means():
    before = [day(1, ABC=(9e6, 0.2)), day(2, ABC=(1e6, 0.8))]
    (one,), _ = find_short_excess(day(0, ABC=(2e6, 0.9)), before, **LEAST)
    assert one.usual == pytest.approx(0.26)


def test_warrants_and_the_newly_listed_are_left_out_and_counted():
    before = [day(number, OLD=(1e6, 0.5)) for number in range(1, 21)]
    newest = day(0, OLD=(2e6, 0.9), NEW=(2e6, 0.9), **{"OLD.WS": (2e6, 0.9), "OLD$B": (2e6, 0.9)})
    found, left_out = find_short_excess(newest, before, **LEAST)
    assert [one.symbol for one in found] == ["OLD"]
    assert sorted(left_out.values()) == [1, 2]


@given(
    st.lists(st.tuples(st.floats(1, 1e9), st.floats(0, 1)), min_size=2, max_size=8),
    st.tuples(st.floats(1, 1e9), st.floats(0, 1)),
)
def test_a_share_is_measured_by_its_own_rows_alone(rows, other):
    """Another share's rows change nothing, and neither does the scale of volume above the threshold."""
    least = {"min_volume": 1.0, "min_short_share": 0.5, "min_excess": 0.1}
    alone = [day(number, ABC=row) for number, row in enumerate(rows)]
    beside = [day(number, ABC=row, XYZ=other) for number, row in enumerate(rows)]
    found, _ = find_short_excess(alone[0], alone[1:], **least)
    found_beside, _ = find_short_excess(beside[0], beside[1:], **least)
    assert [one for one in found_beside if one.symbol == "ABC"] == found


# -- real files --------------------------------------------------------------------------------------------


@needs_shared
def test_real_files_give_a_handful_a_day():
    """Of January 2021: the rule neither drowns its user nor stays silent."""
    assert SHARED is not None
    files = []
    for path in sorted((SHARED / "real-data" / "finra").glob("CNMSshvol*.txt")):
        stamp = path.stem.removeprefix("CNMSshvol")
        files.append(parse_daily_volume(path.read_text("latin-1"), date.fromisoformat(stamp)))
    counts = [len(find_short_excess(files[at], files[:at], **LEAST)[0]) for at in range(5, len(files))]
    assert all(2 <= count <= 40 for count in counts), counts
