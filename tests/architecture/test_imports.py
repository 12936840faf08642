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
    "api": {"domain", "exchange", "log", "services", "version"},
    "storage": {"domain"},
    "exchange": {"domain"},
    "sample": {"domain"},
    "control": {"api", "domain", "exchange", "log", "services", "version"},
    "log": set(),
    "settings": {"domain"},
    "secret": {"domain"},
    "certificates": {"domain", "secret"},
    "traffic": set(),
    "services": {"domain", "traffic"},
    "dashboard": {"domain", "exchange", "log", "services", "traffic", "version"},
    "assembly": {
        "api",
        "control",
        "dashboard",
        "domain",
        "log",
        "secret",
        "services",
        "settings",
        "storage",
        "traffic",
    },
    "cli": {
        "api",
        "assembly",
        "certificates",
        "domain",
        "exchange",
        "icefloe",
        "log",
        "sample",
        "services",
        "settings",
        "version",
    },
    "icefloe": {"assembly", "exchange", "settings", "version"},
    "pytest_plugin": {"testing"},
    "testing": {"exchange", "sample"},
    "version": set(),
    "__main__": {"cli"},
}
# What an operator does to a database is no business of the domain's: the commands ask the storage.
# Forms are judged by the schemas that judge the API's bodies: one set of rules, and of words for them.
ALLOWED_BESIDES = {
    ("icefloe.cli.database", "icefloe.storage.upkeep.maintenance"),
    ("icefloe.cli.database", "icefloe.storage.open"),
    ("icefloe.dashboard.customer_members", "icefloe.api.schemas.members"),
    ("icefloe.dashboard.customers", "icefloe.api.schemas.customers"),
}
ENGINES = ("icefloe.storage.sqlite", "icefloe.storage.postgres")
MAY_KNOW_THE_ENGINE = {"icefloe.storage.open"}
# A room that is imported only when a client asks for what it makes: starting must be quick.
LATE = "icefloe.api.description"
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


def imports_of(name: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What a module imports and on which line; for the type checker alone, or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno} imports relatively"
            module = node.module or ""
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield whole if _is_module(whole) else module, node.lineno


def without_functions(tree: ast.Module) -> ast.Module:
    """A module with its functions emptied: the statements that run when it is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = []
    return tree


def is_within(name: str, room: str) -> bool:
    """Whether a module is a room or in it."""
    return name == room or name.startswith(f"{room}.")


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
        for imported, line in imports_of(name, tree)
        if imported.split(".")[0] == PACKAGE
        and part_of(imported) not in ALLOWED[part] | {part}
        and (name, imported) not in ALLOWED_BESIDES
    ]
    allowed = ", ".join(sorted(ALLOWED[part])) or "nothing"

    assert wrong == [], f"{part} may import {allowed} of ours; calls go api → domain → storage"


def test_api_and_storage_never_meet() -> None:
    """Neither of the two imports the other."""
    for name, tree in modules():
        for imported, line in imports_of(name, tree):
            meeting = {part_of(name), part_of(imported)}
            assert meeting != {"api", "storage"}, f"{name}:{line}: api → domain ← storage"


def test_engines_are_known_in_one_place() -> None:
    """Which engine it is, only the place that opens it asks."""
    wrong = [
        f"{name}:{line} imports {imported}"
        for name, tree in modules()
        for imported, line in imports_of(name, tree)
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
        for imported, line in imports_of(name, tree)
        if imported.split(".")[0] in FRAMEWORKS
    ]

    assert wrong == [], "the domain is plain Python: no HTTP, no SQL, no framework"


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("apsw", {"storage"}),
        ("asyncpg", {"storage"}),
        ("sqlite3", set()),
        ("starlette", {"api", "dashboard"}),
        ("jinja2", {"api.description", "dashboard"}),
        ("granian", {"cli"}),
        ("uvloop", {"cli"}),
        ("typer", {"cli"}),
        ("trustme", {"certificates"}),
        ("yaml", {"exchange"}),
        ("httpx", {"exchange"}),
        ("rich", {"cli"}),
    ],
)
def test_each_library_has_its_place(library: str, places: set[str]) -> None:
    """A library is imported by the parts and rooms it is for, and by no other."""
    wrong = [
        f"{name}:{line}"
        for name, tree in modules()
        for imported, line in imports_of(name, tree)
        if imported.split(".")[0] == library
        and not any(is_within(name, f"{PACKAGE}.{place}") for place in places)
    ]

    assert wrong == []


def test_descriptions_are_imported_late() -> None:
    """No module but its own imports the room of descriptions before a function needs it."""
    wrong = [
        f"{name}:{line} imports {imported}"
        for name, tree in modules()
        if not is_within(name, LATE)
        for imported, line in imports_of(name, without_functions(tree))
        if is_within(imported, LATE)
    ]

    assert wrong == [], f"import {LATE} in the function that needs it"


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
    """No two modules import one another, directly or by way of others, for types alone or not."""
    graph = {
        name: {
            imported for imported, _ in imports_of(name, tree) if imported.split(".")[0] == PACKAGE
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
