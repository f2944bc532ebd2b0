"""``embed`` writes and deletes inside the host's ``tradingagents`` folder only, whatever it finds there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_embed import embed, files, host

__all__ = ["host"]


def manifest(host: Path) -> Path:
    return host / "tradingagents" / "discovery" / "embedded.json"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "named",
    [
        "../../outside.txt",
        "discovery/../../../outside.txt",
        "discovery/./../../../outside.txt",
        "{absolute}",
        "default_config.py",
        "graph/__init__.py",
        "discovery\\..\\..\\..\\outside.txt",
        "",
        "discovery",
        "discovery/nul\x00.py",
        "discovery/surrogate\ud800.py",
        "discovery/" + "x" * 5_000,
    ],
)
def test_a_manifest_cannot_name_a_file_that_embed_does_not_write(host: Path, named: str) -> None:
    """Otherwise --update would delete it as a file of an earlier version."""
    embed(host)
    outside = host.parent / "outside.txt"
    outside.write_text("precious\n")
    target = {
        "default_config.py": host / "tradingagents" / "default_config.py",
        "graph/__init__.py": host / "tradingagents" / "graph" / "__init__.py",
    }.get(named, outside)
    content = json.loads(manifest(host).read_text())
    content["files"][named.format(absolute=outside)] = digest(target)
    manifest(host).write_text(json.dumps(content))
    before = files(host.parent)
    for option in ("--update", "--check"):
        result = embed(host, option)
        assert result.exit_code == 1
        assert "embedded.json" in result.output
        assert "delete it" in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
    assert files(host.parent) == before


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '{"files": [1, 2]}',
        '{"files": 5}',
        '{"files": {"discovery/x.py": 5}}',
        "{}",
        "[" * 100_000,
        "\x00",
    ],
)
def test_a_manifest_of_any_shape_is_reported_by_name(host: Path, content: str) -> None:
    embed(host)
    manifest(host).write_text(content)
    result = embed(host, "--update")
    assert result.exit_code == 1
    assert "embedded.json cannot be read" in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("place", ["discovery", "graph", "discovery/net"])
def test_a_folder_that_leads_out_of_the_host_is_not_written_into(
    host: Path, tmp_path: Path, place: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = host / "tradingagents" / place
    link.parent.mkdir(exist_ok=True)
    if place == "graph":
        (link / "__init__.py").unlink()
        link.rmdir()
    link.symlink_to(elsewhere, target_is_directory=True)
    for options in ((), ("--update",), ("--check",)):
        result = embed(host, *options)
        assert result.exit_code == 1
        assert "outside" in result.output
        assert place in result.output
    assert not [*elsewhere.iterdir()]


def test_a_symlinked_package_is_the_hosts_own_choice(host: Path, tmp_path: Path) -> None:
    project = tmp_path / "project with spaces"
    project.mkdir()
    (project / "tradingagents").symlink_to(host / "tradingagents", target_is_directory=True)
    assert embed(project).exit_code == 0
    assert embed(host, "--check").exit_code == 0


def test_a_symlinked_file_is_a_changed_file_or_replaced_itself(host: Path, tmp_path: Path) -> None:
    embed(host)
    target = tmp_path / "linked.py"
    path = host / "tradingagents" / "discovery" / "_version.py"
    target.write_text("mine\n")
    path.unlink()
    path.symlink_to(target)
    result = embed(host, "--update")
    assert result.exit_code == 1
    assert "_version.py" in result.output
    assert target.read_text() == "mine\n"


def test_a_whole_copy_without_a_manifest_gets_one(host: Path) -> None:
    """Without it every file would count as the host's own at the next version."""
    embed(host)
    before = manifest(host).read_text()
    manifest(host).unlink()
    assert embed(host).exit_code == 0
    assert manifest(host).read_text() == before


def test_a_host_inside_this_module_is_refused() -> None:
    """Each copy would become part of what the next one copies."""
    inside = Path(__file__).resolve().parents[2] / "tradingagents" / "discovery" / "cli"
    package = inside / "tradingagents"
    package.mkdir()
    try:
        result = embed(inside)
    finally:
        package.rmdir()
    assert result.exit_code == 2


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_file_or_folder_in_the_way_is_named(host: Path, kind: str) -> None:
    package = host / "tradingagents"
    if kind == "file":
        (package / "discovery").write_text("a note\n")
    else:
        (package / "graph" / "discovery_graph.py").mkdir()
    result: Any = embed(host)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert ("discovery" if kind == "file" else "discovery_graph.py") in result.output
