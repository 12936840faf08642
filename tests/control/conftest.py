"""A stand-in: a real server with a control API."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standing_in import KEY, StandIn, Treated
from support import start_server


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    """A server with a control API, on a temporary database."""
    with tempfile.TemporaryDirectory(prefix="icefloe-control-") as folder:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ICEFLOE_CONTROL_KEY", KEY)
            server = start_server(f"{folder}/tests.db", Path(folder) / "log", "--control")
        yield StandIn(server.url)
        server.stop()


@pytest.fixture
def make(stand_in: StandIn) -> Iterator[Callable[..., Treated]]:
    """Makes organizations, which are removed at the end."""
    yield stand_in.make
    for treated in stand_in.made:
        treated.control("DELETE")
    stand_in.made.clear()


@pytest.fixture
def treated(make: Callable[..., Treated]) -> Treated:
    """An organization without customers."""
    return make()
