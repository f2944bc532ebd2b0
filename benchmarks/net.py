"""Cost of the net layer per call, and its use of a vendor's limits.

``call``: each client in turn requests the same few hundred bytes of JSON from the sandbox in another
process; the ratio to a bare ``requests.Session``, median of paired rounds. ``uncached`` keeps the quota in
a file, as a run does, ``uncached_in_memory`` has no folder, ``hit`` is answered from the cache file. A
session to loopback does not read proxies from the environment; a bare one does, and
``bare_without_environment`` is without that cost.

``fan_out``: 160 calls with a latency of 50 ms each, on 8 threads, over the ideal of 160 / 8 · 50 ms.

``scan``: every scanner by ``DiscoveryGraph.scanner_node`` in a fresh state folder, with default rates,
against a sandbox that enforces the vendors' published limits and takes 200 ms for every answer (an
assumption: no vendor publishes latencies). ``warm`` is a second scan in the same folder. A scan without
limits runs before, so that imports are not measured. The bound of a cold scan is the largest, over
the vendors, of the time of the last answer of an ideal client, computed from the requests in the
server's log: each request is sent as soon as

- every answer it depends on has arrived, 200 ms after the last of those requests (the SEC's filings wait
  for the day's index, Finnhub's ratings for the calendar of earnings);
- no window of the vendor's default rates would hold too many: not before request ``i - requests`` plus
  ``seconds``;
- one of a scanner's 8 request workers is free: not before request ``i - 8`` plus 200 ms.

The SEC decides, with about seventy requests at 10 a second: the last are sent after the sixth second. That
the earlier filings of a company with a purchase are requested only after that purchase was read is not part
of the bound.

A scan with a refused request is not timed; ``refused_by_a_vendor`` counts those requests. The client keeps
each window a tenth longer than published, so that a burst that arrives denser than it was sent does not
exceed the limit at the server, and counts the first request of a connection a quarter of a second late;
this is most of the ratio above 1.
"""

from __future__ import annotations

import math
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from benchmarks.harness.row import Row
from benchmarks.harness.timing import interleaved, paired_ratio, timed
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.net import Credentials, FetchSession, Vendor, open_session
from tradingagents.discovery.sandbox import SandboxProcess
from tradingagents.discovery.settings.vendors import FinnhubSettings

_KEY = {"X-Finnhub-Token": "sandbox"}
_THREADS, _CALLS, _CALL_SECONDS = 8, 160, 0.05
_LOOSE = [{"requests": 1_000_000, "seconds": 60.0}]
_LATENCY_SECONDS = 0.2
_REQUEST_WORKERS = 8
_STAGES: Mapping[str, tuple[str, ...]] = {
    "finnhub": ("calendar_earnings", "stock_recommendation"),
    "sec": ("daily_index", "filing"),
}
"""Endpoints that depend on the one before; other requests are assumed to depend on none."""

_SCANNERS = {"finnhub": 1, "finra": 3}
"""The number of scanners per vendor, if not two."""

_WITHOUT_REQUESTS = {"options_flow"}  # has no default list of tickers to watch

_VENDORS: Mapping[str, Any] = DEFAULT_CONFIG["discovery"]["vendors"]  # type: ignore[assignment]


def rows(quick: bool = False) -> Iterator[Row]:
    """Yield the rows of calls, fan-out and scans."""
    with SandboxProcess() as sandbox:
        yield from _calls(f"{sandbox.url}/finnhub/api/v1", 3 if quick else 11)
    with SandboxProcess(latency_seconds={"finnhub": _CALL_SECONDS}) as sandbox:
        yield from _fan_out(f"{sandbox.url}/finnhub/api/v1", 1 if quick else 5)
        DiscoveryGraph(sandbox.config()).scanner_node({"trade_date": str(sandbox.market.as_of)})
    yield from _scans(2 if quick else 5)


def _session(base: str, folder: str | None, *, ttl: float = 0.0) -> FetchSession:
    settings = FinnhubSettings.model_validate({"base_url": base, "rates": _LOOSE, "ttl_seconds": {"*": ttl}})
    state = None if folder is None else Path(folder)
    return open_session(Vendor("finnhub", settings), state_dir=state, credentials=Credentials(headers=_KEY))


def _calls(base: str, repetitions: int) -> Iterator[Row]:
    url = f"{base}/stock/recommendation?symbol=ABC"
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as other,
        requests.Session() as bare,
        requests.Session() as without_environment,
        _session(base, folder) as uncached,
        _session(base, None) as in_memory,
        _session(base, other, ttl=3_600.0) as hit,
    ):
        bare.headers.update(_KEY)
        without_environment.headers.update(_KEY)
        without_environment.trust_env = False
        clients = {
            "bare": bare,
            "bare_without_environment": without_environment,
            "uncached": uncached,
            "uncached_in_memory": in_memory,
            "hit": hit,
        }
        ways = {name: _calling(client, url) for name, client in clients.items()}
        for way in ways.values():
            way()
        seconds = interleaved(ways, repetitions)
    microseconds = statistics.median(seconds["bare"]) / _CALLS * 1e6
    yield Row("net/call/bare", microseconds, "µs a call")
    for name in (name for name in clients if name != "bare"):
        yield Row(f"net/call/{name}_over_bare", paired_ratio(seconds[name], seconds["bare"]), "×")


def _calling(client: requests.Session, url: str) -> Callable[[], None]:
    def call() -> None:
        for _ in range(_CALLS):
            if not client.get(url, timeout=10).ok:
                raise RuntimeError("the sandbox refused a call")

    return call


def _fan_out(base: str, repetitions: int) -> Iterator[Row]:
    ideal = math.ceil(_CALLS / _THREADS) * _CALL_SECONDS
    with (
        tempfile.TemporaryDirectory() as folder,
        _session(base, folder) as session,
        ThreadPoolExecutor(_THREADS) as pool,
    ):

        def call_all() -> None:
            # different addresses, because equal ones would share one request
            urls = [f"{base}/stock/recommendation?symbol=X{number}" for number in range(_CALLS)]
            if not all(response.ok for response in pool.map(session.get, urls)):
                raise RuntimeError("the sandbox refused a call")

        call_all()
        seconds = interleaved({"ours": call_all}, repetitions)["ours"]
    yield Row("net/fan_out/160_calls_on_8_threads", statistics.median(seconds) / ideal, "× ideal", 1.25)


@dataclass
class _Scans:
    """Seconds of the scans without a refused request, and the number of refused requests."""

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    refused: int = 0


def _scans(repetitions: int) -> Iterator[Row]:
    measured = _Scans()
    for _ in range(repetitions):
        _cold_and_warm(measured)
    note = f"in {repetitions} cold scans, of which {len(measured.cold)} saw all their data"
    yield Row("net/scan/refused_by_a_vendor", measured.refused, "requests", 0, note=note)
    if not measured.cold:
        raise RuntimeError("a vendor refused requests of every scan, so there is none to time")
    yield Row("net/scan/cold", statistics.median(measured.cold), "s")
    yield Row("net/scan/warm", statistics.median(measured.warm), "s")
    yield Row("net/scan/cold_over_warm", paired_ratio(measured.cold, measured.warm), "×", None, "higher")
    yield Row("net/scan/cold_bound", statistics.median(measured.bounds), "s")
    yield Row("net/scan/cold_over_bound", paired_ratio(measured.cold, measured.bounds), "× bound", 1.15)


def _cold_and_warm(measured: _Scans) -> None:
    """Scan twice in one fresh folder, and add the measurements."""
    latencies = dict.fromkeys(_VENDORS, _LATENCY_SECONDS)
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxProcess(latency_seconds=latencies, limits=True) as sandbox,
    ):
        config: dict[str, Any] = sandbox.config()
        config["discovery"]["state_dir"] = folder
        state = {"trade_date": str(sandbox.market.as_of)}
        first, second = DiscoveryGraph(config), DiscoveryGraph(config)
        cold, saw_all = timed(lambda: _scan(first, state))
        sent = sandbox.requests
        measured.refused += sum(_is_refusal(one.vendor, one.status) for one in sent)
        if saw_all:
            measured.cold.append(cold)
            measured.bounds.append(_bound(Counter((one.vendor, one.endpoint) for one in sent)))
            measured.warm.append(timed(lambda: _scan(second, state))[0])


def _is_refusal(vendor: str, status: int | None) -> bool:
    return status == 429 or (vendor == "sec" and status == 403)  # FINRA's 403 is a day without a file


def _scan(graph: DiscoveryGraph, state: Mapping[str, Any]) -> bool:
    """Return whether every scanner saw all of its data."""
    outcomes = graph.scanner_node(state)["scan_report"]["outcomes"]
    return all(one["status"] == "ok" for one in outcomes if one["scanner"] not in _WITHOUT_REQUESTS)


def _bound(sent: Mapping[tuple[str, str], int]) -> float:
    """Return the least possible seconds of a scan with these requests, by vendor and endpoint."""
    return max(_earliest_end(vendor, sent) for vendor, _ in sent)


def _earliest_end(vendor: str, sent: Mapping[tuple[str, str], int]) -> float:
    rates = [(rate["requests"], float(rate["seconds"])) for rate in _VENDORS[vendor]["rates"]]
    windows = [*rates, (_REQUEST_WORKERS * _SCANNERS.get(vendor, 2), _LATENCY_SECONDS)]
    sent_at: list[float] = []
    for width in _widths(vendor, sent):
        answered = sent_at[-1] + _LATENCY_SECONDS if sent_at else 0.0
        for _ in range(width):
            waits = (sent_at[-count] + seconds for count, seconds in windows if count <= len(sent_at))
            sent_at.append(max(answered, *waits, 0.0))
    return sent_at[-1] + _LATENCY_SECONDS


def _widths(vendor: str, sent: Mapping[tuple[str, str], int]) -> list[int]:
    """Return how many requests each stage has; others count with the first."""
    stages = [sent.get((vendor, endpoint), 0) for endpoint in _STAGES.get(vendor, ())] or [0]
    stages[0] += sum(number for (name, _), number in sent.items() if name == vendor) - sum(stages)
    return stages
