"""The official clients, one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from receiving import Receiver, receiving
from wire import environments, programs
from wire.programs import Client


@pytest.fixture(scope="session")
def pythons() -> dict[str, Path]:
    """The Python of each client's environment, by the client's name; missing ones are made."""
    return environments.make_all()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One authority's certificate: all of the machine's take a client 0.1 s, and it asks by HTTP."""
    file = tmp_path_factory.mktemp("authority") / "certificate.pem"
    trustme.CA().cert_pem.write_to_path(file)
    return file


@pytest.fixture(scope="session", params=environments.NAMES)
def client(
    request: pytest.FixtureRequest, pythons: dict[str, Path], certificates: Path
) -> Iterator[Client]:
    """An official client that runs in an environment of its own."""
    with programs.run(request.param, pythons[request.param], certificates) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as started:
        yield started
