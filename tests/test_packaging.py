"""The package as users get it: names, version, dependencies, and the files beside the code."""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.metadata
import inspect
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

import tradingagents.discovery
from tests.execution.helpers import ROOT
from tests.test_architecture import imports
from tradingagents.discovery import DEFAULT_CONFIG

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Import names that differ from the name of the distribution that brings them.
DISTRIBUTION = {
    "finnhub": "finnhub-python",
    "langchain_core": "langchain-core",
    "pydantic_core": "pydantic",  # which pins it
    "requests_cache": "requests-cache",
}

NOT_IMPORTED = {"tzdata"}  # data that zoneinfo reads where the system has no time zones


def distribution(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0]


def every_module() -> list[str]:
    names = []
    for path in sorted((ROOT / "tradingagents").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def test_the_public_names_load_on_first_use_and_are_listed_once() -> None:
    public = tradingagents.discovery.__all__
    assert len(public) == len(set(public))
    assert set(public) <= set(dir(tradingagents.discovery))
    loadable = {*tradingagents.discovery._MODULE_OF, "DEFAULT_CONFIG", "__version__"}
    assert loadable == set(public)


def test_type_checkers_see_the_public_names() -> None:
    tree = ast.parse(Path(tradingagents.discovery.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        alias.name: node.module.removeprefix("tradingagents.discovery.")
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    assert imported == tradingagents.discovery._MODULE_OF


def test_the_names_of_the_contract_are_there() -> None:
    assert {"BaseScanner", "ScannerRegistry", "Priority"} <= set(tradingagents.discovery.__all__)
    assert tradingagents.discovery.DiscoveryGraph.__name__ == "DiscoveryGraph"
    with pytest.raises(AttributeError, match="no attribute 'Discovery'"):
        tradingagents.discovery.Discovery  # noqa: B018


def test_the_default_config_is_a_new_copy_at_each_use() -> None:
    changed = tradingagents.discovery.DEFAULT_CONFIG
    changed["discovery"]["scanner_execution"]["max_workers"] = 3
    assert tradingagents.discovery.DEFAULT_CONFIG["discovery"]["scanner_execution"]["max_workers"] == 8
    assert tradingagents.discovery.DiscoveryGraph().config.scanner_execution.max_workers == 8


@pytest.mark.parametrize("name", every_module())
def test_every_name_in_all_exists_once(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert len(exported) == len(set(exported))
    for each in exported:
        assert getattr(module, each) is not None


def test_the_version_is_one_and_is_that_of_the_changelog() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", tradingagents.discovery.__version__)
    assert importlib.metadata.version(PROJECT["name"]) == tradingagents.discovery.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert tradingagents.discovery.__version__ in changelog or "Unreleased" in changelog


def test_every_library_that_is_imported_is_declared_and_the_other_way_round() -> None:
    declared = {distribution(line) for line in PROJECT["dependencies"]}
    extras = PROJECT["optional-dependencies"].items()
    optional = {
        distribution(line) for extra, lines in extras if extra not in {"test", "dev"} for line in lines
    }
    used = set()
    for path in (ROOT / "tradingagents").rglob("*.py"):
        for module in imports(ast.parse(path.read_text(encoding="utf-8"))):
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names and top != "tradingagents":
                used.add(DISTRIBUTION.get(top, top))
    assert used - optional == declared - NOT_IMPORTED


def test_every_folder_of_code_is_a_package_and_the_types_are_shipped() -> None:
    folders = {path.parent for path in (ROOT / "tradingagents" / "discovery").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []
    assert (ROOT / "tradingagents" / "discovery" / "py.typed").is_file()


def test_the_langgraph_server_finds_a_factory_of_one_argument() -> None:
    settings = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))
    for target in settings["graphs"].values():
        path, name = target.split(":")
        assert Path(ROOT / path).is_file()
        module = ".".join(Path(path).with_suffix("").parts)
        factory = getattr(importlib.import_module(module), name)
        assert len(inspect.signature(factory).parameters) == 1
        assert type(factory({})).__name__ == "CompiledStateGraph"


def test_the_defaults_are_plain_data_that_json_keeps_as_it_is() -> None:
    before = copy.deepcopy(DEFAULT_CONFIG)
    assert json.loads(json.dumps(DEFAULT_CONFIG, allow_nan=False)) == before
    assert set(DEFAULT_CONFIG) == {"discovery"}


def test_the_readme_is_short_and_opens_with_the_snippet_and_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 150
    assert "```python" in readme
    assert "make verify" in readme
    assert "make test" in readme


def test_the_pins_name_no_host() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in pins:
        text = line.split("#")[0].strip()
        assert not text or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( *;.*)?", text), line
