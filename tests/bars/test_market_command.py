"""``python -m tradingagents.discovery.bars``: its output, what it stores, its exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bars.bar_vendor import sessions
from tradingagents.discovery.bars.__main__ import main
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.sandbox import SandboxServer


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def settings(sandbox: SandboxServer, tmp_path: Path) -> Path:
    """The settings that the sandbox prints when it is started from the command line."""
    return written(sandbox, tmp_path)


def written(sandbox: SandboxServer, folder: Path) -> Path:
    path = folder / "sandbox.json"
    path.write_text(json.dumps(sandbox.config()["discovery"]), encoding="utf-8")
    return path


def run(settings: Path | None, *words: str) -> tuple[int, str, str]:
    """Run the command with a store beside its settings; return the exit code and both outputs."""
    out, err = io.StringIO(), io.StringIO()
    before = [] if settings is None else ["--config", str(settings), "--store", str(settings.parent / "bars")]
    code = main([*before, *words], out, err)
    return code, out.getvalue(), err.getvalue()


def test_an_update_fetches_and_a_second_one_finds_nothing_to_do(settings: Path) -> None:
    words = ("update", "--source", "yahoo", "--universe", "KITE,QXB.A", "--until", "2026-02-05")
    code, out, err = run(settings, *words)
    assert (code, err) == (0, "")
    assert "2 tickers requested from yahoo: 2 updated" in out
    code, out, _ = run(settings, *words)
    assert code == 0
    assert "0 tickers requested" in out
    assert "2 already up to date" in out
    code, out, _ = run(settings, "show", "QXB.A", "NOPE")
    assert code == 0
    assert "QXB.A: 299 bars from 2024-11-25" in out
    assert "2026-02-05" in out
    assert "NOPE: no bars" in out


def test_an_update_without_a_universe_updates_the_stored_tickers(settings: Path) -> None:
    code, _, err = run(settings, "update", "--source", "yahoo")
    assert code == 2
    assert "name the tickers: --universe" in err
    run(settings, "update", "--source", "yahoo", "--universe", "KITE", "--until", "2026-02-04")
    code, out, _ = run(settings, "update", "--source", "alpha_vantage", "--until", "2026-02-05")
    assert code == 0
    assert "1 tickers (stored), from alpha_vantage" in out
    assert "1 new bars" in out


def test_a_universe_may_be_a_file_and_unknown_symbols_are_named(settings: Path) -> None:
    listed = settings.parent / "mine.txt"
    listed.write_text("# my own\nKITE\nNOPE\n", encoding="utf-8")
    code, out, _ = run(
        settings, "update", "--source", "yahoo", "--universe", str(listed), "--until", "2026-02-05"
    )
    assert code == 0
    assert "ignored, not listed: NOPE" in out
    assert "1 tickers (mine)" in out
    code, _, err = run(settings, "update", "--source", "yahoo", "--universe", "nowhere.txt")
    assert code == 2
    assert err.startswith("universe file nowhere.txt cannot be read: ")


def test_an_update_that_ran_out_of_time_reports_where_the_next_begins(tmp_path: Path) -> None:
    with SandboxServer(latency_seconds={"yahoo/chart": 0.2}) as slow:
        code, out, _ = run(
            written(slow, tmp_path),
            "update",
            "--source",
            "yahoo",
            "--universe",
            "listed",
            "--minutes",
            "0.02",
        )
    assert code == 1
    assert "stopped: " in out
    assert "tickers remain; the next update begins with" in out


def test_history_has_the_requested_length(settings: Path) -> None:
    words = ("update", "--source", "yahoo", "--universe", "KITE", "--until", "2026-02-05", "--years", "0.1")
    assert run(settings, *words)[0] == 0
    bars = OhlcvStore(settings.parent / "bars").snapshot().scan().collect()
    assert bars["date"][0] == sessions(26)[0]


def test_files_are_imported_and_refused_ones_are_named(settings: Path) -> None:
    good, bad = settings.parent / "GOOD.csv", settings.parent / "BAD.csv"
    good.write_text("Date,Open,High,Low,Close,Volume\n2026-02-05,1,2,1,2,5\n", encoding="utf-8")
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    code, out, _ = run(settings, "import", str(good), str(bad))
    assert code == 1
    assert "1 new bars" in out
    assert "refused: BAD.csv" in out
    assert run(settings, "import", str(good))[0] == 0


def test_show_prints_how_new_the_bars_are(settings: Path) -> None:
    code, _, err = run(settings, "show")
    assert code == 2
    assert "no daily bars" in err
    run(settings, "update", "--source", "yahoo", "--universe", "KITE,ON", "--until", "2026-02-05")
    code, out, _ = run(settings, "show")
    assert code == 0
    assert "598 bars of 2 tickers" in out
    assert "from 2024-11-25 to 2026-02-05" in out
    assert run(settings, "show", "NOPE")[0] == 1


def test_a_missing_key_is_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "mine.json"
    dead = "http://127.0.0.1:9"
    vendors = {"nasdaq": {"base_url": dead, "attempts": 1}, "alpha_vantage": {"base_url": dead}}
    settings.write_text(json.dumps({"discovery": {"vendors": vendors}}), encoding="utf-8")
    code, _, err = run(settings, "update", "--source", "alpha_vantage", "--universe", "AAPL")
    assert (code, err) == (2, "no ALPHA_VANTAGE_API_KEY\n")
    assert not (tmp_path / "bars").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a JSON object"),
        ('{"discovery": {"vendor": {}}}', "did you mean 'vendors'"),
    ],
)
def test_settings_that_are_wrong_are_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text, encoding="utf-8")
    code, _, err = run(path, "show")
    assert code == 2
    assert message in err


def test_a_sandbox_has_no_default_store(sandbox: SandboxServer, tmp_path: Path) -> None:
    nowhere = sandbox.config()["discovery"]
    del nowhere["market"]  # type: ignore[attr-defined]
    settings = tmp_path / "nowhere.json"
    settings.write_text(json.dumps(nowhere), encoding="utf-8")
    err = io.StringIO()
    assert main(["--config", str(settings), "show"], io.StringIO(), err) == 2
    assert "--store" in err.getvalue()


def test_the_folder_is_the_configured_one(sandbox: SandboxServer, tmp_path: Path) -> None:
    config = sandbox.config()
    config["discovery"]["market"] = {"store_dir": str(tmp_path / "elsewhere")}  # type: ignore[index]
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    words = [
        "--config",
        str(path),
        "update",
        "--source",
        "yahoo",
        "--universe",
        "KITE",
        "--until",
        "2026-02-05",
    ]
    assert main(words, io.StringIO(), io.StringIO()) == 0
    assert OhlcvStore(tmp_path / "elsewhere").snapshot().manifest.rows == 299


@pytest.mark.slow
def test_ctrl_c_stores_and_reports_the_answers_so_far(tmp_path: Path) -> None:
    with SandboxServer(latency_seconds={"yahoo/chart": 0.1}) as slow:
        settings, store = written(slow, tmp_path), tmp_path / "bars"
        words = [
            "--config",
            str(settings),
            "--store",
            str(store),
            "update",
            "--source",
            "yahoo",
            "--universe",
            "listed",
        ]
        started = subprocess.Popen(
            [sys.executable, "-m", "tradingagents.discovery.bars", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        )  # fmt: skip
        until = time.monotonic() + 30
        while sum(record.status == 200 and record.endpoint == "chart" for record in slow.requests) < 12:
            assert time.monotonic() < until
            assert started.poll() is None, started.communicate()
            time.sleep(0.02)
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=20)
    assert started.returncode == 130, err
    assert "stopped: cancelled" in out
    assert "interrupted; all answers received are stored" in err
    assert OhlcvStore(store).snapshot().manifest.rows >= 252
