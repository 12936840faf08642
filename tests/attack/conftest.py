"""A server that is quick to lose patience, and an organization of it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from icefloe.assembly import open_services
from icefloe.services import Services
from icefloe.settings import Settings
from standing_in import KEY, StandIn, Treated
from support import Organization, Server, make_organization_of, run, start_server


@pytest.fixture(scope="session")
def impatient() -> Iterator[Server]:
    """A server that waits a second for a head or a body, and has a control API."""
    with tempfile.TemporaryDirectory(prefix="icefloe-attack-") as folder:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ICEFLOE_CONTROL_KEY", KEY)
            environment.setenv("ICEFLOE_HEAD_TIMEOUT", "1")
            environment.setenv("ICEFLOE_BODY_TIMEOUT", "1")
            server = start_server(f"sqlite:///{folder}/tests.db", Path(folder) / "log", "--control")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def impatient_services(impatient: Server) -> Iterator[Services]:
    """The services over its database, in the test's own process."""
    opened = run(open_services(Settings(database=impatient.database)))
    yield opened
    run(opened.stop())


@pytest.fixture
def attacked(impatient: Server, impatient_services: Services) -> Organization:
    """An organization of it without customers."""
    return make_organization_of(impatient, impatient_services)


@pytest.fixture
def treated(impatient: Server) -> Iterator[Treated]:
    """One that its control API made."""
    made = StandIn(impatient.url).make()
    yield made
    made.control("DELETE")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on databases of their own, which are ended with the test."""
    started: list[Server] = []

    def start_one(*flags: str) -> Server:
        name = f"server-{len(started)}"
        started.append(start_server(f"{tmp_path / name}.db", tmp_path / f"{name}.log", *flags))
        return started[-1]

    yield start_one
    for server in started:
        server.process.kill()
        server.process.wait(20)
