"""Runs each test of the storage contract once for every engine."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values.clock import Clock
from support import Engine, run


@pytest.fixture
def store(engine: Engine) -> Iterator[Storage]:
    """The engine's storage, empty."""
    opened = run(engine.open())
    yield opened
    run(opened.close())


@pytest.fixture
def organization_id(store: Storage) -> UUID:
    """An organization without customers."""
    return run(Organizations(store, Clock()).create("Tests")).id
