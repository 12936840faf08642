"""Time that stands still, and a database of each test's own."""

from collections.abc import Iterator

import pytest

from icefloe.domain.ports.storage import Storage
from support import Engine, HeldTime, run


@pytest.fixture
def time() -> HeldTime:
    """Time, held."""
    return HeldTime()


@pytest.fixture
def store(engine: Engine) -> Iterator[Storage]:
    """An engine's storage, empty."""
    opened = run(engine.open())
    yield opened
    run(opened.close())
