"""Every fault of the sandbox with six vendors and all built-in scanners (:data:`SCANNERS`, :data:`BARS`).

Checked in each case: the scanners of the faulty vendors end with a status and reason that :data:`ENDS`
allows, those that can do without a faulty symbol directory are degraded with its reason, the others find the
same candidates as without faults, the scan returns by its deadlines, every thread ends, and no key appears in
anything that is written or returned. The scanners over daily bars read the sandbox's store; Yahoo is not
covered here.

The data source is ``live`` and the vendors' base URLs lead to the sandbox, so that keys are read and sent
as in production. A scan has one fault at the vendors of one group, whose scanners share no vendor, and one
scanner of a healthy vendor; all scanners of the matrix run together in
:func:`test_all_scanners_of_the_matrix_with_one_vendor_hanging` and in the tests of random faults. Each case
has a state folder of its own, so that no cache is shared between cases. There is one attempt, no rate limit
and no open circuit, so that a case shows the effect of its fault and not of the retry or the breaker.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.slow import slow_except
from tests.timing import time_allowance
from tradingagents.discovery.execution.pool import ABANDONED
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import Fault, SandboxServer
from tradingagents.discovery.sandbox.faults.rules import KINDS
from tradingagents.discovery.sandbox.vendors.alpha_vantage.errors import ERRORS
from tradingagents.discovery.scanners.registry import ScannerRegistry

SCANNERS = {
    "alpha_vantage": ("market_movers", "news_catalyst", "options_flow"),
    "finnhub": ("earnings_calendar", "earnings_surprise", "analyst_revisions"),
    "reddit": ("reddit_trending", "reddit_dd"),
    "sec": ("insider_buying", "material_events"),
    "finra": ("volume_accumulation", "short_volume", "short_squeeze"),
    "nasdaq": ("reddit_trending", "reddit_dd"),  # the symbol directory is essential to them
}
BARS = (
    "technical_breakout",
    "high_52w_breakout",
    "minervini",
    "atr_compression",
    "volume_dry_up",
    "rsi_oversold",
    "gap_up",
    "obv_divergence",
    "sector_rotation",
)
"""Scanners that read daily bars, and no vendor but the symbol directory."""

ALL = {name for names in (*SCANNERS.values(), BARS) for name in names}
DIRECTORY = {one.name for one in ScannerRegistry.built_in() if one.listed_only} | {*BARS} - {
    "sector_rotation"
}
DIRECTORY |= {"analyst_revisions"}  # for symbols of the calendar that may be traded over the counter
"""Scanners that use the symbol directory and can do without."""

GROUPS = {
    ("alpha_vantage", "sec", "reddit"): ("earnings_calendar",),
    ("finnhub", "finra"): ("market_movers", "gap_up"),
    ("nasdaq",): ("market_movers", "earnings_surprise", "gap_up", "options_flow"),
}
"""Vendors that are faulty in one scan, and scanners of healthy vendors that run too."""

FRUGAL: Mapping[str, Mapping[str, Any]] = {
    "volume_accumulation": {"mean_days": 5},
    "short_volume": {"mean_days": 5},
}
"""Settings with fewer requests, to save time."""

PATIENT_SECONDS = 15.0
HURRIED_SECONDS = 0.4  # the deadline of a scanner whose vendor never finishes an answer
UNWILLING_SECONDS = 4.0  # shorter than the waits that the refusals set
SLACK_SECONDS = 0.5  # beyond a deadline
BODY_LIMIT = 2_000_000
VENDORS = tuple(SCANNERS)

SECRETS = {
    "ALPHA_VANTAGE_API_KEY": "zqAlphaSecret01",
    "FINNHUB_API_KEY": "zqFinnhubSecret02",
    "REDDIT_CLIENT_ID": "zqRedditIdent03",
    "REDDIT_CLIENT_SECRET": "zqRedditSecret04",
}
AGENTS = {
    "REDDIT_USER_AGENT": "linux:fault-matrix:v1 (by /u/example)",
    "SEC_EDGAR_USER_AGENT": "Fault Matrix tests@example.com",
}
_BASIC = f"{SECRETS['REDDIT_CLIENT_ID']}:{SECRETS['REDDIT_CLIENT_SECRET']}".encode()
LEAKS = [value.encode() for value in SECRETS.values()] + [base64.b64encode(_BASIC)]

End = tuple[str, str]
DOWN: End = ("failed", "vendor_down")
BAD: End = ("failed", "bad_payload")
LATE: End = ("timed_out", "deadline")
RATE: End = ("failed", "rate_limited")
SPENT: End = ("failed", "quota_spent")
AUTH: End = ("failed", "auth")
NO_DATA: End = ("failed", "no_data")
STALE: End = ("failed", "stale_data")
PARTLY: End = ("degraded", "bad_payload")
AS_USUAL: End = ("ok", "none")  # with the candidates of a healthy day
OTHERWISE: End = ("ok", "other")  # with other candidates than on a healthy day, but some

CASES: dict[str, Fault] = {kind: Fault(kind, "*") for kind in KINDS} | {
    "slow": Fault("slow", "*", seconds=0.1),
    "huge-chunked": Fault("huge", "*", chunked=True),
    "gzip_bomb": Fault("gzip_bomb", "*", megabytes=16),  # eight times the limit on bodies
    "too-long": Fault("wrong_length", "*", extra=-20),
    **{f"status-{code}": Fault("status", "*", code=code) for code in (401, 403, 404, 429, 500)},
    "429-seconds": Fault("status", "*", code=429, retry_after=30),
    "429-date": Fault("status", "*", code=429, retry_date_seconds=30),
    "429-nonsense": Fault("status", "*", code=429, retry_after="soon"),
    "429-ten-years": Fault("status", "*", code=429, retry_after=315_360_000),
    "503-seconds": Fault("status", "*", code=503, retry_after=30),
}
FAST = {"reset", "hang", "gzip_bomb", "html", "nulls", "clock_skew", "status-401", "status-404", "status-429"}
"""One case for each way to end; the others are marked ``slow``."""

TIMEOUTS = dict.fromkeys(("hang", "hang_after_headers", "drip"), HURRIED_SECONDS) | dict.fromkeys(
    (case for case in CASES if "429" in case), UNWILLING_SECONDS
)
"""Seconds that a case gives the scanners it hits."""

ENDS: dict[str, set[End]] = {
    "refuse": {DOWN},
    "reset": {DOWN},
    "reset_mid_body": {DOWN},
    "hang": {LATE},
    "hang_after_headers": {LATE},
    "slow": {AS_USUAL},
    "drip": {LATE},
    "truncate": {DOWN, BAD},
    "wrong_length": {DOWN},
    "too-long": {DOWN, BAD},
    "empty": {DOWN, BAD},
    "huge": {BAD},
    "huge-chunked": {BAD},
    "gzip_bomb": {BAD},
    "wrong_type": {AS_USUAL},
    "html": {DOWN, BAD},
    "xml_bomb": {DOWN, BAD},
    "status": {DOWN},
    "vendor_error": {DOWN, BAD},
    "redirect_loop": {BAD},
    "nulls": {BAD},
    "nan": {BAD},
    "negative": {BAD},
    "duplicate_fields": {AS_USUAL},
    "unknown_fields": {AS_USUAL},
    "clock_skew": {BAD, STALE, NO_DATA},
    "status-401": {AUTH},
    "status-403": {AUTH},
    "status-404": {BAD, NO_DATA},
    "status-429": {RATE},
    "status-500": {DOWN},
    "429-seconds": {RATE},
    "429-date": {RATE},
    "429-nonsense": {RATE},
    "429-ten-years": {RATE},
    "503-seconds": {DOWN, RATE},  # later requests are refused during the wait
}
"""What a fault may come to, with any vendor that :data:`OWN_ENDS` does not name."""

OWN_ENDS: dict[tuple[str, str], set[End]] = {
    ("vendor_error", "alpha_vantage"): {RATE},  # the first of its texts is about one request a second
    ("vendor_error", "reddit"): {AUTH},
    ("vendor_error", "sec"): {RATE},
    ("wrong_type", "finnhub"): {BAD},  # its own client goes by the content type
    # an estimate may be null, a count of analysts may not; without any figures no surprise is known
    ("nulls", "finnhub"): {OTHERWISE, PARTLY, NO_DATA},
    ("clock_skew", "finnhub"): {OTHERWISE},  # it dates neither the calendar nor the ratings
    # of the symbol directory only names and flags are read, and it is made at night
    **{(case, "nasdaq"): {AS_USUAL} for case in ("nulls", "nan", "negative", "clock_skew")},
    # tables: a row twice, or a column more, is no longer what is documented
    ("duplicate_fields", "finra"): {BAD},
    ("duplicate_fields", "nasdaq"): {BAD},
    ("unknown_fields", "sec"): {BAD},
    ("unknown_fields", "finra"): {BAD},
    ("status-403", "sec"): {RATE},  # the SEC's answer to too many requests
    ("status-404", "finra"): {STALE},
    ("too-long", "nasdaq"): {BAD},  # what is cut off is the end of its last line, the time it was made
}
"""What a fault comes to with a vendor of whose format, or whose words, something else is true."""

SCANNER_ENDS: dict[tuple[str, str], set[End]] = {
    # the rows before the cut are whole, and the cut one is counted
    ("truncate", "short_squeeze"): {PARTLY},
    ("too-long", "short_squeeze"): {PARTLY, DOWN},
    ("unknown_fields", "short_squeeze"): {AS_USUAL},  # its table is read by the names of the columns
}
"""What a fault comes to with one scanner of a vendor."""

MESSAGES = dict.fromkeys(("huge", "huge-chunked", "gzip_bomb"), "over the limit")
"""Words in the message, where status and reason could have come about in another way."""

REFUSALS: dict[str, End] = {
    "second": RATE,
    "minute": RATE,
    "day": SPENT,
    "premium": AUTH,
    "outputsize": AUTH,
    "demo": AUTH,
    "key": AUTH,
    "call": BAD,
    "function": BAD,
    "news_inputs": NO_DATA,
}
"""What each of Alpha Vantage's texts comes to."""


@dataclass(frozen=True)
class Scanned:
    """A scan's update, the seconds it took, and the receipts by scanner."""

    update: dict[str, Any]
    seconds: float

    @property
    def receipts(self) -> dict[str, dict[str, Any]]:
        return {one["scanner"]: one for one in self.update["scan_report"]["outcomes"]}

    def overrun(self, timeouts: Mapping[str, float]) -> float:
        """Return by how many seconds the scan passed the point at which it should have been back."""
        due = [
            receipt["queued_seconds"] + min(receipt["duration_seconds"], timeouts[name])
            for name, receipt in self.receipts.items()
        ]
        return self.seconds - max(due)


Healthy = Mapping[str, list[dict[str, Any]]]


def config(
    sandbox: SandboxServer, state: Path, timeouts: Mapping[str, float], **vendor: Any
) -> dict[str, Any]:
    """Return a configuration that sends ``live`` vendors to the sandbox and runs the scanners named."""
    own = {"rates": [], "attempts": 1, "max_body_bytes": BODY_LIMIT, "breaker": {"fail_max": 1_000}} | vendor
    addresses: Mapping[str, Any] = sandbox.config()["discovery"]["vendors"]  # type: ignore[index]
    discovery: Any = sandbox.config()["discovery"]
    own_settings = {
        **FRUGAL,
        **discovery["scanners"],
        "options_flow": sandbox.market.truth["options_flow"].settings,
    }
    scanners = {
        name: {"timeout_seconds": timeouts[name], **own_settings.get(name, {})}
        if name in timeouts
        else {"enabled": False}
        for name in ALL
    }
    return {
        "discovery": {
            "data_source": "live",
            "state_dir": str(state),
            "market": discovery["market"],
            "vendors": {name: {**address, **own} for name, address in addresses.items()},
            "scanners": scanners,
        }
    }


def scan(sandbox: SandboxServer, state: Path, timeouts: Mapping[str, float], **vendor: Any) -> Scanned:
    """Scan with the scanners in ``timeouts``; the keyword arguments are settings of every vendor."""
    graph = DiscoveryGraph(config(sandbox, state, timeouts, **vendor), ScannerRegistry.built_in())
    began = time.monotonic()
    update = graph.scanner_node({"trade_date": str(sandbox.market.as_of), "tickers": [], "tool_logs": []})
    return Scanned(update, time.monotonic() - began)


def fault_of(case: str, vendor: str) -> Fault:
    """Return the fault of a case, aimed at one vendor."""
    whole = CASES[case]
    return Fault(whole.kind, vendor, **whole.options)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(own_ports=True) as server:
        yield server


@pytest.fixture(autouse=True)
def _keys(_no_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SECRETS, **AGENTS}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def healthy(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    """What each scanner finds while nothing is wrong."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**SECRETS, **AGENTS}.items():
            environment.setenv(name, value)
        scanned = scan(sandbox, tmp_path_factory.mktemp("healthy"), dict.fromkeys(ALL, PATIENT_SECONDS))
    assert {one["status"] for one in scanned.receipts.values()} == {"ok"}
    assert any("apikey=***" in one.path for one in sandbox.requests)
    return {name: one["candidates"] for name, one in scanned.receipts.items()}


@pytest.fixture
def hit(sandbox: SandboxServer) -> Iterator[Callable[[Fault], None]]:
    """Put a fault in force for the test."""
    yield sandbox.faults.add
    sandbox.faults.clear()


@pytest.fixture
def outlet(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[[Scanned], bytes]:
    """Return every byte that came out of a scan: update, logs down to DEBUG, output and state files."""
    caplog.set_level(logging.DEBUG)

    def collect(scanned: Scanned) -> bytes:
        printed = capfd.readouterr()
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files, "the state folder is empty"
        texts = [json.dumps(scanned.update), caplog.text, printed.out, printed.err, *map(str, files)]
        return b"\n".join([*(text.encode() for text in texts), *(path.read_bytes() for path in files)])

    return collect


def end_of(receipt: Mapping[str, Any], healthy: Healthy) -> End:
    """Return status and reason of an outcome; the reason of ``ok`` is whether it has the usual candidates."""
    if receipt["status"] == "ok":
        assert receipt["candidates"], "ok with nothing"
        return AS_USUAL if receipt["candidates"] == healthy[receipt["scanner"]] else OTHERWISE
    return receipt["status"], receipt["reason"]


def allowed(case: str, vendor: str) -> set[End]:
    return OWN_ENDS.get((case, vendor), ENDS[case])


def ends_of(name: str, case: str, vendors: Sequence[str]) -> set[End]:
    """Return how a scanner may end in a case at these vendors."""
    if by := [vendor for vendor in vendors if name in SCANNERS[vendor]]:
        return SCANNER_ENDS.get((case, name), allowed(case, by[0]))
    if "nasdaq" in vendors and name in DIRECTORY:
        return {end if end == AS_USUAL else ("degraded", end[1]) for end in allowed(case, "nasdaq")}
    return {AS_USUAL}


def threads_left(before: set[threading.Thread]) -> list[str]:
    """Wait for the threads of a scan to end; return the names of those that do not."""
    for _ in range(300):
        left = [
            one.name
            for one in threading.enumerate()
            if one not in before and not one.name.startswith("sandbox")
        ]
        if not left and not ABANDONED.total():
            return []
        time.sleep(0.01)
    return left or ["an abandoned call that never ended"]


def check(
    case: str,
    vendors: Sequence[str],
    scanned: Scanned,
    timeouts: Mapping[str, float],
    healthy: Healthy,
) -> None:
    """Assert the expected outcomes, and that the scan returned in time."""
    hit_by = {name for vendor in vendors for name in SCANNERS[vendor]}
    for name, receipt in scanned.receipts.items():
        end = end_of(receipt, healthy)
        shown = f"{name}: {receipt['status']}/{receipt['reason']}: {receipt['message']}"
        assert end in ends_of(name, case, vendors), shown
        assert name not in hit_by or MESSAGES.get(case, "") in receipt["message"], shown
        assert receipt["duration_seconds"] < timeouts[name] + time_allowance(SLACK_SECONDS), shown
    over = scanned.overrun(timeouts)
    assert over < time_allowance(SLACK_SECONDS), f"back {over:.2f} s late"


def test_the_groups_cover_every_vendor_and_share_no_scanner() -> None:
    assert sorted(vendor for group in GROUPS for vendor in group) == sorted(VENDORS)
    for group, beside in GROUPS.items():
        names = [name for vendor in group for name in SCANNERS[vendor]]
        assert len({*names, *beside}) == len(names) + len(beside)


def test_the_matrix_covers_every_built_in_scanner() -> None:
    assert {scanner.name for scanner in ScannerRegistry.built_in()} == ALL


@pytest.mark.parametrize("group", GROUPS, ids="+".join)
@pytest.mark.parametrize("case", slow_except(FAST, CASES))
def test_a_fault_is_reported_by_the_scanners_it_hits_and_affects_no_other(
    case: str,
    group: tuple[str, ...],
    sandbox: SandboxServer,
    healthy: Healthy,
    hit: Callable[[Fault], None],
    outlet: Callable[[Scanned], bytes],
    tmp_path: Path,
) -> None:
    timeouts = dict.fromkeys(GROUPS[group], PATIENT_SECONDS)
    for vendor in group:
        hit(fault_of(case, vendor))
        timeouts |= dict.fromkeys(SCANNERS[vendor], TIMEOUTS.get(case, PATIENT_SECONDS))
    before = set(threading.enumerate())
    scanned = scan(sandbox, tmp_path, timeouts)
    assert threads_left(before) == []
    assert scanned.receipts.keys() == timeouts.keys()
    check(case, group, scanned, timeouts, healthy)
    out = outlet(scanned)
    assert [leak for leak in LEAKS if leak in out] == []


@pytest.mark.slow
@pytest.mark.parametrize("vendor", VENDORS)
def test_all_scanners_of_the_matrix_with_one_vendor_hanging(
    vendor: str,
    sandbox: SandboxServer,
    healthy: Healthy,
    hit: Callable[[Fault], None],
    outlet: Callable[[Scanned], bytes],
    tmp_path: Path,
) -> None:
    hit(Fault("hang", vendor))
    timeouts = dict.fromkeys(ALL, PATIENT_SECONDS) | dict.fromkeys(SCANNERS[vendor], HURRIED_SECONDS)
    before = set(threading.enumerate())
    scanned = scan(sandbox, tmp_path, timeouts)
    assert threads_left(before) == []
    check("hang", [vendor], scanned, timeouts, healthy)
    assert len(scanned.receipts) == len(ALL)
    assert scanned.update["scan_report"]["health"] == "partial"
    out = outlet(scanned)
    assert [leak for leak in LEAKS if leak in out] == []


BY_CHANCE: dict[str, set[str]] = {
    "reset": {"vendor_down"},
    "truncate": {"vendor_down", "bad_payload"},
    "html": {"vendor_down", "bad_payload"},
    "status": {"vendor_down"},
}
"""Random faults, and the reasons that report them."""


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "kind"), list(enumerate(BY_CHANCE)))
def test_random_faults_are_reported_where_they_occur_and_nowhere_else(
    kind: str,
    seed: int,
    sandbox: SandboxServer,
    healthy: Healthy,
    hit: Callable[[Fault], None],
    outlet: Callable[[Scanned], bytes],
    tmp_path: Path,
) -> None:
    """One request in eight fails, at every vendor; the server's log shows which."""
    for vendor in VENDORS:
        hit(Fault(kind, vendor, probability=1 / 8, seed=seed))
    timeouts = dict.fromkeys(ALL, PATIENT_SECONDS)
    before, already = set(threading.enumerate()), len(sandbox.requests)
    scanned = scan(sandbox, tmp_path, timeouts)
    assert threads_left(before) == []
    struck = {one.vendor for one in sandbox.requests[already:] if one.fault}
    assert struck, "not one fault: this shows nothing"
    for vendor, names in SCANNERS.items():
        troubled = [name for name in names if end_of(scanned.receipts[name], healthy) != AS_USUAL]
        assert troubled or vendor not in struck, f"a fault of {vendor} was passed over in silence"
    for name, receipt in scanned.receipts.items():
        shown = f"{name}: {receipt['status']}/{receipt['reason']}: {receipt['message']}"
        vendors = {vendor for vendor, names in SCANNERS.items() if name in names}
        if not struck & (vendors | ({"nasdaq"} if name in DIRECTORY else set())):
            assert end_of(receipt, healthy) == AS_USUAL, shown
        assert receipt["reason"] in BY_CHANCE[kind] | {"none"}, shown
    assert scanned.overrun(timeouts) < time_allowance(SLACK_SECONDS)
    out = outlet(scanned)
    assert [leak for leak in LEAKS if leak in out] == []


@pytest.mark.parametrize("reason", ERRORS)
def test_each_alpha_vantage_refusal_with_http_200_is_classified_and_shows_no_key(
    reason: str,
    sandbox: SandboxServer,
    hit: Callable[[Fault], None],
    outlet: Callable[[Scanned], bytes],
    tmp_path: Path,
) -> None:
    """Some of them repeat the caller's key."""
    hit(Fault("vendor_error", "alpha_vantage", reason=reason))
    scanned = scan(sandbox, tmp_path, {"market_movers": UNWILLING_SECONDS})
    (receipt,) = scanned.receipts.values()
    assert (receipt["status"], receipt["reason"]) == REFUSALS[reason]
    out = outlet(scanned)
    assert [leak for leak in LEAKS if leak in out] == []


@pytest.mark.parametrize("group", GROUPS, ids="+".join)
@pytest.mark.parametrize(
    "kind", slow_except({"reset"}, ["reset", "reset_mid_body", "wrong_length", "status"])
)
def test_a_temporary_fault_does_not_change_the_result(
    kind: str,
    group: tuple[str, ...],
    sandbox: SandboxServer,
    healthy: Healthy,
    hit: Callable[[Fault], None],
    tmp_path: Path,
) -> None:
    for vendor in group:
        hit(Fault(kind, vendor, times=1))
    names = {SCANNERS[vendor][0]: vendor for vendor in group}
    scanned = scan(sandbox, tmp_path, dict.fromkeys(names, PATIENT_SECONDS), attempts=2)
    for name, vendor in names.items():
        receipt = scanned.receipts[name]
        assert end_of(receipt, healthy) == AS_USUAL, f"{receipt['status']}: {receipt['message']}"
        # One scanner sends the request that several share, and it may be any of them.
        shared = scanned.update["scan_report"]["shared_requests"]
        counts = [
            one.get(vendor, {}) for one in (shared, *(r["requests"] for r in scanned.receipts.values()))
        ]
        assert any(what.startswith("retried") for count in counts for what in count), counts
