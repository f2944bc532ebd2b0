"""``tradingagents-discovery embed``: what it writes into a host, what it refuses, what it prints."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tradingagents.discovery._version import __version__
from tradingagents.discovery.cli.app import app

OURS = Path(__file__).resolve().parents[2] / "tradingagents"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A project with a package ``tradingagents`` of its own."""
    package = tmp_path / "host" / "tradingagents"
    (package / "graph").mkdir(parents=True)
    (package / "__init__.py").write_text("HOST = True\n")
    (package / "default_config.py").write_text("DEFAULT_CONFIG = {'llm_provider': 'openai'}\n")
    (package / "graph" / "__init__.py").write_text("GRAPH = True\n")
    return package.parent


def embed(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["embed", *map(str, arguments)], terminal_width=200)


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_only_the_two_places_are_written_and_every_file_is_ours(host: Path) -> None:
    before = files(host)
    result = embed(host)
    assert result.exit_code == 0, result.output
    after = files(host)
    assert {path: after[path] for path in before} == before
    added = {
        path.removeprefix("tradingagents/"): digest for path, digest in after.items() if path not in before
    }
    assert added.pop("discovery/embedded.json")
    shipped = {
        path: digest
        for path, digest in files(OURS).items()
        if path.startswith("discovery/") or path == "graph/discovery_graph.py"
    }
    assert added == shipped


def test_the_dependencies_and_the_optional_line_are_printed(host: Path) -> None:
    output = embed(host).output
    assert "langgraph>=" in output
    assert "from tradingagents.discovery import DEFAULT_CONFIG as _d; DEFAULT_CONFIG.update(_d)" in output
    assert __version__ in output


def test_a_second_run_writes_nothing(host: Path) -> None:
    embed(host)
    before = files(host)
    for options in ((), ("--check",), ("--update",)):
        result = embed(host, *options)
        assert result.exit_code == 0
        assert "up to date" in result.output
    assert files(host) == before


@pytest.mark.parametrize(
    "path", ["discovery/scanning/base.py", "discovery/__init__.py", "graph/discovery_graph.py"]
)
def test_a_changed_file_is_reported_and_kept(host: Path, path: str) -> None:
    embed(host)
    changed = host / "tradingagents" / path
    changed.write_text(changed.read_text() + "# changed by the host\n")
    before = files(host)
    check = embed(host, "--check")
    assert (check.exit_code, check.stdout) == (1, f"changed: {path}\n")
    for options in ((), ("--update",)):
        refused = embed(host, *options)
        assert refused.exit_code == 1
        assert path in refused.output
    assert files(host) == before


def test_a_file_that_the_host_had_before_is_not_overwritten(host: Path) -> None:
    own = host / "tradingagents" / "graph" / "discovery_graph.py"
    own.write_text("MINE = True\n")
    before = files(host)
    for options in ((), ("--update",)):
        assert "graph/discovery_graph.py" in embed(host, *options).output
    assert files(host) == before


def earlier_version(host: Path) -> None:
    """Make the host's copy that of an earlier version: one file differs, one is missing, one is obsolete."""
    import json

    package = host / "tradingagents"
    manifest = package / "discovery" / "embedded.json"
    content = json.loads(manifest.read_text())
    for path, text in (
        ("discovery/model/clock.py", "OLD = True\n"),
        ("discovery/obsolete.py", "OLD = True\n"),
    ):
        (package / path).write_text(text)
        content["files"][path] = hashlib.sha256(text.encode()).hexdigest()
    (package / "discovery" / "model" / "plain.py").unlink()
    manifest.write_text(json.dumps(content))


def test_an_earlier_version_is_reported_and_replaced_on_update_only(host: Path) -> None:
    embed(host)
    fresh = files(host)
    earlier_version(host)
    old = files(host)
    check = embed(host, "--check")
    assert check.exit_code == 1
    assert check.stdout.splitlines() == [
        "missing: discovery/model/plain.py",
        "outdated: discovery/model/clock.py",
        "removed: discovery/obsolete.py",
    ]
    plain = embed(host)
    assert plain.exit_code == 1
    assert "--update" in plain.output
    assert files(host) == old
    assert embed(host, "--update").exit_code == 0
    assert files(host) == fresh


def test_files_that_the_host_added_are_left_alone(host: Path) -> None:
    embed(host)
    added = host / "tradingagents" / "discovery" / "scanners" / "house_view.py"
    added.write_text("OWN = True\n")
    earlier_version(host)
    assert embed(host, "--update").exit_code == 0
    assert added.read_text() == "OWN = True\n"
    assert embed(host, "--check").exit_code == 0


def test_line_ends_of_windows_are_no_change(host: Path) -> None:
    embed(host)
    file = host / "tradingagents" / "discovery" / "model" / "errors.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert embed(host, "--check").exit_code == 0


def test_an_embedding_that_was_cut_short_is_completed(host: Path) -> None:
    embed(host)
    fresh = files(host)
    package = host / "tradingagents" / "discovery"
    (package / "embedded.json").unlink()  # it is written last
    (package / "model" / "clock.py").unlink()
    assert embed(host, "--update").exit_code == 0
    assert files(host) == fresh


def test_a_manifest_that_cannot_be_read_is_named(host: Path) -> None:
    embed(host)
    (host / "tradingagents" / "discovery" / "embedded.json").write_text("{")
    result = embed(host, "--check")
    assert result.exit_code == 1
    assert "embedded.json" in result.output


@pytest.mark.parametrize(
    ("place", "expected"),
    [("elsewhere", "holds no folder tradingagents"), ("host/tradingagents", "did you mean")],
)
def test_a_wrong_folder_is_refused_with_the_way_out(host: Path, place: str, expected: str) -> None:
    result = embed(host.parent / place)
    assert result.exit_code == 2
    assert expected in result.output


def test_it_does_not_embed_into_itself() -> None:
    result = embed(OURS.parent)
    assert result.exit_code == 2
    assert "runs from" in result.output


def test_check_and_update_exclude_each_other(host: Path) -> None:
    assert embed(host, "--check", "--update").exit_code == 2
