"""What tests of deliveries share: a receiver, and an organization whose webhooks a courier sends."""

import io
from collections.abc import Iterator

import pytest

from icefloe.assembly import make_courier, open_services
from icefloe.log import Log
from icefloe.settings import Settings
from receiving import Receiver, receiving
from sending import House
from support import Engine, HeldTime, run


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
    """An organization whose webhooks are sent once `house.courier.start()` has run."""
    settings = Settings(database=engine.database)
    written = io.StringIO()
    log = Log("json", written)
    services = run(open_services(settings, time.clock, log))
    organization = run(services.organizations.create("Tests"))
    services.courier = make_courier(services, settings, log)
    made = House(services, services.courier, time, settings, log, written, organization.id)
    yield made
    for rival in made.rivals:
        run(rival.stop())
    run(services.stop())
    log.close()
