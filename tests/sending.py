"""A house for tests of deliveries: an organization whose webhooks a courier sends."""

import asyncio
import contextlib
import io
import json
import time as clocks
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from icefloe.assembly import make_courier, open_services
from icefloe.delivery.courier import Courier
from icefloe.domain.values import listing
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.webhooks import (
    DeliveredEvent,
    DeliveryQuery,
    NewWebhookEndpoint,
    WebhookEndpoint,
    WebhookEventType,
)
from icefloe.log import Log
from icefloe.services import Services
from icefloe.settings import Settings
from support import PATIENCE, HeldTime, run


@dataclass
class House:
    """An organization, the services, and their courier.

    Attributes:
        written: what is in the log.
        rivals: other couriers over the same database.
    """

    services: Services
    courier: Courier
    time: HeldTime
    settings: Settings
    log: Log
    written: io.StringIO
    organization_id: UUID
    rivals: list[Courier] = field(default_factory=list)

    def listen(
        self, url: str, *kinds: WebhookEventType, organization_id: UUID | None = None
    ) -> WebhookEndpoint:
        """An endpoint for these types of events; `customer.created` unless given."""
        new = NewWebhookEndpoint(url=url, format="raw", events=kinds or ("customer.created",))
        return run(
            self.services.webhook_endpoints.create(organization_id or self.organization_id, new)
        )

    def create(self, *numbers: int) -> None:
        """New customers, told apart by their numbers."""
        subject = Subject(self.organization_id, uuid4(), frozenset(), None)
        for number in numbers:
            new = NewCustomer(email=f"customer{number}@example.com")
            run(self.services.customer_writes.create(subject, new))

    def start(self) -> None:
        """Begin to deliver."""
        run(self.courier.start())

    def settle(self) -> None:
        """Wait until nothing is due or under way."""
        run(self.courier.wait_idle(self.organization_id))

    def delivered(self, **filters: object) -> list[DeliveredEvent]:
        """The deliveries that filters let pass, oldest first."""
        query = DeliveryQuery(page=listing.PageRequest(limit=100), **filters)  # type: ignore[arg-type]
        found, _ = run(self.services.webhook_deliveries.find_page(self.organization_id, query))
        return found[::-1]

    def make_rival(self) -> Courier:
        """Another courier over the same database, as another process has it; not started yet."""
        rival = make_courier(self.services, self.settings, self.log)
        self.rivals.append(rival)
        return rival

    def read_log(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        self.log.flush()
        return [json.loads(line) for line in self.written.getvalue().splitlines()]

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Let the courier go on until something is so."""

        async def wait() -> None:
            deadline = clocks.monotonic() + PATIENCE
            while not is_so():
                assert clocks.monotonic() < deadline
                await asyncio.sleep(0.005)

        run(wait())


@contextlib.contextmanager
def house_over(database: str, time: HeldTime) -> Iterator[House]:
    """A house over a database."""
    settings = Settings(database=database)
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
