"""The layers: which module may import which, and where each kind of code belongs. Read from the source."""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tradingagents.discovery

PACKAGE = Path(tradingagents.discovery.__file__).parents[1]

# From the top down; each layer imports only from its own line and those below. Siblings on one line share it.
LAYERS = [
    {"graph", "default_config", "discovery.__main__"},
    *(
        {f"discovery.{name}" for name in layer.split(" | ")}
        for layer in [
            "cli",
            "agents",
            "backtest",
            "graph",
            "reports",
            "runs | ledger",
            "stages",
            "scanners",
            "scanning",
            "screens",
            "bars",
            "vendors",
            "symbols | tickers",
            "history",
            "net",
            "state",
            "execution",
            "settings",
            "model",
        ]
    ),
    {"discovery._version"},
]
OUTSIDE = {
    "",
    "discovery",
    "discovery.sandbox",
}  # the package itself; its public names; the vendors on loopback


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


SOURCES = dict(modules())


@functools.cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


@functools.cache
def imports(tree: ast.Module) -> tuple[str, ...]:
    """Every module named in an import, wherever it stands."""
    found: list[str] = []
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(found)


def layer_of(module: str) -> int | None:
    for depth, names in enumerate(LAYERS):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return depth
    return None


def in_folder(module: str, folder: str) -> bool:
    return module == folder or module.startswith(f"{folder}.")


def test_every_module_has_its_place() -> None:
    homeless = [
        m
        for m in SOURCES
        if layer_of(m) is None and m not in OUTSIDE and not in_folder(m, "discovery.sandbox")
    ]
    assert homeless == []


@pytest.mark.parametrize("module", [m for m in SOURCES if layer_of(m) is not None])
def test_imports_go_down_only(module: str) -> None:
    own = layer_of(module)
    assert own is not None
    for imported in imports(SOURCES[module]):
        if not imported.startswith("tradingagents."):
            continue
        below = layer_of(imported.removeprefix("tradingagents."))
        assert below is None or below >= own, f"{module} imports {imported}, which is above it"
        assert not in_folder(imported, "tradingagents.discovery.sandbox"), f"{module} imports the sandbox"


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("requests", {"discovery.net", "discovery.vendors"}),
        ("urllib3", {"discovery.net"}),
        ("praw", {"discovery.vendors.reddit"}),
        ("prawcore", {"discovery.vendors.reddit"}),
        ("finnhub", {"discovery.vendors.finnhub"}),
        ("langgraph", {"discovery.graph"}),
        ("langchain_core", {"discovery.graph"}),
        ("langchain", {"discovery.stages.rank.llm"}),
        ("polars", {"discovery.bars", "discovery.screens"}),
        ("loky", {"discovery.execution", "discovery.sandbox"}),
        ("time", {"discovery.model.clock", "discovery.sandbox"}),
    ],
)
def test_a_library_has_its_home(library: str, homes: set[str]) -> None:
    users = {m for m, tree in SOURCES.items() if any(i.split(".")[0] == library for i in imports(tree))}
    assert {m for m in users if not any(in_folder(m, home) for home in homes)} == set()


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def outside_sandbox() -> dict[str, ast.Module]:
    return {m: tree for m, tree in SOURCES.items() if not in_folder(m, "discovery.sandbox")}


def callers(*names: str) -> set[str]:
    """The modules, the sandbox's aside, that call a function of one of these dotted names."""
    return {
        module
        for module, tree in outside_sandbox().items()
        for node in nodes(tree)
        if isinstance(node, ast.Call) and dotted(node.func) in names
    }


def test_there_are_no_circles_among_modules() -> None:
    known = {f"tradingagents.{m}": m for m in SOURCES if m not in OUTSIDE}
    graph = {m: {known[i] for i in imports(tree) if i in known} - {m} for m, tree in SOURCES.items()}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " > ".join([*path, module])
        if module not in done:
            for imported in sorted(graph[module]):
                visit(imported, (*path, module))
            done.add(module)

    for module in sorted(set(graph) - OUTSIDE):
        visit(module, ())


def test_the_engine_knows_nothing_of_markets_vendors_or_langgraph() -> None:
    """It sees named callables and seconds; it could be used outside this project as it is."""
    allowed = ("discovery.model", "discovery.execution")
    for module, tree in SOURCES.items():
        if in_folder(module, "discovery.execution"):
            own = {i.removeprefix("tradingagents.") for i in imports(tree) if i.startswith("tradingagents.")}
            assert {i for i in own if not i.startswith(allowed) and i != "discovery"} == set(), module


def test_only_net_opens_sessions_and_nobody_asks_past_them() -> None:
    """``requests.get(...)`` would know no deadline, no counter and no quota."""
    verbs = ("get", "post", "put", "patch", "delete", "head", "options", "request", "Session", "session")
    assert callers(*(f"requests.{verb}" for verb in verbs)) == set()
    assert callers("FetchSession") == {"discovery.net.session"}


def test_nothing_but_the_clock_reads_the_clock() -> None:
    now = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
    assert callers(*now) <= {"discovery.model.clock"}


def test_nothing_prints() -> None:
    assert callers("print", "sys.stdout.write", "sys.stderr.write") <= {"discovery.cli"}


def test_the_environment_is_read_for_the_data_source_and_for_keys_only() -> None:
    readers = {
        module
        for module, tree in outside_sandbox().items()
        for node in nodes(tree)
        if dotted(node) in {"os.environ", "os.getenv"}
    }
    assert readers == {"discovery.settings.parse", "discovery.vendors.clients"}


def broad_handlers(tree: ast.Module) -> int:
    handlers = [node for node in nodes(tree) if isinstance(node, ast.ExceptHandler)]
    names = [
        {n.id for n in ast.walk(h.type) if isinstance(n, ast.Name)} if h.type else {"Exception"}
        for h in handlers
    ]
    return sum(bool(named & {"Exception", "BaseException"}) for named in names)


def test_broad_handlers_stand_only_where_a_foreign_call_is_fenced() -> None:
    """One error boundary in the runner; the others hand an error on, or keep a foreign repr from mattering."""
    found = {m: count for m, tree in SOURCES.items() if (count := broad_handlers(tree))}
    assert found == {
        "discovery.execution.fanout": 1,  # an error of the items, raised where their answers are taken
        "discovery.execution.outcome": 1,  # a foreign __str__
        "discovery.execution.isolation": 1,  # copying a third-party object
        "discovery.execution.pool": 1,  # an Executor hands every error to its Future
        "discovery.execution.runner": 2,  # the boundary; and Ctrl-C, which closes everything and goes on
        "discovery.execution.scope": 1,  # a closing hook
        "discovery.scanning.declared": 1,  # a third-party needs(), its scanner's outcome
        "discovery.screens.screening": 1,  # building a third-party screen, its scanner's outcome
        "discovery.scanning.plugins": 1,  # importing a third-party module; a scanner fails with the error
        "discovery.model.tool_log": 1,  # a foreign __repr__
        "discovery.graph.scanner_node": 1,  # handed to the awaiting coroutine
    }


def test_no_error_is_suppressed_without_its_name() -> None:
    for module, tree in outside_sandbox().items():
        for node in nodes(tree):
            if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
                assert not {dotted(kind) for kind in node.args} & {"Exception", "BaseException"}, module


def test_threads_are_started_in_the_pool_and_for_the_awaited_scan_only() -> None:
    starters = {
        m
        for m, tree in SOURCES.items()
        for node in nodes(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "Thread"
    }
    assert {m for m in starters if not in_folder(m, "discovery.sandbox")} == {
        "discovery.execution.pool",
        "discovery.graph.scanner_node",
    }


@pytest.mark.parametrize("module", SOURCES)
def test_a_file_holds_one_idea(module: str) -> None:
    path = PACKAGE / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 400
    assert ast.get_docstring(SOURCES[module])


def test_a_function_can_be_read_at_a_glance() -> None:
    """At most fifty lines beside its docstring; most have fewer than fifteen."""
    for module, tree in SOURCES.items():
        for node in nodes(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                words = len((ast.get_docstring(node, clean=False) or "").splitlines())
                length = (node.end_lineno or 0) - node.lineno + 1 - words
                assert length <= 50, f"{module}.{node.name} has {length} lines"


def test_every_module_with_code_says_what_it_exports() -> None:
    for module, tree in outside_sandbox().items():
        if len(tree.body) > 1 and module != "discovery._version":
            names = {dotted(t) for node in tree.body if isinstance(node, ast.Assign) for t in node.targets}
            assert "__all__" in names, module


def test_what_a_module_exports_is_there() -> None:
    for found in pkgutil.walk_packages(tradingagents.__path__, "tradingagents."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            assert all(hasattr(module, name) for name in getattr(module, "__all__", ()))


def test_importing_the_discovery_module_takes_no_heavy_library() -> None:
    code = "import sys, tradingagents.discovery; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        set(done.stdout.split())
        & {"langgraph", "langchain_core", "praw", "finnhub", "polars", "pandas", "requests"}
        == set()
    )


WATCHED_IMPORT = """
import importlib, pkgutil, sys, threading
watched = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.mkdir", "os.remove")
seen = []

def hook(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if event in watched or writes:
        seen.append((event, args))

# Other people's libraries first: what they do when they are imported is not ours.
import cloudpickle, defusedxml.ElementTree, finnhub, langgraph.graph, loky, praw, pydantic, requests
threads = threading.active_count()
sys.addaudithook(hook)
import tradingagents
for found in pkgutil.walk_packages(tradingagents.__path__, "tradingagents."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
assert threading.active_count() == threads, threading.enumerate()
assert not seen, seen
"""


def test_importing_everything_starts_sends_and_writes_nothing() -> None:
    """By the interpreter's own audit events: a session that is opened, a thread, a file would show."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED_IMPORT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
