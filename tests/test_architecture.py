"""The house: who may import whom, and what may be done in one place only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.execution.helpers import ROOT, environment

PACKAGE = ROOT / "tradingagents"

# From the bottom up. A module imports from lines below its own, and from its own part of its line; the parts
# of one line do not see each other.
LAYERS: list[list[str]] = [
    ["tradingagents.default_config", "tradingagents._version"],
    ["discovery.errors"],
    ["discovery.clock", "discovery.plain", "discovery.redact", "discovery.vendor_settings"],
    ["discovery.candidate", "discovery.tool_log", "discovery.isolation"],
    ["discovery.config"],
    ["discovery.execution"],
    ["discovery.net"],
    ["discovery.vendors", "discovery.market"],
    ["discovery.scanners"],
    ["discovery.stages", "discovery.runs"],
    ["tradingagents.graph", "discovery.cli"],
]

# The engine runs named callables, and could be taken out of this house as it is.
ENGINE_SEES = {"discovery.errors", "discovery.clock", "discovery.execution"}

FOREIGN = {
    "requests": ("discovery.net", "discovery.vendors"),
    "urllib3": ("discovery.net", "discovery.vendors"),
    "praw": ("discovery.vendors.reddit",),
    "prawcore": ("discovery.vendors.reddit",),
    "finnhub": ("discovery.vendors.finnhub",),
    "langgraph": ("tradingagents.graph",),
    "langchain_core": ("tradingagents.graph",),
    "loky": ("discovery.execution.process",),
    "cloudpickle": ("discovery.execution.process",),
    "pydantic": ("discovery.config", "discovery.vendor_settings", "discovery.scanners"),
    "defusedxml": ("discovery.vendors",),
    "time": ("discovery.clock",),
    "multiprocessing": ("discovery.execution.process",),
}

# Everywhere else an error is caught by its name. Each of these says in its comment why it is not.
BROAD_HANDLERS = {
    "discovery.execution.runner": 2,  # the error boundary; and closing everything when the run itself is ended
    "discovery.execution.pool": 1,  # an Executor hands every error to its Future
    "discovery.execution.fanout": 1,  # an error of the items is raised at its place among the answers
    "discovery.execution.scope": 1,  # one hook's failure keeps neither items nor other hooks
    "discovery.execution.outcome": 1,  # a foreign __str__
    "discovery.tool_log": 1,  # a foreign __repr__
    "tradingagents.graph.scanner_node": 1,  # handed to the coroutine that awaits it
}

THREADS = {"discovery.execution.pool": 1, "tradingagents.graph.scanner_node": 1}


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """Every module but the sandbox's, by a name that leaves out ``tradingagents.`` before ``discovery``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        name = ".".join(parts).removeprefix("tradingagents.discovery")
        name = f"discovery{name}" if parts[:2] == ("tradingagents", "discovery") else ".".join(parts)
        if not is_in(name, "discovery.sandbox"):
            found[name] = (path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def is_in(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each import, those inside functions and for type checkers too: the module, and the name taken of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            yield from ((node.module or "", alias.name) for alias in node.names)


def own_imports(tree: ast.Module) -> Iterator[str]:
    for module, name in imports(tree):
        if module.split(".")[0] != "tradingagents":
            continue
        short = (
            module.removeprefix("tradingagents.") if module.startswith("tradingagents.discovery") else module
        )
        yield f"{short}.{name}" if f"{short}.{name}" in modules() else short


def place(name: str) -> tuple[int, str] | None:
    for height, line in enumerate(LAYERS):
        for part in line:
            if is_in(name, part):
                return height, part
    return None


PACKAGES = {"tradingagents", "discovery"}  # their __init__ re-export what others define


# -- imports ----------------------------------------------------------------------------------------


def test_every_module_has_its_place_in_the_house() -> None:
    assert [name for name in modules() if name not in PACKAGES and place(name) is None] == []


def test_imports_go_down_only() -> None:
    wrong = []
    for name, (_, tree) in modules().items():
        if (here := place(name)) is None:
            continue
        for imported in own_imports(tree):
            there = place(imported)
            if there is None or (there[0] >= here[0] and there[1] != here[1]):
                wrong.append(f"{name} imports {imported}")
    assert wrong == []


def test_there_are_no_circles_among_modules() -> None:
    graph = {name: set(own_imports(tree)) & set(modules()) for name, (_, tree) in modules().items()}
    # A catalogue lists what registers itself with the file that reads it, which imports it when it is asked.
    graph["discovery.scanners.registry"].discard("discovery.scanners.catalogue")
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " > ".join([*path, name])
        if name not in done:
            for imported in sorted(graph[name]):
                visit(imported, (*path, name))
            done.add(name)

    for name in sorted(set(graph) - PACKAGES):
        visit(name, ())


def test_the_engine_knows_nothing_of_markets_vendors_or_langgraph() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, (_, tree) in modules().items()
        if is_in(name, "discovery.execution")
        for imported in own_imports(tree)
        if not any(is_in(imported, part) for part in ENGINE_SEES)
    ]
    assert wrong == []


def test_the_sandbox_is_imported_by_nothing_but_the_command_line() -> None:
    importers = [
        name
        for name, (_, tree) in modules().items()
        if any(is_in(imported, "discovery.sandbox") for imported in own_imports(tree))
    ]
    assert set(importers) <= {"discovery.cli"}


@pytest.mark.parametrize("library", FOREIGN)
def test_a_library_is_known_in_its_own_place_only(library: str) -> None:
    importers = {
        name
        for name, (_, tree) in modules().items()
        if any(is_in(module, library) for module, _ in imports(tree))
    }
    strangers = [name for name in importers if not name.startswith(FOREIGN[library])]
    assert strangers == []
    assert importers or library == "multiprocessing", (
        f"nothing imports {library} any more: take it off the list"
    )


def test_only_net_opens_sessions_and_nobody_asks_past_them() -> None:
    """``requests.get(...)`` would know no deadline, no counter and no quota."""
    senders = {"get", "post", "put", "patch", "delete", "head", "options", "request", "Session", "session"}
    found = [
        name
        for name, (_, tree) in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) in {f"requests.{sender}" for sender in senders}
    ]
    assert set(found) == {"discovery.net.session"}


def test_the_defaults_import_nothing_and_are_plain_data() -> None:
    _, tree = modules()["tradingagents.default_config"]
    assert list(imports(tree)) == []
    assert not any(isinstance(node, ast.Call) for node in ast.walk(tree))


# -- once in the house ------------------------------------------------------------------------------


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def calls(names: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, (_, tree) in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and dotted(node.func) in names:
                found[name] = found.get(name, 0) + 1
    return found


def is_broad(node: ast.expr | None) -> bool:
    kinds = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds)


def test_errors_are_caught_by_name_except_where_it_says_why() -> None:
    found: dict[str, int] = {}
    for name, (path, tree) in modules().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and is_broad(node.type):
                found[name] = found.get(name, 0) + 1
                raises_again = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
                assert raises_again or "BLE001 - " in lines[node.lineno - 1], (
                    f"{name}:{node.lineno} gives no reason"
                )
            elif isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
                assert not any(is_broad(argument) for argument in node.args), f"{name}:{node.lineno}"
    assert found == BROAD_HANDLERS


def test_threads_are_started_in_the_pool_and_for_the_event_loop_only() -> None:
    starters = {
        "threading.Thread",
        "Thread",
        "threading.Timer",
        "Timer",
        "ThreadPoolExecutor",
        "start_new_thread",
    }
    assert calls(starters) == THREADS


def test_nothing_but_the_clock_reads_the_clock_or_sleeps() -> None:
    readers = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.sleep"}
    assert set(calls(readers)) <= {"discovery.clock"}


def test_nothing_prints() -> None:
    assert set(calls({"print", "sys.stdout.write", "sys.stderr.write"})) <= {"discovery.cli"}


def test_the_environment_is_read_in_two_places() -> None:
    """The data source at construction, and a vendor's keys when it is first asked."""
    readers = {
        name
        for name, (_, tree) in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.getenv"}
    }
    assert readers == {"discovery.config", "discovery.vendors.hub"}


# -- size and words ---------------------------------------------------------------------------------


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > 400} == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    """Its docstring aside; most are under fifteen."""
    long = {}
    for name, (_, tree) in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = ast.get_docstring(node, clean=False)
                words = len(documented.splitlines()) if documented else 0
                length = (node.end_lineno or 0) - node.lineno + 1 - words
                if length > 50:
                    long[f"{name}.{node.name}"] = length
    assert long == {}


def test_every_module_says_what_it_is_and_what_it_exports() -> None:
    for name, (path, tree) in modules().items():
        assert ast.get_docstring(tree), f"{name} has no docstring"
        only_words = len(tree.body) == 1
        private = path.name.startswith("_") and path.name != "__init__.py"
        if only_words or private or name == "tradingagents.default_config":
            continue
        names = {
            dotted(target) for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
        }
        assert "__all__" in names, f"{name} has no __all__"


# -- importing --------------------------------------------------------------------------------------


def python(source: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", source],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_discovery_module_imports_no_framework_and_no_vendors_client() -> None:
    loaded = set(python("import sys, tradingagents.discovery; print(*sys.modules, sep='\\n')").split())
    heavy = {
        "langgraph",
        "langchain_core",
        "praw",
        "prawcore",
        "finnhub",
        "polars",
        "pandas",
        "numpy",
        "requests",
        "loky",
    }
    assert "tradingagents.discovery.scanners.base" in loaded
    assert heavy & loaded == set()


def test_importing_everything_starts_sends_reads_and_writes_nothing() -> None:
    """By the interpreter's own audit events; a scanner registered or a session opened would show."""
    python(
        """
import pkgutil, importlib, sys, threading
watched = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.mkdir", "os.remove")
seen = []
def hook(event, args):
    if event in watched or (event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")):
        seen.append((event, args))
# Third-party libraries first: what they do is not ours.
import langgraph.graph, praw, finnhub, requests, loky, cloudpickle, pydantic, defusedxml.ElementTree
threads = threading.active_count()
sys.addaudithook(hook)
import tradingagents
for found in pkgutil.walk_packages(tradingagents.__path__, "tradingagents."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
assert threading.active_count() == threads, threading.enumerate()
assert not seen, seen
"""
    )
