"""The documentation: snippets run, imports are public, links lead somewhere, the layers are those of the code."""

from __future__ import annotations

import ast
import importlib
import re
import runpy
from pathlib import Path

import pytest

from tests.execution.helpers import ROOT
from tests.test_architecture import LAYERS

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
OF_THE_READER = "tests/test_steady_shorting.py"  # a file that readers of the page write
PUBLIC = {"tradingagents.discovery", "tradingagents.discovery.sandbox"}


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_snippets_import_public_names_only(page: Path) -> None:
    for block in python_blocks(page):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("tradingagents"):
                assert node.module in PUBLIC, block
                names = {alias.name for alias in node.names}
                assert names <= set(importlib.import_module(node.module).__all__), block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name
)
def test_paths_of_the_package_and_of_tests_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tradingagents|tests|benchmarks|docs)/[\w/.-]*)`", text))
    assert [path for path in sorted(named - {OF_THE_READER}) if not (ROOT / path).exists()] == []


@pytest.mark.timeout(180)
def test_the_sandbox_snippet_of_the_readme_prints_candidates_when_pasted_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (snippet,) = [block for block in python_blocks(ROOT / "README.md") if "SandboxServer" in block]
    exec(compile(snippet, "README.md", "exec"), {"__name__": "README"})
    assert re.match(r"1 [A-Z.]+ (critical|high|medium|low) ", capsys.readouterr().out)


def test_the_layers_drawn_in_the_contributor_guide_are_those_of_the_code() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (drawing,) = re.findall(r"^```text\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    drawn = [frozenset(re.findall(r"^\S+|(?<=\| )\w+", line)) for line in drawing.splitlines()]
    layers = [frozenset(name.removeprefix("discovery.") for name in layer) for layer in LAYERS]
    places = [layers.index(layer) for layer in drawn]
    assert places == sorted(set(places))
    package = ROOT / "tradingagents" / "discovery"
    existing = {name for layer in layers for name in layer if (package / name / "__init__.py").is_file()}
    assert existing <= frozenset().union(*drawn)


GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"), run_name="generate")


@pytest.mark.parametrize("page", ["configuration", "api"])
def test_the_generated_pages_are_those_of_the_code(page: str) -> None:
    """``make docs`` writes them."""
    assert (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8") == GENERATE[page]()


def test_every_setting_has_a_meaning() -> None:
    rows = [row for row in GENERATE["configuration"]().splitlines() if row.startswith("| `")]
    assert len(rows) > 200
    assert [row for row in rows if row.rstrip().endswith("|  |")] == []
