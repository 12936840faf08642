"""What tests of deliveries share: a receiver, and an organization whose webhooks a courier sends."""

from collections.abc import Iterator

import pytest

from receiving import Receiver, receiving
from sending import House, house_over
from support import Engine, HeldTime


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as started:
        yield started


@pytest.fixture
def time() -> HeldTime:
    """A time that stands still."""
    return HeldTime()


@pytest.fixture
def house(engine: Engine, time: HeldTime) -> Iterator[House]:
    """An organization whose webhooks are sent once `house.start()` has run."""
    with house_over(engine.database, time) as built:
        yield built
