"""The official clients, one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wire import environments, programs
from wire.programs import Client


@pytest.fixture(scope="session")
def pythons() -> dict[str, Path]:
    """The Python of each client's environment, by the client's name; missing ones are made."""
    return environments.make_all()


@pytest.fixture(scope="session", params=environments.NAMES)
def client(request: pytest.FixtureRequest, pythons: dict[str, Path]) -> Iterator[Client]:
    """An official client that runs in an environment of its own."""
    with programs.run(request.param, pythons[request.param]) as running:
        yield running
