"""Installed beside a host package of the same name, alone, or embedded: each works and leaves the host intact.

The host is a stub with the layout of TauricResearch/TradingAgents: a regular package ``tradingagents`` with
``default_config.py`` and a ``graph/__init__.py`` that imports its whole graph.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SITE = next(path for path in map(Path, sys.path) if (path / "langgraph").is_dir())

HOST = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "tradingagents"
version = "0.3.0"
[tool.setuptools.packages.find]
include = ["tradingagents*", "cli*"]
""",
    "tradingagents/__init__.py": "HOST = 'tradingagents 0.3.0'\n",
    "tradingagents/default_config.py": "DEFAULT_CONFIG = {'llm_provider': 'openai'}\n",
    "tradingagents/graph/__init__.py": (
        "from tradingagents.graph.trading_graph import TradingAgentsGraph\n__all__ = ['TradingAgentsGraph']\n"
    ),
    "tradingagents/graph/trading_graph.py": (
        "from tradingagents.default_config import DEFAULT_CONFIG\nclass TradingAgentsGraph: config = DEFAULT_CONFIG\n"
    ),
    "tradingagents/dataflows/__init__.py": "",
    "cli/__init__.py": "",
}

HOST_WORKS = """
import tradingagents
from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.graph import TradingAgentsGraph
assert tradingagents.HOST == "tradingagents 0.3.0"
assert TradingAgentsGraph.config is DEFAULT_CONFIG == {"llm_provider": "openai"}, DEFAULT_CONFIG
"""

DISCOVERY_WORKS = """
import sys
from tradingagents.discovery import DEFAULT_CONFIG, BaseScanner, DiscoveryGraph, ScannerRegistry
assert "tradingagents.default_config" not in sys.modules or HOST
class Found(BaseScanner):
    name, pipeline = "found", "momentum"
    def scan(self, state):
        yield {"ticker": "ABC", "context": "gap +4 %", "priority": "high"}
final = DiscoveryGraph(DEFAULT_CONFIG, ScannerRegistry([Found])).run("2026-02-05")
assert [one["ticker"] for one in final["final_ranking"]] == ["ABC"], final
assert len(DiscoveryGraph().registry) >= 22
from tradingagents.graph.discovery_graph import DiscoveryGraph as same, studio_graph
assert same is DiscoveryGraph
"""

NO_HOST_SETTINGS = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        assert name != "tradingagents.default_config", "the host's settings were imported"
sys.meta_path.insert(0, Refuse())
from tradingagents.discovery import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer
with SandboxServer() as sandbox:
    final = DiscoveryGraph(sandbox.config()).run(str(sandbox.market.as_of))
assert final["final_ranking"]
"""


@pytest.fixture(scope="module")
def host_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("host")
    for name, content in HOST.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def our_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel, built from what is in version control."""
    export = tmp_path_factory.mktemp("export")
    for name in tracked_files():
        (export / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, export / name)
    return build(export, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory, our_wheel: Path, host_source: Path) -> tuple[Path, Path]:
    """Our wheel and the host's."""
    copy = shutil.copytree(host_source, tmp_path_factory.mktemp("host_source") / "source")
    return our_wheel, build(copy, tmp_path_factory.mktemp("host_wheel"))


def build(source: Path, target: Path) -> Path:
    pip("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", target, source)
    (wheel,) = target.glob("*.whl")
    return wheel


def tracked_files() -> list[str]:
    if (ROOT / ".git").exists():
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
            "\0"
        )
        return [name for name in names if name and (ROOT / name).is_file()]
    parts = [path.relative_to(ROOT) for path in (ROOT / "tradingagents").rglob("*.py")]
    return [*map(str, parts), "pyproject.toml", "README.md", "LICENSE", "tradingagents/discovery/py.typed"]


def pip(*arguments: object, python: Path | None = None) -> None:
    chosen = [] if python is None else ["--python", str(python)]
    command = [sys.executable, "-m", "pip", *chosen, *map(str, arguments), "--no-index", "-q"]
    if "uninstall" in arguments:
        command.remove("--no-index")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


class Environment:
    """A virtual environment that sees the dependencies installed here, but not this checkout."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        binaries = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = binaries / ("python.exe" if os.name == "nt" else "python")
        (self.packages,) = folder.glob("[Ll]ib/**/site-packages")
        (self.packages / "dependencies.pth").write_text(f"{SITE}\n")
        self.folder = folder

    def install(self, wheel: Path) -> None:
        pip("install", "--no-deps", "--no-compile", wheel, python=self.python)

    def uninstall(self, name: str) -> None:
        pip("uninstall", "--yes", name, python=self.python)

    def run(self, code: str, *arguments: str, cwd: Path | None = None) -> str:
        hidden = ("PYTHON", "TRADINGAGENTS", "PYTEST", "COV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        kept["XDG_CACHE_HOME"] = str(self.folder / "cache")
        command = [str(self.python), *(("-c", code) if code else ()), *arguments]
        done = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


def test_the_wheel_owns_no_file_of_a_host(our_wheel: Path) -> None:
    with zipfile.ZipFile(our_wheel) as wheel:
        names = set(wheel.namelist())
    package = {name for name in names if ".dist-info/" not in name}
    assert "tradingagents/discovery/py.typed" in package
    assert {name for name in package if not name.startswith("tradingagents/discovery/")} == {
        "tradingagents/graph/discovery_graph.py"
    }


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("ours_first", [True, False])
def test_beside_a_host_both_work_and_each_can_be_uninstalled(
    wheels: tuple[Path, Path], environment: Environment, ours_first: bool
) -> None:
    ours, host = wheels
    for wheel in (ours, host) if ours_first else (host, ours):
        environment.install(wheel)
    environment.run(HOST_WORKS)
    environment.run("HOST = True" + DISCOVERY_WORKS)
    if ours_first:
        environment.uninstall("tradingagents")
        environment.run("HOST = False" + DISCOVERY_WORKS)
    else:
        environment.uninstall("tradingagents-discovery")
        environment.run(HOST_WORKS)
        assert not (environment.packages / "tradingagents" / "discovery").exists()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_alone_it_works_and_has_its_command(wheels: tuple[Path, Path], environment: Environment) -> None:
    environment.install(wheels[0])
    environment.run("HOST = False" + DISCOVERY_WORKS)
    command = environment.python.with_name("tradingagents-discovery" + environment.python.suffix)
    shown = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    assert shown == environment.run("", "-m", "tradingagents.discovery", "--version")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_embedded_into_a_host_both_work(
    wheels: tuple[Path, Path], environment: Environment, host_source: Path, tmp_path: Path
) -> None:
    """The host is a checkout that is installed editable, so that a wheel beside it would be hidden."""
    checkout = shutil.copytree(host_source, tmp_path / "TradingAgents")
    environment.install(wheels[0])
    arguments = ("-m", "tradingagents.discovery", "embed", str(checkout))
    assert "files written" in environment.run("", *arguments)
    assert "up to date" in environment.run("", *arguments)
    environment.uninstall("tradingagents-discovery")
    (environment.packages / "host.pth").write_text(f"{checkout}\n")
    environment.run(HOST_WORKS)
    environment.run("HOST = True" + DISCOVERY_WORKS)
    environment.run(NO_HOST_SETTINGS)
    shown = environment.run("", "-m", "tradingagents.discovery", "--help")
    assert "embed" in shown


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_optional_line_gives_the_host_the_defaults(
    wheels: tuple[Path, Path], environment: Environment, host_source: Path, tmp_path: Path
) -> None:
    checkout = shutil.copytree(host_source, tmp_path / "TradingAgents")
    environment.install(wheels[0])
    shown = environment.run("", "-m", "tradingagents.discovery", "embed", str(checkout))
    environment.uninstall("tradingagents-discovery")
    (environment.packages / "host.pth").write_text(f"{checkout}\n")
    settings = checkout / "tradingagents" / "default_config.py"
    settings.write_text(settings.read_text() + shown.splitlines()[-1].strip() + "\n")
    environment.run(
        "from tradingagents.default_config import DEFAULT_CONFIG as host\n"
        "from tradingagents.discovery import DEFAULT_CONFIG, DiscoveryGraph\n"
        "assert host == {'llm_provider': 'openai', **DEFAULT_CONFIG}\n"
        "host['discovery']['scanner_execution']['max_workers'] = 3\n"
        "assert DiscoveryGraph(host).config.scanner_execution.max_workers == 3\n"
        "assert DiscoveryGraph().config.scanner_execution.max_workers == 8"
    )


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("embedded", [True, False])
def test_the_contract_file_passes_alone_in_the_tests_of_a_host(
    wheels: tuple[Path, Path], environment: Environment, host_source: Path, tmp_path: Path, embedded: bool
) -> None:
    ours, host = wheels
    checkout = shutil.copytree(host_source, tmp_path / "TradingAgents")
    (checkout / "tests").mkdir()
    shutil.copy2(ROOT / "tests" / "test_concurrent_scanners.py", checkout / "tests")
    environment.install(ours)
    if embedded:
        environment.run("", "-m", "tradingagents.discovery", "embed", str(checkout))
        environment.uninstall("tradingagents-discovery")
    else:
        environment.install(host)
        shutil.rmtree(checkout / "tradingagents")
    environment.run("", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=checkout)
