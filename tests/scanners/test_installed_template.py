"""The page on writing a scanner, followed in a clean folder: pip, pytest and the blocks of the page, nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "writing_a_scanner.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|toml)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SCRIPT = """
from tradingagents.discovery import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer

with SandboxServer() as sandbox:
    config = sandbox.config()
    config["discovery"]["scanners"] = {
        scanner.name: {"enabled": scanner.name == "steady_shorting"} for scanner in DiscoveryGraph().registry
    }
    [outcome] = DiscoveryGraph(config).run(str(sandbox.market.as_of))["scan_report"]["outcomes"]
    print(outcome["scanner"], outcome["status"], len(outcome["candidates"]) > 0)
"""


def block(mark: str) -> str:
    (found,) = [text for text in BLOCKS if mark in text]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page under the names given there, and nothing else."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "tests").mkdir()
    (folder / "steady_shorting.py").write_text(block("class SteadyShorting(BaseScanner)"), encoding="utf-8")
    (folder / "tests" / "test_steady_shorting.py").write_text(
        block("def test_two_runs_give_the_same"), encoding="utf-8"
    )
    (folder / "pyproject.toml").write_text(block("[project.entry-points"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(folder: Path) -> Path:
    """The folder that pip installed the built package into."""
    target = folder / "installed"
    pip = (
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--no-build-isolation",
        "--no-deps",
        "--target",
        str(target),
    )
    run(folder, *pip, str(folder))
    return target


def run(folder: Path, *arguments: str, path: Path | None = None) -> str:
    """Run Python in the folder, with ``path`` in front of the installed packages, and return its output."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(path or ""),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # a reader has none of ours
    }
    made = subprocess.run(
        [sys.executable, *arguments],
        check=False,  # the assertion below shows its output
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


@pytest.mark.slow
def test_the_ten_lines_run_as_pasted(folder: Path) -> None:
    first, second = BLOCKS[:2]
    assert re.fullmatch(r"ok \['.+'\]\n", run(folder, "-c", first + second))


@pytest.mark.slow
def test_the_package_is_built_installed_found_and_scanned(folder: Path, installed: Path) -> None:
    """A real distribution: its entry point is read from the metadata that pip wrote."""
    assert [one.name for one in installed.glob("*.dist-info")] == ["steady_shorting-1.0.dist-info"]
    assert run(folder, "-c", SCRIPT, path=installed) == "steady_shorting ok True\n"


@pytest.mark.slow
def test_the_tests_pass_against_the_installed_package(folder: Path, installed: Path) -> None:
    stated = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", path=installed)
    assert "3 passed" in stated
