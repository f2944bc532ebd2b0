"""``volume_accumulation`` from end to end: the sandbox's planted truth, real files, and missing days."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import fmean

import pytest

from tests.scanners.harness import market_of
from tests.shared_data import SHARED, needs_shared
from tests.timing import without_waiting
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    BadPayload,
    NoDataError,
    RateLimited,
    StaleDataError,
    Transient,
)
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.scanners.off_exchange.measures import find_jumps
from tradingagents.discovery.scanners.off_exchange.volume_accumulation import (
    VolumeAccumulation,
    VolumeAccumulationSettings,
)
from tradingagents.discovery.settings.vendors import VendorsSettings
from tradingagents.discovery.vendors.clients import Vendors
from tradingagents.discovery.vendors.finra.client import VolumeDay, parse_daily_volume

DAY = date(2026, 2, 5)  # a Thursday
CLOSED_2025 = {date(2025, 1, 1), date(2025, 1, 9), date(2025, 1, 20)}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def vendors(sandbox: SandboxServer) -> Iterator[Vendors]:
    clients = Vendors(
        VendorsSettings.model_validate(without_waiting(sandbox.config())), data_source="sandbox"
    )
    with deadline_scope(Deadline(4.0)):  # a vendor that wants to be left alone is not waited for
        yield clients
    clients.close()
    sandbox.faults.clear()


def scanner(vendors, **own) -> VolumeAccumulation:
    made = VolumeAccumulation()
    settings = VolumeAccumulationSettings(**own)
    made.bind(settings, vendors, made.recorder, market_of(VolumeAccumulation, settings, vendors))
    return made


def scan(made: VolumeAccumulation, day: date = DAY) -> list[dict]:
    return made.scan_with_validation({"trade_date": day.isoformat()})


def tickers(candidates: list[dict]) -> set[str]:
    return {one["ticker"] for one in candidates}


# -- the planted market ------------------------------------------------------------------------------------


def test_exactly_the_planted_signals_are_found_with_their_ratio(sandbox, vendors):
    truth = sandbox.market.truth["volume_accumulation"]
    made = scanner(vendors)
    found = scan(made)
    assert tickers(found) == truth.expected
    assert {one["ticker"]: one["score"] for one in found} == pytest.approx(dict(truth.measure), rel=1e-4)
    assert made.recorder.degradations == []


def test_the_funnel_accounts_for_every_symbol_and_the_log_for_every_file(vendors):
    made = scanner(vendors)
    found = scan(made)
    funnel = dict(made.recorder.funnel)
    assert funnel.pop("symbols") == sum(funnel.values()) + len(found)
    assert {"below min_volume", "below min_ratio", "too few sessions"} <= set(funnel)
    entries = made.recorder._log.close()
    coverage = made.recorder.coverage()
    assert coverage["asked"] == coverage["answered"] == len(entries)
    assert all(one["tool"] == "finra.daily_volume" and one["error"] == "" for one in entries)
    assert sum("no data" in one["output"] for one in entries) == len(entries) - 21


def test_the_claim_can_be_traced_to_the_newest_file(sandbox, vendors):
    candidate = max(scan(scanner(vendors)), key=lambda one: one["score"])
    (record,) = candidate["evidence"]
    newest = vendors.finra.daily_volume(DAY)
    ticker = candidate["ticker"]
    assert (record["vendor"], record["kind"], record["as_of"]) == (
        "finra",
        "off_exchange_volume",
        "2026-02-05",
    )
    assert record["url"].endswith("/equity/regsho/daily/CNMSshvol20260205.txt")
    assert record["values"]["volume"] == newest.total[ticker]
    assert record["values"]["short_share"] == round(newest.short[ticker] / newest.total[ticker], 4)
    assert f"{candidate['score']:.1f}x its 20-session mean" in candidate["context"]
    assert candidate["priority"] == "high"


@pytest.mark.parametrize("later", [1, 2, 3])
def test_a_trade_date_without_a_file_uses_the_last_session(sandbox, vendors, later):
    found = scan(scanner(vendors), DAY + timedelta(days=later))
    assert tickers(found) == sandbox.market.truth["volume_accumulation"].expected
    assert {one["evidence"][0]["as_of"] for one in found} == {"2026-02-05"}


def test_an_old_file_is_stale(vendors):
    with pytest.raises(StaleDataError):
        scan(scanner(vendors), DAY + timedelta(days=6))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", "finra", code=429), RateLimited),
        (Fault("status", "finra", code=503), Transient),
        (Fault("html", "finra"), BadPayload),
        (Fault("truncate", "finra"), BadPayload),
        (Fault("nan", "finra"), BadPayload),
        (Fault("negative", "finra"), BadPayload),
        (Fault("clock_skew", "finra"), BadPayload),
    ],
    ids=repr,
)
def test_failed_requests_are_an_error_and_not_an_empty_result(sandbox, vendors, fault, error):
    sandbox.faults.add(fault)
    with pytest.raises(error):
        scan(scanner(vendors))


# -- missing days ------------------------------------------------------------------------------------------


class Files:
    """Takes the place of the client: volumes by day, or the error of that day."""

    def __init__(self, days: dict[date, dict[str, float] | Exception]):
        self.days, self.finra, self.requested = days, self, []

    def daily_volume(self, day: date) -> VolumeDay:
        self.requested.append(day)
        volumes = self.days.get(day)
        if volumes is None:
            raise NoDataError(f"no file of {day}")
        if isinstance(volumes, Exception):
            raise volumes
        return file_of(day, volumes)

    def daily_url(self, day: date) -> str:
        return f"https://finra.example/{day}"


def file_of(day: date, volumes: dict[str, float]) -> VolumeDay:
    halves = {symbol: shares / 2 for symbol, shares in volumes.items()}
    return VolumeDay(day, volumes, halves, dict.fromkeys(volumes, 0.0))


def weekdays(count: int, newest: date = DAY) -> list[date]:
    days = (newest - timedelta(days=back) for back in range(3 * count + 7))
    return [day for day in days if day.isoweekday() <= 5][:count]


def files(count: int, newest: float = 900_000, before: float = 300_000) -> Files:
    days = weekdays(count)
    return Files({DAY: {"EXMP": newest}} | {day: {"EXMP": before} for day in days[1:]})


def test_the_newest_session_is_compared_with_earlier_sessions_only():
    (found,) = scan(scanner(files(11), mean_days=10))
    assert found["score"] == 3.0
    assert found["priority"] == "medium"
    assert found["context"] == (
        "off-exchange volume of 900,000 shares on 2026-02-05, 3.0x its 10-session mean of 300,000; "
        "50% of it sold short"
    )


def test_exchange_holidays_are_not_requested():
    """20 January 2025 was Martin Luther King Day, 9 January a day of mourning; weekdays both."""
    newest = date(2025, 1, 24)
    sessions = [day for day in weekdays(20, newest) if day not in CLOSED_2025]
    source = Files({day: {"EXMP": 300_000.0} for day in sessions} | {newest: {"EXMP": 900_000.0}})
    made = scanner(source, mean_days=12)
    assert tickers(scan(made, newest)) == {"EXMP"}
    assert sorted(source.requested, reverse=True) == sessions[:13]
    assert made.recorder.coverage() == {"asked": 13, "answered": 13, "of": 13}
    assert made.recorder.degradations == []


def test_a_missing_file_is_replaced_by_that_of_one_more_session():
    source = files(12)
    del source.days[weekdays(12)[4]]
    made = scanner(source, mean_days=10)
    (found,) = scan(made)
    assert found["evidence"][0]["values"]["sessions"] == 10
    assert source.requested[-1] == weekdays(12)[-1]
    assert made.recorder.degradations == []
    assert made.recorder.coverage() == {"asked": 12, "answered": 12, "of": 12}


def test_a_failed_request_of_an_earlier_day_degrades_the_outcome_and_is_named():
    source = files(11)
    lost = weekdays(11)[5]
    source.days[lost] = Transient("finra", "down")
    made = scanner(source, mean_days=10)
    (found,) = scan(made)
    assert found["evidence"][0]["values"]["sessions"] == 9
    assert made.recorder.coverage() == {"asked": 11, "answered": 10, "of": 11}
    (vendor, days) = made.recorder.degradations
    assert vendor == ("vendor_down", f"{lost}: finra: down")
    assert days == ("no_data", f"finra: 9 of the 10 sessions before {DAY}")


def test_a_failed_request_of_a_replacement_day_does_not_fail_the_scan():
    source = files(12)
    holiday, last = weekdays(12)[4], weekdays(12)[-1]
    del source.days[holiday]
    source.days[last] = Transient("finra", "down")
    made = scanner(source, mean_days=10)
    assert tickers(scan(made)) == {"EXMP"}
    assert ("vendor_down", f"{last}: finra: down") in made.recorder.degradations


def test_a_failed_request_of_the_newest_file_is_not_replaced_by_an_older_file():
    source = files(11)
    source.days[DAY] = RateLimited("finra", "too fast")
    with pytest.raises(RateLimited):
        scan(scanner(source, mean_days=10))


def test_fewer_than_half_of_the_sessions_are_no_mean():
    with pytest.raises(NoDataError, match="only 4 of the 10 sessions before 2026-02-05"):
        scan(scanner(files(5), mean_days=10))
    assert tickers(scan(scanner(files(6), mean_days=10))) == {"EXMP"}


def test_without_any_file_requests_do_not_go_far_back():
    source = Files({})
    with pytest.raises(StaleDataError):
        scan(scanner(source, mean_days=2))
    assert DAY - min(source.requested) < timedelta(days=12)


# -- the measure -------------------------------------------------------------------------------------------


def test_each_symbol_is_left_out_for_one_reason():
    before = [
        file_of(
            day, {"FEW": 10} | dict.fromkeys(["UP", "FLAT", "THIN", "NIL", "QXB.B", "QXB.WS", "QXB$D"], v)
        )
        for day, v in zip(weekdays(11)[1:], [10.0] * 10, strict=True)
    ]
    for file in before[8:]:
        del file.total["FEW"]
    for file in before:
        file.total["NIL"] = 0.0
    names = ["UP", "FLAT", "THIN", "NIL", "FEW", "NEW", "QXB.B", "QXB.WS", "QXB$D", "QXB.U", "QXBr", "LONGER"]
    newest = file_of(DAY, dict.fromkeys(names, 50.0) | {"FLAT": 19.0, "THIN": 9.0})
    jumps, left_out = find_jumps(newest, before, 2.0, 10.0)
    assert [one.symbol for one in jumps] == ["QXB.B", "UP"]
    assert left_out == {
        "below min_ratio": 1,
        "below min_volume": 1,
        "too few sessions": 3,
        "not common stock": 5,
    }


def test_a_ratio_of_exactly_the_least_is_enough():
    (jump,), _ = find_jumps(file_of(DAY, {"UP": 20.0}), [file_of(DAY, {"UP": 10.0})], 2.0, 20.0)
    assert jump.ratio == 2.0


@needs_shared
def test_real_files_of_january_2021_give_the_same_symbols_as_a_plain_count():
    assert SHARED is not None
    folder = SHARED / "real-data" / "finra"
    days = [date(2021, 1, day) for day in (28, 26, 25, 22)]
    texts = {day: (folder / f"CNMSshvol{day:%Y%m%d}.txt").read_text("latin-1") for day in days}
    newest, *before = (parse_daily_volume(texts[day], day) for day in days)
    jumps, left_out = find_jumps(newest, before, 4.0, 1_000_000)
    plain = {}
    for day, text in texts.items():
        for row in csv.DictReader(text.splitlines()[:-1], delimiter="|"):
            plain.setdefault(row["Symbol"], {})[day] = float(row["TotalVolume"])
    expected = {
        symbol.replace("/", "."): volumes[days[0]] / fmean(volumes[day] for day in days[1:])
        for symbol, volumes in plain.items()
        if re.fullmatch("[A-Z]+(/[AB])?", symbol)
        and len(volumes) == 4
        and volumes[days[0]] >= 1_000_000
        and volumes[days[0]] >= 4.0 * fmean(volumes[day] for day in days[1:])
    }
    assert {one.symbol: one.ratio for one in jumps} == pytest.approx(expected)
    assert {"AAL", "TRVG", "LGF.B"} <= set(expected)
    assert sum(left_out.values()) + len(jumps) == 9260
