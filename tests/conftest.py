"""The fixtures that tests of the running program share."""

import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import postgres
from icefloe.assembly import open_services
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.open import open_storage
from support import Engine, Organization, Server, make_organization_of, run, start_server

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would the programs that
# they start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(params=["sqlite", "postgres"])
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
        started.process.terminate()
        started.process.wait(20)


@pytest.fixture(scope="session")
def services(server: Server) -> Iterator[Services]:
    """The services over the server's database, in the test's own process."""
    opened = run(open_services(Settings(database=server.database)))
    yield opened
    run(opened.stop())


@pytest.fixture
def make_organization(server: Server, services: Services) -> Callable[[], Organization]:
    """Makes organizations."""
    return lambda: make_organization_of(server, services)


@pytest.fixture
def organization(make_organization: Callable[[], Organization]) -> Organization:
    """An organization without customers."""
    return make_organization()
