"""Types where whoever writes a scanner meets them: no explicit ``Any`` in the layers of the public contract."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "tradingagents" / "discovery"
TYPED = ("model", "settings", "scanning", "stages", "graph")
FILES = sorted(path for folder in TYPED for path in (ROOT / folder).rglob("*.py"))


def explicit_any(source: str) -> list[int]:
    """Return the lines that name ``Any``, in an annotation, a text annotation or an alias."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id="Any") | ast.Attribute(attr="Any") | ast.alias(name="Any"):
                lines.append(node.lineno)
            case ast.Constant(value=str() as text) if text.isidentifier() or "[" in text:
                lines += [node.lineno for part in _names(text) if part == "Any"]
    return sorted(set(lines))


def _names(text: str) -> list[str]:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return []
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_explicit_any(path: Path) -> None:
    assert explicit_any(path.read_text(encoding="utf-8")) == []


def test_the_files_are_found() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(TYPED)


@pytest.mark.parametrize(
    "source",
    [
        "from typing import Any",
        "import typing\nx: typing.Any",
        "def f(x: Any) -> None: ...",
        "x = cast('dict[str, Any]', y)",
        "x = cast('Any', y)",
        "from typing import Any as Whatever",
        "Alias = dict[str, Any]",
    ],
)
def test_every_way_to_write_it_is_found(source: str) -> None:
    assert explicit_any(source)


@pytest.mark.parametrize(
    "source", ["x = 'Any of these'", "# Any\nx = 1", "x: object", "def any_(Anything: int): ..."]
)
def test_words_are_not_types(source: str) -> None:
    assert explicit_any(source) == []
