"""The fixtures that tests of the running program share."""

import random
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import postgres
import support
from icefloe.assembly import open_services
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.open import open_storage
from support import Engine, Organization, Server, make_organization_of, run, start_server

pytest_plugins = ["rare_runs"]

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would the programs that
# they start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# `make check` leaves out the tests marked so: a file's, by `pytestmark`, or all that ask for one of
# these fixtures. What is missing here is found: see `_refuse`.
PROCESSES = "processes"
_FIXTURES = {"browser", "icefloe_server", "postgres_server", "pythons", "server", "stand_in"}
_EVENTS = {"subprocess.Popen", "os.posix_spawn", "socket.connect"}
# The test that runs now, if it is not marked.
_quick: list[pytest.Item] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that shuffles tests."""
    parser.addoption(
        "--shuffle", type=int, metavar="SEED", help="run files, and the tests in each, in any order"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests whose fixtures start processes, before `-m` selects; shuffle."""
    for item in items:
        if not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(PROCESSES)
    seed = config.getoption("--shuffle")
    if seed is not None:
        # A file's tests stay together: they share a browser, which takes a second to start.
        chance = random.Random(seed)  # noqa: S311 - the same order for each worker
        files = sorted({item.path for item in items})
        chance.shuffle(files)
        place = {file: at for at, file in enumerate(files)}
        items.sort(key=lambda item: (place[item.path], chance.random()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Know which test runs."""
    if item.get_closest_marker(PROCESSES) is None:
        _quick.append(item)
    try:
        return (yield)
    finally:
        _quick.clear()


def _refuse(event: str, _: tuple[object, ...]) -> None:
    """Fail a test that starts a process or asks a server, and is not marked so."""
    # Threads that a session's fixtures left may connect to what belongs to those.
    is_ours = event != "socket.connect" or threading.current_thread() is threading.main_thread()
    if event in _EVENTS and _quick and is_ours:
        pytest.fail(
            f"{_quick[0].nodeid} starts a process or asks a server: mark it by"
            f" pytest.mark.{PROCESSES}, or add its fixture to those in tests/conftest.py"
        )


sys.addaudithook(_refuse)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Databases]:
    """A PostgreSQL server for all tests; what needs one is skipped where there is none."""
    with postgres.running_server() as found:
        if found is None:
            pytest.skip(postgres.NONE_FOUND)
        yield found


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.Databases) -> str:
    """A PostgreSQL database that has the schema, to be copied."""
    database = postgres_server.make_database()
    run(_open_and_close(database))
    return database


async def _open_and_close(database: str) -> None:
    await (await open_storage(database)).close()


@pytest.fixture
def postgres_database(postgres_server: postgres.Databases, postgres_template: str) -> Iterator[str]:
    """An empty PostgreSQL database with the schema."""
    database = postgres_server.make_database(postgres_template)
    yield database
    postgres_server.drop_database(database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.processes)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """An engine with a database of the test's own: each test that needs one runs once for each."""
    if request.param == "sqlite":
        return Engine("sqlite", f"sqlite:///{tmp_path / 'data.db'}")
    return Engine("postgres", request.getfixturevalue("postgres_database"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server on a database of its own, shared by all tests: each has its own organization."""
    with tempfile.TemporaryDirectory(prefix="icefloe-tests-") as folder:
        started = start_server(f"sqlite:///{folder}/tests.db", Path(folder) / "server.log")
        yield started
        started.stop()


@pytest.fixture(scope="session")
def services(server: Server) -> Iterator[Services]:
    """The services over the server's database, in the test's own process."""
    opened = run(open_services(Settings(database=server.database)))
    yield opened
    run(opened.stop())


@pytest.fixture
def break_document() -> Iterator[Callable[[Organization], None]]:
    """Breaks a document of an organization, which goes afterwards: others check the same database."""
    broken: list[Organization] = []

    def break_one(organization: Organization) -> None:
        support.break_document(organization)
        broken.append(organization)

    yield break_one
    for organization in broken:
        run(organization.services.organizations.remove(organization.id))


@pytest.fixture
def make_organization(server: Server, services: Services) -> Callable[[], Organization]:
    """Makes organizations."""
    return lambda: make_organization_of(server, services)


@pytest.fixture
def organization(make_organization: Callable[[], Organization]) -> Organization:
    """An organization without customers."""
    return make_organization()
