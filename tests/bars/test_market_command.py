"""``python -m tradingagents.discovery.bars``: what it says, what it leaves, how it ends."""

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


def ask(settings: Path | None, *words: str) -> tuple[int, str, str]:
    """Run the command with a store beside its settings; return the exit code and what it said."""
    out, err = io.StringIO(), io.StringIO()
    before = [] if settings is None else ["--config", str(settings), "--store", str(settings.parent / "bars")]
    code = main([*before, *words], out, err)
    return code, out.getvalue(), err.getvalue()


def test_an_update_fetches_and_a_second_one_finds_nothing_to_do(settings: Path) -> None:
    words = ("update", "--source", "yahoo", "--universe", "KITE,QXB.A", "--until", "2026-02-05")
    code, out, err = ask(settings, *words)
    assert (code, err) == (0, "")
    assert "yahoo was asked about 2 tickers: 2 updated" in out
    code, out, _ = ask(settings, *words)
    assert code == 0
    assert "asked about 0 tickers" in out
    assert "2 had it already" in out
    code, out, _ = ask(settings, "show", "QXB.A", "NOPE")
    assert code == 0
    assert "QXB.A: 299 bars from 2024-11-25" in out
    assert "2026-02-05" in out
    assert "NOPE: no bars" in out


def test_an_update_without_a_universe_goes_on_with_what_is_stored(settings: Path) -> None:
    code, _, err = ask(settings, "update", "--source", "yahoo")
    assert code == 2
    assert "name whom to fetch: --universe" in err
    ask(settings, "update", "--source", "yahoo", "--universe", "KITE", "--until", "2026-02-04")
    code, out, _ = ask(settings, "update", "--source", "alpha_vantage", "--until", "2026-02-05")
    assert code == 0
    assert "1 tickers (stored), from alpha_vantage" in out
    assert "1 bars new" in out


def test_a_universe_may_be_a_file_and_unknown_symbols_are_named(settings: Path) -> None:
    listed = settings.parent / "mine.txt"
    listed.write_text("# my own\nKITE\nNOPE\n", encoding="utf-8")
    code, out, _ = ask(
        settings, "update", "--source", "yahoo", "--universe", str(listed), "--until", "2026-02-05"
    )
    assert code == 0
    assert "not listed, left out: NOPE" in out
    assert "1 tickers (mine)" in out
    code, _, err = ask(settings, "update", "--source", "yahoo", "--universe", "nowhere.txt")
    assert code == 2
    assert err.startswith("universe file nowhere.txt cannot be read: ")


def test_an_update_that_time_ended_says_where_it_goes_on(tmp_path: Path) -> None:
    with SandboxServer(latency_seconds={"yahoo/chart": 0.2}) as slow:
        code, out, _ = ask(
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
    assert "tickers are left; the next update begins with" in out


def test_history_is_as_long_as_it_was_asked_for(settings: Path) -> None:
    words = ("update", "--source", "yahoo", "--universe", "KITE", "--until", "2026-02-05", "--years", "0.1")
    assert ask(settings, *words)[0] == 0
    bars = OhlcvStore(settings.parent / "bars").snapshot().scan().collect()
    assert bars["date"][0] == sessions(26)[0]


def test_files_are_imported_and_those_that_cannot_be_are_named(settings: Path) -> None:
    good, bad = settings.parent / "GOOD.csv", settings.parent / "BAD.csv"
    good.write_text("Date,Open,High,Low,Close,Volume\n2026-02-05,1,2,1,2,5\n", encoding="utf-8")
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    code, out, _ = ask(settings, "import", str(good), str(bad))
    assert code == 1
    assert "1 bars new" in out
    assert "refused: BAD.csv" in out
    assert ask(settings, "import", str(good))[0] == 0


def test_show_says_how_new_the_bars_are(settings: Path) -> None:
    code, _, err = ask(settings, "show")
    assert code == 2
    assert "no daily bars" in err
    ask(settings, "update", "--source", "yahoo", "--universe", "KITE,ON", "--until", "2026-02-05")
    code, out, _ = ask(settings, "show")
    assert code == 0
    assert "598 bars of 2 tickers" in out
    assert "from 2024-11-25 to 2026-02-05" in out
    assert ask(settings, "show", "NOPE")[0] == 1


def test_a_missing_key_is_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "mine.json"
    dead = "http://127.0.0.1:9"
    vendors = {"nasdaq": {"base_url": dead, "attempts": 1}, "alpha_vantage": {"base_url": dead}}
    settings.write_text(json.dumps({"discovery": {"vendors": vendors}}), encoding="utf-8")
    code, _, err = ask(settings, "update", "--source", "alpha_vantage", "--universe", "AAPL")
    assert (code, err) == (2, "no ALPHA_VANTAGE_API_KEY\n")
    assert not (tmp_path / "bars").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no JSON object"),
        ('{"discovery": {"vendor": {}}}', "did you mean 'vendors'"),
    ],
)
def test_settings_that_are_wrong_are_refused(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text, encoding="utf-8")
    code, _, err = ask(path, "show")
    assert code == 2
    assert says in err


def test_a_sandbox_keeps_nothing_unless_told_where(sandbox: SandboxServer, tmp_path: Path) -> None:
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


def test_ctrl_c_stores_what_came_and_tells_it(tmp_path: Path) -> None:
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
    assert "interrupted; what had come is stored" in err
    assert OhlcvStore(store).snapshot().manifest.rows >= 252
