"""The fixtures that tests of the running program share."""

import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from icefloe.assembly import Services, open_services
from icefloe.settings import Settings
from support import Organization, Server, make_organization_of, run, start_server

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would the programs that
# they start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
