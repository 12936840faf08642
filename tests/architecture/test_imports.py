"""Which part of the program may import which: calls go inward, imports point at the domain."""

import ast
import functools
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
    "asgi": set(),
    "api": {"asgi", "domain", "exchange", "log", "services", "version"},
    "storage": {"database_url", "domain", "files"},
    "exchange": {"domain"},
    "sample": {"domain"},
    "control": {"api", "asgi", "delivery", "domain", "exchange", "log", "services", "version"},
    "loading": set(),
    "log": set(),
    "settings": {"asgi", "domain", "secret"},
    "database_url": {"domain"},
    "files": {"domain"},
    "secret": {"domain", "files"},
    "certificates": {"domain", "files"},
    "traffic": set(),
    "background": {"domain", "log"},
    "delivery": {"domain", "log"},
    "services": {"background", "delivery", "domain", "log", "traffic"},
    "dashboard": {
        "asgi",
        "background",
        "domain",
        "exchange",
        "log",
        "services",
        "traffic",
        "version",
    },
    "assembly": {
        "api",
        "asgi",
        "control",
        "dashboard",
        "database_url",
        "delivery",
        "domain",
        "log",
        "secret",
        "services",
        "settings",
        "storage",
        "traffic",
    },
    "serving": {
        "api",
        "asgi",
        "assembly",
        "certificates",
        "domain",
        "exchange",
        "icefloe",
        "loading",
        "log",
        "services",
        "settings",
    },
    "cli": {
        "assembly",
        "certificates",
        "database_url",
        "domain",
        "exchange",
        "files",
        "icefloe",
        "log",
        "sample",
        "services",
        "serving",
        "settings",
        "version",
    },
    "icefloe": {"assembly", "exchange", "settings", "version"},
    "pytest_plugin": {"testing"},
    "testing": {"domain", "exchange", "sample"},
    "version": set(),
    "__main__": {"cli", "loading"},
}
# Floors within a part: a room → the rooms of its own part that it may import besides itself.
FLOORS: dict[str, set[str]] = {
    "domain.values": set(),
    "domain.ports": {"domain.values"},
    "domain.commerce": {"domain", "domain.ports", "domain.values", "domain.webhooks"},
    "domain.commerce.placing": {
        "domain",
        "domain.commerce",
        "domain.ports",
        "domain.values",
        "domain.webhooks",
    },
    "domain.people": {"domain", "domain.ports", "domain.values"},
    "domain.webhooks": {"domain", "domain.ports", "domain.values"},
    "storage.commerce": {"storage"},
    "storage.lists": {"storage"},
    "storage.webhooks": {"storage"},
    "storage.upkeep": {"storage", "storage.commerce", "storage.webhooks"},
    "storage.sqlite": {"storage", "storage.commerce", "storage.lists", "storage.upkeep"},
    "storage.postgres": {"storage", "storage.commerce", "storage.lists", "storage.upkeep"},
}
# The rooms that are imported only when what they hold is asked for, and from where.
LATE = {"api.description": {"icefloe.api.docs", "icefloe.api.strictness"}}
# These are imported late as a whole.
LATE_THEMSELVES = {"icefloe.control.openapi"}
# What an operator does to a database is no business of the domain's: the commands ask the storage.
# Forms are judged by the schemas that judge the API's bodies: one set of rules, and of words for them.
ALLOWED_BESIDES = {
    ("icefloe.cli.database", "icefloe.storage.upkeep.maintenance"),
    ("icefloe.cli.database", "icefloe.storage.open"),
    ("icefloe.cli.webhooks", "icefloe.api.schemas.webhooks"),
    ("icefloe.dashboard.customers.members", "icefloe.api.schemas.members"),
    ("icefloe.dashboard.customers.customers", "icefloe.api.schemas.customers"),
    ("icefloe.dashboard.webhooks.endpoints", "icefloe.api.schemas.webhooks"),
}
ENGINES = ("icefloe.storage.sqlite", "icefloe.storage.postgres")
MAY_KNOW_THE_ENGINE = {"icefloe.storage.open"}
FRAMEWORKS = {
    "apsw", "asyncpg", "certifi", "fastapi", "granian", "h11", "httpx", "jinja2", "pydantic",
    "pydantic_core", "rich", "sqlite3", "starlette", "trustme", "typer", "uvloop", "yaml",
}  # fmt: skip


@functools.cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the package, by its name."""
    found = []
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join([PACKAGE, *parts]).removesuffix(".__init__")
        found.append((name, ast.parse(file.read_text("utf-8"), str(file))))
    return tuple(found)


def part_of(module: str) -> str:
    """The part of the package that a module of ours belongs to."""
    return module.split(".")[1] if "." in module else PACKAGE


@functools.cache
def imports_of(name: str, tree: ast.Module) -> tuple[tuple[str, int], ...]:
    """What a module imports and on which line; for the type checker alone, or not."""
    return tuple(_find_imports(name, tree))


def _find_imports(name: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
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


@functools.cache
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


@functools.cache
def room_of(module: str) -> str:
    """The innermost package of ours that a module lies in, such as `domain.values`."""
    path = ROOT.joinpath(*module.split(".")[1:])
    inner = module if path.is_dir() else module.rpartition(".")[0]
    return inner.removeprefix(f"{PACKAGE}.")


@pytest.mark.parametrize("room", sorted(FLOORS))
def test_floors(room: str) -> None:
    """A room of a part imports only the rooms of that part that lie below it."""
    part = room.partition(".")[0]
    wrong = [
        f"{name}:{line} imports {imported}"
        for name, tree in modules()
        if room_of(name) == room
        for imported, line in imports_of(name, tree)
        if part_of(imported) == part and room_of(imported) not in FLOORS[room] | {room}
    ]
    below = ", ".join(sorted(FLOORS[room])) or "nothing"

    assert wrong == [], f"{room} may import {below} of its part"


@pytest.mark.parametrize("room", sorted(LATE))
def test_late_rooms(room: str) -> None:
    """What is rarely asked for is imported inside functions, and from few modules."""
    wrong = [
        f"{name}:{line} imports {imported}"
        for name, tree in modules()
        if room_of(name) != room
        for imported, line in imports_of(name, tree)
        if room_of(imported) == room
        and (name not in LATE[room] or line in lines_of_module_imports(tree))
        and name not in LATE_THEMSELVES
    ]

    assert wrong == []


def lines_of_module_imports(tree: ast.Module) -> set[int]:
    """The lines of the imports that run when the module is imported."""
    return {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}


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
        ("granian", {"serving"}),
        ("uvloop", {"serving"}),
        ("typer", {"cli", "serving"}),
        ("trustme", {"certificates"}),
        ("yaml", {"exchange"}),
        ("httpx", {"exchange"}),
        ("h11", {"delivery"}),
        ("certifi", {"delivery"}),
        ("rich", {"cli"}),
    ],
)
def test_each_library_has_its_place(library: str, places: set[str]) -> None:
    """A library is imported by the parts and rooms it is for, and by no other."""
    wrong = [
        f"{name}:{line}"
        for name, tree in modules()
        for imported, line in imports_of(name, tree)
        if imported.split(".")[0] == library and not {part_of(name), room_of(name)} & places
    ]

    assert wrong == []


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
