"""Which part of the program may import which: calls go inward, imports point at the domain."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import icefloe

PACKAGE = "icefloe"
ROOT = Path(icefloe.__file__).parent

# Part → what of ours it may import besides itself. `icefloe` stands for the package's own face,
# which loads what it exports on first use.
ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "api": {"domain", "exchange", "version"},
    "storage": {"domain"},
    "exchange": {"domain"},
    "sample": {"domain"},
    "control": {"api", "domain", "exchange", "log", "version"},
    "log": set(),
    "settings": {"domain"},
    "secret": {"domain"},
    "certificates": {"domain", "secret"},
    "traffic": set(),
    "dashboard": {"domain", "exchange", "log", "traffic", "version"},
    "assembly": {
        "api",
        "control",
        "dashboard",
        "domain",
        "log",
        "secret",
        "settings",
        "storage",
        "traffic",
    },
    "cli": {
        "assembly",
        "certificates",
        "domain",
        "exchange",
        "icefloe",
        "log",
        "sample",
        "settings",
        "version",
    },
    "icefloe": {"assembly", "exchange", "settings", "version"},
    "pytest_plugin": {"testing"},
    "testing": {"domain", "exchange", "sample"},
    "version": set(),
    "__main__": {"cli"},
}
# A name that is only for the type checker is no import when the program runs.
ALLOWED_FOR_TYPES = {
    ("api", "assembly"),
    ("api", "log"),
    ("cli", "api"),
    ("control", "assembly"),
    ("dashboard", "assembly"),
}
# What an operator does to a database is no business of the domain's: the commands ask the storage.
# Forms are judged by the schemas that judge the API's bodies: one set of rules, and of words for them.
ALLOWED_BESIDES = {
    ("icefloe.cli.database", "icefloe.storage.open"),
    ("icefloe.dashboard.customer_members", "icefloe.api.schemas.members"),
    ("icefloe.dashboard.customers", "icefloe.api.schemas.customers"),
}
ALLOWED_FOR_TYPES_BESIDES = {("icefloe.cli.database", "icefloe.storage.maintenance")}
ENGINES = ("icefloe.storage.sqlite", "icefloe.storage.postgres")
MAY_KNOW_THE_ENGINE = {"icefloe.storage.open"}
FRAMEWORKS = {
    "apsw", "asyncpg", "fastapi", "granian", "httpx", "jinja2", "pydantic", "pydantic_core", "rich",
    "sqlite3", "starlette", "trustme", "typer", "uvloop", "yaml",
}  # fmt: skip


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package, by its name."""
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join([PACKAGE, *parts]).removesuffix(".__init__")
        yield name, ast.parse(file.read_text("utf-8"), str(file))


def part_of(module: str) -> str:
    """The part of the package that a module of ours belongs to."""
    return module.split(".")[1] if "." in module else PACKAGE


def imports_of(name: str, tree: ast.Module) -> Iterator[tuple[str, bool, int]]:
    """What a module imports, whether only for the type checker, and on which line."""
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in for_types, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno} imports relatively"
            module = node.module or ""
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield whole if _is_module(whole) else module, id(node) in for_types, node.lineno


def _is_module(name: str) -> bool:
    if not name.startswith(f"{PACKAGE}."):
        return False
    path = ROOT.joinpath(*name.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_every_part_is_known() -> None:
    """Every part of the package has its place in the order, and none is left that is gone."""
    assert {part_of(name) for name, _ in modules()} == set(ALLOWED)


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_imports_point_at_the_domain(part: str) -> None:
    """A part imports what it may: api → domain ← storage, and only assembly knows all."""
    wrong = [
        f"{name}:{line} imports {imported}"
        for name, tree in modules()
        if part_of(name) == part
        for imported, for_types, line in imports_of(name, tree)
        if imported.split(".")[0] == PACKAGE
        and part_of(imported) not in ALLOWED[part] | {part}
        and not (for_types and (part, part_of(imported)) in ALLOWED_FOR_TYPES)
        and (name, imported) not in ALLOWED_BESIDES
        and not (for_types and (name, imported) in ALLOWED_FOR_TYPES_BESIDES)
    ]
    allowed = ", ".join(sorted(ALLOWED[part])) or "nothing"

    assert wrong == [], f"{part} may import {allowed} of ours; calls go api → domain → storage"


def test_api_and_storage_never_meet() -> None:
    """Neither of the two knows of the other, for the type checker either."""
    for name, tree in modules():
        for imported, _, line in imports_of(name, tree):
            meeting = {part_of(name), part_of(imported)}
            assert meeting != {"api", "storage"}, f"{name}:{line}: api → domain ← storage"


def test_engines_are_known_in_one_place() -> None:
    """Which engine it is, only the place that opens it asks."""
    wrong = [
        f"{name}:{line} imports {imported}"
        for name, tree in modules()
        for imported, _, line in imports_of(name, tree)
        for engine in ENGINES
        if imported.startswith(engine)
        and not name.startswith(engine)
        and name not in MAY_KNOW_THE_ENGINE
    ]

    assert wrong == [], "engines are imported from storage/open.py alone"


def test_the_domain_knows_no_framework() -> None:
    """The domain imports no web framework, no database driver and no schema library."""
    wrong = [
        f"{name}:{line} imports {imported}"
        for name, tree in modules()
        if part_of(name) == "domain"
        for imported, _, line in imports_of(name, tree)
        if imported.split(".")[0] in FRAMEWORKS
    ]

    assert wrong == [], "the domain is plain Python: no HTTP, no SQL, no framework"


@pytest.mark.parametrize(
    ("library", "parts"),
    [
        ("apsw", {"storage"}),
        ("asyncpg", {"storage"}),
        ("sqlite3", set()),
        ("starlette", {"api", "dashboard"}),
        ("jinja2", {"dashboard"}),
        ("granian", {"cli"}),
        ("uvloop", {"cli"}),
        ("typer", {"cli"}),
        ("trustme", {"certificates"}),
        ("yaml", {"exchange"}),
        ("httpx", {"exchange"}),
        ("rich", {"cli"}),
    ],
)
def test_each_library_has_its_place(library: str, parts: set[str]) -> None:
    """A library is imported by the parts it is for, and by no other."""
    found = {
        part_of(name)
        for name, tree in modules()
        for imported, _, _ in imports_of(name, tree)
        if imported.split(".")[0] == library
    }

    assert found <= parts


def test_sql_is_in_storage_alone() -> None:
    """No module outside storage holds a statement."""
    verbs = ("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA ")
    wrong = [
        f"{name}:{node.lineno}: {node.value[:40]!r}"
        for name, tree in modules()
        if part_of(name) != "storage"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.lstrip().startswith(verbs)
    ]

    assert wrong == [], "statements live in storage/"


def test_no_cycles() -> None:
    """No two modules import one another when the program runs, directly or by way of others."""
    graph = {
        name: {
            imported
            for imported, for_types, _ in imports_of(name, tree)
            if imported.split(".")[0] == PACKAGE and not for_types
        }
        for name, tree in modules()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path[path.index(name) :], name])
        if name not in done:
            for imported in graph.get(name, set()):
                visit(imported, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())
