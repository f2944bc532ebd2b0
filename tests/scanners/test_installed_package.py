"""A third-party package with scanners, a screen and a vendor of its own: built, installed, found and scanned."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.net.vendor_server import Handler, VendorServer

PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "flow-scanners"
version = "1.0"
dependencies = ["tradingagents-discovery"]

[project.entry-points."tradingagents.scanners"]
busy_flow = "flow_scanners:BusyFlow"
week_high = "flow_scanners:WeekHigh"
week_high_pandas = "flow_scanners:WeekHighPandas"
late_flow = "flow_scanners:LateFlow"

[tool.setuptools]
py-modules = ["flow_scanners"]
"""

SCANNERS = '''
import polars as pl
from pydantic import Field

from tradingagents.discovery import BaseScanner, Bars, Directory, Evidence, Feature, ScannerSettings, Screen


class BusyFlowSettings(ScannerSettings):
    min_ratio: float = Field(default=3.0, gt=1)
    requests: int = Field(default=4, ge=1)


class BusyFlow(BaseScanner[BusyFlowSettings]):
    """The busiest shares into which money flows, by a vendor of this package's own."""

    name, pipeline = "busy_flow", "momentum"

    @classmethod
    def needs(cls, settings):
        volume = Feature("volume", pl.col("volume").last(), 1)
        usual = Feature("usual_volume", pl.col("volume").tail(21).head(20).mean(), 21)
        ratio = pl.col("volume") / pl.col("usual_volume")
        rule, text = pl.col("ratio") >= settings.min_ratio, "{ratio:.1f} times its usual volume"
        yield Bars(Screen("busy", (volume, usual), {"ratio": ratio}, rule, pl.col("ratio"), text))
        yield Directory()

    def scan(self, state):
        screened = self.market.screened()
        listed = self.market.directory()
        hits = {hit.ticker: hit for hit in screened.hits[: self.settings.requests]}
        for ticker, inflow in self.gather(self._inflow, hits):
            if inflow > 0 and ticker in listed:
                yield {
                    "ticker": ticker,
                    "context": f"{screened.result.screen.explain(hits[ticker].values)}, inflow {inflow}",
                    "score": hits[ticker].score,
                    "evidence": [screened.evidence(hits[ticker])],
                }

    def _inflow(self, ticker):
        return self.vendors.session("flows").fetch(f"/flow/{ticker}").json()["inflow"]


class WeekHigh(BaseScanner):
    """Shares at their highest close of five sessions, in Polars."""

    name, pipeline = "week_high", "momentum"

    def scan(self, state):
        bars = self.market.bars(sessions=5)
        newest = bars.group_by("ticker").agg(pl.col("close").last(), pl.col("close").max().alias("top"))
        for row in newest.filter(pl.col("close") == pl.col("top")).sort("ticker").iter_rows(named=True):
            yield {"ticker": row["ticker"], "context": f"closed at {row['close']:.2f}"}


class WeekHighPandas(BaseScanner):
    """The same in pandas."""

    name, pipeline = "week_high_pandas", "momentum"

    def scan(self, state):
        bars = self.market.bars(sessions=5, frame="pandas")
        newest = bars.groupby("ticker")["close"].agg(["last", "max"])
        for ticker, row in newest[newest["last"] == newest["max"]].sort_index().iterrows():
            yield {"ticker": ticker, "context": f"closed at {row['last']:.2f}"}


class LateFlow(BaseScanner):
    """Requests something that never comes."""

    name, pipeline = "late_flow", "momentum"

    def scan(self, state):
        yield {"ticker": "AAPL", "context": "found before the request"}
        self.vendors.session("flows").fetch("/never")
'''

SCRIPT = """
import json, os, sys
from tradingagents.discovery import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.screens import screening

passes, real = [], screening.evaluate_each

def counted(frame, screens, *rest, **more):
    passes.append([one.name for one in screens])
    return real(frame, screens, *rest, **more)

screening.evaluate_each = counted
run = {"busy_flow", "week_high", "week_high_pandas", "late_flow", "gap_up", "minervini"}
with SandboxServer() as sandbox:
    config = sandbox.config()
    own = config["discovery"]
    own["state_dir"] = sys.argv[1]
    own["vendors"]["flows"] = {
        "base_url": sys.argv[2],
        "rates": [{"requests": 1, "seconds": 0.5}],
        "ttl_seconds": {"/flow/*": 3600},
    }
    own["scanners"] = {one.name: {"enabled": one.name in run} for one in DiscoveryGraph().registry}
    own["scanners"]["late_flow"]["timeout_seconds"] = 5
    reports = [DiscoveryGraph(config).run(str(sandbox.market.as_of))["scan_report"] for _ in range(2)]
    print(json.dumps({"passes": passes, "reports": reports}))
"""


def python(folder: Path, *arguments: str, path: Path | None = None) -> str:
    """Run Python with ``path`` in front of the installed packages, and return its output."""
    paths = [str(path)] if path else []
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])]),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    made = subprocess.run(
        [sys.executable, *arguments],
        check=False,  # the assertion below shows its output
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed the package's wheel into."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "flow_scanners.py").write_text(SCANNERS, encoding="utf-8")
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    alone = ("--no-index", "--no-deps")
    python(folder, "-m", "pip", "wheel", "-q", *alone, "--no-build-isolation", "-w", "dist", str(folder))
    [wheel] = (folder / "dist").glob("*.whl")
    python(folder, "-m", "pip", "install", "-q", *alone, "--target", "installed", str(wheel))
    return folder / "installed"


@pytest.fixture
def flows() -> Iterator[VendorServer]:
    """The package's vendor: an inflow for every ticker, and one path that is never answered."""

    def script(handler: Handler) -> None:
        if handler.path == "/never":
            server.over.wait(60)
        else:
            handler.answer(200, {"inflow": 7})

    server = VendorServer()
    server.script = script
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_its_scanners_have_what_the_built_in_ones_have(
    installed: Path, flows: VendorServer, tmp_path: Path
) -> None:
    printed = json.loads(python(tmp_path, "-c", SCRIPT, str(tmp_path), flows.url, path=installed))
    first, second = ({one["scanner"]: one for one in report["outcomes"]} for report in printed["reports"])
    check_outcomes(first)
    check_outcomes(second)
    # Its screen is evaluated in the pass of the built-in ones.
    assert [sorted(names) for names in printed["passes"]] == [["busy", "gap_up", "minervini"]] * 2
    # Paced: one request in half a second.
    sent = sorted(hit.at for hit in flows.hits if hit.path.startswith("/flow/"))
    assert len(sent) == 4  # cached: the second scan sends none
    assert all(later - earlier > 0.4 for earlier, later in itertools.pairwise(sent))
    assert first["busy_flow"]["requests"]["flows"]["sent"] == 4
    assert second["busy_flow"]["requests"]["flows"]["cached"] == 4
    assert first["busy_flow"]["candidates"] == second["busy_flow"]["candidates"]
    # The directory is loaded once a scan.
    assert printed["reports"][0]["shared_requests"]["nasdaq"]["sent"] == 2


def check_outcomes(found: dict[str, Any]) -> None:
    late = found.pop("late_flow")
    assert (late["status"], late["reason"]) == ("timed_out", "deadline")
    assert [one["ticker"] for one in late["candidates"]] == ["AAPL"]
    assert {one["status"] for one in found.values()} == {"ok"}, {k: v["message"] for k, v in found.items()}
    assert len(found["busy_flow"]["candidates"]) == 4
    polars, pandas = (found[name]["candidates"] for name in ("week_high", "week_high_pandas"))
    assert polars == pandas
    assert len(polars) > 10
